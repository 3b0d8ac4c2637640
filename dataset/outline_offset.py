"""How far a label's outline lies from the edge that the picture shows, on each side of each object, in pixels.

The picture is read along the outline's normals, from `REACH` pixels inside to as many outside, and the place where it
changes most, on the mean over many normals, is its edge. An outline that belongs to no clear edge has no say.
"""

import dataclasses
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap
from dataset.records import Instance

SIDES = ("left", "right", "above", "below")
AXES = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}  # side -> (dy, dx) outwards

REACH = 4.0  # pixels on either side of the outline in which the edge is looked for
STEP = 0.25  # pixels from one reading to the next; a parabola through three of them finds the place between
FACING = 0.8  # cosine of the angle up to which a normal counts to a side
FEWEST = 8  # normals that a side needs
MOST = 240  # normals that are read of one side of an object, evenly spaced
DEEP = 3.0  # reaches of the object that have to lie behind its outline: a thin one's other edge would be taken for it
STRETCH = 12  # neighbouring normals that are judged together where an outline's roughness is asked for
CLEAR = 2.0  # times the usual change within reach that an edge has to change
FAINT = 3.0  # grey levels a pixel that an edge has to change
BLUR = 0.7  # pixels (sigma) by which the picture is smoothed first
SMOOTH = 2.0  # pixels (sigma) over which the outline's direction is taken

Reals = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class SideOffset:
    """One side of one object."""

    side: str  # one of SIDES
    steps: int  # pixels of the object whose neighbour to this side is background
    offset_px: float | None  # label beyond the picture's edge, negative if it ends before; None without a clear edge
    stretches: tuple[float, ...]  # the same of `STRETCH` neighbours each, as far as they are clear


def offsets_of(image: NDArray[np.uint8], ids: IdMap, instances: Sequence[Instance]) -> list[SideOffset]:
    """Return the sides of every object of a photo, four each, in the order of `SIDES`; [] without objects.

    image: (H, W, 3) uint8. ids: (H, W). Offsets are pixels along x for left and right, along y for above and below.
    """
    found = []
    for instance in instances:
        near = around(instance.box, (ids.shape[0], ids.shape[1]))
        picture = cv2.GaussianBlur(image[near].astype(np.float32), (0, 0), BLUR)
        found += [side_of(picture, ids[near], instance.index, side) for side in SIDES]
    return found


def around(box: tuple[int, int, int, int], size_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a box (x0, y0, x1, y1) with room for `REACH` and all smoothing."""
    x0, y0, x1, y1 = box
    room = math.ceil(REACH + 3 * SMOOTH)
    return slice(max(y0 - room, 0), min(y1 + room, size_hw[0])), slice(max(x0 - room, 0), min(x1 + room, size_hw[1]))


def side_of(picture: Reals, ids: IdMap, index: int, side: str) -> SideOffset:
    """Return one side of the object `index`. picture: (H, W, 3) float32, smoothed; ids: (H, W)."""
    mask = ids == index
    rows, columns = np.nonzero(mask & shifted(ids == 0, AXES[side]))
    order = np.argsort(rows if side in {"left", "right"} else columns, kind="stable")
    profiles = read_along(picture, ids, index, np.stack([rows, columns])[:, order], AXES[side])
    parts = [profiles[at : at + STRETCH] for at in range(0, len(profiles), STRETCH)]
    places = [edge_in(part) for part in parts]
    whole = edge_in(profiles)
    return SideOffset(side, len(rows), whole, tuple(place for place in places if place is not None))


def shifted(mask: Mask, axis: tuple[int, int]) -> Mask:
    """Return whether the neighbour of a pixel in the direction (dy, dx) is set; beyond the picture none is."""
    framed = np.pad(mask, 1)
    height, width = mask.shape
    return framed[1 + axis[0] : 1 + axis[0] + height, 1 + axis[1] : 1 + axis[1] + width]


def read_along(picture: Reals, ids: IdMap, index: int, ends: NDArray[np.intp], axis: tuple[int, int]) -> Reals:
    """Return (N, T) float32: how much the picture changes at each reading along the normals of a side, from inside out.

    ends: (2, M) rows and columns of the object's last pixels on that side. Readings are `STEP` apart along the axis.
    Normals that face elsewhere, or whose ends do not lie in the object and in the background, are left out.
    """
    way = np.array(axis, np.float32)
    centres = ends.astype(np.float32) + way[:, None] / 2  # between the last pixel of the object and the first beyond
    normals = normals_at(ids == index, ends, axis)
    facing = way @ normals  # (M,) cosines
    kept = facing >= FACING
    kept[kept] &= between(ids, index, centres[:, kept], (normals * facing)[:, kept] * REACH)
    chosen = np.flatnonzero(kept)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), MOST)).round().astype(int)]
    reach = np.arange(-REACH - STEP, REACH + 2 * STEP, STEP).astype(np.float32)  # one more at each end, for differences
    lines = (normals * facing)[:, chosen]  # a pixel along the axis is so far along the normal
    points = centres[:, chosen, None] + lines[:, :, None] * reach  # (2, N, T + 2)
    if not len(chosen):
        return np.zeros((0, len(reach) - 2), np.float32)
    values = cv2.remap(picture, points[1], points[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    change = (values[:, 2:] - values[:, :-2]) / (2 * STEP)  # (N, T, 3)
    return np.asarray(np.sqrt((change**2).sum(axis=2)))


def normals_at(mask: Mask, ends: NDArray[np.intp], axis: tuple[int, int]) -> Reals:
    """Return (2, M) unit normals (dy, dx) of a mask's outline outwards, beside its last pixels `ends` to a side."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), SMOOTH)
    slopes = [cv2.Sobel(soft, cv2.CV_32F, dx, dy, borderType=cv2.BORDER_REPLICATE) for dx, dy in ((0, 1), (1, 0))]
    rows, columns = ends
    beyond = rows + axis[0], columns + axis[1]  # in the picture, since that neighbour is background
    down = -np.stack([slope[rows, columns] + slope[beyond] for slope in slopes])
    return np.asarray(down / np.maximum(np.linalg.norm(down, axis=0), 1e-6), np.float32)


def between(ids: IdMap, index: int, centres: NDArray[np.floating], reach: NDArray[np.floating]) -> Mask:
    """Return (M,) whether a normal lies in the object up to the outline and ends in the background.

    centres, reach: (2, M). The object has to be `DEEP` reaches deep there.
    """
    kept = np.ones(centres.shape[1], bool)
    limits = np.array(ids.shape)[:, None] - 1
    for depth in (*np.arange(0.25, DEEP + 0.25, 0.25), -1.0):
        point = np.rint(centres - depth * reach).astype(int)
        wanted = index if depth > 0 else 0
        kept &= ((point >= 0) & (point <= limits)).all(axis=0) & (ids[tuple(np.clip(point, 0, limits))] == wanted)
    return kept


def edge_in(profiles: Reals) -> float | None:
    """Return how far the label reaches beyond the edge, from (N, T) changes along normals; None without a clear edge.

    The centre of what lies above half of the greatest mean change, around it: the greatest one alone would hang on the
    pixels' grid. None too where it lies at either end of what was read, and for fewer normals than `FEWEST`.
    """
    if len(profiles) < FEWEST:
        return None
    mean = profiles.mean(axis=0, dtype=np.float64)
    peak, base = int(mean.argmax()), float(np.median(mean))
    if not 0 < peak < len(mean) - 1 or mean[peak] < max(FAINT, CLEAR * base):
        return None
    above = mean - (base + mean[peak]) / 2
    low = np.flatnonzero(above < 0)
    first = int(low[low < peak].max(initial=-1)) + 1
    last = int(low[low > peak].min(initial=len(mean)))
    part = above[first:last]
    return float(REACH - (part @ np.arange(first, last)) / part.sum() * STEP)
