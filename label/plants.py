"""Errors planted into labels, of the kinds that people make: what they, or a search, find of them is then known."""

import dataclasses
import math
from collections.abc import Sequence

import cv2
import numpy as np

from dataset.idmap import IdMap, Mask

MISSING, SPURIOUS, MISPLACED, SWAPPED = "missing", "spurious", "misplaced", "swapped"
CUT, WIDE, NARROW, ONE_SIDED = "low IoU", "too wide", "too narrow", "one-sided"
KINDS = (MISSING, SPURIOUS, MISPLACED, SWAPPED, CUT, WIDE, NARROW, ONE_SIDED)
FIVE = (MISSING, SPURIOUS, MISPLACED, WIDE, ONE_SIDED)  # of an anchoring test, whatever the number of categories
SHIFT, BAND = 0.35, 0.12  # in radii: how far a label is moved, both ways, and by how much an outline is off
LEAST_PX = 2  # by which an outline is off at least
TRIES = 40  # places in which a label of nothing is tried


@dataclasses.dataclass(frozen=True)
class PlantedMask:
    """What became of one object: its kind of error, and its mask (H, W) with the error, None = no longer there."""

    kind: str
    mask: Mask | None
    category: str


def radius_of(mask: Mask) -> float:
    """Return the radius of the disk of as many pixels, in pixels."""
    return math.sqrt(float(mask.sum()) / math.pi)


def plant(
    kind: str, mask: Mask, taken: Mask, category: str, categories: Sequence[str], rng: np.random.Generator
) -> PlantedMask | None:
    """Return an object (H, W) with an error of a kind; None where it cannot be planted.

    taken: (H, W) pixels of other objects, which stay theirs. A spurious label is a copy of the object elsewhere, on
    the background. A swapped category is drawn from the others.
    """
    if kind == MISSING:
        return PlantedMask(kind, None, category)
    if kind == SWAPPED:
        others = [name for name in categories if name != category]
        return PlantedMask(kind, mask, others[rng.integers(len(others))]) if others else None
    made = shape_with(kind, mask, taken, rng) & ~taken
    changed = made.any() and (made != mask).any()
    return PlantedMask(kind, made, category) if changed else None


def shape_with(kind: str, mask: Mask, taken: Mask, rng: np.random.Generator) -> Mask:
    """Return the mask with an error that changes its shape or place; without a pixel where there is no room."""
    radius = radius_of(mask)
    band = max(LEAST_PX, round(BAND * radius))
    if kind == SPURIOUS:
        return elsewhere(mask, taken | mask, rng)
    if kind == MISPLACED:
        signs = rng.choice([-1, 1], 2)
        return moved(mask, *(int(sign) * max(1, round(SHIFT * radius)) for sign in signs))
    if kind == CUT:
        return halved(mask, rng)
    if kind == ONE_SIDED:
        return widened(mask, band, int(rng.integers(4)))
    if kind not in {WIDE, NARROW}:
        raise ValueError(f"{kind!r} is no kind of error")
    return grown(mask, band if kind == WIDE else -band)


def moved(mask: Mask, right: int, down: int) -> Mask:
    """Return the mask moved by whole pixels; what leaves the image is lost."""
    height, width = mask.shape
    shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(mask.astype(np.uint8), shift, (width, height), flags=cv2.INTER_NEAREST) > 0)


def grown(mask: Mask, band: int) -> Mask:
    """Return the mask wider by a band of pixels on every side, narrower for a negative one."""
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(band) + 1,) * 2)
    change = cv2.dilate if band > 0 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), disk) > 0)


def widened(mask: Mask, band: int, side: int) -> Mask:
    """Return the mask wider by a band on one side. side: 0 right, 1 down, 2 left, 3 up."""
    right, down = ((1, 0), (0, 1), (-1, 0), (0, -1))[side]
    wide = mask.copy()
    for step in range(1, band + 1):
        wide |= moved(mask, step * right, step * down)
    return wide


def halved(mask: Mask, rng: np.random.Generator) -> Mask:
    """Return what lies on one side of a line through the mask that cuts off a third to a half of its pixels."""
    rows, columns = np.nonzero(mask)
    angle, share = rng.uniform(0, 2 * math.pi), rng.uniform(1 / 3, 1 / 2)
    along = columns * math.cos(angle) + rows * math.sin(angle)
    kept = along >= np.quantile(along, share)
    left = np.zeros_like(mask)
    left[rows[kept], columns[kept]] = True
    return left


def elsewhere(mask: Mask, taken: Mask, rng: np.random.Generator) -> Mask:
    """Return a copy of the mask, smaller where it must be, that meets nothing taken; no pixel where none fits."""
    ys, xs = np.nonzero(mask)
    crop = mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].astype(np.uint8)
    room = cv2.distanceTransform((~taken).astype(np.uint8), cv2.DIST_L2, 3)
    for trial in range(TRIES):
        scale = 0.93**trial
        size_wh = max(2, round(crop.shape[1] * scale)), max(2, round(crop.shape[0] * scale))
        copy = cv2.resize(crop, size_wh, interpolation=cv2.INTER_NEAREST)[:, :: int(rng.choice([-1, 1]))] > 0
        free = np.flatnonzero(room[: mask.shape[0] - size_wh[1] + 1, : mask.shape[1] - size_wh[0] + 1] > 0)
        if not free.size:
            continue
        top, left = np.unravel_index(
            free[rng.integers(free.size)], np.maximum(np.array(mask.shape) - size_wh[::-1] + 1, 1)
        )
        placed = np.zeros_like(mask)
        placed[top : top + size_wh[1], left : left + size_wh[0]] = copy
        if placed.any() and not (placed & taken).any():
            return placed
    return np.zeros_like(mask)


def put_in(ids: IdMap, index: int, planted: PlantedMask) -> IdMap:
    """Return an id map (H, W) with an object's pixels replaced; a spurious one takes the next number instead."""
    changed = ids.copy()
    if planted.kind == SPURIOUS:
        changed[planted.mask] = int(ids[ids < np.iinfo(np.uint16).max].max(initial=0)) + 1
        return changed
    changed[ids == index] = 0
    if planted.mask is not None:
        changed[planted.mask] = index
    return changed
