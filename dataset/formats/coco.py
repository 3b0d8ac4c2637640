"""COCO: instance JSON in, with polygons or RLE, and out."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset.formats.json_rows import json_with_rows
from dataset.formats.listed import (
    BROKEN_LABEL,
    CLASH,
    NO_LICENCE,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    tags_of,
    text_of,
)
from dataset.formats.outlines import Outline, Outlines, rle_of
from dataset.formats.photo_files import photo_named
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IGNORE, IdMap, box_of
from dataset.pictures import MOST_PIXELS
from dataset.records import MOST_SIDE, Instance, Sample
from pipeline.errors import InputError, shown
from pipeline.reading import read_bytes, read_json

PARTS = ("images", "annotations", "categories")
PRELABEL = "prelabel"
IGNORED = "ignored"  # of an annotation of ours: true for a region that no score counts
NO_TAGS = {"id", "file_name", "width", "height", "license", "licence"}  # of an entry of images


def find_coco(root: Path) -> Path | None:
    """Return the COCO file of a folder: annotations.json, or instances*.json, or the only JSON file that is one.

    It may also lie where tools put it: annotations/instances*.json, or _annotations.coco.json in a folder of photos.

    None when there is none; raises InputError when it is not clear which one is meant.
    """
    if (root / "annotations.json").is_file():
        return root / "annotations.json"
    found = sorted(root.glob("instances*.json")) or [
        path
        for path in sorted(root.glob("*.json"))
        if not path.name.startswith("panoptic") and may_be_coco(path) and is_coco(read_json(path))
    ]
    if not found:  # as CVAT, COCO and Roboflow lay them out
        found = sorted([*root.glob("annotations/instances*.json"), *root.glob("*/_annotations.coco.json")])
    if len(found) > 1:
        names = ", ".join(path.relative_to(root).as_posix() for path in found)
        raise InputError(
            f"{root}: found {names}, wanted one; name the right one annotations.json, or name its folder as REAL"
        )
    return found[0] if found else None


def may_be_coco(path: Path) -> bool:
    """Return whether a JSON file holds the keys of a COCO file, so that those of other tools are not read whole."""
    data = read_bytes(path)
    return b'"images"' in data and b'"annotations"' in data


def is_coco(value: Any) -> bool:
    """Return whether the value of a JSON file has the three parts of a COCO file."""
    return isinstance(value, dict) and all(isinstance(value.get(part), list) for part in PARTS)


def read_coco(path: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that a COCO instance file describes; its images lie beside it or in images/.

    Categories come in the order of their ids. Annotations marked iscrowd are regions to ignore; those of a category
    that has no others are single objects, as tools write what was labelled with a brush. A photo without an annotation
    is not labelled. defects: takes what is wrong with single entries, None = the first is raised; what the whole file
    lacks is always raised.
    """
    defects = defects or FirstDefect()
    coco, categories, images = parts_of(path, defects)
    files = files_named(path, images, defects)
    outlines, crowds = read_outlines(path, coco, set(images), categories, defects, files)
    licences = licences_in(path, coco)
    photos = []
    for id_, file in files.items():
        with defects.gathering(BROKEN_LABEL, file):
            photos.append(photo_of(path, images[id_], file, outlines.get(id_, []), licences))
    said = (f"{crowds} crowd annotations are regions to ignore",) if crowds else ()
    return PhotoSet(by_id(categories), tuple(photos), said)


def parts_of(path: Path, defects: Defects) -> tuple[dict[str, Any], dict[Any, str], dict[Any, dict[str, Any]]]:
    """Return a COCO file's value, its categories and its entries of `images`, each by id."""
    coco = read_json(path)
    if not is_coco(coco):
        raise InputError(f"{path}: not a COCO instance file, which has the lists {', '.join(PARTS)}")
    whole = FirstDefect()  # without its categories no label can be read
    categories = {entry["id"]: str(entry["name"]) for entry in with_keys(path, coco, "categories", whole, "id", "name")}
    return (
        coco,
        categories,
        {entry["id"]: entry for entry in with_keys(path, coco, "images", defects, "id", "file_name")},
    )


def licences_in(path: Path, coco: Mapping[str, Any]) -> dict[Any, str]:
    """Return the name of each licence of a COCO file by its id."""
    return {
        id_in(entry, f"{path}: licenses"): text_of(entry, "name", f"{path}: licenses") or NO_LICENCE
        for entry in listed(coco, "licenses")
        if entry.get("id") is not None
    }


def read_outlines_by_photo(path: Path) -> dict[str, Outlines]:
    """Return the outlines of each photo of a COCO file by its file_name; the photos themselves need not be there.

    Annotations marked iscrowd are an InputError: a prediction is no crowd.
    """
    first = FirstDefect()
    coco, categories, images = parts_of(path, first)
    outlines, crowds = read_outlines(path, coco, set(images), categories, first, {})
    if crowds:
        raise InputError(f"{path}: {crowds} annotations are marked iscrowd, wanted predictions of single objects")
    return {
        str(entry["file_name"]): Outlines(where, size_in(entry, where), tuple(outlines.get(id_, [])))
        for id_, entry in images.items()
        for where in [f"{path}: image {shown(id_)}"]
    }


def listed(coco: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """Return the entries of one list of a COCO file that are mappings; none when there is no such list."""
    found = coco.get(part)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def with_keys(path: Path, coco: Mapping[str, Any], part: str, defects: Defects, *keys: str) -> list[dict[str, Any]]:
    """Return the entries of one part; an entry that lacks a key, or has the id of an earlier one, is a defect."""
    seen = set()
    whole = []
    for number, entry in enumerate(coco[part]):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str | int) for key in keys):
            text = f"{path}: {part}[{number}] wants {' and '.join(map(repr, keys))}; export it again"
            defects.add(BROKEN_LABEL, text)
        elif entry["id"] in seen and part != "annotations":
            text = f"{path}: {part}[{number}]: the id {shown(entry['id'])} is there twice; give each its own"
            defects.add(CLASH, text)
        else:
            whole.append(entry)
            seen.add(entry["id"])
    return whole


def read_outlines(
    path: Path,
    coco: Mapping[str, Any],
    images: set[Any],
    categories: Mapping[Any, str],
    defects: Defects,
    files: Mapping[Any, Path],
) -> tuple[dict[Any, list[Outline]], int]:
    """Return for each image id its outlines in the file's order, and how many are crowds, which are ignored.

    A category whose annotations are all marked iscrowd has single objects, but for those that say `IGNORED`. A photo
    that has crowds alone, of categories that have single objects elsewhere, is a defect: nobody can tell which of the
    two was meant.
    """
    single: dict[Any, list[Outline]] = defaultdict(list)
    crowds: dict[Any, list[Outline]] = defaultdict(list)
    for entry in with_keys(path, coco, "annotations", defects, "id", "image_id", "category_id"):
        name = f"{path}: annotation {shown(entry['id'])}"
        with defects.gathering(BROKEN_LABEL, files.get(entry["image_id"])):
            check_meets(entry, images, categories, name)
            ours = entry.get(IGNORED) is True
            kept = crowds if is_crowd(entry.get("iscrowd"), name) and not ours else single
            category, shape = categories[entry["category_id"]], entry.get("segmentation")
            outline = Outline(name, category, shape, ignored=ours, name=prelabel_in(entry))
            kept[entry["image_id"]].append(outline)
    separate = {outline.category for rows in single.values() for outline in rows if not outline.ignored}
    ignored: dict[Any, list[Outline]] = {}
    for image, rows in crowds.items():
        single[image] += [row for row in rows if row.category not in separate]
        ignored[image] = [
            Outline(row.where, row.category, row.shape, ignored=True) for row in rows if row.category in separate
        ]
    bare = {image: rows for image, rows in ignored.items() if rows and not single[image]}
    for image, rows in bare.items():
        text = (
            f"{rows[0].where} is marked iscrowd, and its photo has no other label ({len(bare)} such photos): set "
            "iscrowd to 0 if it is one object, else take the photo away"
        )
        defects.add(BROKEN_LABEL, text, files.get(image))
    for image, rows in ignored.items():
        single[image] += rows
    return single, sum(outline.ignored for rows in single.values() for outline in rows)


def prelabel_in(entry: Mapping[str, Any]) -> str:
    """Return the name of an annotation that we proposed, "" for others; CVAT keeps it among the attributes."""
    attributes = entry.get("attributes")
    inner = attributes.get(PRELABEL) if isinstance(attributes, dict) else None
    found = entry.get(PRELABEL, inner)
    return found if isinstance(found, str) else ""


def check_meets(entry: Mapping[str, Any], images: set[Any], categories: Mapping[Any, str], name: str) -> None:
    """Raise InputError for an annotation of an image or a category that is not there."""
    if entry["image_id"] not in images:
        raise DefectError(
            NO_PHOTO, f"{name} is for the image {shown(entry['image_id'])}, which is not there; add it or drop these"
        )
    if entry["category_id"] not in categories:
        raise DefectError(
            UNKNOWN_NAME, f"{name} has the category {shown(entry['category_id'])}, which is not there; add it"
        )


def is_crowd(value: Any, where: str) -> bool:
    """Return what iscrowd says, as tools write it: 0 or 1, as a number, as text, or as true and false."""
    if value in (None, 0, "0", "") or value is False:
        return False
    if value in (1, "1") or value is True:
        return True
    raise InputError(f"{where}: iscrowd is {shown(value)}, wanted 0 or 1; mend it")


def files_named(path: Path, images: Mapping[Any, dict[str, Any]], defects: Defects) -> dict[Any, Path]:
    """Return the photo of each entry of `images` by its id; one that is nowhere is a defect."""
    homes, files = homes_of(path), dict[Any, Path]()
    for id_, entry in images.items():
        with defects.gathering(NO_PHOTO):
            files[id_] = photo_named(homes, str(entry["file_name"]), f"{path}: image {shown(id_)}")
    return files


def photo_of(
    path: Path, entry: Mapping[str, Any], file: Path, outlines: list[Outline], licences: Mapping[Any, str]
) -> ListedPhoto:
    """Return one entry of `images`, whose photo is `file`, with its outlines."""
    where = f"{path}: image {shown(entry['id'])}"
    source = text_of(entry, "source", where) or path.parent.resolve().name
    number = entry.get("license")
    usual = NO_LICENCE if number is None else licences.get(id_in(entry, where, "license"), NO_LICENCE)
    licence = text_of(entry, "licence", where) or usual
    label = Outlines(where, size_in(entry, where), tuple(outlines))
    return ListedPhoto(file, label, source, licence, tags_of(entry, NO_TAGS), labelled=bool(outlines))


def by_id(categories: Mapping[Any, str]) -> tuple[str, ...]:
    """Return the names of categories in the order of their ids, numbers first."""
    return tuple(categories[id_] for id_ in sorted(categories, key=lambda id_: (isinstance(id_, str), id_)))


def homes_of(path: Path, kind: str = "instances_") -> list[Path]:
    """Return where the photos of a COCO file may lie: beside it and in images/, and from annotations/ around that.

    There it is one folder up, and the folder of the split: ``instances_train2017.json`` has its photos in train2017/.
    kind: how the names of such files begin.
    """
    homes = [path.parent, path.parent / "images"]
    if path.parent.name == "annotations":
        up = path.parent.parent
        homes += [up / "images", up / path.stem.removeprefix(kind), up]
    return homes


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
    visible_fraction and asset (null for what a camera saw). What a photo ignores is a crowd of every category, since
    pycocotools looks at one category at a time; "ignored" tells `read_coco` that it is no brush mask.
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
            for row in crowd_rows(ids, source):
                annotations.add({"id": annotations.count + 1, "image_id": images.count} | row)


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


def crowd_rows(ids: IdMap, source: ManifestSource) -> list[dict[str, Any]]:
    """Return the entries of what an id map ignores, one a category, without their own numbers and the image's."""
    ignored = ids == IGNORE
    if not ignored.any():
        return []
    x0, y0, x1, y1 = box_of(ignored)
    box, area = [x0, y0, x1 - x0, y1 - y0], int(ignored.sum())
    crowd = {"bbox": box, "area": area, "iscrowd": 1, "segmentation": rle_of(ignored), IGNORED: True}
    return [{"category_id": number} | crowd for number in range(1, len(source.categories) + 1)]
