"""COCO panoptic: a JSON that names segments, and a PNG a photo in whose colours they are drawn.

A segment's id is R + 256 G + 65536 B. Pixels of no segment (0, black) and segments marked iscrowd are ignored, as
COCO's own score leaves them out.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.formats.coco import by_id, homes_of, id_in, is_crowd, licences_in, listed, parts_of, photo_of
from dataset.formats.listed import (
    BROKEN_LABEL,
    CLASH,
    MOST_INSTANCES,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
)
from dataset.formats.mask_files import colour_codes
from dataset.formats.photo_files import photo_named
from dataset.idmap import IGNORE, IdMap
from pipeline.errors import InputError, shown
from pipeline.files import inside


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
    """Return the panoptic*.json of a folder or of its annotations/, that folder if there are several, else None."""
    for folder in (root, root / "annotations"):
        found = sorted(folder.glob("panoptic*.json"))
        if found:
            return found[0] if len(found) == 1 else folder
    return None


def read_panoptic(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a panoptic JSON. A photo without an entry in its annotations is not labelled.

    The PNG lie in a folder of the JSON's name, the photos as COCO's do. defects: takes what is wrong with single
    photos; None = it is raised.
    """
    if sign.is_dir():
        several = ", ".join(path.name for path in sorted(sign.glob("panoptic*.json")))
        raise InputError(f"{sign}: found {several}, wanted one; take the others to another folder")
    defects = defects or FirstDefect()
    coco, categories, images = parts_of(sign, defects)
    entries = by_image(sign, coco, set(images), defects)
    licences = licences_in(sign, coco)
    photos = list[ListedPhoto]()
    for id_, image in images.items():
        with defects.gathering(NO_PHOTO):
            file = photo_named(homes_of(sign, "panoptic_"), str(image["file_name"]), f"{sign}: image {shown(id_)}")
            with defects.gathering(BROKEN_LABEL, file):
                bare = photo_of(sign, image, file, [], licences)
                photos.append(labelled(sign, bare, entries[id_], categories) if id_ in entries else bare)
    stuff = sum(entry.get("isthing") == 0 for entry in listed(coco, "categories"))
    said = (f"{stuff} categories are no things: each of their segments is one object",) if stuff else ()
    return PhotoSet(by_id(categories), tuple(photos), ("pixels of no segment, and crowds, are ignored", *said))


def by_image(sign: Path, coco: Mapping[str, Any], images: set[Any], defects: Defects) -> dict[Any, dict[str, Any]]:
    """Return the entries of `annotations` by their image; one without an image, and a second one, are defects."""
    found: dict[Any, dict[str, Any]] = {}
    for entry in listed(coco, "annotations"):
        with defects.gathering(BROKEN_LABEL):
            id_ = id_in(entry, f"{sign}: annotations", "image_id")
            if id_ not in images:
                raise DefectError(NO_PHOTO, f"{sign}: an annotation is for the image {shown(id_)}, which is not there")
            if id_ in found:
                raise DefectError(CLASH, f"{sign}: the image {shown(id_)} has two annotations; drop one")
            found[id_] = entry
    return found


def labelled(sign: Path, photo: ListedPhoto, entry: Mapping[str, Any], categories: Mapping[Any, str]) -> ListedPhoto:
    """Return a photo with the segments of its entry; raise InputError for an entry that is not whole."""
    where = f"{sign}: image {shown(entry.get('image_id'))}"
    name, infos = entry.get("file_name"), entry.get("segments_info")
    if not isinstance(name, str) or not isinstance(infos, list) or len(infos) > MOST_INSTANCES:
        raise InputError(f"{where}: wanted a file_name and a list segments_info; export it again")
    homes = [folder for folder in (sign.with_suffix(""), sign.parent) if folder.is_dir()]
    file = next((path for home in homes if (path := inside(home, name, where)).is_file()), None)
    if file is None:
        raise InputError(f"{where}: {shown(name)} is not in {sign.with_suffix('')}; bring the PNG there")
    segments = tuple(segment_in(info, categories, where) for info in infos)
    if len({segment.code for segment in segments}) < len(segments):
        raise InputError(f"{where}: two segments have one id; export it again")
    return dataclasses.replace(photo, label=SegmentsFile(where, file, segments), labelled=True)


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
    return Segment(code, categories[category], is_crowd(info.get("iscrowd"), f"{where}: segment {code}"))
