"""One COCO file, of instances or panoptic: its parts, and where the photos lie that it names."""

import dataclasses
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dataset.formats.listed import (
    BROKEN_LABEL,
    CLASH,
    NO_LICENCE,
    NO_PHOTO,
    Defects,
    FirstDefect,
    Label,
    ListedPhoto,
    tags_of,
    taken_as_one,
    text_of,
    tidy,
)
from dataset.formats.outlines import Outlines
from dataset.formats.pairing import SUBSETS
from dataset.formats.photo_files import photo_named
from dataset.pictures import MOST_PIXELS
from dataset.records import MOST_SIDE
from pipeline.errors import InputError, shown
from pipeline.reading import read_bytes, read_json, utf_8_of

PARTS = ("images", "annotations", "categories")
NO_TAGS = {"id", "file_name", "width", "height", "license", "licence"}  # of an entry of images
ROBOFLOW = "_annotations.coco.json"  # in each folder of photos
MOST_DIGITS = 19  # of an id
WORD = re.compile(r"[^_. -]+")  # of a file's name


@dataclasses.dataclass(frozen=True)
class CocoFile:
    """A COCO file as it was read."""

    path: Path
    value: Mapping[str, Any]
    categories: Mapping[Any, str]  # by id
    images: Mapping[Any, Mapping[str, Any]]  # the entries of `images` by id

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its categories in the order of their ids, numbers first, each once."""
        in_order = sorted(self.categories, key=lambda id_: (isinstance(id_, str), id_))
        return tuple(dict.fromkeys(self.categories[id_] for id_ in in_order))

    @property
    def twice(self) -> tuple[str, ...]:
        """Sentences on the names that several of its categories have."""
        return taken_as_one(self.categories.values())

    def where(self, id_: Any) -> str:
        """Return what messages call one image."""
        return f"{self.path}: image {shown(id_)}"


def may_be_coco(path: Path) -> bool:
    """Return whether a JSON file holds the keys of a COCO file, so that those of other tools are not read whole."""
    data = utf_8_of(read_bytes(path))
    return b'"images"' in data and b'"annotations"' in data


def is_coco(value: Any) -> bool:
    """Return whether the value of a JSON file has the three parts of a COCO file."""
    return isinstance(value, dict) and all(isinstance(value.get(part), list) for part in PARTS)


def file_of(path: Path, defects: Defects) -> CocoFile:
    """Return a COCO file; raise InputError for another one, and for one whose categories cannot be read."""
    value = read_json(path)
    if not is_coco(value):
        raise InputError(f"{path}: not a COCO instance file, which has the lists {', '.join(PARTS)}")
    whole = FirstDefect()  # without its categories no label can be read
    categories = with_keys(path, value, "categories", whole, "id", "name")
    images = with_keys(path, value, "images", defects, "id", "file_name")
    return CocoFile(
        path,
        value,
        {entry["id"]: name_in(entry, path) for entry in categories},
        {entry["id"]: entry for entry in images},
    )


def name_in(entry: Mapping[str, Any], path: Path) -> str:
    """Return the name of a category as `tidy`; raise InputError when nothing is left."""
    name = tidy(str(entry["name"]))
    if not name:
        raise InputError(
            f"{path}: the category {shown(entry['id'])} has the name {shown(entry['name'])}, wanted one; give it one"
        )
    return name


def meant_in(id_: Any, known: Collection[Any]) -> Any:
    """Return the id among the known that is meant: tools write 7 in one place and "7" in another."""
    other = (
        str(id_) if isinstance(id_, int) else int(id_) if str(id_).isdecimal() and len(str(id_)) < MOST_DIGITS else id_
    )
    return other if id_ not in known and other in known else id_


def licences_in(file: CocoFile) -> dict[Any, str]:
    """Return the name of each licence of a COCO file by its id."""
    where = f"{file.path}: licenses"
    return {
        id_in(entry, where): text_of(entry, "name", where) or NO_LICENCE
        for entry in listed(file.value, "licenses")
        if entry.get("id") is not None
    }


def files_named(file: CocoFile, kind: str, defects: Defects) -> dict[Any, Path]:
    """Return the photo of each entry of `images` by its id; one that is nowhere is a defect. kind: as of `homes_of`."""
    homes, files = homes_of(file.path, kind), dict[Any, Path]()
    for id_, entry in file.images.items():
        with defects.gathering(NO_PHOTO):
            files[id_] = photo_named(homes, str(entry["file_name"]), file.where(id_))
    return files


def photo_of(file: CocoFile, id_: Any, photo: Path, label: Label | None, licences: Mapping[Any, str]) -> ListedPhoto:
    """Return one entry of `images`, whose photo is `photo`, with its label; None: it has none."""
    entry, where = file.images[id_], file.where(id_)
    source = text_of(entry, "source", where) or file.path.parent.resolve().name
    number = entry.get("license")
    usual = NO_LICENCE if number is None else licences.get(id_in(entry, where, "license"), NO_LICENCE)
    licence = text_of(entry, "licence", where) or usual
    drawn = label or Outlines(where, size_in(entry, where), ())
    return ListedPhoto(photo, drawn, source, licence, tags_of(entry, NO_TAGS), labelled=label is not None)


def subset_of(path: Path, kind: str) -> str:
    """Return the part of a set that a file tells of: ``train2017`` for instances_train2017.json, "" for none.

    ``val`` for valid.json and labels_valid.json. kind: how the names of such files begin.
    """
    if path.name == ROBOFLOW:
        return SUBSETS.get(path.parent.name.lower(), path.parent.name)
    part = part_of(path, kind)
    return part if path.stem.startswith(kind) else SUBSETS.get(part.lower(), "")


def part_of(path: Path, kind: str) -> str:
    """Return the word in the name of a file that says which part of a set it is, as it stands there, "" for none."""
    if path.stem.startswith(kind):
        return path.stem.removeprefix(kind)
    return next((word for word in WORD.findall(path.stem) if word.lower() in SUBSETS), "")


def homes_of(path: Path, kind: str) -> list[Path]:
    """Return where the photos of a COCO file may lie: beside it and in images/, and from annotations/ around that.

    In each of these the folder of the file's own part comes first: ``instances_train2017.json`` has its photos in
    train2017/, where another part may have others of the same names. kind: as of `subset_of`.
    """
    homes = [path.parent, path.parent / "images", path.parent / "data"]  # data/: FiftyOne
    if path.parent.name == "annotations":
        up = path.parent.parent
        homes += [up / "images", up / path.stem, up / "data", up]
    own = part_of(path, kind)
    return ([home / own for home in homes] if own and path.name != ROBOFLOW else []) + homes


def listed(coco: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """Return the entries of one list of a COCO file that are mappings; none when there is no such list."""
    found = coco.get(part)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def with_keys(path: Path, coco: Mapping[str, Any], part: str, defects: Defects, *keys: str) -> list[dict[str, Any]]:
    """Return the entries of one part; an entry that lacks a key, or has the id of an earlier one, is a defect."""
    seen = set()
    whole = []
    for number, entry in enumerate(coco[part]):
        if not isinstance(entry, dict) or not all(is_key(entry.get(key)) for key in keys):
            text = f"{path}: {part}[{number}] wants {' and '.join(map(repr, keys))}; export it again"
            defects.add(BROKEN_LABEL, text)
        elif entry["id"] in seen and part != "annotations":
            text = f"{path}: {part}[{number}]: the id {shown(entry['id'])} is there twice; give each its own"
            defects.add(CLASH, text)
        else:
            whole.append(entry)
            seen.add(entry["id"])
    return whole


def is_key(value: Any) -> bool:
    """Return whether a value can be an id or a name; 7.0 is 7, as tables write it."""
    return isinstance(value, str | int) or (isinstance(value, float) and value.is_integer())


def is_set(value: Any, where: str, key: str = "iscrowd") -> bool:
    """Return what a key such as iscrowd says, as tools write it: 0 or 1, as a number, as text, or as true and false."""
    if value in (None, 0, "0", "") or value is False:
        return False
    if value in (1, "1") or value is True:
        return True
    raise InputError(f"{where}: {key} is {shown(value)}, wanted 0 or 1; mend it")


def id_in(entry: Mapping[str, Any], where: str, key: str = "id") -> str | int:
    """Return the id that an entry holds; raise InputError when it is no text and no whole number."""
    value = entry.get(key)
    if not isinstance(value, str | int):
        raise InputError(f"{where}: {key} is {shown(value)}, wanted a number; export it again")
    return value


def size_in(entry: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    """Return the (height, width) that an entry of `images` states, None if it states none; InputError for no size."""
    if entry.get("height") is None or entry.get("width") is None:
        return None
    height, width = (whole_in(entry[key]) for key in ("height", "width"))
    if not (0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE and height * width <= MOST_PIXELS):
        raise InputError(
            f"{where}: is {shown(entry['width'])} x {shown(entry['height'])} pixels, wanted the photo's width and "
            "height; export it again"
        )
    return height, width


def whole_in(value: Any) -> int:
    """Return a size that tools write as 64, 64.0 or "64"; 0, which no size is, for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MOST_SIDE)):
        return int(value)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_SIDE
    return int(value) if whole and value == int(value) else 0
