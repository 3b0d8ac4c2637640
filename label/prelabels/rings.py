"""From a mask to one ring of few points, for tools whose people like to move corners."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.measure import approximate_polygon, find_contours

from dataset.formats.outlines import mask_of
from dataset.idmap import Mask, box_of, mask_iou

Line = NDArray[np.float64]

LEAST_IOU = 0.99  # that a ring keeps of its mask
COARSER = 1.25  # by what the tolerance grows until a ring has few enough points
FINEST = 16  # part of the tolerance at which a ring is as good as its pixels


def ring_of(mask: Mask, tolerance_px: float, most_points: int) -> list[float] | None:
    """Return the outline [x, y, ...] of a mask (H, W) in pixels, (0, 0) the corner of the first; None where one fails.

    That is a mask of several pieces, with a hole, or one that `most_points` cannot tell to `LEAST_IOU`. The ring runs
    along the pixels' edges, through their middles. It leaves that line by `tolerance_px` at most (Douglas and Peucker
    1973), by more where it would have too many points, by less where a small object would lose too much.
    """
    if not mask.any() or is_torn(mask):
        return None
    x0, y0, x1, y1 = box_of(mask)
    crop = np.pad(mask[y0:y1, x0:x1], 1)
    line = find_contours(crop.astype(float), 0.5)
    found = simplified(line[0], crop, tolerance_px, most_points) if len(line) == 1 else None
    return None if found is None else [round(float(number), 2) for number in (found + np.array([x0, y0]) - 1).ravel()]


def simplified(line: Line, mask: Mask, tolerance_px: float, most_points: int) -> Line | None:
    """Return the corners (N, 2), x and y, of an outline of pixels' middles, row and column; None where none will do."""
    tolerance = tolerance_px
    while len(corners := corners_of(line, tolerance)) > most_points:
        tolerance *= COARSER
    while kept(corners, mask) < LEAST_IOU:
        tolerance /= 2
        corners = corners_of(line, tolerance)
        if len(corners) > most_points or tolerance < tolerance_px / FINEST:
            return None
    return corners


def corners_of(line: Line, tolerance_px: float) -> Line:
    """Return the corners (N, 2), x and y, that stay of an outline."""
    return np.asarray(approximate_polygon(line, tolerance_px)[:-1, ::-1] + 0.5)


def kept(corners: Line, mask: Mask) -> float:
    """Return the IoU of what corners enclose with a mask (H, W); 0 for fewer than three."""
    return (
        mask_iou(mask_of([corners.ravel().tolist()], (mask.shape[0], mask.shape[1]), "a ring"), mask)
        if len(corners) > 2
        else 0.0
    )


def is_torn(mask: Mask) -> bool:
    """Return whether a mask has several pieces, or a hole."""
    rings, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return len(rings) != 1
