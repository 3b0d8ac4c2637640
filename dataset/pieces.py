"""The connected pieces of a mask: where a network that labels pixels sees one object."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Pieces:
    """The connected pieces of a mask, P of them."""

    labels: NDArray[np.int32]  # (H, W), 0 = none, p = p-th piece
    boxes: NDArray[np.int32]  # (P, 4) x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    areas: NDArray[np.int32]  # (P,) pixels

    def means(self, values: NDArray[np.float32]) -> Reals:
        """Return (P,) the mean of values (H, W) over each piece."""
        inside = self.labels > 0
        sums = np.bincount(self.labels[inside], values[inside], len(self.areas) + 1)
        return np.asarray(sums[1:] / self.areas)

    def downwards(self) -> "Pieces":
        """Return the same pieces numbered by their first pixel, row by row; OpenCV's own order is that of blocks."""
        _, first = np.unique(self.labels, return_index=True)
        order = np.argsort(first[-len(self.areas) :]) if len(self.areas) else np.zeros(0, np.intp)
        table = np.zeros(len(self.areas) + 1, np.int32)
        table[order + 1] = np.arange(1, len(order) + 1)
        return Pieces(table[self.labels], self.boxes[order], self.areas[order])


def pieces_of(mask: NDArray[np.bool_]) -> Pieces:
    """Return the pieces of a mask (H, W); pixels that touch at a corner are one piece."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    x0, y0, width, height, areas = stats[1:].T
    return Pieces(labels, np.stack((x0, y0, x0 + width, y0 + height), axis=1), areas)


def touched(mask: NDArray[np.bool_], by: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (H, W) the pieces of a mask of which another mask has a pixel, each as a whole."""
    found = pieces_of(mask)
    kept = np.zeros(len(found.areas) + 1, bool)
    kept[found.labels[by]] = True
    kept[0] = False
    return np.asarray(kept[found.labels])
