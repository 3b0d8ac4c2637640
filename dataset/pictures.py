"""Pictures that people brought, opened here alone: by an allow-list of formats, with a limit of pixels.

The bytes decide the format, not the name. pillow knows some that start programs (PostScript) or that no camera
writes; these are never tried.
"""

import contextlib
import dataclasses
import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from dataset.shards import read_bytes
from pipeline.errors import InputError
from pipeline.reading import read_bytes as read_loose

PHOTOS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
TEXTURES = (*PHOTOS, "TGA")
MOST_PIXELS = 110 * 10**6  # the largest cameras have 102 million; decoded with its labels such a photo takes 1.5 GB
BROKEN = (OSError, SyntaxError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EOFError,
          RuntimeError, struct.error, zlib.error)  # fmt: skip  # pillow's readers raise all of them
ORIENTATION, CAMERA, TAKEN = 274, 0x8769, 36867  # EXIF: two tags, and the directory in which the last one stands
EXIF_MARKS = (b"eXIf", b"EXIF", b"Raw profile type exif")  # in PNG and WebP
DATE = re.compile(r"[12]\d{3}:\d\d:\d\d \d\d:\d\d:\d\d")  # a camera without a clock writes zeros or spaces

Image.MAX_IMAGE_PIXELS = None  # `opened` has a limit of its own, and says it in one line


class BrokenPictureError(InputError):
    """A file that is called a picture and cannot be read as one."""


@contextlib.contextmanager
def opened(data: bytes, where: str, formats: tuple[str, ...] = PHOTOS) -> Iterator[Image.Image]:
    """Yield a picture that is not decoded yet.

    Raises BrokenPictureError, beginning with `where`, when it is none of these formats, is too large, or the block
    cannot decode it.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BrokenPictureError(
                    f"{where}: has {width} x {height} pixels, wanted {MOST_PIXELS / 10**6:.0f} million at most; make "
                    "it smaller, with its labels"
                )
            check_single(image, where)
            yield image
    except UnidentifiedImageError:
        kinds = ", ".join(formats)
        raise BrokenPictureError(
            f"{where}: cannot be read as an image, wanted {kinds}; save it as one of them"
        ) from None
    except BROKEN as error:
        raise BrokenPictureError(
            f"{where}: cannot be read as an image ({error}); copy it again from its source"
        ) from error


def check_single(image: Image.Image, where: str) -> None:
    """Raise BrokenPictureError for an animation and for a TIFF of several pages: nobody says which one was labelled.

    The second picture of a camera's JPEG is a preview, or the other eye's: the first one is the photo.
    """
    count = 1 if image.format in {"JPEG", "MPO"} else getattr(image, "n_frames", 1)
    if count > 1:
        raise BrokenPictureError(f"{where}: holds {count} pictures, wanted one; save the one that was labelled")


def eight_bits(image: Image.Image, where: str) -> Image.Image:
    """Return a picture; raise BrokenPictureError unless its channels have 8 bits, as those of a photo have.

    pillow cuts 16 bits off at 255, and fractions at 1, without a word.
    """
    if image.mode[0] in "IF":
        raise BrokenPictureError(f"{where}: found {image.mode} pixels, wanted 8 bits a channel; save it again")
    return image


def decode(path: Path, mode: str | None) -> NDArray[np.generic]:
    """Return a whole picture's pixels, converted to `mode` unless None. Camera orientation tags are not applied.

    path: of a file, or through a tar shard to one of its members. Raises InputError when it is missing, truncated or no
    picture.
    """
    with opened(read_bytes(path), str(path)) as image:
        return np.asarray(eight_bits(image, str(path)).convert(mode) if mode else image)


def lossy_kind(path: Path) -> str:
    """Return what a picture is packed by if its pixels are not those that were saved, such as "JPEG", else "".

    path: as of `decode`. JPEG and lossy WebP, each also within a TIFF.
    """
    data = read_bytes(path)
    with opened(data, str(path)) as image:
        packed = str(image.info.get("compression", "")).removeprefix("tiff_").upper()
        if image.format == "TIFF" and packed in {"JPEG", "WEBP"}:
            return f"TIFF packed by {packed}"
        lossy_webp = image.format == "WEBP" and b"VP8 " in webp_chunks(data)
        return "JPEG" if image.format == "JPEG" else "lossy WebP" if lossy_webp else ""


def turn_of(path: Path) -> int:
    """Return the EXIF orientation 1..8 by which a picture is to be turned that `decode` does not turn; 1 for none.

    path: as of `decode`, which turns a TIFF.
    """
    data = read_bytes(path)
    if not any(mark in data for mark in EXIF_MARKS):  # pillow decodes a PNG to look behind its pixels
        return 1
    with opened(data, str(path)) as image:
        orientation = 1 if image.format == "TIFF" else image.getexif().get(ORIENTATION, 1)
        return orientation if orientation in range(1, 9) else 1


def webp_chunks(data: bytes) -> set[bytes]:
    """Return the kinds of the chunks of a WebP: "VP8 " holds lossy pixels, "VP8L" others."""
    found, place = set[bytes](), 12
    while place + 8 <= len(data):
        found.add(data[place : place + 4])
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + size + size % 2
    return found


def palette_of(path: Path) -> list[tuple[int, int, int]]:
    """Return the colours of a picture's palette by index, none where it has no palette. path: as of `decode`."""
    with opened(read_bytes(path), str(path)) as image:
        flat = image.getpalette("RGB") or [] if image.mode == "P" else []
        return [(flat[k], flat[k + 1], flat[k + 2]) for k in range(0, len(flat), 3)]


def is_deep(path: Path) -> bool:
    """Return whether the pixels of a picture have more than 8 bits a channel. path: as of `decode`."""
    with opened(read_bytes(path), str(path)) as image:
        return image.mode[0] in "IF"


@dataclasses.dataclass(frozen=True)
class StoredPhoto:
    """A photo as its file holds it, and what its camera wrote of it."""

    pixels: NDArray[np.uint8]  # (H, W, 3) RGB, not turned by the orientation
    orientation: int  # of EXIF, 1..8; 1 where there is none
    taken: str  # when, in the camera's own time, such as 2024:05:01 12:30:00; "" where it did not say


def read_photo(data: bytes, where: str) -> StoredPhoto:
    """Return a photo, decoded in full so that a truncated file is found; errors as of `upright`.

    pillow turns a TIFF by itself while it decodes it, so its orientation is 1.
    """
    with opened(data, where) as image:
        exif, turns = image.getexif(), image.format != "TIFF"
        orientation = exif.get(ORIENTATION, 1) if turns else 1
        taken = exif.get_ifd(CAMERA).get(TAKEN, "")
        pixels = np.asarray(eight_bits(image, where).convert("RGB"))
    known = isinstance(taken, str) and DATE.fullmatch(taken)
    return StoredPhoto(pixels, orientation if orientation in range(1, 9) else 1, taken if known else "")


def upright(data: bytes, where: str) -> NDArray[np.uint8]:
    """Return a photo's pixels (H, W, 3) RGB as they are to be seen, turned by its EXIF orientation.

    Raises BrokenPictureError for bytes that are not a whole image of 8 bits a channel.
    """
    with opened(data, where) as image:
        return np.asarray(ImageOps.exif_transpose(eight_bits(image, where)).convert("RGB"))


def size_of(path: Path) -> tuple[int, int]:
    """Return the width and height of a texture; raise InputError when it is no picture."""
    with opened(read_loose(path), str(path), TEXTURES) as image:
        return image.size
