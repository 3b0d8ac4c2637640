"""Whether two photos are one: laid over each other by their features, they must agree wherever they overlap.

Features alone take two photos of one object, or of one wall, for copies. The pixels tell them apart: where an object
was moved, or stands before something else, the overlap disagrees.
"""

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mix.copies.sight import Floats, Grey, Sight

RATIO = 0.85  # of the distances to the nearest and the next descriptor (Lowe 2004), above which a match is no match
LEAST_MATCHES = 6
WITHIN_PX = 4.0  # of where a turn, a scale and a shift would put it, a match counts
SCALES = (0.25, 4.0)
WINDOW_PX = 21  # over which light and dark are compared
BLUR_PX = 1.5  # so that compression, and half a pixel, do not count
REACH_PX = WINDOW_PX + 4  # what lies outside the overlap, as far as window and blur see
TEXTURE = 4.0  # grey levels of spread in a window below which there is nothing to compare
LIT = (10.0, 245.0)  # grey levels that were not cut off
ALIKE = 0.9  # correlation of two windows that show the same
LEAST_OVERLAP = 0.5  # of the smaller photo
LEAST_TEXTURE = 0.02  # of the overlap

Transform = NDArray[np.float64]  # (2, 3), from the pixels of one sight to those of another


@dataclasses.dataclass(frozen=True)
class Overlap:
    """How much two photos agree where they overlap."""

    agreement: float  # share of the overlap's textured part that agrees, 0..1
    covered: float  # share of the smaller photo that lies on the other


NOTHING = Overlap(0.0, 0.0)


def agreement(one: Sight, other: Sight) -> Overlap:
    """Return how much two photos agree, the best of the ways to lay one over the other."""
    found = (laid_over(one.grey, other.grey, way) for way in ways(one, other))
    return max(found, key=lambda each: each.agreement, default=NOTHING)


def ways(one: Sight, other: Sight) -> Iterator[Transform]:
    """Yield how one photo may lie on another: edge on edge, and as their features say."""
    height, width = (there / here for here, there in zip(one.grey.shape, other.grey.shape, strict=True))
    yield np.array([[width, 0, (width - 1) / 2], [0, height, (height - 1) / 2]])
    here, there = matches(one, other)
    if len(here) < LEAST_MATCHES:
        return
    found, kept = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=WITHIN_PX, maxIters=1000)
    if found is not None and kept.sum() >= LEAST_MATCHES and SCALES[0] < np.hypot(*found[:, 0]) < SCALES[1]:
        yield found


def matches(one: Sight, other: Sight) -> tuple[Floats, Floats]:
    """Return the places (M, 2) of features that are one another's, in each of two photos."""
    if not len(one.points) or len(other.points) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    away = np.sqrt(np.maximum(2 - 2 * one.unit @ other.unit.T, 0))
    nearest = away.argmin(axis=1)
    first, second = np.partition(away, 1, axis=1)[:, :2].T
    sure = first < RATIO * second
    return one.points[sure], other.points[nearest[sure]]


def laid_over(one: Grey, other: Grey, way: Transform) -> Overlap:
    """Return how much a photo agrees with another that it is laid over."""
    size_wh = other.shape[1], other.shape[0]
    moved = cv2.warpAffine(one, way, size_wh, flags=cv2.INTER_LINEAR).astype(np.float32)
    covered = cv2.warpAffine(np.full(one.shape, 255, np.uint8), way, size_wh, flags=cv2.INTER_NEAREST)
    smaller = min(one.size * abs(np.linalg.det(way[:, :2])), other.size)
    share = float((covered > 0).sum() / max(smaller, 1.0))
    if share < LEAST_OVERLAP:
        return NOTHING
    inner = cv2.erode(covered, np.ones((REACH_PX, REACH_PX), np.uint8), borderValue=255) > 0
    alike, known = correlation(*equally_lit(moved, other.astype(np.float32), inner))
    known &= inner
    if known.sum() < LEAST_TEXTURE * max(inner.sum(), 1) or not known.any():
        return NOTHING
    return Overlap(float((alike[known] > ALIKE).mean()), min(share, 1.0))


def equally_lit(one: Floats, other: Floats, where: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return two pictures (H, W) of one light: the darker one is made lighter, and cut off at white as the other was.

    where: (H, W), of which pixels the light is measured.
    """
    both = where & (LIT[0] < one) & (one < LIT[1]) & (LIT[0] < other) & (other < LIT[1])
    gain = float(np.median(one[both] / other[both])) if both.any() else 1.0
    return (one, (other * gain).clip(max=255)) if gain > 1 else ((one / gain).clip(max=255), other)


def correlation(one: Floats, other: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the correlation (H, W) of the windows around each pixel of two pictures, and where it says something."""
    one, other = (cv2.GaussianBlur(picture, (0, 0), BLUR_PX) for picture in (one, other))
    means = [cv2.blur(picture, (WINDOW_PX, WINDOW_PX)) for picture in (one, other)]
    spreads = [
        np.maximum(cv2.blur(picture * picture, (WINDOW_PX, WINDOW_PX)) - mean * mean, 0)
        for picture, mean in zip((one, other), means, strict=True)
    ]
    common = cv2.blur(one * other, (WINDOW_PX, WINDOW_PX)) - means[0] * means[1]
    known = np.maximum(*spreads) > TEXTURE**2
    return common / np.sqrt(np.maximum(spreads[0] * spreads[1], 1e-3)), known
