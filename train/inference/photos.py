"""Any folder of photos: which files are photos, and what their predictions are called."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dataset.folder import PHOTO_SUFFIXES
from pipeline.errors import InputError


def photos_in(folder: Path) -> list[str]:
    """Return the photos of a folder and its sub-folders as POSIX paths relative to it, sorted.

    Hidden files and folders, and files of other kinds, are passed over. Raises InputError when there is no photo.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name the one where the photos lie")
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    names = [path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts)]
    if not names:
        raise InputError(f"{folder}: found no photo ({', '.join(sorted(PHOTO_SUFFIXES))}); put photos there")
    return names


def stems_of(files: Sequence[str]) -> list[str]:
    """Return for each photo what its predictions are called, e.g. ``kitchen/a`` of ``kitchen/a.jpg``.

    Photos that differ in their suffix alone keep it, ``kitchen/a.jpg`` and ``kitchen/a.png``, so that no two have one
    name, whatever else lies there.
    """
    plain = [PurePosixPath(file).with_suffix("").as_posix() for file in files]
    often = Counter(name.lower() for name in plain)  # as file systems that do not tell A from a count them
    taken = {file.lower() for file in files}
    return [
        file if often[name.lower()] > 1 or name.lower() in taken else name
        for file, name in zip(files, plain, strict=True)
    ]
