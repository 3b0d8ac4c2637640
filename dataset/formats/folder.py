"""Folders of photos and masks: images/ and masks/, with or without a meta.json that describes them."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dataset.idmap import IGNORE, IdMap, read_ids
from dataset.pictures import is_lossy
from dataset.pieces import pieces_of
from pipeline.errors import InputError, shown
from pipeline.files import inside
from pipeline.reading import read_json

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
UNREAD = {".heic", ".heif", ".avif", ".jxl", ".gif", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".psd", ".tga"}
NO_LICENCE = "none stated"
NO_TAGS = {"file", "mask", "original", "size"}  # of an entry of meta.json
MOST_INSTANCES = IGNORE - 1  # the last number of an id map marks what is ignored


class Label(Protocol):
    """What the instances of one photo look like, before it is drawn."""

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return an id map and the category of each instance, in the order of their ids.

        size_hw: the size to draw at, unless the label has a size of its own.
        """
        ...


@dataclasses.dataclass(frozen=True)
class ListedPhoto:
    """One labelled photo of a set that has not been read yet."""

    file: Path
    label: Label
    source: str
    licence: str
    tags: dict[str, str]


@dataclasses.dataclass(frozen=True)
class PhotoSet:
    """A set of labelled photos: its categories in the order of their numbers, and what its format left out."""

    categories: tuple[str, ...]
    photos: tuple[ListedPhoto, ...]
    note: str = ""  # for the log line


@dataclasses.dataclass(frozen=True)
class MaskFile:
    """A mask on the disk: one channel, a pixel's value is its category's, 0 is background."""

    file: Path
    categories: dict[int, str]

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return each connected piece (8 neighbours) of each category as one instance, the smallest specks too.

        Ids are numbered by category, then from the top row downwards. A mask without a pixel has no instance.
        Raises InputError for a value that is no category and for more than `MOST_INSTANCES` pieces.
        """
        values = mask_values(self.file)
        found = [int(value) for value in np.unique(values) if value]
        for value in found:
            if value not in self.categories:
                raise InputError(f"{self.file}: found the value {value}, wanted 0 or one of {listed(self.categories)}")
        ids, names = np.zeros(values.shape, np.int32), list[str]()
        for value in found:
            pieces = pieces_of(values == value).downwards()
            ids[pieces.labels > 0] = pieces.labels[pieces.labels > 0] + len(names)
            names += [self.categories[value]] * len(pieces.areas)
        if len(names) > MOST_INSTANCES:
            raise InputError(f"{self.file}: found {len(names)} pieces, wanted {MOST_INSTANCES} at most; clean the mask")
        return ids.astype(np.uint16), names


def mask_values(file: Path) -> IdMap:
    """Return the values of a mask; raise InputError for a JPEG, and as `read_ids`."""
    if is_lossy(file):
        raise InputError(f"{file}: is a JPEG, which changes the values of a mask; save it as PNG")
    return read_ids(file)


def listed(categories: Mapping[int, str]) -> str:
    """Return e.g. ``1 (board), 2 (hand)``."""
    return ", ".join(f"{value} ({name})" for value, name in sorted(categories.items()))


def tag_text(value: str | float | bool) -> str:
    """Return a tag's value as text, the same from JSON and YAML: 7 is "7", true is "true"."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def tags_of(entry: Mapping[str, Any], without: Iterable[str]) -> dict[str, str]:
    """Return every text, number and truth value of an entry as text, by sorted key; null counts as missing."""
    keys = sorted(set(entry) - set(without))
    return {key: tag_text(entry[key]) for key in keys if isinstance(entry[key], str | int | float)}


def licence_of(entry: Mapping[str, Any], where: str, default: str = NO_LICENCE) -> str:
    """Return the licence that an entry of a JSON file states; errors as of `text_of`."""
    return text_of(entry, "licence", where) or text_of(entry, "license", where) or default


def text_of(entry: Mapping[str, Any], key: str, where: str) -> str:
    """Return a text or a number of an entry as text, "" where there is none; raise InputError for anything else."""
    value = entry.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(f"{where}: {key} is {shown(value)}, wanted a text; mend it")
    return str(value)


def read_described(root: Path) -> PhotoSet:
    """Return the set that meta.json describes: classes {"1": name} and images [{file, mask, ...tags}].

    The classes may be called categories, too.
    """
    path = root / "meta.json"
    meta = read_json(path)
    if not isinstance(meta, dict) or not isinstance(meta.get("images"), list):
        raise InputError(f"{path}: found no list 'images', wanted one entry a photo: {{file, mask, ...}}")
    categories = read_classes(path, meta.get("classes", meta.get("categories")))
    photos = []
    for number, entry in enumerate(meta["images"]):
        where = f"{path}: images[{number}]"
        photo, mask = named(root, entry, "file", where), MaskFile(named(root, entry, "mask", where), categories)
        source = text_of(entry, "source", where) or text_of(meta, "name", str(path)) or root.resolve().name
        licence = licence_of(entry, where, licence_of(meta, str(path)))
        photos.append(ListedPhoto(photo, mask, source, licence, tags_of(entry, NO_TAGS)))
    return PhotoSet(tuple(name for _, name in sorted(categories.items())), tuple(photos))


def read_classes(path: Path, classes: Any) -> dict[int, str]:
    """Return {mask value: category} of the `classes` of meta.json."""
    try:
        categories = {int(value): text_of(classes, value, f"{path}: classes") for value in classes}
    except (AttributeError, TypeError, ValueError):
        categories = {}
    if not categories or min(categories) < 1 or not all(categories.values()):
        raise InputError(f'{path}: classes is {shown(classes)}, wanted mask values and names such as {{"1": "board"}}')
    return categories


def named(root: Path, entry: Any, key: str, where: str) -> Path:
    """Return the file that an entry of a JSON file names under `key`; raise InputError when there is none."""
    name = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: {key!r} is {shown(name)}, wanted the path of a file in {root}")
    return inside(root, name, where)


def read_plain(root: Path) -> PhotoSet:
    """Return the set of images/ and masks/ whose files share their stems.

    The mask value k is the k-th name of categories.json; without that file there is one, named after the folder.
    """
    names = read_names(root)
    categories = dict(enumerate(names, 1))
    masks = masks_by_stem(root / "masks")
    refuse_unread(root / "images")
    photos = []
    for path in files_of(root / "images"):
        if path.stem not in masks:
            raise InputError(f"{path}: found no mask masks/{path.stem}.png; add it (all 0 where nothing is to be seen)")
        photos.append(ListedPhoto(path, MaskFile(masks[path.stem], categories), root.resolve().name, NO_LICENCE, {}))
    lonely = sorted(set(masks) - {photo.file.stem for photo in photos})
    if lonely:
        raise InputError(
            f"{masks[lonely[0]]}: found no photo of that name in {root / 'images'}; add it or drop the mask"
        )
    return PhotoSet(names, tuple(photos))


def read_names(root: Path) -> tuple[str, ...]:
    """Return the names of categories.json, or the folder's own name."""
    path = root / "categories.json"
    return names_in(path) if path.is_file() else (root.resolve().name,)


def names_in(path: Path) -> tuple[str, ...]:
    """Return the names of a categories.json, in the order of their numbers."""
    names = read_json(path)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise InputError(f'{path}: wanted a list of names in the order of the mask values, such as ["board"]')
    return tuple(names)


def files_of(folder: Path) -> list[Path]:
    """Return the image files of a folder by name; others, and hidden ones (``._a.jpg``), are passed over."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    return [path for path in found if not path.name.startswith(".")]


def masks_by_stem(folder: Path) -> dict[str, Path]:
    """Return the masks of a folder by stem; raise InputError for two of one stem."""
    found: dict[str, Path] = {}
    for path in files_of(folder):
        first = found.setdefault(path.stem, path)
        if first is not path:
            raise InputError(f"{path}: {first.name} is a mask of the same photo; take one of them away")
    return found


def refuse_unread(folder: Path) -> None:
    """Raise InputError for a picture of a kind that is not read: passed over, its labels would be lost."""
    unread = sorted(path for path in folder.iterdir() if path.suffix.lower() in UNREAD and path.name[0] != ".")
    if unread:
        kind = unread[0].suffix.removeprefix(".").upper()
        raise InputError(
            f"{unread[0]}: {kind} is not read here ({len(unread)} such files); save it as JPEG or PNG, or take it away"
        )
