"""How many pixels an object would cover if nothing stood before it."""

import cv2
import numpy as np
from numpy.typing import NDArray

FINE = 4  # steps a pixel: OpenCV also fills the pixels that an edge touches, which small objects would feel
FAR = 2**24  # steps; OpenCV counts in 32 bits
SHIFT = 4  # OpenCV's fixed-point bits: corners are placed to 1/16 step


def silhouette_px(triangles: NDArray[np.float64], size_hw: tuple[int, int]) -> int:
    """Return the pixels that the triangles cover together, on a picture that goes on for its own size on every side.

    So what the border cuts off counts as not seen, as in the BOP benchmark's `visib_fract`.
    triangles: (N, 3, 3), each corner as (column, row, depth) of `geometry.project`. Triangles with a corner behind
    the camera are left out. No triangle gives 0.
    """
    height, width = size_hw
    ahead = triangles[(triangles[:, :, 2] > 0).all(axis=1)][:, :, :2]
    if not len(ahead):
        return 0
    low = np.maximum(np.floor(ahead.min(axis=(0, 1))), (-width, -height))
    high = np.minimum(np.ceil(ahead.max(axis=(0, 1))), (2 * width, 2 * height))
    columns, rows = (np.maximum(high - low, 0) * FINE).astype(int)
    canvas = np.zeros((rows, columns), np.uint8)
    if not canvas.size:
        return 0
    corners = np.clip((ahead - low) * FINE - 0.5, -FAR, FAR)
    for triangle in np.round(corners * 2**SHIFT).astype(np.int32):
        cv2.fillConvexPoly(canvas, triangle, 1, shift=SHIFT)
    return round(float(canvas.sum()) / FINE**2)
