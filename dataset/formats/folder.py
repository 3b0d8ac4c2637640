"""Folders of photos and masks: images/ and masks/, with or without a meta.json that describes them."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    CLASH,
    MOST_INSTANCES,
    NO_LABEL,
    NO_LICENCE,
    NO_PHOTO,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    files_of,
    licence_of,
    refuse_unread,
    tags_of,
    text_of,
)
from dataset.idmap import IdMap, read_ids
from dataset.pictures import is_lossy
from dataset.pieces import pieces_of
from pipeline.errors import InputError, shown
from pipeline.files import inside
from pipeline.reading import read_json

NO_TAGS = {"file", "mask", "original", "size"}  # of an entry of meta.json


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


def find_described(root: Path) -> Path | None:
    """Return the folder itself if it has masks/ and meta.json, else None."""
    return root if (root / "masks").is_dir() and (root / "meta.json").is_file() else None


def read_described(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that meta.json describes: classes {"1": name} and images [{file, mask, ...tags}].

    The classes may be called categories, too. defects: takes what is wrong with single photos; None = it is raised.
    """
    path = root / "meta.json"
    defects, meta = defects or FirstDefect(), read_json(path)
    if not isinstance(meta, dict) or not isinstance(meta.get("images"), list):
        raise InputError(f"{path}: found no list 'images', wanted one entry a photo: {{file, mask, ...}}")
    categories = read_classes(path, meta.get("classes", meta.get("categories")))
    photos = []
    for number, entry in enumerate(meta["images"]):
        where = f"{path}: images[{number}]"
        with defects.gathering(BROKEN_LABEL):
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


def find_plain(root: Path) -> Path | None:
    """Return the folder itself if it has images/ and masks/, else None."""
    return root if (root / "images").is_dir() and (root / "masks").is_dir() else None


def read_plain(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of images/ and masks/ whose files share their stems.

    The mask value k is the k-th name of categories.json; without that file there is one, named after the folder.
    defects: takes what is wrong with single photos; None = it is raised.
    """
    defects, names = defects or FirstDefect(), read_names(root)
    categories = dict(enumerate(names, 1))
    masks = masks_by_stem(root / "masks", defects)
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(root / "images")
    photos = []
    for path in files_of(root / "images"):
        if path.stem in masks:
            label = MaskFile(masks[path.stem], categories)
            photos.append(ListedPhoto(path, label, root.resolve().name, NO_LICENCE, {}))
        else:
            text = f"{path}: found no mask masks/{path.stem}.png; add it (all 0 where nothing is to be seen)"
            defects.add(NO_LABEL, text, path)
    for stem in sorted(set(masks) - {path.stem for path in files_of(root / "images")}):
        text = f"{masks[stem]}: found no photo of that name in {root / 'images'}; add it or drop the mask"
        defects.add(NO_PHOTO, text)
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


def masks_by_stem(folder: Path, defects: Defects | None = None) -> dict[str, Path]:
    """Return the masks of a folder by stem; two of one stem are a defect, raised unless there is a place for it."""
    defects, found = defects or FirstDefect(), dict[str, Path]()
    for path in files_of(folder):
        first = found.setdefault(path.stem, path)
        if first is not path:
            defects.add(CLASH, f"{path}: {first.name} is a mask of the same photo; take one of them away")
    return found
