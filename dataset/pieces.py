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
    scores: Reals  # (P,) mean probability of the category over the piece


def pieces_of(mask: NDArray[np.bool_], probability: NDArray[np.float32]) -> Pieces:
    """Return the pieces of a mask (H, W); pixels that touch at a corner are one piece. probability: (H, W)."""
    total, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    inside = labels[mask]
    area = np.bincount(inside, minlength=total)[1:]
    return Pieces(labels, np.bincount(inside, probability[mask], total)[1:] / area)
