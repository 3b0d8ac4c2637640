"""Masks laid over images, and both made small."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dataset.idmap import IGNORED

COLOURS = ((0, 229, 255), (255, 64, 129), (255, 193, 7), (118, 255, 3), (170, 120, 255), (255, 112, 67))  # RGB
FILL = 0.4  # share of the colour inside a mask; its outline is opaque
LIGHT, DARK, STRIPED = 210, 90, 0.6  # of what is ignored: the greys of its stripes, and their share
STRIPE_PX = 4
STRIPES = (
    f"repeating-linear-gradient(135deg, rgb({LIGHT} {LIGHT} {LIGHT}) 0 2px, rgb({DARK} {DARK} {DARK}) 0 4px)"  # CSS
)

RGB = NDArray[np.uint8]


def colour_of(category: int) -> str:
    """Return the colour of a category (1, 2, ...) as the page names it; the seventh takes the first one's again."""
    return "rgb({}, {}, {})".format(*COLOURS[(category - 1) % len(COLOURS)])


def overlay(image: RGB, categories: NDArray[np.uint8], instances: NDArray[Any] | None = None) -> RGB:
    """Return an image (H, W, 3) with its categories tinted and every instance outlined.

    categories: (H, W), 0 = background, c = c-th colour, `IGNORED` = grey stripes; instances: (H, W) numbers, None where
    instances are unknown.
    """
    table = np.array([COLOURS[i % len(COLOURS)] for i in range(255)], np.float32)
    colour = table[categories.astype(int) - 1]  # (H, W, 3); the background's is not used
    ignored = categories == IGNORED
    inside = ((categories > 0) & ~ignored)[..., None]
    edge = outline(categories if instances is None else instances)[..., None] & inside
    share = np.where(edge, 1.0, np.where(inside, FILL, 0.0))
    return striped(np.asarray((image * (1 - share) + colour * share).round(), np.uint8), ignored)


def striped(image: RGB, ignored: NDArray[np.bool_]) -> RGB:
    """Return an image (H, W, 3) with stripes of two greys over ignored pixels (H, W)."""
    if not ignored.any():
        return image
    height, width = ignored.shape
    stripe = np.add.outer(np.arange(height), np.arange(width)) % (2 * STRIPE_PX) < STRIPE_PX
    mixed = image * (1 - STRIPED) + np.where(stripe, LIGHT, DARK)[..., None] * STRIPED
    return np.where(ignored[..., None], mixed.round().astype(np.uint8), image)


def outline(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return (H, W) bool: pixels beside a pixel of another number; the image's border is no outline."""
    edge = np.zeros(numbers.shape, bool)
    across, down = numbers[:, 1:] != numbers[:, :-1], numbers[1:] != numbers[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def shrink(image: Image.Image, side_px: int, smooth: bool) -> Image.Image:
    """Return the image at most `side_px` long and high; smooth for photos, nearest pixel for maps."""
    scale = side_px / max(image.size)
    if scale >= 1:
        return image
    size_wh = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size_wh, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)


def small(array: NDArray[Any], side_px: int) -> NDArray[Any]:
    """Return an image (H, W, 3) or a map (H, W) at most `side_px` long and high."""
    image = Image.fromarray(array)
    return np.asarray(shrink(image, side_px, smooth=array.ndim == 3)).astype(array.dtype)


def jpeg_uri(image: RGB, quality: int = 80) -> str:
    """Return an image (H, W, 3) as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
