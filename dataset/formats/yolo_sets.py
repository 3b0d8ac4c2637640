"""Where the photos and label files of a YOLO set lie: data.yaml as Ultralytics, Roboflow and others write it."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dataset.formats.listed import NO_LICENCE, NO_PHOTO, PHOTO_SUFFIXES, Defects, licence_of, taken_as_one
from dataset.formats.pairing import MOST_DEEP, PHOTO_FOLDERS, folders_of, pictures_in
from dataset.formats.photo_files import as_spelt
from pipeline.errors import InputError, shown
from pipeline.reading import MOST_SETTINGS_BYTES, read_text, read_yaml

YAMLS = ("data.yaml", "dataset.yaml", "data.yml", "dataset.yml")
LISTS = ("classes.txt", "obj.names", "classes.names")  # where there is no data.yaml: a name a line
SUBSETS = ("train", "val", "valid", "test")
LABELS = "labels"


@dataclasses.dataclass(frozen=True)
class YoloSet:
    """A set as it is laid out."""

    root: Path
    names: Mapping[int, str]
    subsets: Mapping[str, tuple[Path, ...]]  # subset, "" for none -> folders of photos, or lists of them
    licence: str = NO_LICENCE
    said: tuple[str, ...] = ()  # which photos are not where it says


def sign_of(root: Path) -> Path | None:
    """Return the file that names the categories, or the folder of label files where there is none, else None."""
    for name in (*YAMLS, *LISTS):
        if (root / name).is_file() and (name in LISTS or names_something(root / name)):
            return root / name if name in YAMLS or labels_in(root) else None
    return labels_in(root)


def names_something(path: Path) -> bool:
    """Return whether a YAML file has names, or may have: what cannot be read is said by whoever reads it."""
    try:
        return "names" in read_yaml(path)
    except InputError:
        return labels_in(path.parent) is not None


def labels_in(root: Path) -> Path | None:
    """Return the first folder labels/ with a text in it, in the folder or a subset of it, that has photos beside it."""
    homes = [root, *(path for path in folders_of(root) if path.name in SUBSETS)]
    for folder in (home / LABELS for home in homes):
        photos = (
            any(path.name.lower() in PHOTO_FOLDERS for path in folders_of(folder.parent)) if folder.is_dir() else ()
        )
        if photos and next(texts_in(folder), None):
            return folder
    return None


def texts_in(folder: Path, deep: int = MOST_DEEP) -> Iterator[Path]:
    """Yield the label files in a folder and `deep` levels below, by name."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".txt" and path.name not in LISTS and not path.name.startswith("."):
            yield path
        elif deep and path.is_dir():
            yield from texts_in(path, deep - 1)


def set_of(sign: Path) -> YoloSet:
    """Return the set that `sign_of` found; raise InputError when its categories are not named."""
    if sign.is_dir():
        root = sign.parent.parent if sign.parent.name in SUBSETS else sign.parent
        raise InputError(
            f"{root}: found labels as YOLO writes them and no data.yaml, wanted one with names:, such as names: [mug]"
        )
    if sign.name in LISTS:
        found = YoloSet(sign.parent, names_listed(sign), {"": (photos_home(sign.parent),)})
    else:
        found = set_in(sign, read_yaml(sign))
    check_other_names(sign, found.names)
    return dataclasses.replace(found, said=(*found.said, *taken_as_one(found.names.values())))


def names_listed(path: Path) -> dict[int, str]:
    """Return the category of each number by a list, a name a line."""
    lines = [line.strip() for line in read_text(path, MOST_SETTINGS_BYTES).splitlines()]
    return dict(enumerate(filter(None, lines)))


def check_other_names(sign: Path, names: Mapping[int, str]) -> None:
    """Raise InputError for another file of names that says others: numbers would become other categories by it."""
    home = sign.parent
    for path in [*(home / name for name in (*YAMLS, *LISTS)), *(home / LABELS / name for name in LISTS)]:
        if path != sign and path.is_file():
            value = names_listed(path) if path.name in LISTS else read_yaml(path).get("names", names)
            other = value if path.name in LISTS else names_of(path, value)
            if other != dict(names):
                raise InputError(f"{path}: names other categories than {sign}; take one of them away")


def photos_home(root: Path) -> Path:
    """Return the folder of photos beside labels/, or the folder itself."""
    return next((path for path in folders_of(root) if path.name.lower() in PHOTO_FOLDERS), root)


def set_in(path: Path, value: dict[str, Any]) -> YoloSet:
    """Return the set that a data.yaml describes.

    A subset that is not there is said, since Roboflow names all three in any case; InputError if none is there.
    """
    if value.get("kpt_shape"):
        raise InputError(f"{path}: has kpt_shape: its labels are boxes with key points, wanted outlines; export those")
    subsets, said = dict[str, tuple[Path, ...]](), list[str]()
    for key in SUBSETS:
        named = value.get(key)
        for each in named if isinstance(named, list) else [] if named is None else [named]:
            place = place_of(path.parent, value.get("path"), each)
            if place is None:
                said.append(f"{key}: {shown(each)} is not there")
                continue
            subsets["val" if key == "valid" else key] = (*subsets.get(key, ()), place)
            if PurePosixPath(each) != PurePosixPath(place.relative_to(path.parent).as_posix()):
                said.append(f"{key}: {each} is taken as {place.relative_to(path.parent).as_posix()}")
    if not subsets:
        found = f"found none of its photos ({', '.join(said)})" if said else "names no photos"
        raise InputError(f"{path}: {found}, wanted train: the folder of photos, such as train: images")
    more = value.get("roboflow")
    licence = licence_of(more if isinstance(more, dict) else {}, f"{path}: roboflow", licence_of(value, str(path)))
    return YoloSet(path.parent, names_of(path, value.get("names")), subsets, licence, tuple(said))


def names_of(path: Path, names: Any) -> dict[int, str]:
    """Return the category of each number; raise InputError unless there is one name or more, all of them texts."""
    pairs = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
    try:
        found = {int(number): str(name) for number, name in pairs if isinstance(name, str | int | float)}
    except (TypeError, ValueError, OverflowError):
        found = {}
    if not found or len(found) < len(names) or min(found) < 0 or "" in found.values():
        raise InputError(f"{path}: names is {shown(names)}, wanted a list of names, such as names: [mug, plate]")
    return dict(sorted(found.items()))


def place_of(root: Path, base: Any, named: Any) -> Path | None:
    """Return the folder or list of photos that a data.yaml in `root` names, None if it is not there.

    Looked for with `path` before it and without, and without what leads out of the folder: Roboflow writes
    ../train/images for train/images. Of a path on another machine the end counts that is there.
    """
    parts, before = parts_in(named), parts_in(base)
    absolute = isinstance(named, str) and (named.startswith("/") or ":" in named[:2])
    ends = [parts[k:] for k in range(1, len(parts))] if absolute else []
    for tail in [[*before, *parts], parts, *ends]:
        place = root.joinpath(*tail)
        if (parts or named in (".", "./")) and exists(place):
            return place
    return None


def parts_in(named: Any) -> list[str]:
    """Return the parts of a path without what leads out of a folder; none of what is no text."""
    path = PurePosixPath(named.replace("\\", "/") if isinstance(named, str) else "")
    return [part for part in path.parts if part not in ("..", "/")]


def exists(place: Path) -> bool:
    """Return whether there is such a folder, or such a list of photos; False for what can be no path."""
    try:
        return place.is_dir() or (place.suffix == ".txt" and place.is_file())
    except (OSError, ValueError):
        return False


def photos_in(place: Path, root: Path, defects: Defects) -> Iterator[Path]:
    """Yield the photos of a folder and below, or those of a list; one that is not there is a defect."""
    if place.is_dir():
        yield from pictures_in(place)
        return
    for line in filter(None, map(str.strip, read_text(place).splitlines())):
        parts = parts_in(line)
        found = next((tail for k in range(len(parts)) if exists_file(tail := root.joinpath(*parts[k:]))), None)
        if found:
            yield found
        else:
            defects.add(NO_PHOTO, f"{place}: {shown(line)} is not in {root}; bring it there, or drop the line")


def exists_file(path: Path) -> bool:
    """Return whether there is such a photo; False for what can be no path."""
    try:
        return path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()
    except (OSError, ValueError):
        return False


def label_file(photo: Path, root: Path) -> Path:
    """Return where the labels of a photo lie: in labels/ for the last images/ of its path, else beside it.

    However its name is spelt, as of `photo_files.as_spelt`, which says the errors.
    """
    return as_spelt(label_place(photo, root))


def label_place(photo: Path, root: Path) -> Path:
    """Return where the labels of a photo should lie."""
    parts = list(photo.relative_to(root).with_suffix(".txt").parts)
    for k in range(len(parts) - 2, -1, -1):
        if parts[k].lower() in PHOTO_FOLDERS:
            return root.joinpath(*parts[:k], LABELS, *parts[k + 1 :])
    return root.joinpath(*parts)
