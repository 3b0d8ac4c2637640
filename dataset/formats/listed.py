"""What a reader returns: a set of labelled photos that is listed and not read yet, and what is wrong with it."""

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from unicodedata import normalize

from dataset.idmap import IGNORE, IdMap
from pipeline.errors import InputError, shown

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp"}
UNREAD = {
    *(".heic", ".heif", ".heics", ".hif", ".avif", ".jxl", ".jp2", ".gif", ".mpo", ".ppm", ".exr", ".psd", ".tga"),
    *(".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"),
}
NO_LICENCE = "none stated"
MOST_INSTANCES = IGNORE - 1  # the last number of an id map marks what is ignored

# Kinds of defects, as the report counts them.
BROKEN_LABEL = "broken labels"
OUTSIDE = "labels outside their photo"
OTHER_SIZE = "labels of another size than their photo"
NO_PHOTO = "labels without a photo"
NO_LABEL = "photos without labels"
BROKEN_PHOTO = "photos that cannot be read"
CLASH = "two files or entries of one name"
UNKNOWN_NAME = "categories that are not declared"
HIDDEN = "labels wholly hidden by others"
TWO_WAYS = "labels that fit a turned photo both ways"


class Label(Protocol):
    """What the instances of one photo look like, before it is drawn."""

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return an id map and the category of each instance, in the order of their ids.

        size_hw: the size to draw at, unless the label has a size of its own. Pixels that are neither background nor an
        instance are `dataset.idmap.IGNORE`.
        """
        ...


@dataclasses.dataclass(frozen=True)
class ListedPhoto:
    """One photo of a set that has not been read yet."""

    file: Path
    label: Label
    source: str
    licence: str
    tags: dict[str, str]
    labelled: bool = True  # False: the set says nothing of it, not even that there is nothing to be seen
    name: str = ""  # where its file's is not its own, such as 000000.png in each of several folders

    @property
    def id(self) -> str:
        """Return its name among the samples: its own, else its file's without suffix."""
        return self.name or self.file.stem


@dataclasses.dataclass(frozen=True)
class PhotoSet:
    """A set of labelled photos: its categories in the order of their numbers, and what its reader took for granted."""

    categories: tuple[str, ...]
    photos: tuple[ListedPhoto, ...]
    assumed: tuple[str, ...] = ()  # sentences for the log, such as "12 crowd annotations are ignored regions"


@dataclasses.dataclass(frozen=True)
class Defect:
    """One thing that is wrong with a set."""

    kind: str  # one of the kinds above
    text: str  # one line: file, found, wanted, next step
    photo: Path | None = None  # the photo whose labels cannot be trusted; None: none, or the whole set


class DefectError(InputError):
    """A defect of a kind of its own, raised where it is found."""

    def __init__(self, kind: str, text: str):
        super().__init__(kind, text)  # both, so that it can be pickled
        self.kind, self.text = kind, text

    def __str__(self) -> str:
        """Return the line to show."""
        return self.text


class Defects:
    """The defects of a set, gathered while it is read, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[Defect] = []

    def add(self, kind: str, text: str, photo: Path | None = None) -> None:
        """Note a defect."""
        self.found.append(Defect(kind, text, photo))

    @contextlib.contextmanager
    def gathering(self, kind: str, photo: Path | None = None) -> Iterator[None]:
        """Note the InputError that ends the block, and go on behind it. kind: unless the error has its own."""
        try:
            yield
        except InputError as error:
            self.note(kind, error, photo)

    def note(self, kind: str, error: InputError, photo: Path | None = None) -> None:
        """Note an error as a defect. kind: unless it has its own."""
        self.add(error.kind if isinstance(error, DefectError) else kind, str(error), photo)


class FirstDefect(Defects):
    """Raises the first defect, for readers of one thing that is whole or worth nothing."""

    def add(self, kind: str, text: str, photo: Path | None = None) -> None:  # noqa: ARG002 - as Defects.add
        """Raise the defect."""
        raise DefectError(kind, text)


def taken_as_one(names: Iterable[str]) -> tuple[str, ...]:
    """Return sentences on the names that several categories have, in order."""
    counts = sorted(Counter(names).items())
    return tuple(f"{count} categories are called {shown(name)} and taken as one" for name, count in counts if count > 1)


def tidy(name: str) -> str:
    """Return the name of a category without the blanks around it, and in the Unicode form that keyboards write."""
    return normalize("NFC", name.strip())


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


def files_of(folder: Path) -> list[Path]:
    """Return the image files of a folder by name; others, and hidden ones (``._a.jpg``), are passed over."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    return [path for path in found if not path.name.startswith(".")]


def unread_in(folder: Path, deep: int = 0) -> list[Path]:
    """Return the pictures of a kind that is not read in a folder and `deep` levels below; hidden ones are passed over.

    The folder's own come first, by name.
    """
    shown_paths = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")))
    own = [path for path in shown_paths if path.suffix.lower() in UNREAD and path.is_file()]
    below = [path for path in shown_paths if path.is_dir()] if deep else []
    return own + [path for inner in below for path in unread_in(inner, deep - 1)]


def refuse_unread(folder: Path, deep: int = 0) -> None:
    """Raise InputError for a picture of a kind that is not read: passed over, its labels would be lost.

    deep: as of `unread_in`.
    """
    if unread := unread_in(folder, deep):
        kind = unread[0].suffix.removeprefix(".").upper()
        raise DefectError(
            BROKEN_PHOTO,
            f"{unread[0]}: {kind} is not read here ({len(unread)} such files); save it as JPEG or PNG, or take it away",
        )
