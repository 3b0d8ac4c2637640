"""COCO: instance JSON in, with polygons or RLE, and out."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as rle_tools

from dataset.formats.folder import MOST_INSTANCES, NO_LICENCE, ListedPhoto, PhotoSet, named, tags_of, text_of
from dataset.formats.json_rows import json_with_rows
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IdMap, Mask
from dataset.pictures import MOST_PIXELS
from dataset.records import MOST_SIDE, Instance, Sample
from pipeline.errors import InputError, shown
from pipeline.reading import read_json

PARTS = ("images", "annotations", "categories")
MOST_BITS = 40  # of one run: more than any picture has pixels
NO_TAGS = {"id", "file_name", "width", "height", "license", "licence"}  # of an entry of images


@dataclasses.dataclass(frozen=True)
class Outlines:
    """The outlines of one photo's instances, as COCO writes them."""

    where: str  # the file and the photo, for messages
    size_hw: tuple[int, int] | None  # the size the outlines were made for, if it is stated
    outlines: tuple[tuple[str, str, Any], ...]  # what to call it in a message, category, segmentation

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return an id map and the categories; where two instances overlap, the smaller one lies on top.

        So an instance may be left without a pixel. Raises InputError for an outline that cannot be drawn.
        """
        size = self.size_hw or size_hw
        packed = [outline_rle(segmentation, size, name) for name, _, segmentation in self.outlines]
        areas = [int(rle_tools.area(rle)) for rle in packed]
        ids = np.zeros(size, np.uint16)
        for k in sorted(range(len(packed)), key=lambda k: -areas[k]):  # one mask at a time: a thousand would be 12 GB
            ids[rle_tools.decode(packed[k]).astype(bool)] = k + 1
        return ids, [category for _, category, _ in self.outlines]


def mask_of(segmentation: Any, size_hw: tuple[int, int], where: str) -> Mask:
    """Return (H, W) bool of polygons [[x, y, ...], ...] or of an RLE {size, counts}, compressed or not."""
    return np.asarray(rle_tools.decode(outline_rle(segmentation, size_hw, where))).astype(bool)


def outline_rle(segmentation: Any, size_hw: tuple[int, int], where: str) -> dict[str, Any]:
    """Return an outline as pycocotools' own compressed RLE; raise InputError when it is none."""
    if isinstance(segmentation, dict):
        runs = {"size": list(size_hw), "counts": runs_of(segmentation, size_hw, where)}
        return dict(rle_tools.frPyObjects(runs, *size_hw))
    check_polygons(segmentation, where)
    return dict(rle_tools.merge(rle_tools.frPyObjects(segmentation, *size_hw)))


def runs_of(rle: Mapping[str, Any], size_hw: tuple[int, int], where: str) -> list[int]:
    """Return the runs of an RLE; raise InputError when they do not fill its image exactly.

    pycocotools leaves what the runs do not reach as it finds the memory.
    """
    height, width = size_hw
    if rle.get("size") != [height, width]:
        raise InputError(
            f"{where}: its RLE has the size {shown(rle.get('size'))}, its image {[height, width]}; export it again"
        )
    counts = rle.get("counts")
    runs: list[Any] = unpacked(counts) if isinstance(counts, str) else counts if isinstance(counts, list) else []
    if not all(type(run) is int and run >= 0 for run in runs) or sum(runs) != height * width:
        raise InputError(
            f"{where}: its RLE is broken, wanted runs that sum to {height * width} pixels; export it again"
        )
    return runs


def unpacked(text: str) -> list[int]:
    """Return the runs of a compressed RLE; of a text that is none, runs that do not sum up.

    A character holds five bits of a number, low ones first, and whether more follow; the last one's top bit is the
    sign. From the fourth run on, a number is the difference to the run before the last.
    """
    runs: list[int] = []
    number, shift = 0, 0
    for code in (ord(character) - 48 for character in text):
        if not 0 <= code < 64 or shift > MOST_BITS:
            return []
        number |= (code & 31) << shift
        shift += 5
        if not code & 32:
            number -= (code & 16) << (shift - 4)
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number, shift = 0, 0
    return runs


def check_polygons(segmentation: Any, where: str) -> None:
    """Raise InputError unless it is a list of polygons of three points or more, none of them miles away."""
    if not isinstance(segmentation, list) or not segmentation:
        raise InputError(f"{where}: found no outline, wanted polygons or an RLE; a box alone is no mask")
    for polygon in segmentation:  # four numbers would silently be drawn as a box
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise InputError(f"{where}: found the polygon {shown(polygon)}, wanted x, y of three points or more")
        for number in polygon:  # pycocotools takes memory for every pixel on the way, and breaks down beyond its own
            if not isinstance(number, int | float) or not abs(number) <= MOST_SIDE:
                raise InputError(f"{where}: found the coordinate {shown(number)}, wanted a pixel of its image; mend it")


def find_coco(root: Path) -> Path | None:
    """Return the COCO file of a folder: annotations.json, or instances*.json, or the only JSON file that is one.

    None when there is none; raises InputError when it is not clear which one is meant.
    """
    if (root / "annotations.json").is_file():
        return root / "annotations.json"
    found = sorted(root.glob("instances*.json")) or [
        path for path in sorted(root.glob("*.json")) if is_coco(read_json(path))
    ]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{root}: found {names}, wanted one; name the right one annotations.json")
    return found[0] if found else None


def is_coco(value: Any) -> bool:
    """Return whether the value of a JSON file has the three parts of a COCO file."""
    return isinstance(value, dict) and all(isinstance(value.get(part), list) for part in PARTS)


def read_coco(path: Path) -> PhotoSet:
    """Return the set that a COCO instance file describes; its images lie beside it or in images/.

    Categories come in the order of their ids. Annotations marked iscrowd are no single instances: they are left out,
    and counted in the note.
    """
    coco, categories, images = parts_of(path)
    outlines, crowds = read_outlines(path, coco, set(images), categories)
    licences = {
        id_in(entry, f"{path}: licenses"): text_of(entry, "name", f"{path}: licenses") or NO_LICENCE
        for entry in listed(coco, "licenses")
        if entry.get("id") is not None
    }
    photos = tuple(photo_of(path, entry, outlines[id_], licences) for id_, entry in images.items())
    names = tuple(categories[id_] for id_ in sorted(categories, key=lambda id_: (isinstance(id_, str), id_)))
    return PhotoSet(names, photos, f", {crowds} crowd annotations left out" if crowds else "")


def parts_of(path: Path) -> tuple[dict[str, Any], dict[Any, str], dict[Any, dict[str, Any]]]:
    """Return a COCO file's value, its categories and its entries of `images`, each by id."""
    coco = read_json(path)
    if not is_coco(coco):
        raise InputError(f"{path}: not a COCO instance file, which has the lists {', '.join(PARTS)}")
    categories = {entry["id"]: str(entry["name"]) for entry in with_keys(path, coco, "categories", "id", "name")}
    return coco, categories, {entry["id"]: entry for entry in with_keys(path, coco, "images", "id", "file_name")}


def read_outlines_by_photo(path: Path) -> dict[str, Outlines]:
    """Return the outlines of each photo of a COCO file by its file_name; the photos themselves need not be there.

    Annotations marked iscrowd are an InputError: a prediction is no crowd.
    """
    coco, categories, images = parts_of(path)
    outlines, crowds = read_outlines(path, coco, set(images), categories)
    if crowds:
        raise InputError(f"{path}: {crowds} annotations are marked iscrowd, wanted predictions of single objects")
    return {
        str(entry["file_name"]): Outlines(where, size_in(entry, where), tuple(outlines[id_]))
        for id_, entry in images.items()
        for where in [f"{path}: image {shown(id_)}"]
    }


def listed(coco: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """Return the entries of one list of a COCO file that are mappings; none when there is no such list."""
    found = coco.get(part)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def with_keys(path: Path, coco: Mapping[str, Any], part: str, *keys: str) -> list[dict[str, Any]]:
    """Return the entries of one part; raise InputError when an entry lacks a key or two have the same id."""
    seen = set()
    for number, entry in enumerate(coco[part]):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str | int) for key in keys):
            raise InputError(f"{path}: {part}[{number}] wants {' and '.join(map(repr, keys))}; export it again")
        if entry["id"] in seen and part != "annotations":
            raise InputError(f"{path}: {part}[{number}]: the id {shown(entry['id'])} is there twice; give each its own")
        seen.add(entry["id"])
    return list(coco[part])


def read_outlines(
    path: Path, coco: Mapping[str, Any], images: set[Any], categories: Mapping[Any, str]
) -> tuple[dict[Any, list[tuple[str, str, Any]]], int]:
    """Return for each image id its outlines in the file's order, and how many crowd annotations were left out."""
    outlines: dict[Any, list[tuple[str, str, Any]]] = defaultdict(list)
    crowds = 0
    for entry in with_keys(path, coco, "annotations", "id", "image_id", "category_id"):
        name = f"{path}: annotation {shown(entry['id'])}"
        if entry["image_id"] not in images:
            raise InputError(
                f"{name} is for the image {shown(entry['image_id'])}, which is not there; add it or drop these"
            )
        if entry["category_id"] not in categories:
            raise InputError(f"{name} has the category {shown(entry['category_id'])}, which is not there; add it")
        if entry.get("iscrowd"):
            crowds += 1
        else:
            outlines[entry["image_id"]].append((name, categories[entry["category_id"]], entry.get("segmentation")))
    return outlines, crowds


def photo_of(
    path: Path, entry: Mapping[str, Any], outlines: list[tuple[str, str, Any]], licences: Mapping[Any, str]
) -> ListedPhoto:
    """Return one entry of `images` with its outlines; raise InputError when its file is nowhere."""
    where = f"{path}: image {shown(entry['id'])}"
    root = path.parent
    places = [named(root, entry, "file_name", where), named(root / "images", entry, "file_name", where)]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise InputError(
            f"{where}: {shown(entry['file_name'])} is neither in {root} nor in {root / 'images'}; bring it there"
        )
    if len(outlines) > MOST_INSTANCES:
        raise InputError(f"{where}: found {len(outlines)} annotations, wanted {MOST_INSTANCES} at most")
    size = size_in(entry, where)
    source = text_of(entry, "source", where) or root.resolve().name
    number = entry.get("license")
    usual = NO_LICENCE if number is None else licences.get(id_in(entry, where, "license"), NO_LICENCE)
    licence = text_of(entry, "licence", where) or usual
    return ListedPhoto(file, Outlines(where, size, tuple(outlines)), source, licence, tags_of(entry, NO_TAGS))


def id_in(entry: Mapping[str, Any], where: str, key: str = "id") -> str | int:
    """Return the id that an entry holds; raise InputError when it is no text and no whole number."""
    value = entry.get(key)
    if not isinstance(value, str | int):
        raise InputError(f"{where}: {key} is {shown(value)}, wanted a number; export it again")
    return value


def size_in(entry: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    """Return the (height, width) that an entry of `images` states, None if it states none; InputError for no size."""
    height, width = entry.get("height"), entry.get("width")
    if not isinstance(height, int) or not isinstance(width, int):
        return None
    if not (0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE and height * width <= MOST_PIXELS):
        raise InputError(
            f"{where}: is {shown(width)} x {shown(height)} pixels, wanted the photo's width and height; export it again"
        )
    return height, width


def write(source: ManifestSource, out: Path) -> None:
    """Write the images as they are and their instances, all numbered from 1 in the manifest's order.

    Beside the standard keys an image says sample_id, domain, source, draws and its tags, an annotation
    visible_fraction and asset (null for what a camera saw).
    """
    head = {
        "info": {"description": "exported by admix"},
        "licenses": [{"id": k, "name": name, "url": ""} for k, name in enumerate(source.licences, 1)],
        "categories": [{"id": k, "name": name, "supercategory": ""} for k, name in enumerate(source.categories, 1)],
    }
    with json_with_rows(out / "annotations.json", head, "images", "annotations") as (images, annotations):
        for sample in source.samples():
            file, ids = source.save_image(sample, out / "images", name_of(sample)), source.ids_of(sample)
            images.add(image_row(images.count + 1, file, sample, source))
            for item in sample.instances:
                numbers = {"id": annotations.count + 1, "image_id": images.count}
                annotations.add(numbers | annotation_row(item, ids, source))


def image_row(number: int, file: str, sample: Sample, source: ManifestSource) -> dict[str, Any]:
    """Return the entry of one image."""
    height, width = sample.size_hw
    standard = {"id": number, "file_name": file, "width": width, "height": height}
    licence = {"license": source.licences.index(sample.licence) + 1}
    return facts_of(sample) | standard | licence | {"draws": sample.draws}


def annotation_row(item: Instance, ids: IdMap, source: ManifestSource) -> dict[str, Any]:
    """Return the entry of one instance without its own number and its image's."""
    x0, y0, x1, y1 = item.box
    return {
        "category_id": source.categories.index(item.category) + 1,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": item.area_px,
        "iscrowd": 0,
        "segmentation": rle_of(ids == item.index),
        "visible_fraction": item.visible_fraction,
        "asset": item.asset,
    }


def rle_of(mask: Mask) -> dict[str, Any]:
    """Return the compressed RLE of a mask (H, W): size [H, W] and counts as text, runs down the columns."""
    rle = rle_tools.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": rle["counts"].decode("ascii")}
