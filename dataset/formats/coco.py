"""COCO: instance JSON in, with polygons or RLE, and out."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dataset.formats.coco_file import (
    CocoFile,
    file_of,
    files_named,
    is_set,
    licences_in,
    meant_in,
    photo_of,
    size_in,
    subset_of,
    with_keys,
)
from dataset.formats.coco_places import KIND, files_in, others_in
from dataset.formats.json_rows import json_with_rows
from dataset.formats.listed import (
    BROKEN_LABEL,
    NO_PHOTO,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    PhotoSet,
)
from dataset.formats.nested_rings import Nested, nested_in
from dataset.formats.outlines import PRELABEL, Outline, Outlines, Rings, all_sound, rle_of
from dataset.formats.several import SetPart, check_alike, together
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IGNORE, IdMap, box_of
from dataset.records import Instance, Sample
from pipeline.errors import InputError, few_of, shown

MOST_NAMED = 3  # of the files that are passed over
IGNORED = "ignored"  # of an annotation of ours: true for a region that no score counts


def read_coco(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that a COCO instance file describes, or several in a folder; its images lie as `homes_of` says.

    Categories come in the order of their ids. Annotations marked ignore are regions to ignore, and so are those marked
    iscrowd, unless a category has no others in any of the files: tools write what was labelled with a brush so. A photo
    without an annotation is not labelled. Several files are put together by `several.together`. defects: takes what is
    wrong with single entries, None = the first is raised; what a whole file lacks is always raised.
    """
    defects = defects or FirstDefect()
    files = [file_of(path, defects) for path in (files_in(sign) if sign.is_dir() else [sign])]
    check_alike({file.path: file.names for file in files})
    photos = {file.path: files_named(file, KIND, defects) for file in files}
    rows = [rows_of(file, defects, photos[file.path]) for file in files]
    separate = {name for each in rows for name in each.separate}
    parts = []
    for file, each in zip(files, rows, strict=True):
        outlines = with_regions(each, separate, defects, photos[file.path])
        read = set_of(file, photos[file.path], outlines, defects)
        read = dataclasses.replace(read, assumed=(*read.assumed, *words_on_rings(each.nested)))
        parts.append(SetPart(file.path, subset_of(file.path, KIND), read))
    found, others = together(parts, sign, defects), others_in(sign) if sign.is_dir() else []
    names = few_of([path.relative_to(sign).as_posix() for path in others], MOST_NAMED)
    said = (f"passed over {len(others)} COCO files ({names})",) if others else ()
    return dataclasses.replace(found, assumed=(*found.assumed, *said))


def set_of(
    file: CocoFile, photos: Mapping[Any, Path], outlines: Mapping[Any, list[Outline]], defects: Defects
) -> PhotoSet:
    """Return the set of one file. photos, outlines: by the id of their image."""
    licences, found = licences_in(file), []
    for id_, photo in photos.items():
        with defects.gathering(BROKEN_LABEL, photo):
            rows = tuple(outlines.get(id_, ()))
            label = Outlines(file.where(id_), size_in(file.images[id_], file.where(id_)), rows) if rows else None
            found.append(photo_of(file, id_, photo, label, licences))
    crowds = sum(outline.ignored for rows in outlines.values() for outline in rows)
    said = (f"{crowds} annotations marked iscrowd or ignore are regions to ignore",) if crowds else ()
    return PhotoSet(file.names, tuple(found), (*file.twice, *said))


def read_outlines_by_photo(path: Path) -> dict[str, Outlines]:
    """Return the outlines of each photo of a COCO file by its file_name; the photos themselves need not be there.

    Annotations marked iscrowd or ignore are an InputError: a prediction is neither. So is a folder of several files.
    """
    if path.is_dir():
        names = ", ".join(each.relative_to(path).as_posix() for each in (*files_in(path), *others_in(path)))
        raise InputError(f"{path}: found {names}, wanted one; take the others away")
    first = FirstDefect()
    file = file_of(path, first)
    rows = rows_of(file, first, {})
    outlines = with_regions(rows, rows.separate, first, {})
    crowds = sum(outline.ignored for each in outlines.values() for outline in each)
    if crowds:
        raise InputError(
            f"{path}: {crowds} annotations are marked iscrowd or ignore, wanted predictions of single objects"
        )
    return {
        str(entry["file_name"]): Outlines(
            file.where(id_), size_in(entry, file.where(id_)), tuple(outlines.get(id_, ()))
        )
        for id_, entry in file.images.items()
    }


@dataclasses.dataclass(frozen=True)
class CocoRows:
    """The outlines of a COCO file by the id of their image, in the file's order."""

    single: Mapping[Any, list[Outline]]  # and what is marked ignore
    crowds: Mapping[Any, list[Outline]]
    nested: Mapping[Nested, int]  # annotations with a ring within a ring

    @property
    def separate(self) -> set[str]:
        """The categories that have single objects."""
        return {outline.category for rows in self.single.values() for outline in rows if not outline.ignored}


def rows_of(file: CocoFile, defects: Defects, photos: Mapping[Any, Path]) -> CocoRows:
    """Return the outlines of a file; one that is not whole is a defect of its photo."""
    single, crowds = defaultdict[Any, list[Outline]](list), defaultdict[Any, list[Outline]](list)
    nested = Counter[Nested]()
    for entry in with_keys(file.path, file.value, "annotations", defects, "id", "image_id", "category_id"):
        name = f"{file.path}: annotation {shown(entry['id'])}"
        with defects.gathering(BROKEN_LABEL, photos.get(meant_in(entry["image_id"], file.images))):
            image, number = check_meets(entry, file, name)
            ignored = entry.get(IGNORED) is True or is_set(entry.get("ignore"), name, "ignore")
            kept = crowds if is_set(entry.get("iscrowd"), name) and not ignored else single
            category, (shape, rings) = file.categories[number], shape_in(entry)
            nested[rings] += 1
            outline = Outline(name, category, shape, ignored=ignored, name=prelabel_in(entry), box=box_in(entry))
            kept[image].append(outline)
    return CocoRows(single, crowds, nested)


def shape_in(entry: Mapping[str, Any]) -> tuple[Any, Nested]:
    """Return the shape of an annotation, with holes where its area says so of rings within rings."""
    shape = entry.get("segmentation")
    rings = nested_in(shape, entry.get("area"))
    return (Rings(tuple(map(tuple, shape))) if rings == "holes" and isinstance(shape, list) else shape), rings


def box_in(entry: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """Return the bbox of an annotation, None for none, and for what is none in pixels, such as zeros or shares."""
    box = entry.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all_sound(box) or min(box[2:]) <= 1:
        return None
    return box[0], box[1], box[2], box[3]


def words_on_rings(nested: Mapping[Nested, int]) -> list[str]:
    """Return sentences on rings within rings."""
    holes, unsaid = nested.get("holes", 0), nested.get("unsaid", 0)
    said = [f"{holes} objects have holes: a ring in a ring, and the area of what is left"] if holes else []
    return [*said, f"{unsaid} objects have a ring in a ring, which COCO fills"] if unsaid else said


def with_regions(
    rows: CocoRows, separate: Collection[str], defects: Defects, photos: Mapping[Any, Path]
) -> Mapping[Any, list[Outline]]:
    """Return for each image id its outlines: single objects, then crowds of categories in `separate`, to be ignored.

    Crowds of the other categories are single objects. A photo that has crowds to ignore alone is a defect: nobody can
    tell which of the two was meant.
    """
    found = defaultdict[Any, list[Outline]](list, {image: list(each) for image, each in rows.single.items()})
    ignored = dict[Any, list[Outline]]()
    for image, each in rows.crowds.items():
        found[image] += [row for row in each if row.category not in separate]
        ignored[image] = [dataclasses.replace(row, ignored=True, name="") for row in each if row.category in separate]
    bare = {image: each for image, each in ignored.items() if each and not found[image]}
    for image, each in bare.items():
        text = (
            f"{each[0].where} is marked iscrowd, and its photo has no other label ({len(bare)} such photos): set "
            "iscrowd to 0 if it is one object, else take the photo away"
        )
        defects.add(BROKEN_LABEL, text, photos.get(image))
    for image, each in ignored.items():
        found[image] += each
    return found


def prelabel_in(entry: Mapping[str, Any]) -> str:
    """Return the name of an annotation that we proposed, "" for others; CVAT keeps it among the attributes."""
    attributes = entry.get("attributes")
    inner = attributes.get(PRELABEL) if isinstance(attributes, dict) else None
    found = entry.get(PRELABEL, inner)
    return found if isinstance(found, str) else ""


def check_meets(entry: Mapping[str, Any], file: CocoFile, name: str) -> tuple[Any, Any]:
    """Return the ids of an annotation's image and category; raise InputError for one that is not there."""
    image, number = meant_in(entry["image_id"], file.images), meant_in(entry["category_id"], file.categories)
    if image not in file.images:
        raise DefectError(
            NO_PHOTO, f"{name} is for the image {shown(entry['image_id'])}, which is not there; add it or drop these"
        )
    if number not in file.categories:
        raise DefectError(
            UNKNOWN_NAME, f"{name} has the category {shown(entry['category_id'])}, which is not there; add it"
        )
    return image, number


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
