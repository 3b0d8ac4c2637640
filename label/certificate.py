"""What checked objects show of a share of right ones, exactly, and the lowest score that still certifies a target."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta

STARTS = 3  # of the sequence of thresholds: one error among the highest scores does not end them all


def lower_bound(right: int, checked: int, confidence: float) -> float:
    """Return what the share of right ones is at least, with this confidence (Clopper and Pearson 1934, one side).

    0.0 without a right one, so without any that was checked as well.
    """
    return float(beta.ppf(1 - confidence, right, checked - right + 1)) if right else 0.0


def checks_needed(target: float, confidence: float) -> int:
    """Return how many checked ones, all right, certify a share of `target`, which lies between 0 and 1."""
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


def each_confidence(confidence: float) -> float:
    """Return the confidence of a single start, so that all of them together have this one."""
    return 1 - (1 - confidence) / STARTS


def certified_score(scores: Sequence[float], right: Sequence[bool], target: float, confidence: float) -> float | None:
    """Return the lowest score at and above which at least `target` are right, with this confidence; None = none is.

    Thresholds are tried from a start down, and the first that fails ends it: a fixed sequence of tests, which needs no
    correction for their number (Maurer 1995). There are `STARTS`, evenly from as few objects as could certify the
    target at all to all of them, which share the error (Bonferroni). Objects of one score stand or fall together. They
    must be drawn like those that the score is used for.
    """
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    ranked, hits = np.asarray(scores, float)[order], np.cumsum(np.asarray(right, bool)[order])
    least = checks_needed(target, each_confidence(confidence))
    if len(ranked) < least:
        return None
    starts = np.linspace(least, len(ranked), STARTS + 1).astype(int)[:STARTS]
    ends = [last_that_holds(ranked, hits, int(start), target, confidence) for start in starts]
    return min((float(ranked[end - 1]) for end in ends if end), default=None)


def last_that_holds(
    ranked: np.ndarray[tuple[int], np.dtype[np.float64]],
    hits: np.ndarray[tuple[int], np.dtype[np.int64]],
    start: int,
    target: float,
    confidence: float,
) -> int:
    """Return how many of the highest scores the sequence from `start` on certifies, 0 = none.

    ranked: (N,) scores, highest first. hits: (N,) how many of the first are right.
    """
    found = 0
    for count in range(start, len(ranked) + 1):
        if count < len(ranked) and ranked[count] == ranked[count - 1]:
            continue
        if lower_bound(int(hits[count - 1]), count, each_confidence(confidence)) < target:
            break
        found = count
    return found
