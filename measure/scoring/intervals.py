"""Counts of runs summed over groups of photos; any score of them, with a 95 % interval over photos and over seeds."""

import dataclasses
import functools
import math
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from measure.scoring.records import PhotoScore, Scores
from pipeline.errors import InputError
from pipeline.seeds import rng_for

SEED = 1  # not a setting: nobody should be able to choose an interval

Counts = NDArray[np.float64]  # whole numbers of pixels, as floats for matrix products
Columns = Mapping[str, Counts]  # name of what is counted -> counts of one shape


@dataclasses.dataclass(frozen=True)
class CountTable:
    """What S runs counted on the same photos, summed over each of G groups of photos, for K names."""

    names: tuple[str, ...]  # (K,)
    counts: Counts  # (S, G, K)

    def columns(self, counts: Counts) -> dict[str, Counts]:
        """Return the last axis of counts (..., K) by name: (...) each."""
        return {name: counts[..., k] for k, name in enumerate(self.names)}

    def drawn(self, resamples: int) -> dict[str, Counts]:
        """Return the sums over redrawn groups, (resamples, S) by name; tables of the same photos draw the same."""
        seeds, groups, names = self.counts.shape
        flat = self.counts.transpose(1, 0, 2).reshape(groups, seeds * names)
        return self.columns((draws(groups, resamples, "photos") @ flat).reshape(resamples, seeds, names))


def pixels_of(photo: PhotoScore, names: Sequence[str]) -> dict[str, float]:
    """Return the pixels of these categories on a photo, as `IOU` reads them."""
    each = [photo.pixels[name] for name in names]
    hits: dict[str, float] = {
        f"{name}/intersection": pixels.intersection for name, pixels in zip(names, each, strict=True)
    }
    return hits | {f"{name}/union": pixels.union for name, pixels in zip(names, each, strict=True)}


def table_of(runs: Sequence[Scores], counted: Callable[[PhotoScore], Mapping[str, float]] | None = None) -> CountTable:
    """Return what `counted` says of each photo, by run and group; a photo without a group is a group of its own.

    Groups stand in the order of their first photo. `counted` has the same names for each photo of a run; None = the
    pixels of what the first run's score is the mean of (`Scores.scored`). Raises ValueError without runs, InputError if
    there is no photo or the runs evaluated different photos.
    """
    member = members(runs)
    counted = counted or functools.partial(pixels_of, names=runs[0].scored)
    rows = [[counted(photo) for photo in run.photos] for run in runs]
    names = tuple(rows[0][0])
    counts = np.array([[[row[name] for name in names] for row in photos] for photos in rows], float)  # (S, P, K)
    return CountTable(names, np.asarray(member.T @ counts))


def members(runs: Sequence[Scores]) -> Counts:
    """Return (P, G): 1 where a photo belongs to a group. Errors as `table_of`."""
    if not runs:
        raise ValueError("an interval needs a run")
    refuse_other_photos(runs)
    return membership([(photo.group, "" if photo.group else photo.id) for photo in runs[0].photos])


def membership(keys: Sequence[Hashable]) -> Counts:
    """Return (P, G): 1 where one of P things has one of G different keys, those in the order of their first thing."""
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    member = np.zeros((len(keys), len(number)))
    member[np.arange(len(keys)), [number[key] for key in keys]] = 1
    return member


def refuse_other_photos(runs: Sequence[Scores]) -> None:
    """Raise InputError if the first run evaluated no photo, or another one evaluated other photos than it."""
    photos = [photo.id for photo in runs[0].photos]
    if not photos:
        raise InputError(f"the {runs[0].split} split has no photo to score: give it one in the set-up's split section")
    for run in runs:
        if [photo.id for photo in run.photos] != photos:
            raise InputError(
                f"run {run.ratio}-{run.seed} was scored on other {run.split} photos than run "
                f"{runs[0].ratio}-{runs[0].seed}: run the pipeline again, so that all evaluate the same photos"
            )


@functools.lru_cache(maxsize=16)
def draws(total: int, resamples: int, *names: str) -> Counts:
    """Return how often each of `total` things is drawn when `total` are drawn with replacement: (resamples, total).

    The array is read only, since the same one is given out again.
    """
    rng = rng_for(SEED, "bootstrap", *names)
    found = rng.multinomial(total, np.full(total, 1 / total), size=resamples).astype(float)
    found.flags.writeable = False
    return found


TAIL = 0.025  # of a 95 % interval


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


def seeds_part(scores: Counts) -> Part | None:
    """Return what the choice of seeds adds to the mean of one candidate; None if fewer than two runs have a score.

    scores: (S,) of the candidate's own runs, NaN where a run has nothing to score. Runs of others say nothing of it:
    one mix trains steadily and another does not, and with two or three seeds each no test can tell. So two seeds are
    one degree of freedom, and a half width of 12.7 standard errors; three are 4.3, five 2.8.
    """
    known = scores[~np.isnan(scores)]
    return Part(float(known.var(ddof=1)) / known.size, float(known.size - 1)) if known.size > 1 else None


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


def mean_of_seeds(values: Counts) -> Counts:
    """Return the mean over the last axis, of what is not NaN; NaN where all is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of a mean of nothing
        return np.asarray(np.nanmean(values, axis=-1))


def columns_of(columns: Columns, what: str) -> list[Counts]:
    """Return the columns whose name ends in "intersection" or "union", in their order."""
    return [counts for name, counts in columns.items() if name.endswith(what)]


def mean_share(columns: Columns) -> Counts:
    """Return the mean over categories of their IoU; one that is neither there nor predicted is left out."""
    pairs = zip(columns_of(columns, "intersection"), columns_of(columns, "union"), strict=True)
    each = [share(hits, union) for hits, union in pairs]
    return each[0] if len(each) == 1 else mean_of_seeds(np.stack(each, axis=-1))


IOU = Statistic(mean_share, lambda columns: np.asarray(np.sum(columns_of(columns, "union"), axis=0)))


def seed_scores(table: CountTable, statistic: Statistic) -> Counts:
    """Return (S,) the score of each run on all photos."""
    return np.asarray(statistic.formula(table.columns(table.counts.sum(axis=1))))


def group_weights(table: CountTable, statistic: Statistic) -> Counts:
    """Return (G,) how much of what is scored each group holds, mean over runs."""
    return np.asarray(statistic.weight(table.columns(table.counts)).mean(axis=0))


def estimate(table: CountTable, drawn: Columns, statistic: Statistic) -> Estimate:
    """Return a score and its interval. drawn: ``table.drawn(resamples)``."""
    scores = seed_scores(table, statistic)
    value = float(mean_of_seeds(scores))
    if np.isnan(value):
        return Estimate(None, None)
    weights = group_weights(table, statistic)
    photos = photos_part(mean_of_seeds(statistic.formula(drawn)) - value, weights)
    seeds = seeds_part(scores)
    if photos is None:
        return Estimate(value, None)
    half = half_width([part for part in (photos, seeds) if part])
    return Estimate(value, bounds(value, half, effective_groups(weights)))
