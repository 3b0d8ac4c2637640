"""Supervisely, in and out: a project with meta.json, and in each of its datasets img/ and ann/ with a file a photo.

Corners of polygons are whole pixels, as the tool rounds them down on export: each stands for the middle of its pixel,
one in the outermost pixels for the border of the photo. Polygons are filled as pycocotools fills them, which is within
half a pixel of the line that was drawn; Supervisely's own SDK draws the line as well. Bitmaps are exact.
"""

import dataclasses
import io
import math
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image
from pydantic import Field, TypeAdapter, with_config

from dataset.formats.coco_file import size_in
from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    NO_LICENCE,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    files_of,
    refuse_unread,
    tag_text,
)
from dataset.formats.outlines import Outlines, Rings, check_numbers, flat, placed, reach_of
from dataset.formats.packed_masks import base64_of, bytes_in, mask_in
from dataset.formats.photo_files import named_apart
from dataset.formats.shapes import ToolShape, masked_in, objects_of, tell
from dataset.formats.source import ManifestSource, facts_of, name_of, say_left_out
from dataset.formats.voc_masks import colour_of
from dataset.idmap import IdMap, Mask, ignores
from dataset.records import Sample
from pipeline.errors import InputError, shown
from pipeline.files import write_json
from pipeline.reading import OPEN, read_typed

META, LABELS, IMAGES, NESTED = "meta.json", "ann", "img", "datasets"
NO_AREAS = {"rectangle", "point", "line", "graph", "cuboid", "cuboid_2d"}  # kinds of classes that hold no masks
DATASET = "ds0"  # the only one that is written
SPARE_BYTES = 2**16  # of a PNG beside its pixels

Point = tuple[float, float]


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Class:
    """One class of meta.json."""

    title: str
    shape: str = "any"


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Meta:
    """What meta.json says."""

    classes: list[Class]


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Area:
    """A polygon with holes; of a rectangle two corners, of a line or a point no closed ring."""

    exterior: list[Point]
    interior: list[list[Point]] = dataclasses.field(default_factory=list)


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Bitmap:
    """A mask that is a part of its photo."""

    data: str  # a PNG, packed with zlib or not, in base64
    origin: Point  # its upper left pixel


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class ToolFigure:
    """One object, or a part of one."""

    title: Annotated[str, Field(alias="classTitle")]
    shape: Annotated[str | None, Field(alias="geometryType")] = None
    points: Area | None = None
    parts: list[Area] | None = None
    bitmap: Bitmap | None = None
    instance: str | None = None  # figures of one class and instance are one object


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Tag:
    """One tag of a photo."""

    name: str
    value: str | int | float | bool | None = None


@with_config(OPEN)
@dataclasses.dataclass(frozen=True)
class Annotation:
    """One file of ann/."""

    size: dict[str, int]
    objects: list[ToolFigure]
    tags: list[Tag] = dataclasses.field(default_factory=list)


META_FILE, ANNOTATION = TypeAdapter(Meta), TypeAdapter(Annotation)


def find_supervisely(root: Path) -> Path | None:
    """Return the folder itself if it has meta.json and folders with ann/, else None."""
    return root if (root / META).is_file() and datasets_in(root) else None


def datasets_in(folder: Path) -> list[Path]:
    """Return the datasets of a project, and those nested in datasets/ of another one, in order."""
    found = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found += [child] if (child / LABELS).is_dir() else []
        found += datasets_in(child / NESTED) if (child / NESTED).is_dir() else []
    return found


def read_supervisely(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a project; a photo's dataset is its tag `dataset`, and its tags are tags.

    Bitmaps and polygons are masks, and figures of one instance are one object. Rectangles, points, lines and the like
    are told and left out. Categories come in the order of meta.json, without classes of shapes that are no masks. A
    photo without a mask is not labelled. defects: takes what is wrong with single photos, None = the first is raised.
    """
    defects = defects or FirstDefect()
    meta = read_typed(root / META, META_FILE, "the meta.json of a Supervisely project", "export the project again")
    kinds = {one.title: one.shape for one in meta.classes}
    photos, shapes = list[ListedPhoto](), dict[Path, list[ToolShape]]()
    for dataset in datasets_in(root):
        name = "/".join(part for part in dataset.relative_to(root).parts if part != NESTED)
        for photo, found in photos_in(dataset, name, kinds, root.resolve().name, defects):
            photos.append(photo)
            shapes[photo.file] = found
    masked = masked_in(shapes)
    names = tuple(title for title, kind in kinds.items() if title in masked or kind not in NO_AREAS)
    return PhotoSet(names, named_apart(photos, root), tell(shapes, defects))


def photos_in(
    dataset: Path, name: str, kinds: Mapping[str, str], project: str, defects: Defects
) -> Iterator[tuple[ListedPhoto, list[ToolShape]]]:
    """Yield the photos of a dataset with their shapes: those of ann/, then those that have no file there."""
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(folder_in(dataset))
    files = {file.name: file for file in files_of(folder_in(dataset))}
    by_stem = {file.stem: file for file in files.values()}
    seen = set()
    for path in sorted((dataset / LABELS).glob("[!.]*.json")):
        file = files.get(path.stem) or by_stem.get(path.stem)  # NAME.ext.json, and NAME.json of old exports
        if file is None:
            text = f"{path}: found no photo {shown(path.stem)} in {dataset / IMAGES}; add it or drop the file"
            defects.add(NO_PHOTO, text)
            continue
        seen.add(file)
        with defects.gathering(BROKEN_LABEL, file):
            yield photo_of(path, file, {"dataset": name}, kinds, project, defects)
    for file in sorted(set(files.values()) - seen):
        bare = Outlines(str(file), None, ())
        yield ListedPhoto(file, bare, project, NO_LICENCE, {"dataset": name}, labelled=False), []


def folder_in(dataset: Path) -> Path:
    """Return the folder of a dataset's photos; raise InputError when it is missing."""
    if not (dataset / IMAGES).is_dir():
        raise InputError(f"{dataset}: found no {IMAGES}/ beside {LABELS}/; bring the photos there")
    return dataset / IMAGES


def photo_of(
    path: Path, file: Path, tags: dict[str, str], kinds: Mapping[str, str], project: str, defects: Defects
) -> tuple[ListedPhoto, list[ToolShape]]:
    """Return one photo and its shapes; a shape that cannot be read is a defect. tags: those of its dataset."""
    said = read_typed(path, ANNOTATION, "a file of Supervisely", "export the project again")
    size = size_in(said.size, str(path))
    if size is None:
        raise InputError(f"{path}: size is {shown(said.size)}, wanted height and width; export the project again")
    shapes = list[ToolShape]()
    for number, figure in enumerate(said.objects):
        with defects.gathering(BROKEN_LABEL, file):
            shapes += shapes_of(figure, size, kinds, f"{path}: objects[{number}]")
    words = {tag.name: "true" if tag.value is None else tag_text(tag.value) for tag in said.tags}
    label = Outlines(str(path), size, objects_of(shapes, size))
    source, licence = words.pop("source", project), words.pop("licence", NO_LICENCE)
    every = dict(sorted((tags | words).items()))
    return ListedPhoto(file, label, source, licence, every, labelled=bool(label.outlines)), shapes


def shapes_of(figure: ToolFigure, size_hw: tuple[int, int], kinds: Mapping[str, str], where: str) -> list[ToolShape]:
    """Return what one figure is made of; raise InputError for a class that is not declared and for a broken mask."""
    if figure.title not in kinds:
        raise DefectError(
            UNKNOWN_NAME, f"{where}: its class is {shown(figure.title)}, which {META} does not declare; add it there"
        )
    kind = figure.shape or kinds[figure.title]
    shape = ToolShape(where, figure.title, kind, group=figure.instance or "")
    if kind == "bitmap" and figure.bitmap:
        return [dataclasses.replace(shape, outline=rle_in(figure.bitmap, size_hw, where))]
    if kind == "polygon" and figure.points:
        return [dataclasses.replace(shape, outline=rings_in(figure.points, size_hw, where))]
    if kind == "multipolygon" and figure.parts:
        whole = dataclasses.replace(shape, group=shape.group or where)
        return [dataclasses.replace(whole, outline=rings_in(part, size_hw, where)) for part in figure.parts]
    if kind in ("bitmap", "polygon", "multipolygon"):
        raise DefectError(BROKEN_LABEL, f"{where}: found no {kind} in it; export the project again")
    reach = reach_of([flat(figure.points.exterior)]) if figure.points else None
    return [dataclasses.replace(shape, reach=reach)]


def rings_in(area: Area, size_hw: tuple[int, int], where: str) -> Any:
    """Return a polygon, with its holes if it has any, as `Outline.shape`."""
    check_numbers([number for ring in (area.exterior, *area.interior) for number in flat(ring)], where)
    rings = [ring_of(ring, size_hw) for ring in (area.exterior, *area.interior)]
    return [rings[0]] if len(rings) == 1 else Rings(tuple(map(tuple, rings)))


def ring_of(points: Sequence[Point], size_hw: tuple[int, int]) -> list[float]:
    """Return a ring as [x, y, ...] places; whole numbers are pixels, and stand for their middles."""
    if any(number % 1 for point in points for number in point):
        return flat(points)
    height, width = size_hw
    return flat([(place_of(x, width), place_of(y, height)) for x, y in points])


def place_of(pixel: float, count: int) -> float:
    """Return the place that a pixel stands for; the first and the last of `count` stand for the border."""
    return pixel if pixel <= 0 else pixel + 1 if pixel == count - 1 else pixel + 0.5


def rle_in(bitmap: Bitmap, size_hw: tuple[int, int], where: str) -> dict[str, Any]:
    """Return the RLE of a bitmap; raise InputError when it is broken, or larger than its photo."""
    check_numbers(bitmap.origin, where)
    data = unpacked(bytes_in(bitmap.data, where), 4 * math.prod(size_hw) + SPARE_BYTES, where)
    x, y = map(math.floor, bitmap.origin)
    return placed(mask_in(data, size_hw, where), (x, y), size_hw, where)


def unpacked(data: bytes, most: int, where: str) -> bytes:
    """Return what zlib packed, or the data itself where it did not; raise InputError for more than `most` bytes."""
    packer = zlib.decompressobj()
    try:
        found = packer.decompress(data, most)
    except zlib.error:
        return data
    if packer.unconsumed_tail or not packer.eof:
        raise DefectError(
            BROKEN_LABEL, f"{where}: its mask is cut off or larger than its photo; export the project again"
        )
    return found


def write(source: ManifestSource, out: Path) -> None:
    """Write a project of one dataset: images as they are, and a bitmap, exact to the pixel, for every instance.

    Licence, sample_id, domain, source and tags of a sample become tags of its photo. The format has no place for
    ignored pixels, which are left out.
    """
    left_out, words = 0, set[str]()
    for sample in source.samples():
        ids = source.ids_of(sample)
        file = source.save_image(sample, out / DATASET / IMAGES, name_of(sample))
        said = facts_of(sample) | {"licence": sample.licence}
        write_json(out / DATASET / LABELS / f"{file}.json", annotation_of(sample, ids, said))
        left_out += ignores(ids)
        words |= set(said)
    write_json(out / META, meta_of(source.categories, words))
    say_left_out(left_out, "supervisely")


def meta_of(categories: Sequence[str], words: Collection[str]) -> dict[str, Any]:
    """Return meta.json. words: the names of the tags of photos."""
    classes = [
        {"title": name, "shape": "bitmap", "color": hex_of(k), "geometry_config": {}}
        for k, name in enumerate(categories, 1)
    ]
    tags = [{"name": word, "value_type": "any_string", "color": hex_of(0)} for word in sorted(words)]
    return {"classes": classes, "tags": tags, "projectType": "images"}


def hex_of(number: int) -> str:
    """Return a colour as #RRGGBB; after 255 they begin anew."""
    return "#" + "".join(f"{part:02X}" for part in colour_of(number % 256))


def annotation_of(sample: Sample, ids: IdMap, tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the file of ann/ of one sample."""
    height, width = sample.size_hw
    objects = []
    for item in sample.instances:
        x0, y0, x1, y1 = item.box
        data = base64_of(zlib.compress(png_of(ids[y0:y1, x0:x1] == item.index)))
        bitmap = {"data": data, "origin": [x0, y0]}
        figure = {"description": "", "geometryType": "bitmap", "classTitle": item.category, "tags": []}
        objects.append(figure | {"bitmap": bitmap})
    words = [{"name": name, "value": value} for name, value in sorted(tags.items())]
    return {"description": "", "tags": words, "size": {"height": height, "width": width}, "objects": objects}


def png_of(mask: Mask) -> bytes:
    """Return a mask as PNG with two colours, the first of which is transparent, as Supervisely's SDK writes it."""
    picture, buffer = Image.fromarray(mask.astype(np.uint8)), io.BytesIO()
    picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.save(buffer, "PNG", transparency=0)
    return buffer.getvalue()
