"""A score of pooled counts, for any formula of counts, and a 95 % interval that holds over photos and over seeds."""

import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit, fdtrc, logit, stdtrit

from measure.scoring.table import Columns, Counts, CountTable

TAIL = 0.025  # of a 95 % interval
DIFFERENT = 0.05  # chance at which equal variances are taken for different ones


@dataclasses.dataclass(frozen=True)
class Part:
    """One source of chance: the variance it gives the score, and how many degrees of freedom say so."""

    variance: float
    degrees: float


def half_width(parts: Sequence[Part]) -> float:
    """Return half the width of a symmetric 95 % interval; 0.0 where nothing varies."""
    total = sum(part.variance for part in parts)
    if total <= 0:
        return 0.0
    degrees = total**2 / sum(part.variance**2 / part.degrees for part in parts)
    narrow = quantile(degrees) * math.sqrt(total)
    wide = math.sqrt(sum(quantile(part.degrees) ** 2 * part.variance for part in parts))
    return (narrow + wide) / 2


def quantile(degrees: float) -> float:
    """Return the 97.5 % quantile of Student's distribution; 1.96 for infinite degrees."""
    return float(stdtrit(degrees, 1 - TAIL))


def effective_groups(weights: Counts) -> float:
    """Return how many equal groups are worth (G,) unequal ones, from 1 to G; 0.0 if all weights are 0."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def bounds(value: float, half: float, groups: float) -> tuple[float, float]:
    """Return the interval (lo, hi) around a share in [0, 1], of half width `half` near it.

    Where the value is 0 or 1 nothing varied, and the bound is that of as many trials as there are effective `groups`
    (Clopper and Pearson 1934): 8 groups without a mistake show 0.63 to 1.
    """
    if 0 < value < 1:
        centre, wide = float(logit(value)), half / (value * (1 - value))
        return float(expit(centre - wide)), float(expit(centre + wide))
    far = TAIL ** (1 / groups) if groups > 0 else 0.0
    return (far, 1.0) if value >= 1 else (0.0, 1 - far)


def photos_part(deviations: Counts, weights: Counts) -> Part | None:
    """Return what the choice of photos adds; None if all weight lies in one group, which shows nothing of it.

    deviations: of redrawn scores from the score, NaN where a draw holds nothing to score. weights: (G,).
    """
    known = deviations[~np.isnan(deviations)]
    if (weights > 0).sum() < 2 or not known.size:
        return None
    degrees = max(effective_groups(weights) - 1, 1.0)
    return Part(float((known**2).mean()) * (degrees + 1) / degrees, degrees)


def seeds_part(scores: Sequence[Counts], runs: int) -> Part | None:
    """Return what the choice of `runs` seeds adds to the mean of a candidate; None if no candidate has two.

    scores: of each candidate, one a seed, NaN where a run has nothing to score; the first is the candidate in question.
    Others lend it their variance over seeds unless theirs is shown to differ (`alike`): so three of two seeds say as
    much as one of four, and one that trains unsteadily does not make all others look so.
    """
    own, *others = [values[~np.isnan(values)] for values in scores]
    several = [values for values in (own, *(each for each in others if alike(own, each))) if values.size > 1]
    degrees = sum(values.size - 1 for values in several)
    if not degrees:
        return None
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in several)
    return Part(squares / degrees / runs, float(degrees))


def alike(first: Counts, second: Counts) -> bool:
    """Return whether two lists of scores are not shown to have different variances (two-sided F test, 5 %)."""
    if first.size < 2 or second.size < 2:
        return True
    a, b = float(first.var(ddof=1)), float(second.var(ddof=1))
    if not a or not b:  # seeds that agree to the last digit are no measure of spread
        return True
    above = float(fdtrc(first.size - 1, second.size - 1, a / b))
    return 2 * min(above, 1 - above) > DIFFERENT


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A score in [0, 1] as a formula of pooled counts, NaN where there is nothing to score."""

    formula: Callable[[Columns], Counts]  # columns (...) to scores (...)
    weight: Callable[[Columns], Counts]  # columns (...) to how much of what is scored they hold


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A score and its 95 % interval; None where there is nothing to score, or one group of photos alone."""

    value: float | None
    ci95: tuple[float, float] | None


def share(top: Counts, whole: Counts) -> Counts:
    """Return ``top / whole``, NaN where the whole is 0."""
    return np.asarray(np.divide(top, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


IOU = Statistic(lambda c: share(c["intersection"], c["union"]), lambda c: c["union"])


def mean_of_seeds(values: Counts) -> Counts:
    """Return the mean over the last axis, of what is not NaN; NaN where all is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of a mean of nothing
        return np.asarray(np.nanmean(values, axis=-1))


def seed_scores(table: CountTable, statistic: Statistic) -> Counts:
    """Return (S,) the score of each run on all photos."""
    return np.asarray(statistic.formula(table.columns(table.counts.sum(axis=1))))


def group_weights(table: CountTable, statistic: Statistic) -> Counts:
    """Return (G,) how much of what is scored each group holds, mean over runs."""
    return np.asarray(statistic.weight(table.columns(table.counts)).mean(axis=0))


def estimate(table: CountTable, drawn: Columns, statistic: Statistic, peers: Sequence[CountTable] = ()) -> Estimate:
    """Return a score and its interval. drawn: ``table.drawn(resamples)``."""
    scores = seed_scores(table, statistic)
    value = float(mean_of_seeds(scores))
    if np.isnan(value):
        return Estimate(None, None)
    weights = group_weights(table, statistic)
    photos = photos_part(mean_of_seeds(statistic.formula(drawn)) - value, weights)
    seeds = seeds_part([scores, *(seed_scores(peer, statistic) for peer in peers)], scores.size)
    if photos is None:
        return Estimate(value, None)
    half = half_width([part for part in (photos, seeds) if part])
    return Estimate(value, bounds(value, half, effective_groups(weights)))
