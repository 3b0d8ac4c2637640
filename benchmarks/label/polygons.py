"""What CVAT does with polygon tracks: outlines of the key frames, in between a straight line from point to point."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap

POINTS = 200
Ring = NDArray[np.float64]  # (POINTS, 2) x, y, evenly along the outline


def ring_of(mask: NDArray[np.bool_]) -> Ring:
    """Return the outer outline of a mask's largest piece, which is all that one polygon can hold."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(found, key=cv2.contourArea)[:, 0].astype(np.float64)
    closed = np.vstack([points, points[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    wanted = np.linspace(0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], axis=1)


def aligned(ring: Ring, to: Ring) -> Ring:
    """Return a ring that begins at the point which lets all points lie nearest to those of another."""
    centred, other = ring - ring.mean(axis=0), to - to.mean(axis=0)
    turns = [np.roll(centred, shift, axis=0) for shift in range(POINTS)]
    best = int(np.argmin([((one - other) ** 2).sum() for one in turns]))
    return np.roll(ring, best, axis=0)


def filled(ring: Ring, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of a ring, its outline included, as contours of masks lie on pixels."""
    drawn = np.zeros(size_hw, np.uint8)
    cv2.fillPoly(drawn, [np.round(ring * 16).astype(np.int32)], 1, shift=4)
    return drawn > 0


def linear(truth: Sequence[IdMap], keys: Sequence[int]) -> dict[int, IdMap]:
    """Return place -> id map of the frames between key frames; the last shape stays to the end, as in CVAT."""
    found = {}
    for at in range(len(truth)):
        before, behind = max(k for k in keys if k <= at), min((k for k in keys if k >= at), default=None)
        if at in keys:
            continue
        ids = np.zeros_like(truth[0])
        for number in (int(k) for k in np.unique(truth[before]) if k):
            ring = ring_of(truth[before] == number)
            if behind is not None and (truth[behind] == number).any():
                share = (at - before) / (behind - before)
                ring = (1 - share) * ring + share * aligned(ring_of(truth[behind] == number), ring)
            ids[filled(ring, ids.shape)] = number
        found[at] = ids
    return found
