"""Overlaps of category maps, of the whole and of the band along the outline, and where they fail."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from train.scoring.records import FOREGROUND, Errors, Pixels

CategoryMap = NDArray[np.uint8]  # (H, W), 0 = background, c = categories[c - 1]
Mask = NDArray[np.bool_]

BAND = 0.02  # width of the boundary as a share of the photo's diagonal (Cheng et al. 2021)


def overlap(predicted: Mask, truth: Mask) -> Pixels:
    """Return how two masks (H, W) of one size overlap."""
    return Pixels(int((predicted & truth).sum()), int((predicted | truth).sum()))


def count(predicted: CategoryMap, truth: CategoryMap, categories: Sequence[str]) -> dict[str, Pixels]:
    """Return the overlap per category name, and for `FOREGROUND`, of two category maps (H, W) uint8.

    A pixel of the wrong category is foreground to `FOREGROUND`. Raises ValueError if the sizes differ.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"the prediction is {predicted.shape}, the truth {truth.shape}")
    found = {name: overlap(predicted == c, truth == c) for c, name in enumerate(categories, 1)}
    return found | {FOREGROUND: overlap(predicted > 0, truth > 0)}


def band_px(size_hw: tuple[int, int]) -> int:
    """Return the width of the boundary on a photo of this size: `BAND` of the diagonal, 1 pixel at least."""
    return max(1, round(BAND * float(np.hypot(*size_hw))))


def boundary_of(mask: Mask, width_px: int) -> Mask:
    """Return the pixels of a mask (H, W) within `width_px` of its outline; the edge of the photo is outline too.

    Distance counts steps to one of the eight neighbours, so this is what `width_px` erosions by a square of 3 x 3 take
    off, in one pass over the pixels. An empty mask has no boundary.
    """
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_C, 3)[1:-1, 1:-1]
    near: Mask = mask & (depth <= width_px)
    return near


def boundary_overlap(predicted: Mask, truth: Mask) -> Pixels:
    """Return how the boundaries of two masks (H, W) of one size overlap (Cheng et al. 2021)."""
    width_px = band_px((truth.shape[0], truth.shape[1]))
    return overlap(boundary_of(predicted, width_px), boundary_of(truth, width_px))


def errors_of(predicted: Mask, truth: Mask, unseen: Mask) -> Errors:
    """Return where a predicted mask (H, W) differs from the truth. unseen: the pixels of objects that were not seen.

    Near an outline is within the boundary's width of it, on either side.
    """
    width_px = band_px((truth.shape[0], truth.shape[1]))
    away = np.ones(truth.shape, bool)
    if truth.any():
        away = cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_C, 3) > width_px
    missed = int((truth & ~predicted & (unseen | ~boundary_of(truth, width_px))).sum())
    made_up = int((predicted & ~truth & away).sum())
    return Errors(int((predicted ^ truth).sum()) - missed - made_up, missed, made_up)
