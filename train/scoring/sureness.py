"""From how much a score varies over groups of photos and over seeds to a 95 % interval that holds.

A plain bootstrap's percentiles hold the truth in 80 to 90 of 100 cases where there are 8 to 14 groups and 2 or 3 seeds.
Three things mend that, as the simulation in ``tests/train/scoring/test_coverage.py`` shows:

- A large group among small ones counts for more than one. With E effective groups (Kish 1965, section 11.7) the
  bootstrap's variance is E / (E - 1) times too small, and the quantile is Student's of E - 1 degrees of freedom.
- The seeds' variance has few degrees of freedom of its own. Satterthwaite's (1946) sum of variances is too narrow when
  the part with fewest degrees dominates, the root of the summed squares of both half widths (Howe 1974) too wide with
  two seeds; the mean of both half widths is taken.
- The interval is symmetric in the logit, so that its bounds stay in [0, 1] and its skew is right near 1.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, fdtrc, logit, stdtrit

from train.scoring.table import Counts

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
