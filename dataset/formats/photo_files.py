"""Where the photo lies that a file of labels names."""

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from dataset.formats.listed import NO_PHOTO, PHOTO_SUFFIXES, DefectError
from pipeline.errors import InputError, shown
from pipeline.files import inside


def find_photo(homes: Iterable[Path], name: str, where: str) -> Path | None:
    """Return the photo that a file of labels calls `name`, None when it is in none of the folders `homes`.

    Looked for by the name as it is, then as tools mean it: with backslashes, percent signs, the other Unicode form, and
    at last by its last part alone.
    """
    folders = list(homes)
    spelt = [name, name.replace("\\", "/"), unquote(name.replace("\\", "/"))]
    spelt += [normalize(form, each) for each in spelt for form in ("NFC", "NFD")]
    for each in [*spelt, *(PurePosixPath(one).name for one in spelt)]:
        for home in folders:
            with contextlib.suppress(InputError):  # it leaves the folder, as another machine's path does
                file = inside(home, each, where)
                if each and file.is_file():
                    return file
    return None


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
    """Return a file's name as tools on the web keep it: blanks become _, and only letters, digits, -, _ and . stay."""
    return re.sub(r"[^-\w.]", "", normalize("NFC", name).strip().replace(" ", "_"))


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
