"""Comparing candidates on the same photos: which is better, how sure is that, how steady is each."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.seeds import rng_for
from train.scoring.estimate import IOU, mean_of_seeds, seed_scores
from train.scoring.interval import Peers, gain_interval, score_of, seed_variance
from train.scoring.records import Scores
from train.scoring.table import SEED, Counts, Table, refuse_other_photos, table_of

BETTER, SAME, WORSE = "better", "no difference shown", "worse"
RESAMPLES = 2000


@dataclasses.dataclass(frozen=True)
class Comparison:
    """By how much one candidate beats another on the same photos."""

    verdict: str  # `BETTER` or `WORSE` if the interval lies on one side of 0, else `SAME`
    iou: float  # difference of the mean IoU over seeds
    ci95: tuple[float, float]


def compare(a: Sequence[Scores], b: Sequence[Scores], resamples: int = RESAMPLES, peers: Peers = ()) -> Comparison:
    """Return whether candidate `a` is better than `b`, paired by group of photos: see `gain_interval`."""
    lo, hi = gain_interval(a, b, resamples, peers)
    return Comparison(BETTER if lo > 0 else WORSE if hi < 0 else SAME, score_of(a) - score_of(b), (lo, hi))


def probability_best(runs: Mapping[str, Sequence[Scores]], resamples: int = RESAMPLES) -> dict[str, float]:
    """Return for each candidate the share of redrawn photos and seeds in which it is the best; the sum is 1.

    runs: name -> its runs, all on the same photos, which are redrawn for all together. The mean over seeds varies as
    the pooled variance over seeds says, which is itself uncertain. Ties are shared. An empty mapping gives an empty
    one. Errors as `table.table_of`.
    """
    if not runs:
        return {}
    refuse_other_photos([run for candidate in runs.values() for run in candidate])
    tables = {name: table_of(candidate) for name, candidate in runs.items()}
    scores = redrawn(tables, resamples)
    best = scores >= scores.max(axis=1, keepdims=True)
    shares = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return {name: float(value) for name, value in zip(tables, shares, strict=True)}


def redrawn(tables: Mapping[str, Table], resamples: int) -> Counts:
    """Return (resamples, candidates) scores of redrawn photos, with the spread that new seeds would add."""
    seeds = seed_variance(list(tables.values()))
    scale = np.ones(resamples)
    if np.isfinite(seeds.degrees):
        chance = rng_for(SEED, "variance over seeds").chisquare(seeds.degrees, resamples)
        scale = np.sqrt(seeds.degrees / chance)  # one for all candidates: they share the variance
    found = []
    for name, table in tables.items():
        runs, groups, _ = table.counts.shape
        own = float(mean_of_seeds(np.nan_to_num(seed_scores(table, IOU), nan=1.0)))
        photos = np.nan_to_num(mean_of_seeds(IOU.formula(table.drawn(resamples))), nan=own) - own
        noise = rng_for(SEED, "seeds", name).standard_normal(resamples) * scale * np.sqrt(seeds.variance / runs)
        found.append(own + photos * np.sqrt(groups / max(groups - 1, 1)) + noise)
    return np.stack(found, axis=1)


def spread(runs: Sequence[Scores]) -> float | None:
    """Return the standard deviation of IoU over seeds; None with fewer than two runs."""
    return float(np.std([run.iou for run in runs], ddof=1)) if len(runs) > 1 else None


def overstatement(on_renders: Scores, on_real: Scores) -> float:
    """Return by how much a run's IoU on renders that it never saw is above the one on real photos."""
    return on_renders.iou - on_real.iou
