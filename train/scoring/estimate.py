"""A score of pooled counts and its 95 % interval, for any formula of counts."""

import dataclasses
import warnings
from collections.abc import Callable, Sequence

import numpy as np

from train.scoring.sureness import bounds, effective_groups, half_width, photos_part, seeds_part
from train.scoring.table import Columns, Counts, Table


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


def seed_scores(table: Table, statistic: Statistic) -> Counts:
    """Return (S,) the score of each run on all photos."""
    return np.asarray(statistic.formula(table.columns(table.counts.sum(axis=1))))


def group_weights(table: Table, statistic: Statistic) -> Counts:
    """Return (G,) how much of what is scored each group holds, mean over runs."""
    return np.asarray(statistic.weight(table.columns(table.counts)).mean(axis=0))


def estimate(table: Table, drawn: Columns, statistic: Statistic, peers: Sequence[Table] = ()) -> Estimate:
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
