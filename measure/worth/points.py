"""Measured points of a learning curve, what chance may have done to them, and when no law may be drawn through them."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from measure.scoring.seed_spread import USUAL_SPREAD, error_of, squared_spread
from pipeline.seeds import rng_for

SEED = 1  # not a setting: nobody should be able to choose an interval
RESAMPLES = 1000  # redraws where the caller brings none
USUAL_COUNT = 2  # how many measured differences `USUAL_SPREAD` counts for
LEVEL = (2.5, 97.5)  # percentiles of a 95 % interval

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class ScoreEstimate:
    """A score in IoU with its 95 % interval lo..hi."""

    iou: float
    lo: float
    hi: float


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """The scores of one size of training set.

    scores: seed -> IoU on the same real photos, one or more. draws: (B,) mean IoU over these seeds, the photos redrawn
    and the seeds kept; draw b of every point holds the same photos, so that points are compared on equal photos.
    None if photos were not redrawn: intervals are then over seeds alone.
    """

    n: int  # real labels, or renders
    scores: Mapping[str, float]
    draws: Floats | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a size below 1, no seed, or a score that is no share."""
        if self.n < 1:
            raise ValueError(f"a point has {self.n} samples, wanted 1 or more: a curve over log n has no place for 0")
        if not self.scores:
            raise ValueError(f"the point at {self.n} has no score")
        if not all(math.isfinite(iou) and 0 <= iou <= 1 for iou in self.scores.values()):
            raise ValueError(f"the point at {self.n} has scores {dict(self.scores)}, wanted numbers in 0..1")

    @property
    def iou(self) -> float:
        """Return the mean over seeds."""
        return sum(self.scores.values()) / len(self.scores)


@dataclasses.dataclass(frozen=True, eq=False)
class MeasuredCurve:
    """P points as arrays, ascending in n, with B redraws of all of them."""

    n: Floats  # (P,)
    iou: Floats  # (P,), means over seeds
    sd: Floats  # (P,), what is uncertain about each mean beyond what all points share
    freedom: float  # how many differences between seeds `sd` rests on
    draws: Floats  # (B, P) IoU


def seed_noise(points: Sequence[Point]) -> tuple[float, float]:
    """Return the standard deviation between seeds as a share of the error, and the number of differences it rests on.

    One share for all points, since two or three seeds say too little about each (`measure.scoring.seed_spread`). Seeds
    that agree by luck are held back by `USUAL_SPREAD`, which counts as `USUAL_COUNT` further differences (a
    scaled-inverse-chi-square prior, Gelman et al. 2013, section 2.6).
    """
    squares, freedom = squared_spread(list(point.scores.values()) for point in points)
    total = freedom + USUAL_COUNT
    return math.sqrt((squares + USUAL_COUNT * USUAL_SPREAD**2) / total), float(total)


def photo_shifts(points: Sequence[Point], resamples: int) -> Floats:
    """Return (B, P): by how much redrawn photos move each point; zeros where a point brings no draws.

    Raises ValueError if points bring different numbers of draws.
    """
    sizes = {len(point.draws) for point in points if point.draws is not None}
    if len(sizes) > 1:
        raise ValueError(f"points bring {sorted(sizes)} draws of photos, wanted one number")
    total = sizes.pop() if sizes else resamples
    none = np.zeros(total)
    return np.stack([none if p.draws is None else p.draws - p.draws.mean() for p in points], axis=1)


def measure(
    points: Sequence[Point], name: str, resamples: int = RESAMPLES, others: Sequence[Point] = ()
) -> MeasuredCurve:
    """Return the points with redraws of photos and seeds.

    name: what the points belong to; two names draw their seeds independently, but share the photos. Without draws of
    photos `resamples` redraws are made. The uncertain size of the noise between seeds is drawn as well, so that means
    over few seeds spread like Student's t. Raises ValueError without points, or if a size stands twice.
    """
    points = sorted(points, key=lambda point: point.n)
    n = np.array([point.n for point in points], float)
    if not points or (np.diff(n) == 0).any():
        raise ValueError(f"a curve needs points of different sizes, found {[point.n for point in points]}")
    spread, freedom = seed_noise([*points, *others])
    of_mean = spread * np.array([error_of(p.iou) / math.sqrt(len(p.scores)) for p in points])  # (P,)
    shifts = photo_shifts(points, resamples)
    own = shifts - shifts.mean(axis=1, keepdims=True)  # what photos do to a point and not to all of them
    rng = rng_for(SEED, "learning curve", name)
    scale = np.sqrt(freedom / rng.chisquare(freedom, (len(shifts), 1)))
    iou = np.array([point.iou for point in points])
    seeds = rng.standard_normal(shifts.shape) * scale * of_mean
    sd = np.sqrt(of_mean**2 + own.var(axis=0))
    return MeasuredCurve(n, iou, sd, freedom, np.clip(iou + shifts + seeds, 0, 1))


def estimate_of(draws: Floats) -> ScoreEstimate:
    """Return the median of draws with the middle 95 %. draws: (B,), one or more, finite."""
    lo, hi = np.percentile(draws, LEVEL)
    return ScoreEstimate(float(np.median(draws)), float(lo), float(hi))


FEWEST = 3  # sizes; two points lie on every law
SURE = 0.95  # how sure a fall or a rise has to be
ODD = 0.99  # how sure it has to be that no family fits


def problems(points: Sequence[Point], measured: MeasuredCurve, misfit: float | None, free: int) -> list[str]:
    """Return why the curve is not trusted beyond its points, one sentence each; [] if it is.

    points and measured: the same points by rising n. misfit: of the family that fits best, `free` numbers fitted; None
    if none was fitted.
    """
    found = count_problems(points)
    if len(points) > 1:
        found += falls(measured)
    if misfit is not None and len(points) > free and not found and jumps(measured, misfit, free):
        found.append(
            "The points jump: no law that falls and flattens passes within chance of them; measure the sizes again "
            "with more seeds."
        )
    return found


def count_problems(points: Sequence[Point]) -> list[str]:
    """Return sentences about too few sizes, and about sizes without a second seed."""
    found = []
    if len(points) < FEWEST:
        sizes = " and ".join(str(point.n) for point in points)
        found.append(f"Too few sizes were trained ({sizes}), wanted {FEWEST} or more.")
    if all(len(point.scores) == 1 for point in points):
        found.append("Every size was trained with one seed, so that chance cannot be told from learning.")
    return found


def difference_sd(measured: MeasuredCurve, first: int, second: int) -> float:
    """Return the standard deviation of the difference of two points."""
    return float(np.hypot(measured.sd[first], measured.sd[second]))


def falls(measured: MeasuredCurve) -> list[str]:
    """Return a sentence about the deepest fall of the score beyond chance, [] if there is none.

    Student's t over all pairs of sizes, Bonferroni's correction for their number.
    """
    pairs = list(itertools.combinations(range(len(measured.n)), 2))
    limit = stats.t.ppf(1 - (1 - SURE) / len(pairs), measured.freedom)
    depth = [(measured.iou[a] - measured.iou[b]) / difference_sd(measured, a, b) for a, b in pairs]
    deepest = int(np.argmax(depth))
    if depth[deepest] <= limit:
        return []
    a, b = pairs[deepest]
    return [
        f"The score falls from {measured.iou[a]:.3f} at {measured.n[a]:.0f} to {measured.iou[b]:.3f} at "
        f"{measured.n[b]:.0f}, more than chance explains."
    ]


def flatness(measured: MeasuredCurve) -> list[str]:
    """Return a sentence if the last size is not shown to be better than the first, [] if it is.

    Such a curve is read on all the same: that more samples bring little is an answer. In simulated worlds without a
    rise intervals at twice the largest size held the truth in 88 of 100 or more.
    """
    if len(measured.n) < 2:
        return []
    rise = float(measured.iou[-1] - measured.iou[0]) / difference_sd(measured, 0, -1)
    if rise >= stats.t.ppf(SURE, measured.freedom):
        return []
    return [
        f"No rise is shown between {measured.n[0]:.0f} ({measured.iou[0]:.3f}) and {measured.n[-1]:.0f} "
        f"({measured.iou[-1]:.3f}): all sizes score the same within chance."
    ]


def jumps(measured: MeasuredCurve, misfit: float, free: int) -> bool:
    """Return whether the misfit is beyond chance, by the F test of what is left against the noise between seeds."""
    left = len(measured.n) - free
    return bool(misfit / left > stats.f.ppf(ODD, left, measured.freedom))
