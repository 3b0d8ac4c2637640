"""Overlap away from outlines: what is left of an IoU when nobody quarrels about the last pixels of an edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from measure.scoring.records import Pixels

IGNORED_PX = 2  # on either side of the truth's outline: labels are seldom drawn more exactly

Mask = NDArray[np.bool_]


def band_of(truth: Mask, width_px: int = IGNORED_PX) -> Mask:
    """Return the pixels (H, W) within `width_px` of a mask's outline, on either side of it.

    Distance counts steps to one of the eight neighbours. The photo's edge is no outline. An empty mask has no band.
    """
    square = np.ones((2 * width_px + 1, 2 * width_px + 1), np.uint8)
    grey = truth.astype(np.uint8)
    near: Mask = (cv2.dilate(grey, square) > 0) & (cv2.erode(grey, square) == 0)
    return near


def overlap_off_outlines(predicted: Mask, truth: Mask) -> Pixels:
    """Return how two masks (H, W) overlap where no outline of the truth is near."""
    counted = ~band_of(truth)
    return Pixels(int((predicted & truth & counted).sum()), int(((predicted | truth) & counted).sum()))
