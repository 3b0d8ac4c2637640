"""One outline of several: signed distances, how far outside each annotator draws, and the ways to a consensus.

A signed distance is in pixels, positive inside. Who draws 6 px outside has one that is higher by 6 everywhere.
"""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import Mask
from label.voting.groups import Group, within

REACH = 32.0  # pixels: as far as distances are told apart
MARGIN = 12  # pixels around the union of all outlines
SURE = 2.0  # standard errors that an offset must have from 0 to be removed
ROUNDS = 30  # of STAPLE

Field = NDArray[np.float32]
Reals = NDArray[np.float64]


def window_of(group: Group, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box of all shapes of a group, with a margin, in the photo."""
    boxes = np.array([shape.box for shape in group])
    x0, y0 = np.maximum(boxes[:, :2].min(0) - MARGIN, 0)
    x1, y1 = np.minimum(boxes[:, 2:].max(0) + MARGIN, size_hw[::-1])
    return int(x0), int(y0), int(x1), int(y1)


def signed_distance(mask: Mask) -> Field:
    """Return (H, W) float32: the distance to the outline, positive inside, REACH at most."""
    inside = mask.astype(np.uint8)
    far = [cv2.distanceTransform(each, cv2.DIST_L2, cv2.DIST_MASK_5) for each in (inside, 1 - inside)]
    return np.asarray(np.clip(np.where(mask, far[0] - 0.5, 0.5 - far[1]), -REACH, REACH), np.float32)


def distances(group: Group, size_hw: tuple[int, int]) -> Field:
    """Return (V, h, w): the signed distance of each shape of a group in its window."""
    window = window_of(group, size_hw)
    return np.stack([signed_distance(within(shape, window)) for shape in group])


def off_border(group: Group, size_hw: tuple[int, int]) -> Mask:
    """Return (h, w): pixels of a group's window that are not beside the photo's border, where outlines are cut."""
    x0, y0, x1, y1 = window_of(group, size_hw)
    inner = np.ones((y1 - y0, x1 - x0), bool)
    inner[:2] &= y0 > 0
    inner[-2:] &= y1 < size_hw[0]
    inner[:, :2] &= x0 > 0
    inner[:, -2:] &= x1 < size_hw[1]
    return inner


def apart(group: Group, size_hw: tuple[int, int]) -> dict[tuple[int, int], float]:
    """Return {(a, b): px}: how much farther outside annotator a draws this object than b, for all pairs of its shapes.

    Along either outline, the median distance to the other one; the mean of both, so that rough outlines favour nobody.
    """
    field, inner = distances(group, size_hw), off_border(group, size_hw)
    edges = [(np.abs(each) < 1) & inner for each in field]
    found = {}
    for a, b in itertools.combinations(range(len(group)), 2):
        if edges[a].any() and edges[b].any():
            there, back = float(np.median(field[a][edges[b]])), float(np.median(field[b][edges[a]]))
            found[group[a].annotator, group[b].annotator] = (there - back) / 2
    return found


def offsets_of(pairs: Sequence[dict[tuple[int, int], float]], weight: Reals, anchor: int | None) -> tuple[Reals, Reals]:
    """Return the offset (V,) of each annotator in pixels, positive outside, and its standard error.

    pairs: of `apart`, for each object. Only differences are seen: `anchor` draws without an offset; None = where most
    annotators agree there is none, which is the middle of the closest majority of them. weight (V,): how much each
    counts for that. Who shares no object has 0.
    """
    voters = len(weight)
    table = np.full((voters, voters), np.nan)
    errors = np.full((voters, voters), np.nan)
    for a, b in itertools.combinations(range(voters), 2):
        seen = [found[a, b] for found in pairs if (a, b) in found]
        if seen:
            table[a, b], table[b, a] = np.median(seen), -np.median(seen)
            errors[a, b] = errors[b, a] = 1.2533 * np.std(seen) / np.sqrt(len(seen)) if len(seen) > 1 else np.inf
    found, known = solved(table)
    error = np.nan_to_num(np.nanmedian(np.where(np.isnan(errors), np.inf, errors), axis=1), posinf=np.inf)
    middle = found[anchor] if anchor is not None else closest_majority(found[known], weight[known])
    return np.where(known, found - middle, 0.0), error


def solved(table: Reals) -> tuple[Reals, NDArray[np.bool_]]:
    """Return the offsets (V,) that fit differences (V, V) best, by least squares, and which annotators have any."""
    rows = [(a, b, table[a, b]) for a, b in itertools.combinations(range(len(table)), 2) if not np.isnan(table[a, b])]
    known = np.asarray(~np.isnan(table).all(axis=1), bool)
    if not rows:
        return np.zeros(len(table)), known
    design = np.zeros((len(rows), len(table)))
    for row, (a, b, _) in enumerate(rows):
        design[row, a], design[row, b] = 1, -1
    return np.linalg.lstsq(design, np.array([value for *_, value in rows]), rcond=None)[0], known


def closest_majority(values: Reals, weight: Reals) -> float:
    """Return the mean of the smallest interval that holds more than half of the weight of the values; 0 without any."""
    order = np.argsort(values, kind="stable")
    ordered, heavy = values[order], weight[order]
    sums = np.concatenate(([0.0], np.cumsum(heavy)))
    best, middle = np.inf, 0.0
    for first in range(len(ordered)):
        end = int(np.searchsorted(sums, sums[first] + sums[-1] / 2, side="right"))  # the first sum beyond half
        if end <= len(ordered) and ordered[end - 1] - ordered[first] < best:
            best = float(ordered[end - 1] - ordered[first])
            middle = float(np.average(ordered[first:end], weights=heavy[first:end]))
    return middle


def removable(offsets: Reals, errors: Reals) -> Reals:
    """Return the offsets that are sure; 0 for the others."""
    return np.where(np.abs(offsets) > SURE * errors, offsets, 0.0)


def middle_of(fields: Field) -> Field:
    """Return the median (h, w) of signed distances (V, h, w)."""
    ordered, half = np.sort(fields, axis=0), len(fields) // 2
    return np.asarray(ordered[half] if len(fields) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def staple(masks: NDArray[np.bool_]) -> Field:
    """Return the probability (h, w) that a pixel is object, of masks (V, h, w): Warfield et al., IEEE TMI 2004."""
    code = np.tensordot(2 ** np.arange(len(masks)), masks.astype(np.int64), 1)  # (h, w): who says so, in bits
    found, place, times = np.unique(code, return_inverse=True, return_counts=True)
    kinds = (found[:, None] >> np.arange(len(masks)) & 1).astype(np.float64)  # each row of votes that occurs
    belief, prior = kinds.mean(1), float(masks.mean())
    for _ in range(ROUNDS):
        sure, not_sure = belief * times, (1 - belief) * times
        sensitivity = np.clip((kinds.T @ sure) / max(sure.sum(), 1e-9), 1e-6, 1 - 1e-6)
        specificity = np.clip(((1 - kinds).T @ not_sure) / max(not_sure.sum(), 1e-9), 1e-6, 1 - 1e-6)
        yes = prior * np.prod(np.where(kinds > 0, sensitivity, 1 - sensitivity), axis=1)
        no = (1 - prior) * np.prod(np.where(kinds > 0, 1 - specificity, specificity), axis=1)
        belief = yes / (yes + no)
    return np.asarray(belief[place.reshape(masks.shape[1:])], np.float32)


def outlined(group: Group, size_hw: tuple[int, int], method: str, offsets: Reals) -> Field:
    """Return (h, w): positive where the consensus of a group sees the object, in its window.

    method: offsets (the median of signed distances without each annotator's offset), median, majority or staple.
    """
    fields = distances(group, size_hw)
    if method == "staple":
        return staple(fields > 0) - np.float32(0.5)
    if method == "majority":
        return np.asarray((fields > 0).mean(0) - 0.5, np.float32)
    if method == "offsets":
        fields = fields - np.array([offsets[shape.annotator] for shape in group], np.float32)[:, None, None]
    return middle_of(fields)
