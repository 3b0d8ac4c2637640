"""LabelMe: a JSON file a photo, beside it or in a folder of its own, in and out.

A coordinate is a place on the picture, (0, 0) its upper left corner. So polygons are filled as pycocotools fills them:
the pixels whose middles lie inside. LabelMe's own export rounds each corner down to a pixel and draws the line through
these as well, which makes an object half a pixel wider on each side than the line that was drawn on the screen.
"""

import dataclasses
import math
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter, with_config

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    CLASH,
    NO_LICENCE,
    NO_PHOTO,
    OTHER_SIZE,
    PHOTO_SUFFIXES,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    files_of,
    licence_of,
    refuse_unread,
    tag_text,
    tags_of,
    text_of,
)
from dataset.formats.outlines import Outlines, check_numbers, check_within, flat, placed, reach_of
from dataset.formats.packed_masks import base64_of, bytes_in, mask_in
from dataset.formats.photo_files import find_photo, named_apart
from dataset.formats.shapes import ToolShape, ellipse_of, objects_of, tell
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IGNORE, IdMap, Mask, box_of, ignores, png_bytes
from dataset.pictures import MOST_PIXELS
from dataset.records import Sample, Side
from pipeline.errors import InputError, shown
from pipeline.files import write_json
from pipeline.reading import OPEN, parse_json, parse_typed, read_bytes, utf_8_of

VERSION = "5.5.0"  # of LabelMe, whose files may hold masks
MARKS = (b'"shapes"', b'"imagePath"')
LOOKED_AT = 3  # files of a folder that are opened to find out what it holds
MOST_LOOKED_AT = 2**26  # bytes of such a file, which may hold a photo
IGNORED, BACKGROUND = "__ignore__", "_background_"  # the labels to which LabelMe's own export gives a meaning
RECTANGLES = {"rectangle", "oriented_rectangle", "rotation"}
AREAS = RECTANGLES | {"polygon", "circle", "mask"}
NO_TAGS = {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", "licence", "license",
           "source"}  # fmt: skip

Point = tuple[float, float]


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Shape:
    """What one mouse stroke made."""

    label: str
    points: list[Point]
    shape_type: str | None = None
    group_id: int | str | None = None  # shapes of one label and group are one object
    prelabel: str | None = None  # its name, where we wrote the file; LabelMe keeps what it does not know
    mask: str | None = None  # of the kind "mask": a PNG in base64; points are its first and its last pixel

    @property
    def kind(self) -> str:
        """What it is; files of old versions hold polygons alone and do not say so."""
        return self.shape_type or "polygon"


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class LabelFile:
    """One file of LabelMe."""

    shapes: list[Shape]
    photo: Annotated[str, Field(alias="imagePath")]
    height: Annotated[Side | None, Field(alias="imageHeight")] = None
    width: Annotated[Side | None, Field(alias="imageWidth")] = None
    flags: dict[str, bool] | None = None

    def size_hw(self, where: str) -> tuple[int, int] | None:
        """Return the size of the photo, None where the file states none; raise InputError for one that is too large."""
        if not self.height or not self.width:
            return None
        if self.height * self.width > MOST_PIXELS:
            raise InputError(f"{where}: is {self.width} x {self.height} pixels, wanted the photo's width and height")
        return self.height, self.width


LABEL_FILE = TypeAdapter(LabelFile)


def find_labelme(root: Path) -> Path | None:
    """Return the folder itself if files of LabelMe lie in it, or in a folder right in it; else None."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in files_in(root):
        folders[path.parent].append(path)
    return root if any(looks_like_one(path) for files in folders.values() for path in files[:LOOKED_AT]) else None


def files_in(root: Path) -> list[Path]:
    """Return the JSON files of a folder and of those right in it, in order."""
    found = sorted([*root.glob("*.json"), *root.glob("*/*.json")])
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def looks_like_one(path: Path) -> bool:
    """Return whether a file holds the keys of LabelMe's; whether it is whole is for its reader to say."""
    with suppress(InputError):
        data = utf_8_of(read_bytes(path, MOST_LOOKED_AT))
        return all(mark in data for mark in MARKS)
    return False


def read_labelme(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that files of LabelMe describe, a file a photo; the categories are their labels, sorted.

    The photo lies where `imagePath` says, or beside its file or in images/ by one of the two names. A file without
    shapes says that nothing is to be seen; a photo without a file is not labelled. Rectangles and circles are taken as
    masks, as LabelMe itself exports them, but not in a set that has nothing else: those are boxes. Points and lines are
    left out. defects: takes what is wrong with single files, None = the first is raised.
    """
    defects = defects or FirstDefect()
    read = read_files(root, defects)
    masks = [shape for each in read for shape in each.shapes if shape.outline is not None]
    if masks and all(shape.kind in RECTANGLES for shape in masks):
        raise InputError(
            f"{root}: found {len(masks)} rectangles and no other area, which is a set of boxes; wanted polygons or "
            "masks, draw the outlines"
        )
    names = tuple(sorted({shape.category for shape in masks if not shape.ignored}))
    photos = [each.photo for each in read]
    said = tell({each.photo.file: each.shapes for each in read}, defects)
    apart = named_apart((*photos, *without_file(root, photos, defects)), root)
    return PhotoSet(names, apart, (*assumed(read, masks), *said))


@dataclasses.dataclass(frozen=True)
class Read:
    """What one file says."""

    photo: ListedPhoto
    shapes: tuple[ToolShape, ...]


def read_files(root: Path, defects: Defects) -> list[Read]:
    """Return what each file of LabelMe says; JSON files of others are passed over."""
    read: list[Read] = []
    owners: dict[Path, Path] = {}
    for file in files_in(root):
        with defects.gathering(BROKEN_LABEL, beside([file.parent], file)):
            data = read_bytes(file)
            value = parse_json(data, str(file))
            if isinstance(value, dict) and "shapes" in value:
                photo = photo_of(root, file, value)
                with defects.gathering(BROKEN_LABEL, photo):
                    check_owner(owners, photo, file)
                    read.append(read_one(root, file, photo, data, value))
    return read


def check_owner(owners: dict[Path, Path], photo: Path, file: Path) -> None:
    """Note that a photo belongs to a file; raise InputError when it belongs to another one already."""
    first = owners.setdefault(photo, file)
    if first is not file:
        raise DefectError(CLASH, f"{file}: is for the photo {photo.name}, as {first} is; mend imagePath in one of them")


def beside(homes: Iterable[Path], file: Path) -> Path | None:
    """Return the photo that has the name of a file of labels, None when there is none in these folders."""
    endings = [form for suffix in sorted(PHOTO_SUFFIXES) for form in (suffix, suffix.upper())]
    places = (home / f"{file.stem}{ending}" for home in homes for ending in endings)
    return next((place for place in places if place.is_file()), None)


def photo_of(root: Path, file: Path, value: Mapping[str, Any]) -> Path:
    """Return the photo of a file of labels; raise InputError when it is nowhere, or only inside the file itself."""
    named = value.get("imagePath")
    name = named.replace("\\", "/") if isinstance(named, str) else ""
    homes = list(dict.fromkeys([root, file.parent, root / "images"]))
    way = posixpath.normpath(posixpath.join(file.parent.relative_to(root).as_posix(), name))
    photo = find_photo(homes, way, str(file)) or beside([file.parent, root / "images"], file)
    if photo is None:
        looked = " nor in ".join(map(str, homes))
        copy = ", only as a copy inside the file (imageData)" if isinstance(value.get("imageData"), str) else ""
        raise DefectError(NO_PHOTO, f"{file}: its photo {shown(named)} is neither in {looked}{copy}; bring it there")
    return photo


def read_one(root: Path, file: Path, photo: Path, data: bytes, value: Mapping[str, Any]) -> Read:
    """Return what one file says of its photo."""
    where = str(file)
    labels = parse_typed(data, LABEL_FILE, f"{where}: not a file of LabelMe", "save it again there")
    size = labels.size_hw(where)
    shapes = tuple(tool_shape(each, size, f"{where}: shapes[{k}]") for k, each in enumerate(labels.shapes))
    label = Outlines(where, size, objects_of(shapes, size))
    source = text_of(value, "source", where) or root.resolve().name
    tags = tags_of(value, NO_TAGS) | {flag: tag_text(up) for flag, up in sorted((labels.flags or {}).items())}
    labelled = bool(label.outlines) or not shapes  # points and lines alone say that something is there, not where
    return Read(ListedPhoto(photo, label, source, licence_of(value, where), tags, labelled), shapes)


def tool_shape(shape: Shape, size_hw: tuple[int, int] | None, where: str) -> ToolShape:
    """Return a shape as those of all tools; raise InputError for a label or an area that cannot be one."""
    if shape.label in ("", BACKGROUND):
        raise DefectError(
            BROKEN_LABEL,
            f"{where}: its label is {shown(shape.label)}, wanted a category; cut holes out of the object itself",
        )
    check_numbers(flat(shape.points), where)
    area = part_of(shape, size_hw, where) if shape.kind in AREAS else None
    group = "" if shape.group_id is None else str(shape.group_id)
    reach = reach_of([flat(shape.points)])
    ignored, name = shape.label == IGNORED, shape.prelabel or ""
    return ToolShape(where, shape.label, shape.kind, area, reach, group, ignored=ignored, name=name)


def part_of(shape: Shape, size_hw: tuple[int, int] | None, where: str) -> Any:
    """Return the area of one shape as a list of one polygon, or as an RLE."""
    if shape.kind == "mask":
        return rle_in(shape, size_hw, where)
    if shape.kind == "circle":
        return [circle(shape, size_hw, where)]
    if shape.kind == "rectangle" and len(shape.points) == 2:
        (x0, y0), (x1, y1) = shape.points
        return [[x0, y0, x1, y0, x1, y1, x0, y1]]
    return [flat(shape.points)]


def circle(shape: Shape, size_hw: tuple[int, int] | None, where: str) -> list[float]:
    """Return a circle, given by its middle and a point on it, as a polygon that ends where the picture does."""
    (x, y), (edge_x, edge_y) = two_points(shape, where)
    if size_hw:
        check_within([[x, y, edge_x, edge_y]], size_hw, where)
    height, width = size_hw or (math.inf, math.inf)
    radius = math.hypot(edge_x - x, edge_y - y)
    whole = ellipse_of((x, y), (radius, radius), 0)
    corners = zip(whole[::2], whole[1::2], strict=True)
    return flat([(min(max(cx, 0), width), min(max(cy, 0), height)) for cx, cy in corners])


def rle_in(shape: Shape, size_hw: tuple[int, int] | None, where: str) -> dict[str, Any]:
    """Return the RLE of a shape of the kind "mask"; raise InputError when it is not whole."""
    (x0, y0), (x1, y1) = (tuple(map(int, point)) for point in two_points(shape, where))
    if size_hw is None or shape.mask is None:
        raise DefectError(BROKEN_LABEL, f"{where}: wanted a mask, imageHeight and imageWidth; save it again in LabelMe")
    crop = mask_in(bytes_in(shape.mask, where), size_hw, where)
    if crop.shape != (y1 - y0 + 1, x1 - x0 + 1):
        raise DefectError(
            OTHER_SIZE,
            f"{where}: its mask has {crop.shape[1]} x {crop.shape[0]} pixels, wanted those from x {x0} to {x1} and y "
            f"{y0} to {y1}; save it again in LabelMe",
        )
    return placed(crop, (x0, y0), size_hw, where)


def two_points(shape: Shape, where: str) -> tuple[Point, Point]:
    """Return the two points of a shape; raise InputError when it has fewer or more."""
    if len(shape.points) != 2:
        raise DefectError(
            BROKEN_LABEL, f"{where}: a {shape.kind} of {len(shape.points)} points, wanted 2; draw it again"
        )
    return shape.points[0], shape.points[1]


def without_file(root: Path, photos: Iterable[ListedPhoto], defects: Defects) -> list[ListedPhoto]:
    """Return the photos that lie among those of the set and have no file of labels, or none that can be read."""
    known = {photo.file for photo in photos}
    spoilt = {defect.photo for defect in defects.found}
    bare: list[Path] = []
    for folder in sorted({photo.parent for photo in known}):
        with defects.gathering(BROKEN_PHOTO):
            refuse_unread(folder)
        bare += [file for file in files_of(folder) if file not in known and file not in spoilt]
    source = root.resolve().name
    return [ListedPhoto(file, Outlines(str(file), None, ()), source, NO_LICENCE, {}, labelled=False) for file in bare]


def assumed(read: Iterable[Read], masks: Iterable[ToolShape]) -> list[str]:
    """Return the sentences that say what was taken for granted."""
    rectangles = sum(shape.kind in RECTANGLES for shape in masks)
    empty = sum(not each.shapes for each in read)
    said = [f"{rectangles} rectangles are taken as masks"] if rectangles else []
    return [*said, f"{empty} files without shapes are photos that show nothing"] if empty else said


def write(source: ManifestSource, out: Path) -> None:
    """Write images as they are, and beside each a file with one shape of the kind "mask" for every instance.

    What is ignored is a shape labelled __ignore__, which LabelMe's own export leaves out as well. Each file says
    licence, sample_id, domain, source and tags too; LabelMe keeps what it does not know. Raises InputError for a
    category whose name LabelMe gives another meaning.
    """
    taken = sorted({IGNORED, BACKGROUND, ""} & set(source.categories))
    if taken:
        raise InputError(f"{source.manifest}: the category {taken[0]!r} is no object to LabelMe; rename it")
    for sample in source.samples():
        name, ids = name_of(sample), source.ids_of(sample)
        file = source.save_image(sample, out, name)
        write_json(out / f"{name}.json", file_of(sample, ids, file))


def file_of(sample: Sample, ids: IdMap, file: str) -> dict[str, Any]:
    """Return the file of one sample whose picture is called `file`."""
    labels = [(item.category, ids == item.index) for item in sample.instances]
    labels += [(IGNORED, ids == IGNORE)] if ignores(ids) else []
    height, width = sample.size_hw
    return facts_of(sample) | {
        "licence": sample.licence,
        "version": VERSION,
        "flags": {},
        "shapes": [shape_of(label, mask) for label, mask in labels],
        "imagePath": file,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def shape_of(label: str, mask: Mask) -> dict[str, Any]:
    """Return a mask (H, W) that has a pixel as a shape."""
    x0, y0, x1, y1 = box_of(mask)
    return {
        "label": label,
        "points": [[x0, y0], [x1 - 1, y1 - 1]],
        "group_id": None,
        "description": "",
        "shape_type": "mask",
        "flags": {},
        "mask": base64_of(png_bytes(mask[y0:y1, x0:x1].astype(np.uint8))),
    }
