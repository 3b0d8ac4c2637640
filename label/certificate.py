"""What checked objects show of a share of right ones, exactly, and the lowest score that still certifies a target."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta


def lower_bound(right: int, checked: int, confidence: float) -> float:
    """Return what the share of right ones is at least, with this confidence (Clopper and Pearson 1934, one side).

    0.0 without a right one, so without any that was checked as well.
    """
    return float(beta.ppf(1 - confidence, right, checked - right + 1)) if right else 0.0


def checks_needed(target: float, confidence: float) -> int:
    """Return how many checked ones, all right, certify a share of `target`, which lies between 0 and 1."""
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


def certified_score(scores: Sequence[float], right: Sequence[bool], target: float, confidence: float) -> float | None:
    """Return the lowest score at and above which at least `target` are right, with this confidence; None = none is.

    Thresholds are tried from the highest score down, from as many objects on as could certify the target at all, and
    the first that fails ends it: a fixed sequence of tests, which needs no correction for their number (Maurer 1995).
    Objects of one score stand or fall together. They must be drawn like those that the score is used for.
    """
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    ranked, hits = np.asarray(scores, float)[order], np.cumsum(np.asarray(right, bool)[order])
    found = None
    for count in range(checks_needed(target, confidence), len(ranked) + 1):
        if count < len(ranked) and ranked[count] == ranked[count - 1]:
            continue
        if lower_bound(int(hits[count - 1]), count, confidence) < target:
            break
        found = float(ranked[count - 1])
    return found
