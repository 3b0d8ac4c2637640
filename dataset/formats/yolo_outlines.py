"""One closed outline for a mask with holes and several pieces, as YOLO's labels have it, and the mask of an outline.

An outline that we write goes through the middles of the mask's border pixels. Rings that a mask needs besides the first
are joined to it by cuts of no width, there and back between the nearest points.
"""

from collections import Counter

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dataset.formats.outlines import Rings, inside_of
from dataset.idmap import Mask

PixelRing = NDArray[np.int64]  # (N, 2), column and row of pixels, closed: the last one is next to the first one
Pixel = tuple[int, int]
Edge = tuple[Pixel, Pixel]
Points = NDArray[np.float64]  # (N, 2), x and y as fractions of width and height
ROUNDED = 0.6e-6  # of a fraction written with six digits, a little more than it is off
SURE_PX = 1e-3  # how near to a pixel's middle or corner a point is on it


def outline_of(mask: Mask) -> PixelRing:
    """Return one closed outline of all pieces and holes of a mask that has a pixel; three points at least."""
    rings, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outline, *others = sorted((ring[:, 0].astype(np.int64) for ring in rings), key=len, reverse=True)
    for ring in others:
        outline = joined(outline, ring)
    outline = without_straights(outline)
    return np.concatenate([outline, np.repeat(outline[-1:], max(3 - len(outline), 0), axis=0)])


def joined(outline: PixelRing, ring: PixelRing) -> PixelRing:
    """Return both as one: along `outline`, at its point nearest to `ring` over, once around, and back."""
    distances, nearest = cKDTree(outline).query(ring)
    there = int(np.argmin(distances))
    here = int(nearest[there])
    around = np.concatenate([ring[there:], ring[: there + 1]])
    return np.concatenate([outline[: here + 1], around, outline[here:]])


def without_straights(outline: PixelRing) -> PixelRing:
    """Return the outline without the points where it goes straight on, but for those that it passes twice.

    These are the ends of cuts, and parts one pixel wide: so an edge of more than a pixel that it goes there and back is
    a cut (`rings_of`).
    """
    before, after = outline - np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0) - outline
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    straight = (cross == 0) & ((before * after).sum(axis=1) > 0)
    _, place, times = np.unique(outline, axis=0, return_inverse=True, return_counts=True)
    straight &= times[place.ravel()] == 1
    return outline if straight.all() else outline[~straight]


def mask_from(points: Points, size_hw: tuple[int, int]) -> Mask:
    """Return (H, W) bool: the mask whose outline are these fractions of width and height, three points or more.

    Points that all lie in the middles of pixels, as we write them, or all in their upper left corners, as tools write
    the borders that OpenCV finds, are the pixels at the border themselves: Ultralytics cuts off the fraction and draws
    the border too. Any others are an outline between pixels, as pycocotools fills it: a pixel is in if its middle is.
    """
    places = points * size_hw[::-1]
    off_px = np.maximum(SURE_PX, ROUNDED * np.array(size_hw[::-1]))
    for middle in (0.5, 0.0):
        pixels = np.rint(places - middle)
        if (np.abs(places - middle - pixels) <= off_px).all():
            return filled(pixels.astype(np.int64), size_hw)
    return inside_of(Rings((tuple(places.ravel().tolist()),)), size_hw)


def filled(outline: PixelRing, size_hw: tuple[int, int]) -> Mask:
    """Return what an outline of pixels surrounds, border included, without the cuts between its rings."""
    mask = np.zeros(size_hw, np.uint8)
    cv2.fillPoly(mask, [ring.astype(np.int32) for ring in rings_of(outline)], 1)
    return mask > 0


def rings_of(outline: PixelRing) -> list[PixelRing]:
    """Return the rings of which an outline is made: it falls apart at each cut, an edge that it goes there and back.

    Neighbouring pixels are no cut. An outline that is nothing but a cut is returned as it is.
    """
    points = [(int(x), int(y)) for x, y in outline]
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    ahead = Counter(edges)
    done, stack, open_cuts = list[list[Pixel]](), [list[Pixel]()], list[Edge]()
    for here, there in edges:
        ahead[here, there] -= 1
        if open_cuts and open_cuts[-1] == (here, there):  # back over the cut that was taken last
            open_cuts.pop()
            done.append(stack.pop())
        elif is_long(here, there) and ahead[there, here] > 0:
            open_cuts.append((there, here))
            stack.append([])
        else:
            stack[-1].append(here)
    rings = [np.array(ring, np.int64) for ring in [*done, *stack] if ring]
    return rings or [outline]


def is_long(here: Pixel, there: Pixel) -> bool:
    """Return whether two pixels are no neighbours, not even at a corner."""
    return max(abs(here[0] - there[0]), abs(here[1] - there[1])) > 1
