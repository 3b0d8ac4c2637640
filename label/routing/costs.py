"""What people's part costs in minutes, at each share of objects that is taken without them."""

import dataclasses

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


def point_at(above: NDArray[np.bool_], checked: tuple[Scores, Answers], score: float, effort: Effort) -> CostPoint:
    """Return what it costs to take the objects `above` (N,) alone and to ask a person about all others.

    Every check is paid for; of the others each costs a check, and a mask where it is rejected. How many are is
    estimated from the checks below the threshold.
    """
    scores, accepted = checked
    over = scores >= score
    right, wrong = int(accepted[over].sum()), int((~accepted[over]).sum())
    rejected, asked = int((~accepted[~over]).sum()), int((~over).sum())
    rest = int((~above).sum())
    checks = over.sum() + max(rest, asked)
    low, high = 1 - upper_bound(asked, asked - rejected, ERROR / 2), upper_bound(asked, rejected, ERROR / 2)

    def minutes(share: float) -> float:
        return float(checks * effort.check_s + (wrong + share * rest) * effort.mask_s) / 60

    middle = rejected / asked if asked else (low + high) / 2
    bounds = (minutes(low), minutes(high)) if rest else (minutes(0), minutes(0))
    seen = right + wrong
    shown = right / seen if seen else None
    return CostPoint(
        float(above.mean()),
        score if above.any() else None,
        shown,
        lower_bound(seen, wrong, ERROR),
        minutes(middle),
        bounds,
    )


def curve(scores: Scores, checked: tuple[Scores, Answers], effort: Effort) -> list[CostPoint]:
    """Return the curve from nothing taken alone to everything; [] without objects. scores (N,): of all objects."""
    if not scores.size:
        return []
    falling = -np.sort(-scores)
    places = [np.inf, *(float(falling[max(round(share * scores.size), 1) - 1]) for share in SHARES[1:])]
    return [point_at(scores >= place, checked, place, effort) for place in dict.fromkeys(places)]


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
