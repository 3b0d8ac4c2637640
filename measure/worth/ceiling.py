"""The score that a network could reach at most against labels, from how roughly their outlines follow the edges."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from dataset.outline_habit import FEWEST_GROUPS, PhotoOutlines, Reals, drawn, habit_of
from dataset.outline_offset import SIDES
from measure.worth.points import LEVEL, ScoreEstimate


def ceiling_of(photos: Sequence[PhotoOutlines], exact: Sequence[PhotoOutlines] = ()) -> ScoreEstimate | None:
    """Return the IoU that a network could reach at most against these labels; None where too few edges are clear.

    A network learns the labels' habit as far as it can: trained with mirror images and turns, the mean over all four
    sides (the estimate and the lower end), else that of each side (the upper end). How far outlines stray from the
    habit, stretch by stretch, no network can know. They stray inwards as often as outwards, so that with A pixels of
    objects and e of straying IoU = (A - e / 2) / (A + e / 2). Intervals: bootstrap over groups of photos.

    exact: outlines of renders, whose labels are exact: what is found to stray there is the measurement's own error, and
    taken off in squares. Without it the ceiling comes out too low.
    """
    groups = sorted({photo.group for photo in photos})
    if len(groups) < FEWEST_GROUPS or any(habit_of(photos, side) is None for side in SIDES):
        return None
    times = np.vstack([np.ones(len(groups)), drawn(len(groups))])  # the photos as they are, then redrawn
    tables = {side: table_of(photos, groups, side, exact) for side in SIDES}
    area = np.zeros(len(groups))
    for photo in photos:
        area[groups.index(photo.group)] += photo.area_px
    common = float(np.mean([habit(tables[side].values) for side in SIDES]))
    mirrored = scores(tables, area, times, dict.fromkeys(SIDES, common))
    each = scores(tables, area, times, {side: habit(tables[side].values) for side in SIDES})
    iou, lo, hi = mirrored[0], np.percentile(mirrored[1:], LEVEL[0]), np.percentile(each[1:], LEVEL[1])
    return ScoreEstimate(float(iou), float(min(lo, iou)), float(max(hi, iou)))


@dataclasses.dataclass(frozen=True, eq=False)
class SideTable:
    """One side of all outlines, over G groups of photos."""

    steps: Reals  # (G,) pixels at which an object ends on this side
    values: Reals  # (N,) offsets of stretches, in pixels
    place: Reals  # (N, G) 1.0 where a stretch belongs to a group
    error_px: float  # by which the measurement itself strays


def table_of(
    photos: Sequence[PhotoOutlines], groups: Sequence[str], side: str, exact: Sequence[PhotoOutlines]
) -> SideTable:
    """Return one side of outlines; its error is 0 without exact ones."""
    steps = np.zeros(len(groups))
    rows = []
    for photo in photos:
        at = groups.index(photo.group)
        for own in photo.sides:
            if own.side == side:
                steps[at] += own.steps
                rows += [(value, at) for value in own.stretches]
    known = [value for photo in exact for own in photo.sides if own.side == side for value in own.stretches]
    error = straying(np.array(known)).mean() if known else 0.0
    place = np.eye(len(groups))[[at for _, at in rows]]
    return SideTable(steps, np.array([value for value, _ in rows]), place, float(error))


def habit(values: Reals) -> float:
    """Return the usual offset of stretches (N,), one or more."""
    return float(np.median(values))


def straying(values: Reals, from_px: float | None = None) -> Reals:
    """Return (N,) how far stretches lie from an offset, by default from their own habit."""
    return np.abs(values - (habit(values) if from_px is None else from_px))


def scores(tables: dict[str, SideTable], area: Reals, times: Reals, habits: dict[str, float]) -> Reals:
    """Return (B,) the IoU at most if each group counts `times` (B, G) often. area: (G,) pixels of objects."""
    lost = np.zeros(len(times))
    for side, table in tables.items():
        far = straying(table.values, habits[side])
        count = (times @ table.place.T).sum(axis=1)
        mean = (times @ (far @ table.place)) / np.maximum(count, 1)
        lost += times @ table.steps * np.sqrt(np.maximum(mean**2 - table.error_px**2, 0))
    whole = times @ area
    return np.asarray((whole - lost / 2) / (whole + lost / 2)).clip(0, 1)


def not_below(found: ScoreEstimate | None, score: float) -> ScoreEstimate | None:
    """Return a ceiling that is not below a score that was reached: there the estimate was too low."""
    return found and ScoreEstimate(max(found.iou, score), max(found.lo, score), max(found.hi, score))
