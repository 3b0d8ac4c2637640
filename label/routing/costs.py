"""What people's part costs in minutes, at each share of objects that is taken without them."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from label.certificate import Answers, Scores, lower_bound, upper_bound
from pipeline.costs import Costs

SHARES = tuple(step / 10 for step in range(11))  # of the objects, on the curve
ERROR = 0.05  # of the intervals


@dataclasses.dataclass(frozen=True)
class Effort:
    """Seconds that a person needs for one object."""

    check_s: float  # accept or reject
    mask_s: float  # draw one


def effort_of(costs: Costs) -> Effort:
    """Return the seconds that section `costs` states."""
    return Effort(costs.check_s, costs.mask_s)


@dataclasses.dataclass(frozen=True)
class CostPoint:
    """One place on the curve."""

    automatic: float  # share of the objects taken without a person
    score: float | None  # they have this one or more; None where it is none of them
    right: float | None  # share of the checked ones among them that was accepted; None where none was checked
    right_at_least: float  # its lower bound at 95 %, of this place alone
    minutes: float  # of people, for all objects
    minutes_95: tuple[float, float]


def all_by_hand(objects: int, effort: Effort) -> float:
    """Return the minutes for drawing every object."""
    return objects * effort.mask_s / 60


@dataclasses.dataclass(frozen=True)
class Stratum:
    """Objects of which each was as likely to be checked as any other of them."""

    scores: Scores  # (N,) of all of them
    checked: Scores  # (n,) of those that were checked
    accepted: Answers  # (n,)


@dataclasses.dataclass(frozen=True)
class Sides:
    """How many of a stratum lie above and below a score, and what was found there."""

    above: int
    seen: int  # checked above it
    wrong: int
    below: int
    asked: int  # checked below it
    rejected: int


def sides_of(one: Stratum, score: float) -> Sides:
    """Return what lies on both sides of a score."""
    above, over = int((one.scores >= score).sum()), one.checked >= score
    wrong, rejected = int((~one.accepted[over]).sum()), int((~one.accepted[~over]).sum())
    return Sides(above, int(over.sum()), wrong, one.scores.size - above, int((~over).sum()), rejected)


def point_at(strata: Sequence[Stratum], score: float, effort: Effort) -> CostPoint:
    """Return what it costs to take the objects of a score or more alone and to ask a person about all others.

    Every check is paid for; of the others each costs a check, and a mask where it is rejected. How many are is
    estimated from the checks below the score, for each stratum by itself; strata share the error of an interval.
    """
    sides = [sides_of(one, score) for one in strata]
    above, below = [one for one in sides if one.above], [one for one in sides if one.below]
    total, objects = sum(one.above for one in above), sum(one.scores.size for one in strata)
    checks = sum(one.seen + max(one.below, one.asked) for one in sides)
    wrong, error = sum(one.wrong for one in sides), ERROR / 2 / max(len(below), 1)
    low = [1 - upper_bound(one.asked, one.asked - one.rejected, error) for one in below]
    high = [upper_bound(one.asked, one.rejected, error) for one in below]
    ends = zip(below, low, high, strict=True)
    middle = [one.rejected / one.asked if one.asked else (least + most) / 2 for one, least, most in ends]

    def minutes(shares: list[float]) -> float:
        masks = wrong + sum(share * one.below for share, one in zip(shares, below, strict=True))
        return float(checks * effort.check_s + masks * effort.mask_s) / 60

    def mean(shares: list[float]) -> float:
        return sum(share * one.above for share, one in zip(shares, above, strict=True)) / max(total, 1)

    known = bool(above) and all(one.seen for one in above)
    return CostPoint(
        total / objects,
        score if total else None,
        mean([1 - one.wrong / one.seen for one in above]) if known else None,
        mean([lower_bound(one.seen, one.wrong, ERROR / len(above)) for one in above]),
        minutes(middle),
        (minutes(low), minutes(high)),
    )


def curve(strata: Sequence[Stratum], effort: Effort) -> list[CostPoint]:
    """Return the curve from nothing taken alone to everything; [] without objects."""
    scores = np.concatenate([np.zeros(0), *(one.scores for one in strata)])
    if not scores.size:
        return []
    falling = -np.sort(-scores)
    places = [np.inf, *(float(falling[max(round(share * scores.size), 1) - 1]) for share in SHARES[1:])]
    return [point_at(strata, place, effort) for place in dict.fromkeys(places)]


def nearby(scores: Scores, checked: tuple[Scores, Answers], window: int) -> NDArray[np.float64]:
    """Return (N,): for each object the share of right ones among the `window` checks nearest in score.

    Laplace's rule of succession, so that it is 0.5 without checks and never quite 0 or 1.
    """
    order = np.argsort(checked[0], kind="stable")
    known, right = checked[0][order], checked[1][order].astype(float)
    size = min(window, known.size)
    sums = np.concatenate(([0.0], np.cumsum(right)))
    first = np.clip(np.searchsorted(known, scores) - size // 2, 0, known.size - size)
    return np.asarray((sums[first + size] - sums[first] + 1) / (size + 2), np.float64)


def people_needed(right: NDArray[np.float64], target: float, slips: float) -> NDArray[np.int_]:
    """Return (N,): 1 where one person's word reaches the target, else 3, whose majority counts.

    right (N,): how likely each object is right before anybody looks. slips: share of wrong objects that one person
    accepts; right ones are taken as accepted. By Bayes' rule.
    """
    after_one = right / (right + (1 - right) * slips)
    return np.where(after_one >= target, 1, 3)
