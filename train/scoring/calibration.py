"""How far a network's probabilities can be believed: calibration and uncertainty, on a grid of pixels."""

import math

import numpy as np
from numpy.typing import NDArray

from train.scoring.records import Calibration

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
