"""Copies of a photo as they come about: to see whether a search finds them."""

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from dataset.overlay import RGB

QUALITY = (15, 40)  # of a JPEG that was compressed once more
CROPPED = (0.5, 0.9)  # share of each side that is left
DIMMED, LIT = (0.5, 0.8), (1.2, 1.5)  # times as light
TURNED_DEG = (2.0, 12.0)  # to either side

Rng = np.random.Generator


def compressed(image: RGB, quality: int) -> RGB:
    """Return an image (H, W, 3) as JPEG brings it back."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer, formats=("JPEG",)).convert("RGB"))


def recompressed(image: RGB, rng: Rng) -> RGB:
    """Return an image after a strong compression."""
    return compressed(image, int(rng.integers(*QUALITY, endpoint=True)))


def cropped(image: RGB, rng: Rng) -> RGB:
    """Return a part of an image, of its shape."""
    share = rng.uniform(*CROPPED)
    height, width = (max(round(side * share), 1) for side in image.shape[:2])
    top, left = rng.integers(image.shape[0] - height + 1), rng.integers(image.shape[1] - width + 1)
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def mirrored(image: RGB, _: Rng) -> RGB:
    """Return an image left for right."""
    return np.ascontiguousarray(image[:, ::-1])


def darker(image: RGB, rng: Rng) -> RGB:
    """Return an image with less light."""
    return np.asarray(image * rng.uniform(*DIMMED), np.uint8)


def brighter(image: RGB, rng: Rng) -> RGB:
    """Return an image with more light, cut off where it is too much."""
    return np.asarray((image * rng.uniform(*LIT)).clip(max=255), np.uint8)


def turned(image: RGB, rng: Rng) -> RGB:
    """Return an image turned by a few degrees about its middle; its corners are lost, and black ones come in."""
    height, width = image.shape[:2]
    angle_deg = float(rng.choice([-1, 1]) * rng.uniform(*TURNED_DEG))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(image, turn, (width, height)), np.uint8)


PLANTS: dict[str, Callable[[RGB, Rng], RGB]] = {
    "crop": cropped,
    "mirror image": mirrored,
    "recompression": recompressed,
    "darker": darker,
    "brighter": brighter,
    "small turn": turned,
}
