"""From checked objects to a threshold of the score above which so many are right, at a stated confidence.

Thresholds are tried from the highest on: a fixed sequence needs no correction for how many there are, and several
starts share the error, as in the fallback procedure (Wiens and Dmitrienko, J. Biopharm. Stat. 2005). Which thresholds,
and where the sequence starts, follows from the scores of all objects and from how many are checked, never from an
answer. What is checked is a random draw, so the wrong ones among m checked above a threshold are at most binomial, and
the test is exact.
"""

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

RUNGS = 16  # thresholds between the first start and all objects; more of them certify less
ENOUGH = 3  # a start that lets one error pass is taken where there are so many times the checks that it needs

Scores = NDArray[np.float64]  # (N,), of all objects
Answers = NDArray[np.bool_]  # (n,): whether a checked object was accepted


@dataclasses.dataclass(frozen=True)
class Rung:
    """A threshold of the sequence."""

    score: float  # objects of this score or more are above it
    objects: int  # that are
    error: float  # share of the error that a start brings here; 0 where none starts


@dataclasses.dataclass(frozen=True)
class Above:
    """What the checks show of the objects above one threshold."""

    score: float
    objects: int
    checked: int
    wrong: int
    bound: float  # lower bound of the share that is right, at the level it was tested at; of no level: at the whole one
    certified: bool


@functools.cache
def least_checks(target: float, error: float, wrong: int = 0) -> int:
    """Return how many checks with so many wrong ones show a precision of `target` with an error of at most `error`.

    So 2,995 faultless ones for 0.999 and 0.05. target, error: between 0 and 1, both exclusive.
    """
    few, many = wrong, max(wrong + 1, math.ceil(math.log(error) / math.log(target)))
    while binom.cdf(wrong, many, 1 - target) > error:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if binom.cdf(wrong, middle, 1 - target) > error else (few, middle)
    return many


def starts_for(target: float, error: float, checks: int, spare: Sequence[int] | None) -> list[int]:
    """Return how many checks the objects above each start are expected to hold, the fewest first; [] for too few.

    spare: wrong checks that each start lets pass; None = one where there are many checks for it, else none.
    """
    chosen = sorted(spare if spare is not None else [int(ENOUGH * least_checks(target, error, 1) <= checks)])
    while chosen and least_checks(target, error / len(chosen), chosen[-1]) > checks:
        chosen.pop()  # the others share its part of the error
    needed = [least_checks(target, error / len(chosen), wrong) for wrong in chosen]
    # a random draw holds more or fewer: one standard deviation of it on top
    likely = [count + math.sqrt(count * max(1 - count / checks, 0)) for count in needed]
    return [min(math.ceil(count), checks) for count in likely]


def ladder(scores: Scores, checks: int, starts: Sequence[int], error: float) -> list[Rung]:
    """Return the thresholds in the order in which they are tried; [] without a start or an object.

    starts: as of `starts_for`. Objects of one score stand above or below a threshold together.
    """
    if not starts or not scores.size:
        return []
    falling = -np.sort(-scores)
    shares = sorted({*np.geomspace(starts[0] / checks, 1, RUNGS), *(start / checks for start in starts)})
    begun = dict.fromkeys(shares, 0.0)
    for start in starts:
        begun[start / checks] += error / len(starts)
    rungs: dict[float, Rung] = {}
    for share in shares:
        score = float(falling[min(math.ceil(share * falling.size), falling.size) - 1])
        carried = rungs[score].error if score in rungs else 0.0
        rungs[score] = Rung(score, int((scores >= score).sum()), carried + begun[share])
    return list(rungs.values())


def judged_at(rungs: Sequence[Rung], scores: Scores, accepted: Answers, target: float, error: float) -> list[Above]:
    """Return what the checks show at each threshold, in order. scores, accepted: of the checked objects."""
    carried, found = 0.0, []
    for rung in rungs:
        level = carried + rung.error
        above = scores >= rung.score
        checked, wrong = int(above.sum()), int((~accepted[above]).sum())
        passed = level > 0 and checked > 0 and bool(binom.cdf(wrong, checked, 1 - target) <= level)
        carried = level if passed else 0.0
        bound = lower_bound(checked, wrong, level or error)
        found.append(Above(rung.score, rung.objects, checked, wrong, bound, passed))
    return found


def lower_bound(checked: int, wrong: int, error: float) -> float:
    """Return the exact lower bound of a share (Clopper and Pearson, Biometrika 1934), one-sided; 0 without checks."""
    return float(beta.ppf(error, checked - wrong, wrong + 1)) if checked > wrong else 0.0


def upper_bound(checked: int, found: int, error: float) -> float:
    """Return the exact upper bound of a share of which `found` of `checked` were seen; 1 without checks."""
    return 1 - lower_bound(checked, found, error)


def widest(found: Sequence[Above]) -> Above | None:
    """Return the lowest threshold that is certified, None without one."""
    return max((above for above in found if above.certified), key=lambda above: above.objects, default=None)


def missing(scores: Scores, checked: Scores, accepted: Answers, target: float, error: float) -> int:
    """Return how many further checks are needed at the least, all of them accepted, until something is certified.

    scores: of all objects; checked, accepted: of those checked. The threshold is the one that needs the fewest.
    """
    if not checked.size:
        return least_checks(target, error)
    best = math.inf
    for share in np.linspace(1, 0.05, 20):
        score = np.quantile(scores, 1 - share)
        above = checked >= score
        needed = least_checks(target, error, int((~accepted[above]).sum())) - int(above.sum())
        best = min(best, max(math.ceil(needed / float((scores >= score).mean())), 1))
    return int(best)
