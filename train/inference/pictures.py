"""The pictures of one prediction: mask, overlay and uncertainty, each with its bytes."""

import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dataset.idmap import png_bytes
from dataset.overlay import overlay, small
from train.inference.outputs import Outputs

SUFFIX = {"masks": "png", "overlays": "jpg", "uncertainty": "png"}
LOOK_PX = 1600  # longer side of an overlay at most: it is made to be looked at
QUALITY = 85  # of an overlay's JPEG
Pixels = NDArray[np.uint8]


def picture_path(kind: str, stem: str) -> str:
    """Return where a photo's picture of a kind lies, relative to the folder of predictions."""
    return f"{kind}/{stem}.{SUFFIX[kind]}"


def mask_of(seen: Outputs, ids: NDArray[np.int32]) -> Pixels:
    """Return the category map (H, W) in which what belongs to no instance is background."""
    return np.where(ids > 0, seen.categories, np.uint8(0))


def overlay_bytes(image: Pixels, mask: Pixels, ids: NDArray[np.int32]) -> bytes:
    """Return the photo with its mask tinted and its instances outlined, as JPEG, `LOOK_PX` long at most."""
    buffer = io.BytesIO()
    drawn = overlay(small(image, LOOK_PX), small(mask, LOOK_PX), small(ids, LOOK_PX))
    Image.fromarray(drawn).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def uncertainty_bytes(seen: Outputs, most_bits: float) -> bytes:
    """Return the entropy of every pixel as 8-bit PNG: 0 = sure, 255 = `most_bits` bits."""
    return png_bytes((seen.entropy_bits * (255 / most_bits)).round().clip(0, 255).astype(np.uint8))


def pictures_of(
    image: Pixels, seen: Outputs, ids: NDArray[np.int32], most_bits: float, kinds: Sequence[str]
) -> dict[str, bytes]:
    """Return kind -> file's bytes for the pictures among `kinds`; other kinds are passed over."""
    mask = mask_of(seen, ids)
    made: dict[str, Callable[[], bytes]] = {
        "masks": lambda: png_bytes(mask),
        "overlays": lambda: overlay_bytes(image, mask, ids),
        "uncertainty": lambda: uncertainty_bytes(seen, most_bits),
    }
    return {kind: make() for kind, make in made.items() if kind in kinds}
