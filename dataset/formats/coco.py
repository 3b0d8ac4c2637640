"""COCO: instance JSON in, with polygons or RLE, and out."""

import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

import numpy as np
from pycocotools import mask as rle_tools

from dataset.formats.folder import MOST_INSTANCES, NO_LICENCE, ListedPhoto, PhotoSet, tags_of, text_of
from dataset.formats.json_rows import json_with_rows
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IdMap, Mask
from dataset.pictures import MOST_PIXELS
from dataset.records import MOST_SIDE, Instance, Sample
from pipeline.errors import InputError, shown
from pipeline.files import inside
from pipeline.reading import read_json

PARTS = ("images", "annotations", "categories")
SLIP, SLIP_PX = 0.02, 3  # how far an outline may leave its picture: a share of the longer side, at least so many pixels
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
        size = self.drawn_on(size_hw)
        for name, _, segmentation in self.outlines:
            check_within(segmentation, size, name)
        packed = [outline_rle(segmentation, size, name) for name, _, segmentation in self.outlines]
        areas = [int(rle_tools.area(rle)) for rle in packed]
        ids = np.zeros(size, np.uint16)
        for k in sorted(range(len(packed)), key=lambda k: -areas[k]):  # one mask at a time: a thousand would be 12 GB
            ids[rle_tools.decode(packed[k]).astype(bool)] = k + 1
        return ids, [category for _, category, _ in self.outlines]

    def drawn_on(self, upright_hw: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the picture that the outlines were drawn on.

        That is the stated one, but for a photo that its EXIF orientation turns: tools show it upright and state the
        stored size, so where an outline leaves the stated picture and all lie on the upright one, it is that.
        """
        stated = self.size_hw or upright_hw
        if stated == upright_hw or stated != upright_hw[::-1]:
            return stated
        farthest = [reach_of(segmentation) for _, _, segmentation in self.outlines]
        outside = any(not within(reach, stated) for reach in farthest)
        return upright_hw if outside and all(within(reach, upright_hw) for reach in farthest) else stated


Reach = tuple[float, float, float, float]  # least x and y, greatest x and y


def reach_of(segmentation: Any) -> Reach | None:
    """Return how far polygons reach; None for what are none, such as an RLE."""
    if not isinstance(segmentation, list):
        return None
    flat = [n for polygon in segmentation if isinstance(polygon, list) for n in polygon]
    numbers = [n for n in flat if isinstance(n, int | float)]
    if len(numbers) < 2 or len(numbers) < len(flat) or len(flat) % 2:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def within(reach: Reach | None, size_hw: tuple[int, int]) -> bool:
    """Return whether an outline lies on its picture, but for what a hand that slipped would leave outside."""
    if reach is None:
        return True
    room = max(SLIP_PX, SLIP * max(size_hw))
    return min(reach[:2]) >= -room and reach[2] <= size_hw[1] + room and reach[3] <= size_hw[0] + room


def check_within(segmentation: Any, size_hw: tuple[int, int], where: str) -> None:
    """Raise InputError for polygons that leave their picture: it is another one that they were drawn on."""
    reach = reach_of(segmentation)
    if reach and not within(reach, size_hw):
        x0, y0, x1, y1 = reach
        raise InputError(
            f"{where}: its outline goes from x {x0:g} to {x1:g} and y {y0:g} to {y1:g}, on a picture of {size_hw[1]} x "
            f"{size_hw[0]} pixels; state the size of the picture that it was drawn on, or mend the outline"
        )


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

    It may also lie where tools put it: annotations/instances*.json, or _annotations.coco.json in a folder of photos.

    None when there is none; raises InputError when it is not clear which one is meant.
    """
    if (root / "annotations.json").is_file():
        return root / "annotations.json"
    found = sorted(root.glob("instances*.json")) or [
        path for path in sorted(root.glob("*.json")) if is_coco(read_json(path))
    ]
    if not found:  # as CVAT, COCO and Roboflow lay them out
        found = sorted([*root.glob("annotations/instances*.json"), *root.glob("*/_annotations.coco.json")])
    if len(found) > 1:
        names = ", ".join(path.relative_to(root).as_posix() for path in found)
        raise InputError(
            f"{root}: found {names}, wanted one; name the right one annotations.json, or name its folder as REAL"
        )
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


OutlineRow = tuple[str, str, Any]  # what to call it in a message, category, segmentation


def read_outlines(
    path: Path, coco: Mapping[str, Any], images: set[Any], categories: Mapping[Any, str]
) -> tuple[dict[Any, list[OutlineRow]], int]:
    """Return for each image id its outlines in the file's order, and how many crowd annotations were left out.

    Where every annotation of a category is marked iscrowd, they are what tools write of labels made with a brush, and
    are taken as single objects. Raises InputError for a photo all of whose labels would be left out.
    """
    single: dict[Any, list[OutlineRow]] = defaultdict(list)
    crowds: dict[Any, list[OutlineRow]] = defaultdict(list)
    for entry in with_keys(path, coco, "annotations", "id", "image_id", "category_id"):
        name = f"{path}: annotation {shown(entry['id'])}"
        if entry["image_id"] not in images:
            raise InputError(
                f"{name} is for the image {shown(entry['image_id'])}, which is not there; add it or drop these"
            )
        if entry["category_id"] not in categories:
            raise InputError(f"{name} has the category {shown(entry['category_id'])}, which is not there; add it")
        kept = crowds if is_crowd(entry.get("iscrowd"), name) else single
        kept[entry["image_id"]].append((name, categories[entry["category_id"]], entry.get("segmentation")))
    separate = {category for rows in single.values() for _, category, _ in rows}
    left: dict[Any, list[OutlineRow]] = {}
    for image, rows in crowds.items():
        single[image] += [row for row in rows if row[1] not in separate]
        left[image] = [row for row in rows if row[1] in separate]
    bare = [rows for image, rows in left.items() if rows and not single[image]]
    if bare:
        raise InputError(
            f"{bare[0][0][0]} is marked iscrowd, and its photo has no other label ({len(bare)} such photos): set "
            "iscrowd to 0 if it is one object, else take the photo away"
        )
    return single, sum(map(len, left.values()))


def is_crowd(value: Any, where: str) -> bool:
    """Return what iscrowd says, as tools write it: 0 or 1, as a number, as text, or as true and false."""
    if value in (None, 0, "0", "") or value is False:
        return False
    if value in (1, "1") or value is True:
        return True
    raise InputError(f"{where}: iscrowd is {shown(value)}, wanted 0 or 1; mend it")


def photo_of(
    path: Path, entry: Mapping[str, Any], outlines: list[tuple[str, str, Any]], licences: Mapping[Any, str]
) -> ListedPhoto:
    """Return one entry of `images` with its outlines; raise InputError when its file is nowhere."""
    where = f"{path}: image {shown(entry['id'])}"
    root = path.parent
    file = find_photo(path, str(entry["file_name"]))
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


def find_photo(path: Path, name: str) -> Path | None:
    """Return the photo that a COCO file calls `name`, None when it is nowhere.

    Looked for beside the file and in images/, from annotations/ also one folder up and in the folder of the split
    (``instances_train2017.json``: train2017/); by the name as it is, then as tools mean it: with backslashes, percent
    signs, the other Unicode form, and at last by its last part alone.
    """
    homes = [path.parent, path.parent / "images"]
    if path.parent.name == "annotations":
        up = path.parent.parent
        homes += [up / "images", up / path.stem.removeprefix("instances_"), up]
    spelt = [name, name.replace("\\", "/"), unquote(name.replace("\\", "/"))]
    spelt += [normalize(form, each) for each in spelt for form in ("NFC", "NFD")]
    for each in [*spelt, *(PurePosixPath(one).name for one in spelt)]:
        for home in homes:
            with contextlib.suppress(InputError):  # it leaves the folder, as another machine's path does
                file = inside(home, each, str(path))
                if each and file.is_file():
                    return file
    return None


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
