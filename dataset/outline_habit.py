"""How far the labels of a whole set lie from the pictures' edges on each side, and what to tell people of it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import read_ids, read_image
from dataset.outline_offset import SIDES, SideOffset, offsets_of
from dataset.records import Sample
from pipeline.seeds import rng_for

SEED = 1  # not a setting: nobody should be able to choose an interval
RESAMPLES = 1000
LEVEL = (2.5, 97.5)  # percentiles of a 95 % interval
PHOTOS = 120  # of a set that are looked at, evenly spaced: their median is known to a few hundredths of a pixel
FEWEST = 15  # objects with a clear edge on a side before anything is said of it
FEWEST_GROUPS = 8  # groups of photos that show them

TOLD = 0.75  # pixels that a side has to be off before people are told
SURE = 0.25  # pixels within which neither its interval nor most of its objects may lie then
AGREE = 0.75  # share of the objects that have to be off to the same side

Reals = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PhotoOutlines:
    """One photo's outlines."""

    group: str
    area_px: int  # of all its objects
    sides: tuple[SideOffset, ...]


@dataclasses.dataclass(frozen=True)
class SideHabit:
    """How far labels reach beyond the picture's edges on one side: the median over objects with a clear edge there."""

    side: str
    px: float  # negative if they end before the edge
    lo: float
    hi: float  # 95 % interval: bootstrap over groups of photos
    objects: int
    agree: float  # share of the objects that are off by more than `SURE` to the same side

    @property
    def told(self) -> bool:
        """Return whether this is sure, large and common enough to tell people."""
        near = min(abs(self.lo), abs(self.hi)) if self.lo * self.hi > 0 else 0.0
        return abs(self.px) >= TOLD and near > SURE and self.agree >= AGREE


def outlines_of(folder: Path, samples: Sequence[Sample], most: int = PHOTOS) -> list[PhotoOutlines]:
    """Return the outlines of at most `most` samples with objects, evenly spaced. folder: that their paths start from.

    Raises InputError when a file cannot be read.
    """
    some = [sample for sample in samples if sample.instances]
    places = np.linspace(0, len(some) - 1, min(len(some), most)).round().astype(int)
    found = []
    for sample in (some[place] for place in places):
        image, ids = read_image(folder / sample.image), read_ids(folder / sample.ids)
        sides = offsets_of(image, ids, sample.instances)
        area = sum(instance.area_px for instance in sample.instances)
        found.append(PhotoOutlines(sample.group or sample.id, area, tuple(sides)))
    return found


def habits_of(photos: Sequence[PhotoOutlines]) -> tuple[SideHabit, ...]:
    """Return the sides of which enough objects have a clear edge, in the order of `SIDES`."""
    found = (habit_of(photos, side) for side in SIDES)
    return tuple(habit for habit in found if habit)


def habit_of(photos: Sequence[PhotoOutlines], side: str) -> SideHabit | None:
    """Return one side; None where too few objects, or groups of photos, have a clear edge there."""
    votes = [(p.group, s.offset_px) for p in photos for s in p.sides if s.side == side and s.offset_px is not None]
    groups = sorted({group for group, _ in votes})
    if len(votes) < FEWEST or len(groups) < FEWEST_GROUPS:
        return None
    values = np.array([value for _, value in votes])
    place = np.array([groups.index(group) for group, _ in votes])
    times = drawn(len(groups))[:, place]  # (B, objects)
    lo, hi = np.percentile(medians(values, times), LEVEL)
    px = float(np.median(values))
    agree = float((np.sign(px) * values > SURE).mean())
    return SideHabit(side, px, float(lo), float(hi), len(values), agree)


def drawn(groups: int) -> Reals:
    """Return (B, G): how often each group is drawn in each redraw."""
    rng = rng_for(SEED, "outlines", groups)
    return rng.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES).astype(float)


def medians(values: Reals, times: Reals) -> Reals:
    """Return (B,) medians of values (N,), each taken `times` (B, N) often; some is taken in every row."""
    order = np.argsort(values, kind="stable")
    sums = times[:, order].cumsum(axis=1)
    return np.asarray(values[order][(sums >= sums[:, -1:] / 2).argmax(axis=1)])


WHERE = {"left": "to the left", "right": "to the right", "above": "above", "below": "below"}


def warning(habits: Sequence[SideHabit]) -> str:
    """Return in one line which sides are off, such as "labels reach 1.0 px beyond edges to the right and below".

    The empty text if none is told. Sides within a quarter of a pixel of each other share a number, their mean.
    """
    told = [habit for habit in habits if habit.told]
    parts = []
    for beyond, words in ((True, "reach {} px beyond edges {}"), (False, "end {} px before edges {}")):
        some = [habit for habit in told if (habit.px > 0) == beyond]
        if not some:
            continue
        size = [abs(habit.px) for habit in some]
        number = f"{np.mean(size):.1f}" if max(size) - min(size) <= SURE else " and ".join(f"{px:.1f}" for px in size)
        parts.append(words.format(number, " and ".join(WHERE[habit.side] for habit in some)))
    return f"labels {' and '.join(parts)}" if parts else ""


def repair(habits: Sequence[SideHabit]) -> dict[str, int]:
    """Return how many whole pixels to trim on each side that labels are told to reach too far; {} for none."""
    return {habit.side: round(habit.px) for habit in habits if habit.told and round(habit.px) > 0}


def words_of(habits: Sequence[SideHabit]) -> str:
    """Return the warning with what it rests on and what mends it, one line; the empty text if none is told."""
    text, amounts = warning(habits), repair(habits)
    if not text:
        return ""
    objects = " and ".join(str(habit.objects) for habit in habits if habit.told)
    mend = ", ".join(f"{side}: {px}" for side, px in amounts.items())
    advice = f"if an overlay agrees, write trim_px: {{{mend}}} into ingest of params.yaml or the set-up"
    return f"{text} (median of {objects} objects); {advice if amounts else 'look at an overlay'}"
