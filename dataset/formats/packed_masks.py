"""Masks that a JSON file holds as a PNG in base64, as LabelMe and Supervisely write them."""

import base64

import numpy as np
from PIL import Image

from dataset.formats.listed import BROKEN_LABEL, OTHER_SIZE, DefectError
from dataset.idmap import Mask
from dataset.pictures import opened


def bytes_in(text: str, where: str) -> bytes:
    """Return the bytes that a text holds in base64; raise InputError, beginning with `where`, when it holds none."""
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise DefectError(BROKEN_LABEL, f"{where}: its mask is not base64 ({error}); export it again") from None


def base64_of(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode("ascii")


def mask_in(data: bytes, most_hw: tuple[int, int], where: str) -> Mask:
    """Return (H, W) bool of a PNG: what is not transparent, or not 0 in one without transparency.

    most_hw: the size of the picture that the mask is a part of; a larger one is not decoded. Raises InputError for it,
    and for what is no PNG.
    """
    with opened(data, f"{where}: its mask", ("PNG",)) as image:
        width, height = image.size
        if height > most_hw[0] or width > most_hw[1]:
            raise DefectError(
                OTHER_SIZE,
                f"{where}: its mask has {width} x {height} pixels, its picture {most_hw[1]} x {most_hw[0]}; export it "
                "again",
            )
        return set_pixels(image)


def set_pixels(image: Image.Image) -> Mask:
    """Return (H, W) bool: what is not transparent, or not 0 in a picture without transparency."""
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))[:, :, 3] > 0
    values = np.asarray(image)
    return np.asarray(values != 0 if values.ndim == 2 else (values != 0).any(axis=2))
