"""Any folder of photos: which files are photos, what their predictions are called, and their upright pixels."""

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dataset.folder import PHOTO_SUFFIXES
from pipeline.errors import InputError


class UnreadablePhotoError(Exception):
    """A file that is called a photo and cannot be read as one."""


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


def read_upright(data: bytes) -> NDArray[np.uint8]:
    """Return a photo's pixels (H, W, 3) RGB as they are to be seen, turned by its EXIF orientation.

    Raises UnreadablePhotoError for bytes that are not a whole image of 8 bits a channel.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode[0] in "IF":
                raise UnreadablePhotoError(f"found {image.mode} pixels, wanted 8 bits a channel")
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePhotoError(f"not a whole image: {error}") from error
