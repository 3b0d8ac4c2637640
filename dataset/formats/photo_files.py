"""Where the photo lies that a file of labels names."""

import contextlib
import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from dataset.formats.listed import CLASH, NO_PHOTO, PHOTO_SUFFIXES, DefectError, ListedPhoto
from pipeline.errors import InputError, shown
from pipeline.files import inside

MOST_PARTS = 32  # of a path, of which the ends are tried


def find_photo(homes: Iterable[Path], name: str, where: str) -> Path | None:
    """Return the photo that a file of labels calls `name`, None when it is in none of the folders `homes`.

    Looked for by the name as it is, then as tools mean it: with backslashes, percent signs, the other Unicode form, by
    less and less of its end, and at last as `as_spelt`. Raises InputError where two files are as good then.
    """
    folders = list(homes)
    for find in (Path, as_spelt):
        for each in filter(None, names_meant(name)):
            for place in places_of(folders, each, where):
                if (file := find(place)).is_file():
                    return file
    return None


def names_meant(name: str) -> Iterator[str]:
    """Yield what a name may mean, itself first; the others are made only where it is not what lies there."""
    yield name
    spelt = [name, name.replace("\\", "/"), unquote(name.replace("\\", "/"))]
    spelt += [normalize(form, each) for each in spelt for form in ("NFC", "NFD")]
    ends = list(dict.fromkeys(end for each in spelt for end in ends_of(each)))
    longest_first = sorted(ends, key=lambda end: -len(PurePosixPath(end).parts))
    yield from (each for each in dict.fromkeys([*spelt, *longest_first]) if each != name)


def places_of(homes: Iterable[Path], name: str, where: str) -> Iterator[Path]:
    """Yield where a name leads from each of these folders, but for those that it leaves, as another machine's path."""
    for home in homes:
        with contextlib.suppress(InputError):
            yield inside(home, name, where)


def ends_of(name: str) -> list[str]:
    """Return the ends of a path, the longest first: ``b/c.jpg`` and ``c.jpg`` of a/b/c.jpg; a name has itself.

    Of a path of more than MOST_PARTS the last ones alone.
    """
    parts = PurePosixPath(name).parts
    return [str(PurePosixPath(*parts[k:])) for k in range(max(len(parts) > 1, len(parts) - MOST_PARTS), len(parts))]


def as_spelt(path: Path) -> Path:
    """Return the one file beside a path whose name differs by spelling alone (`loose`); the path itself without one.

    Raises DefectError where there are several, and none of exactly that name.
    """
    if path.is_file() or not path.parent.is_dir():
        return path
    found = by_spelling(path.parent, path.parent.stat().st_mtime_ns).get(loose(path.name), [path])
    if len(found) > 1:
        raise DefectError(CLASH, f"{path}: may be {found[0].name} or {found[1].name}; rename one")
    return found[0]


@functools.lru_cache(maxsize=64)
def by_spelling(folder: Path, changed_ns: int) -> dict[str, list[Path]]:  # noqa: ARG001 - so that it is listed anew
    """Return the files of a folder by their `loose` names."""
    found = dict[str, list[Path]]()
    for path in sorted(folder.iterdir()):
        found.setdefault(loose(path.name), []).append(path)
    return found


def loose(name: str) -> str:
    """Return a name without what differs from tool to tool: capitals, blanks, percent signs and the Unicode form."""
    return "_".join(normalize("NFC", unquote(name)).casefold().split())


def photos_below(root: Path) -> dict[str, list[Path]]:
    """Return every picture below a folder, at any depth, by its `plain_name`; hidden ones are passed over."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in PHOTO_SUFFIXES and not any(
            part.startswith(".") for part in path.relative_to(root).parts
        ):
            found.setdefault(plain_name(path.name), []).append(path)
    return found


def plain_name(name: str) -> str:
    """Return a file's name as tools on the web keep it: blanks become _, and only letters, digits, -, _ and . stay.

    Capitals are small, since some systems do not tell them apart.
    """
    return re.sub(r"[^-\w.]", "", normalize("NFC", name).strip().replace(" ", "_")).casefold()


def photo_named(homes: Iterable[Path], name: str, where: str) -> Path:
    """Return the photo as `find_photo`; raise InputError, beginning with `where`, when it is nowhere."""
    folders = list(homes)
    file = find_photo(folders, name, where)
    if file is None:
        looked = " nor in ".join(map(str, folders))
        raise DefectError(NO_PHOTO, f"{where}: {shown(name)} is neither in {looked}; bring it there")
    return file


def photo_of_stem(homes: Iterable[Path], name: str, where: str) -> Path:
    """Return the photo as `photo_named`, for tools that leave out its suffix, as of the frames of a video."""
    folders = list(homes)
    if PurePosixPath(name).suffix.lower() not in PHOTO_SUFFIXES:
        for suffix in sorted(PHOTO_SUFFIXES):
            for spelt in (suffix, suffix.upper()):
                if file := find_photo(folders, name + spelt, where):
                    return file
    return photo_named(folders, name, where)


def named_apart(photos: Sequence[ListedPhoto], root: Path) -> tuple[ListedPhoto, ...]:
    """Return photos, those of one name in several folders called after these, such as train_a for train/a.jpg.

    root: the folder of the set.
    """
    counts = Counter(photo.id for photo in photos)
    return tuple(
        dataclasses.replace(photo, name=way_name(photo.file, root)) if counts[photo.id] > 1 else photo
        for photo in photos
    )


def way_name(file: Path, root: Path) -> str:
    """Return the way from a set's folder to a photo as a name: its folders but images/ and img/, and its stem."""
    way = file.relative_to(root)
    return "_".join([*(part for part in way.parent.parts if part not in ("images", "img")), way.stem]) or file.stem
