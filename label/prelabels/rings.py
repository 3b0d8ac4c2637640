"""From a mask to one ring of few points, for tools whose people like to move corners."""

import cv2
import numpy as np
from skimage.measure import approximate_polygon, find_contours

from dataset.idmap import Mask, box_of

COARSER = 1.25  # by what the tolerance grows until a ring has few enough points


def ring_of(mask: Mask, tolerance_px: float, most_points: int) -> list[float] | None:
    """Return the outline [x, y, ...] of a mask (H, W) in pixels, (0, 0) the corner of the first; None where one fails.

    That is a mask of several pieces, with a hole, or smaller than three points tell. The ring runs along the pixels'
    edges, through their middles, and leaves that line by `tolerance_px` at most, or by as much more as it takes to get
    along with `most_points` (Douglas and Peucker 1973).
    """
    if not mask.any() or is_torn(mask):
        return None
    x0, y0, x1, y1 = box_of(mask)
    line = find_contours(np.pad(mask[y0:y1, x0:x1], 1).astype(float), 0.5)
    if len(line) != 1:
        return None
    while True:
        corners = approximate_polygon(line[0], tolerance_px)[:-1]
        if len(corners) <= most_points:
            break
        tolerance_px *= COARSER
    if len(corners) < 3:
        return None
    places = corners[:, ::-1] + np.array([x0 - 0.5, y0 - 0.5])  # of pixel middles in the padded crop, to corners
    return [round(float(number), 2) for number in places.ravel()]


def is_torn(mask: Mask) -> bool:
    """Return whether a mask has several pieces, or a hole."""
    rings, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return len(rings) != 1
