"""What is counted on one photo: overlaps, where they fail, and how far the probabilities can be believed."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from measure.scoring.records import FOREGROUND, Calibration, Errors, Pixels

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


BINS = 15  # equally wide bins of confidence (Guo et al. 2017, section 2)
GRID = 256  # at most so many sampled pixels along a side: neighbours say nearly the same
DIGITS = 6

Probabilities = NDArray[np.float32]


def sampled(size_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of the grid of pixels that are looked at, the same for any photo of this size."""
    step = max(1, math.ceil(max(size_hw) / GRID))
    return slice(min(step // 2, size_hw[0] - 1), None, step), slice(min(step // 2, size_hw[1] - 1), None, step)


def calibration_of(probabilities: Probabilities, truth: NDArray[np.integer]) -> Calibration:
    """Return the counts by confidence. probabilities: (C + 1, ...) sum 1 over the first axis; truth: (...) indices."""
    confidence, chosen = probabilities.max(axis=0).ravel(), probabilities.argmax(axis=0).ravel()
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)  # a confidence of 1 belongs to the last bin
    sums = np.bincount(place, confidence, BINS)
    return Calibration(
        tuple(np.bincount(place, minlength=BINS).tolist()),
        tuple(round(float(value), DIGITS) for value in sums),
        tuple(np.bincount(place[chosen == truth.ravel()], minlength=BINS).tolist()),
    )


def entropy_bits(probabilities: Probabilities) -> float:
    """Return the mean over pixels of the entropy in bits, 0 (sure) to log2(C + 1). probabilities: (C + 1, ...)."""
    safe = np.maximum(probabilities, np.finfo(np.float32).tiny)
    return round(max(0.0, float(-(probabilities * np.log2(safe)).sum(axis=0).mean())), DIGITS)
