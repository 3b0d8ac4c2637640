"""COCO panoptic: a JSON that names segments, and a PNG a photo in whose colours they are drawn.

A segment's id is R + 256 G + 65536 B. Pixels of no segment (0, black) and segments marked iscrowd are ignored, as
COCO's own score leaves them out.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.formats.coco_file import (
    CocoFile,
    file_of,
    files_named,
    id_in,
    is_set,
    licences_in,
    listed,
    photo_of,
    subset_of,
)
from dataset.formats.listed import (
    BROKEN_LABEL,
    CLASH,
    MOST_INSTANCES,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    PhotoSet,
)
from dataset.formats.mask_files import colour_codes
from dataset.formats.several import SetPart, check_alike, together
from dataset.idmap import IGNORE, IdMap
from pipeline.errors import InputError, shown
from pipeline.files import inside

KIND = "panoptic_"  # how the names of the files of a set's parts begin


@dataclasses.dataclass(frozen=True)
class Segment:
    """One segment of a photo."""

    code: int  # its id: R + 256 G + 65536 B
    category: str
    ignored: bool


@dataclasses.dataclass(frozen=True)
class SegmentsFile:
    """The PNG of one photo and what its JSON says of its colours."""

    where: str  # the JSON file and the photo, for messages
    file: Path
    segments: tuple[Segment, ...]

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return each segment that is not ignored as one instance, in their order in the JSON.

        Raises InputError for a colour that is no segment's, and for a segment without a pixel.
        """
        codes = swapped(colour_codes(self.file))
        there = set(np.unique(codes).tolist()) - {0}
        named = {segment.code for segment in self.segments}
        if there != named:
            odd = min(there ^ named)
            what = "which no segment has" if odd in there else "of which no pixel is there"
            raise DefectError(BROKEN_LABEL, f"{self.where}: the id {odd}, {what} in {self.file}; export both again")
        objects = [segment for segment in self.segments if not segment.ignored]
        ids = np.full(codes.shape, IGNORE, np.uint16)
        for number, segment in enumerate(objects, 1):
            ids[codes == segment.code] = number
        return ids, [segment.category for segment in objects]


def swapped(codes: np.ndarray[Any, np.dtype[np.int32]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return colours as panoptic ids, whose lowest byte is red."""
    return (codes & 0xFF) << 16 | codes & 0xFF00 | codes >> 16


def find_panoptic(root: Path) -> Path | None:
    """Return the panoptic JSON of a folder, the folder itself if there are several (`files_in`), else None."""
    found = files_in(root)
    return root if len(found) > 1 else found[0] if found else None


def files_in(root: Path) -> list[Path]:
    """Return the panoptic*.json of a folder, else those of its annotations/, sorted."""
    return sorted(root.glob("panoptic*.json")) or sorted(root.glob("annotations/panoptic*.json"))


def read_panoptic(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a panoptic JSON, or of several in a folder. A photo without an annotation is not labelled.

    The PNG lie in a folder of the JSON's name, with `_images` or without, or beside it, the photos as COCO's do.
    Several files are put together by `several.together`. defects: takes what is wrong with single photos; None = it is
    raised.
    """
    defects = defects or FirstDefect()
    files = [file_of(path, defects) for path in (files_in(sign) if sign.is_dir() else [sign])]
    check_alike({file.path: file.names for file in files})
    parts = [SetPart(file.path, subset_of(file.path, KIND), set_of(file, defects)) for file in files]
    found = together(parts, sign, defects)
    return dataclasses.replace(found, assumed=("pixels of no segment, and crowds, are ignored", *found.assumed))


def set_of(file: CocoFile, defects: Defects) -> PhotoSet:
    """Return the set of one file."""
    entries, licences = by_image(file, defects), licences_in(file)
    found = []
    for id_, photo in files_named(file, KIND, defects).items():
        with defects.gathering(BROKEN_LABEL, photo):
            label = label_of(file, entries[id_]) if id_ in entries else None
            found.append(photo_of(file, id_, photo, label, licences))
    stuff = sum(entry.get("isthing") == 0 for entry in listed(file.value, "categories"))
    said = (f"{stuff} categories are no things: each of their segments is one object",) if stuff else ()
    return PhotoSet(file.names, tuple(found), (*file.twice, *said))


def by_image(file: CocoFile, defects: Defects) -> dict[Any, dict[str, Any]]:
    """Return the entries of `annotations` by their image; one without an image, and a second one, are defects."""
    found: dict[Any, dict[str, Any]] = {}
    for entry in listed(file.value, "annotations"):
        with defects.gathering(BROKEN_LABEL):
            id_ = id_in(entry, f"{file.path}: annotations", "image_id")
            if id_ not in file.images:
                raise DefectError(
                    NO_PHOTO, f"{file.path}: an annotation is for the image {shown(id_)}, which is not there"
                )
            if id_ in found:
                raise DefectError(CLASH, f"{file.path}: the image {shown(id_)} has two annotations; drop one")
            found[id_] = entry
    return found


def label_of(file: CocoFile, entry: Mapping[str, Any]) -> SegmentsFile:
    """Return the segments of a photo's entry; raise InputError for an entry that is not whole."""
    where = file.where(entry.get("image_id"))
    name, infos = entry.get("file_name"), entry.get("segments_info")
    if not isinstance(name, str) or not isinstance(infos, list) or len(infos) > MOST_INSTANCES:
        raise InputError(f"{where}: wanted a file_name and a list segments_info; export it again")
    png = png_of(file.path, name, where)
    segments = tuple(segment_in(info, file.categories, where) for info in infos)
    if len({segment.code for segment in segments}) < len(segments):
        raise InputError(f"{where}: two segments have one id; export it again")
    return SegmentsFile(where, png, segments)


def png_of(path: Path, name: str, where: str) -> Path:
    """Return the PNG that an entry of the JSON file `path` names; raise InputError when it is nowhere."""
    own = path.with_suffix("")
    for home in (own, own.with_name(f"{own.name}_images"), path.parent):
        if home.is_dir() and (png := inside(home, name, where)).is_file():
            return png
    packed = own.with_name(f"{own.name}.zip")
    todo = f"unpack {packed.name} there" if packed.is_file() else "bring the PNG there"
    raise InputError(f"{where}: {shown(name)} is not in {own}; {todo}")


def segment_in(info: Any, categories: Mapping[Any, str], where: str) -> Segment:
    """Return one entry of segments_info; raise InputError when it is not whole."""
    code = info.get("id") if isinstance(info, dict) else None
    if not isinstance(code, int) or not 0 < code < 2**24:
        raise InputError(f"{where}: the id of a segment is {shown(code)}, wanted 1 to {2**24 - 1}; export it again")
    category = info.get("category_id")
    if not isinstance(category, int | str) or category not in categories:
        raise DefectError(
            UNKNOWN_NAME, f"{where}: segment {code} has the category {shown(category)}, which is not there"
        )
    return Segment(code, categories[category], is_set(info.get("iscrowd"), f"{where}: segment {code}"))
