"""Scores and differences of candidates on the same photos, with intervals, and what may be said of a difference."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measure.scoring.intervals import (
    IOU,
    Counts,
    CountTable,
    Part,
    bounds,
    columns_of,
    estimate,
    group_weights,
    half_width,
    mean_of_seeds,
    photos_part,
    refuse_other_photos,
    seed_scores,
    seeds_part,
    table_of,
)
from measure.scoring.records import Scores
from measure.scoring.seed_spread import USUAL_SPREAD, error_of


@dataclasses.dataclass(frozen=True)
class PooledRuns:
    """Pixels of S runs that evaluated the same photos, of all that is scored, summed over each of G groups."""

    intersection: Counts  # (S, G)
    union: Counts  # (S, G)


def pool(runs: Sequence[Scores]) -> PooledRuns:
    """Return the pixels of runs of one candidate, by group of photos. Errors as `table.table_of`."""
    columns = (table := table_of(runs)).columns(table.counts)
    hits, union = (np.sum(columns_of(columns, what), axis=0) for what in ("intersection", "union"))
    return PooledRuns(hits, union)


def score_of(runs: Sequence[Scores]) -> float:
    """Return the mean over runs (seeds) of their pooled IoU. Raises ValueError without runs."""
    if not runs:
        raise ValueError("a score needs a run")
    return sum(run.iou for run in runs) / len(runs)


def interval(runs: Sequence[Scores], resamples: int) -> tuple[float, float]:
    """Return the 95 % interval (lo, hi) of `score_of`, see `leaves_out` for what it cannot know.

    With one group the interval is over seeds alone, with one run over photos alone, with one of each lo = hi; without a
    pixel to find anywhere it is (0, 1). In simulations it holds the truth in 92 to 98 of 100 cases, with two seeds,
    which show next to nothing of how seeds differ, in up to 99: it is wide then. Errors as `table.table_of`.
    """
    table = table_of(runs)
    found = estimate(table, table.drawn(resamples), IOU)
    if found.value is None:
        return 0.0, 1.0
    if found.ci95:
        return found.ci95
    part = seeds_part(seed_scores(table, IOU))
    return bounds(found.value, half_width([part]), 1.0) if part else (found.value, found.value)


def leaves_out(runs: Sequence[Scores]) -> str | None:
    """Return in one sentence what `interval` cannot show, None if it shows all. Errors as `table.table_of`."""
    groups = int((group_weights(table_of(runs), IOU) > 0).sum())
    one_group, one_seed = groups < 2, len(runs) < 2
    if one_group and one_seed:
        return "One group of photos and one training run: the interval shows neither how photos nor how runs differ."
    if one_group:
        return "All photos belong to one group: the interval leaves out how other photos differ."
    return "One training run: the interval leaves out how much runs differ." if one_seed else None


def on_redrawn_photos(runs: Sequence[Scores], resamples: int) -> NDArray[np.float64]:
    """Return (resamples, S) the score of each run on redrawn photos; two calls on the same photos redraw the same."""
    return np.asarray(np.nan_to_num(IOU.formula(table_of(runs).drawn(resamples)), nan=1.0))


def optimism(candidates: Sequence[Sequence[Scores]], resamples: int) -> float:
    """Return by how much the best score of several candidates flatters the one it belongs to, in IoU.

    The mean, over redrawn photos, of the score of whoever is best there less its score on the photos as they are
    (Efron 1983, the optimism of a choice). 0.0 for fewer than two candidates. Errors as `table.table_of`.
    """
    if len(candidates) < 2:
        return 0.0
    refuse_other_photos([run for runs in candidates for run in runs])
    redrawn = np.stack([on_redrawn_photos(runs, resamples).mean(axis=1) for runs in candidates])  # (R, resamples)
    own = np.array([score_of(runs) for runs in candidates])
    best = redrawn.argmax(axis=0)
    return max(float((redrawn.max(axis=0) - own[best]).mean()), 0.0)


def gain_interval(runs: Sequence[Scores], base: Sequence[Scores], resamples: int) -> tuple[float, float]:
    """Return the 95 % interval of ``score_of(runs) - score_of(base)``: paired by group of photos, not by seed.

    Seeds are not paired: one seed draws other batches from another mix, so runs of one seed have little in common, and
    where they have something the interval is only wider than it must be. Each candidate has the variance of its own
    seeds (Welch 1947), `USUAL_SPREAD` of its error where it has one run. One group of photos shows nothing of others:
    (-1, 1). Errors as `table.table_of`.
    """
    refuse_other_photos([*runs, *base])
    return difference(table_of(runs), table_of(base), resamples)


def difference(a: CountTable, b: CountTable, resamples: int) -> tuple[float, float]:
    """Return the bounds of `gain_interval` from the tables of both."""
    scores = [np.nan_to_num(seed_scores(table, IOU), nan=1.0) for table in (a, b)]
    value = float(scores[0].mean() - scores[1].mean())
    photos = paired_part(a, b, value, resamples)
    if photos is None:
        return -1.0, 1.0
    half = half_width([photos, *(seeds_part(each) or usual_part(float(each.mean())) for each in scores)])
    return max(value - half, -1.0), min(value + half, 1.0)


def usual_part(iou: float) -> Part:
    """Return what the choice of the seed is taken to add to the score of a candidate of one run."""
    return Part((USUAL_SPREAD * error_of(iou)) ** 2, np.inf)


def paired_part(a: CountTable, b: CountTable, value: float, resamples: int) -> Part | None:
    """Return what the choice of photos adds to the difference `value` of two candidates; None with one group."""
    scores = [mean_of_seeds(IOU.formula(table.drawn(resamples))) for table in (a, b)]
    return photos_part(scores[0] - scores[1] - value, group_weights(a, IOU) + group_weights(b, IOU))


BETTER, SAME, WORSE = "better", "no difference shown", "worse"
RESAMPLES = 2000


@dataclasses.dataclass(frozen=True)
class Comparison:
    """By how much one candidate beats another on the same photos."""

    verdict: str  # `BETTER` or `WORSE` if the interval lies on one side of 0, else `SAME`
    iou: float  # difference of the mean IoU over seeds
    ci95: tuple[float, float]


def compare(a: Sequence[Scores], b: Sequence[Scores], resamples: int = RESAMPLES) -> Comparison:
    """Return whether candidate `a` is better than `b`, paired by group of photos: see `gain_interval`."""
    lo, hi = gain_interval(a, b, resamples)
    return Comparison(BETTER if lo > 0 else WORSE if hi < 0 else SAME, score_of(a) - score_of(b), (lo, hi))


def spread(runs: Sequence[Scores]) -> float | None:
    """Return the standard deviation of IoU over seeds; None with fewer than two runs."""
    return float(np.std([run.iou for run in runs], ddof=1)) if len(runs) > 1 else None


def overstatement(on_renders: Scores, on_real: Scores) -> float:
    """Return by how much a run's IoU on renders that it never saw is above the one on real photos."""
    return on_renders.iou - on_real.iou


def against(runs: Sequence[Scores], base: Sequence[Scores]) -> dict[str, Any] | None:
    """Return how runs compare with real only on the same photos; None unless both were trained."""
    if not runs or not base:
        return None
    found = compare(runs, base)
    return {"verdict": found.verdict, "iou": found.iou, "ci95": list(found.ci95)}
