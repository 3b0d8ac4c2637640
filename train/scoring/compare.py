"""Comparing candidates on the same photos: which is better, how steady is each."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from train.scoring.interval import Peers, gain_interval, score_of
from train.scoring.records import Scores

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


def spread(runs: Sequence[Scores]) -> float | None:
    """Return the standard deviation of IoU over seeds; None with fewer than two runs."""
    return float(np.std([run.iou for run in runs], ddof=1)) if len(runs) > 1 else None


def overstatement(on_renders: Scores, on_real: Scores) -> float:
    """Return by how much a run's IoU on renders that it never saw is above the one on real photos."""
    return on_renders.iou - on_real.iou
