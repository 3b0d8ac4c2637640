"""Rings within rings: COCO draws the union of polygons, so that a hole which a tool wrote as one of them is filled."""

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Nested = Literal["none", "holes", "unsaid"]


def nested_in(polygons: Any, area: Any) -> Nested:
    """Return whether a ring [x, y, ...] lies within another one of its object, and whether its area says it is a hole.

    area: in pixels, as the file states it. "none" too for what are no polygons, which is told where they are drawn.
    """
    rings = rings_of(polygons)
    inner = [ring for k, ring in enumerate(rings) if any(lies_in(ring, other) for other in rings[:k] + rings[k + 1 :])]
    if not inner:
        return "none"
    whole = sum(area_of(ring) for ring in rings) - sum(map(area_of, inner))
    with_holes = whole - sum(map(area_of, inner))
    stated = isinstance(area, int | float) and not isinstance(area, bool)
    return "holes" if stated and abs(area - with_holes) < abs(area - whole) else "unsaid"


def rings_of(polygons: Any) -> list[NDArray[np.float32]]:
    """Return polygons as points (N, 2), none unless there are two or more and all are whole."""
    if not isinstance(polygons, list) or len(polygons) < 2:
        return []
    if not all(isinstance(one, list) and len(one) >= 6 and len(one) % 2 == 0 and all_numbers(one) for one in polygons):
        return []
    return [np.array(one, np.float32).reshape(-1, 2) for one in polygons]


def all_numbers(values: Sequence[Any]) -> bool:
    """Return whether all are numbers that a picture may have."""
    return set(map(type, values)) <= {int, float} and all(abs(value) < 1e6 for value in values)


def lies_in(ring: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Return whether a ring lies within another, larger one."""
    apart = (ring.min(axis=0) < other.min(axis=0)).any() or (ring.max(axis=0) > other.max(axis=0)).any()
    if apart or area_of(ring) >= area_of(other):
        return False
    return all(cv2.pointPolygonTest(other, (float(x), float(y)), measureDist=False) >= 0 for x, y in ring)


def area_of(ring: NDArray[np.float32]) -> float:
    """Return the area that a ring encloses, in pixels."""
    return float(cv2.contourArea(ring))
