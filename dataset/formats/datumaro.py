"""Datumaro: annotations/SUBSET.json with the pictures in images/SUBSET, in and out."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.formats.coco import IGNORED
from dataset.formats.coco_file import is_set, size_in
from dataset.formats.json_rows import json_with_rows
from dataset.formats.listed import (
    BROKEN_LABEL,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    licence_of,
    tags_of,
    text_of,
)
from dataset.formats.outlines import Outlines, Reach, check_numbers, reach_of, rle_of
from dataset.formats.photo_files import named_apart, photo_of_stem
from dataset.formats.shapes import ToolShape, ellipse_of, objects_of, tell
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IGNORE, IdMap, Mask
from dataset.records import Sample
from pipeline.errors import InputError, shown
from pipeline.reading import head_of, read_json

# Its categories are by kind, each an object; those of masks with meta.json are texts.
HEAD = re.compile(rb'\s*\{.*?("dm_format_version"\s*:|"categories"\s*:\s*\{\s*(\}|"[^"]*"\s*:\s*\{))', re.DOTALL)
SUBSET = "default"  # the one we write
IMAGES = 2  # the media type
CROWD = "is_crowd"  # the attribute that Datumaro makes of COCO's iscrowd
KNOWN = {CROWD, IGNORED, "occluded", "visible_fraction", "asset"}  # attributes that tools write of every mask, and ours
NO_TAGS = {"licence", "license", "source"}  # of an item's attributes


@dataclasses.dataclass(frozen=True)
class DatumaroItem:
    """One picture as a file tells it."""

    where: str  # the file and the item, for messages
    subset: str
    file: Path  # the photo
    home: Path  # the set's folder
    size_hw: tuple[int, int] | None  # if it is stated
    entry: Mapping[str, Any]
    labels: tuple[str, ...]  # of the file: an annotation's label_id is a place here


def find_datumaro(root: Path) -> Path | None:
    """Return the JSON file of a folder that is Datumaro's, or the folder that holds several, one a subset."""
    for folder in (root / "annotations", root):
        files = files_in(folder)
        if files:
            return files[0] if len(files) == 1 else folder
    return None


def files_in(folder: Path) -> list[Path]:
    """Return the JSON files of a folder that begin as Datumaro's do, sorted."""
    return [path for path in sorted(folder.glob("*.json")) if is_datumaro(path)]


def is_datumaro(path: Path) -> bool:
    """Return whether a file begins as Datumaro's do: its categories are by kind, those of COCO a list."""
    return HEAD.match(head_of(path)) is not None


def read_datumaro(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a file of Datumaro, or of several in a folder, a subset each.

    Masks, polygons and ellipses are masks; those of one label and group are one object, z_order tells which lies on
    top. Crowds are regions to ignore, unless a category has no others: then they are objects. All others are told and
    left out. Categories come in their order. A photo without a mask is not labelled. Labels of the photo, attributes
    of the item, and the subset where there are several, become tags; attributes of masks are not read. defects: takes
    what is wrong with single items and annotations, None = the first is raised.
    """
    defects, files = defects or FirstDefect(), [sign] if sign.is_file() else files_in(sign)
    names: dict[str, None] = {}
    items, shapes = list[DatumaroItem](), dict[Path, list[ToolShape]]()
    for path in files:
        labels, entries = parts_of(path)
        names |= dict.fromkeys(labels)
        for number, entry in enumerate(entries):
            with defects.gathering(NO_PHOTO):
                item = item_of(entry, path, number, labels)
                items.append(item)
                shapes[item.file] = shapes_in(item, defects)
    shapes, crowds = with_crowds(shapes)
    photos = []
    for item in items:
        with defects.gathering(BROKEN_LABEL, item.file):
            photos.append(photo_of(item, shapes[item.file], item.subset if len(files) > 1 else ""))
    said = [f"{crowds} crowd annotations are regions to ignore"] if crowds else []
    return PhotoSet(tuple(names), named_apart(photos, home_of(files[0])), (*said, *tell(shapes, defects)))


def parts_of(path: Path) -> tuple[tuple[str, ...], list[Any]]:
    """Return the labels that a file declares, in their order, and its items; raise InputError for another file."""
    value = read_json(path)
    items = value.get("items") if isinstance(value, dict) else None
    categories = value.get("categories") if isinstance(value, dict) else None
    label = categories.get("label") if isinstance(categories, dict) else None
    labels = label.get("labels") if isinstance(label, dict) else None
    if not isinstance(items, list) or not isinstance(labels, list):
        raise InputError(
            f"{path}: not a file of Datumaro, which has items and categories.label.labels; export it again"
        )
    return names_in(labels, path), items


def names_in(labels: Sequence[Any], path: Path) -> tuple[str, ...]:
    """Return the names of labels; raise InputError for one that has none."""
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in labels]
    for name in names:
        if not isinstance(name, str) or not name:
            raise InputError(f"{path}: found the label {shown(name)}, wanted a name; export it again")
    return tuple(str(name) for name in names)


def item_of(entry: Any, path: Path, number: int, labels: tuple[str, ...]) -> DatumaroItem:
    """Return an item with its photo; raise InputError when it has none."""
    if not isinstance(entry, dict):
        raise DefectError(BROKEN_LABEL, f"{path}: items[{number}] is {shown(entry)}, wanted an item; export it again")
    image = entry.get("image")
    where = f"{path}: item {shown(entry.get('id', number))}"
    if not isinstance(image, dict):
        raise DefectError(NO_PHOTO, f"{where}: image is {shown(image)}, wanted the path of a picture; export it again")
    home = home_of(path)
    way = text_of(image, "path", where) or str(entry.get("id", ""))
    file = photo_of_stem([home / "images" / path.stem, home / "images", home / path.stem, home], way, where)
    size = image.get("size")
    height, width = size if isinstance(size, list) and len(size) == 2 else (None, None)
    return DatumaroItem(
        where, path.stem, file, home.resolve(), size_in({"height": height, "width": width}, where), entry, labels
    )


def home_of(path: Path) -> Path:
    """Return the folder of a set: the one around annotations/, else the file's own."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def annotations_of(item: DatumaroItem) -> list[dict[str, Any]]:
    """Return the annotations of an item; raise InputError when they are none."""
    found = item.entry.get("annotations", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"{item.where}: annotations is {shown(found)}, wanted a list of them; export it again")
    return found


def shapes_in(item: DatumaroItem, defects: Defects) -> list[ToolShape]:
    """Return the annotations of an item as shapes, but for labels of the whole; one that is broken is a defect."""
    shapes = []
    with defects.gathering(BROKEN_LABEL, item.file):
        for number, entry in enumerate(annotations_of(item)):
            if entry.get("type") != "label":
                with defects.gathering(BROKEN_LABEL, item.file):
                    shapes.append(shape_of(entry, item, f"{item.where}: {shown(entry.get('type'))} {number}"))
    return shapes


def shape_of(entry: Mapping[str, Any], item: DatumaroItem, where: str) -> ToolShape:
    """Return an annotation as a shape, a crowd of the kind `CROWD`; raise InputError for one that is broken."""
    kind, group, layer = entry.get("type"), entry.get("group") or 0, entry.get("z_order") or 0
    if not isinstance(kind, str) or not isinstance(group, int) or not isinstance(layer, int):
        raise InputError(f"{where}: its type, group or z_order is wrong, wanted a text and numbers; export it again")
    shape = ToolShape(where, label_of(entry, item.labels, where), kind, group=str(group or ""), layer=layer)
    outline = outline_in(entry, where)
    if outline is None:
        return dataclasses.replace(shape, reach=reach_in(entry))
    if not shape.category:
        raise DefectError(UNKNOWN_NAME, f"{where}: has no label, wanted label_id; label it")
    attributes = entry.get("attributes")
    said: Mapping[str, Any] = attributes if isinstance(attributes, dict) else {}
    crowd = is_set(said.get(CROWD), where)
    return dataclasses.replace(
        shape,
        kind=CROWD if crowd else kind,
        outline=outline,
        ignored=crowd and said.get(IGNORED) is True,
        attributes=bool(set(said) - KNOWN),
    )


def label_of(entry: Mapping[str, Any], labels: Sequence[str], where: str) -> str:
    """Return the label of an annotation, "" where it has none; raise InputError for one that is not declared."""
    number = entry.get("label_id")
    if number is None:
        return ""
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(labels):
        raise DefectError(
            UNKNOWN_NAME,
            f"{where}: label_id is {shown(number)}, wanted one of {len(labels)} labels, from 0; export it again",
        )
    return labels[number]


def outline_in(entry: Mapping[str, Any], where: str) -> Any:
    """Return the polygons or the RLE of an annotation, None for one that is no mask; raise InputError as they do."""
    points, rle = entry.get("points"), entry.get("rle")
    if entry["type"] == "polygon":
        return [points]
    if entry["type"] == "ellipse":
        x0, y0, x1, y1 = corners_in(points, where)
        return [ellipse_of(((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2), 0)]
    if entry["type"] != "mask":
        return None
    size = rle.get("size") if isinstance(rle, dict) else None
    if not isinstance(size, list) or len(size) != 2 or not size_in({"height": size[0], "width": size[1]}, where):
        raise InputError(f"{where}: its rle is {shown(rle)}, wanted counts and size [height, width]; export it again")
    return rle


def corners_in(points: Any, where: str) -> list[float]:
    """Return the left, upper, right and lower side of an ellipse; raise InputError for what is no four numbers."""
    if not isinstance(points, list) or len(points) != 4:
        raise InputError(f"{where}: points is {shown(points)}, wanted four numbers; export it again")
    check_numbers(points, where)
    return points


def reach_in(entry: Mapping[str, Any]) -> Reach | None:
    """Return how far what is no mask reaches: a bbox [x, y, width, height], or points; None for anything else."""
    box = entry.get("bbox")
    if isinstance(box, list) and len(box) == 4 and all(isinstance(number, int | float) for number in box):
        return box[0], box[1], box[0] + box[2], box[1] + box[3]
    return reach_of([entry.get("points")])


def with_crowds(shapes: Mapping[Path, Sequence[ToolShape]]) -> tuple[dict[Path, list[ToolShape]], int]:
    """Return the shapes with crowds ignored where their category has single objects, and how many are ignored."""
    every = [shape for found in shapes.values() for shape in found]
    single = {shape.category for shape in every if shape.outline is not None and shape.kind != CROWD}
    sorted_out = {
        file: [
            dataclasses.replace(shape, ignored=shape.ignored or (shape.kind == CROWD and shape.category in single))
            for shape in found
        ]
        for file, found in shapes.items()
    }
    return sorted_out, sum(shape.ignored for found in sorted_out.values() for shape in found)


def photo_of(item: DatumaroItem, shapes: Sequence[ToolShape], subset: str) -> ListedPhoto:
    """Return the photo of an item; raise InputError where its masks cannot be joined. subset: to be told, or ""."""
    sizes = [tuple(shape.outline["size"]) for shape in shapes if isinstance(shape.outline, dict)]
    size = item.size_hw or next(iter(sizes), None)
    label = Outlines(item.where, size, objects_of(shapes, size))
    facts = item.entry.get("attr")
    said: Mapping[str, Any] = facts if isinstance(facts, dict) else {}
    source = text_of(said, "source", item.where) or item.home.name
    tags = tags_of(said, NO_TAGS) | whole_labels(item) | ({"subset": subset} if subset else {})
    return ListedPhoto(item.file, label, source, licence_of(said, item.where), tags, labelled=bool(label.outlines))


def whole_labels(item: DatumaroItem) -> dict[str, str]:
    """Return the labels of a picture as a whole as tags."""
    entries = [entry for entry in annotations_of(item) if entry.get("type") == "label"]
    return {name: "true" for entry in entries if (name := label_of(entry, item.labels, item.where))}


def write(source: ManifestSource, out: Path) -> None:
    """Write annotations/default.json and the images as they are in images/default/.

    Every instance is a mask, exact to the pixel. An item's attributes say its tags, licence and provenance, a mask's
    visible_fraction and asset. What a photo ignores is a crowd of every category, as in our COCO.
    """
    labels = [{"name": name, "parent": "", "attributes": []} for name in source.categories]
    head = {
        "dm_format_version": "1.0",
        "media_type": IMAGES,
        "infos": {},
        "categories": {"label": {"labels": labels, "label_groups": [], "attributes": []}},
    }
    (out / "annotations").mkdir()
    with json_with_rows(out / "annotations" / f"{SUBSET}.json", head, "items") as (items,):
        for sample in source.samples():
            file = source.save_image(sample, out / "images" / SUBSET, name_of(sample))
            items.add(item_row(sample, file, source.ids_of(sample), source.categories))


def item_row(sample: Sample, file: str, ids: IdMap, categories: Sequence[str]) -> dict[str, Any]:
    """Return one item. file: the picture's name."""
    masks = [
        mask_row(item.index, categories.index(item.category), ids == item.index)
        | {"attributes": {"visible_fraction": item.visible_fraction} | ({"asset": item.asset} if item.asset else {})}
        for item in sample.instances
    ]
    ignored = ids == IGNORE
    if ignored.any():
        crowd = {"attributes": {CROWD: True, IGNORED: True}}
        masks += [mask_row(0, label, ignored) | crowd for label in range(len(categories))]
    return {
        "id": name_of(sample),
        "annotations": masks,
        "attr": facts_of(sample) | {"licence": sample.licence},
        "image": {"path": file, "size": list(sample.size_hw)},
    }


def mask_row(number: int, label: int, mask: Mask) -> dict[str, Any]:
    """Return one mask without its attributes."""
    return {"id": number, "type": "mask", "group": 0, "label_id": label, "rle": rle_of(mask), "z_order": 0}
