"""What renders are worth in real labels: how many more a training on real photos alone needs for the mix's score."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from measure.worth.costs import Spent, spending
from measure.worth.curve import Curve
from measure.worth.points import LEVEL, Floats, Point, measure
from pipeline.costs import Costs

SHOWN = 0.975  # the share of redraws in which the mix must be behind for renders to have done harm

HARM = "Real photos alone score better than the mix with as many labels: the renders are worth nothing here."


@dataclasses.dataclass(frozen=True)
class Worth:
    """The worth of a mix over its real labels alone.

    labels: real labels that the renders replace, at least this many if `censored`. lo, hi: 95 % interval; hi is where
    the real-only curve ends if `open_above`. All None where nothing can be said, and `why` says it.
    """

    labels: float | None
    lo: float | None
    hi: float | None
    censored: bool
    open_above: bool
    n_real: int
    iou_real: float | None
    iou_mix: float | None
    why: str

    @property
    def multiplier(self) -> float | None:
        """Return how many times its real labels the mix is worth, at least so many if `censored`."""
        return None if self.labels is None else (self.n_real + self.labels) / self.n_real


def worths_of(real: Curve | None, mixes: Sequence[Point]) -> tuple[Worth, ...]:
    """Return the worth of the mix at each number of real labels it was trained with, by rising number; () without.

    Arguments and errors as of `worth_of`.
    """
    return tuple(worth_of(real, mix) for mix in sorted(mixes, key=lambda mix: mix.n))


def telling(worths: Sequence[Worth]) -> Worth:
    """Return the worth to speak of. worths: as `worths_of` returns them.

    It is the one at all real labels, unless the real-only curve ends right there: "more than 0" says nothing. Then a
    mix with fewer labels, which the longer curve does not reach either, gives the largest number that is sure.
    """
    if not worths:
        return worth_of(None, None)
    last = worths[-1]
    if not last.censored or told(last):
        return last
    sure = [worth for worth in worths if told(worth) and worth.lo]
    return max(sure, key=lambda worth: (worth.lo, worth.n_real), default=last)


def told(worth: Worth) -> bool:
    """Return whether a worth amounts to a label or more."""
    return worth.labels is not None and worth.labels >= 1


def worth_of(real: Curve | None, mix: Point | None) -> Worth:
    """Return the worth of the mix `mix`, whose n counts its real labels, on the real-only curve.

    Each redraw of photos, seeds and law gives one worth; where real labels alone never get there up to the end of what
    may be read of the curve, nothing but "more than that" is claimed. A mix that scores worse is worth 0. Raises
    ValueError if curve and mix bring different numbers of draws.
    """
    reason = unknown(real, mix)
    if reason is not None or real is None or mix is None:
        n_real, iou_mix = (mix.n, mix.iou) if mix else (0, None)
        return Worth(None, None, None, False, False, n_real, None, iou_mix, f"Not known: {reason}.")
    scores, alone = measure([mix], "mix", len(real.draws), real.points).draws[:, 0], real.at(mix.n)
    labels, room = extra_labels(real, scores, mix.n), real.limit - mix.n
    lo, median, hi = (float(bound) for bound in np.percentile(labels, (LEVEL[0], 50, LEVEL[1]), method="higher"))
    censored, open_above = not np.isfinite(median), not np.isfinite(hi)
    worse = float((scores < alone).mean()) >= SHOWN
    why = HARM if worse else sentence(real, min(median, room), lo, censored, mix.n)
    median, lo, hi = (min(bound, room) for bound in (median, lo, hi))
    return Worth(median, lo, hi, censored, open_above, mix.n, float(np.median(alone)), mix.iou, why)


def unknown(real: Curve | None, mix: Point | None) -> str | None:
    """Return why nothing can be said, None if something can."""
    if real is None:
        return "the learning curve over real labels was not trained"
    if mix is None:
        return "a mix of real photos and renders was not trained"
    if not real.sizes[0] <= mix.n <= real.limit:
        return f"the mix has {mix.n} real labels, the real-only curve runs from {real.sizes[0]:.0f} to {real.limit:.0f}"
    return None


def extra_labels(real: Curve, scores: Floats, n_real: int) -> Floats:
    """Return (B,) labels beyond `n_real` that real photos alone need for scores (B,); infinite if more than known."""
    needed = real.reach(scores)
    return np.where(real.at(n_real) >= scores, 0, np.maximum(needed - n_real, 0))


def sentence(real: Curve, labels: float, lo: float, censored: bool, n_real: int) -> str:
    """Return the worth in words."""
    if censored:
        end = f"beyond {real.limit:.0f} the curve of real photos alone is not known"
        lead = f"Beside {n_real} real labels the renders replace more than {labels:.0f} others; {end}"
        if labels < 1:
            lead = f"{n_real} real labels alone do not reach the score of the mix; how many more would is open: {end}"
    else:
        where = "within what was trained" if n_real + labels <= real.measured_to else "read from the fitted curve"
        lead = f"Beside {n_real} real labels the renders replace about {labels:.0f} others, {where}"
        if labels < 1:
            return f"{n_real} real labels alone already reach the score of the mix: a worth in labels is not shown."
    return f"{lead}." if lo > 0 else f"{lead}. But a worth is not shown: the interval reaches down to 0 labels."


def worth_json(worths: Sequence[Worth], costs: Costs, spent: Spent) -> dict[str, Any]:
    """Return the worth as transfer.json has it: the telling one with its money, and below `each` all of them.

    Net is what is left of the money after what the renders cost. Where `censored`, money and net are lower bounds;
    where `open_above`, so is the upper end of the intervals.
    """
    worth = telling(worths)
    price, outlay = costs.per_label, sum(row.money for row in spending(costs, spent))
    money = None if worth.labels is None else worth.labels * price
    ci95 = span_of(worth)
    return row_json(worth) | {
        "multiplier": worth.multiplier,
        "money": money,
        "money_ci95": ci95 and [bound * price for bound in ci95],
        "net": None if money is None else money - outlay,
        "currency": costs.currency,
        "why": worth.why,
        "each": [row_json(each) for each in worths],
    }


def row_json(worth: Worth) -> dict[str, Any]:
    """Return one worth in real labels, without what it costs."""
    return {
        "real_labels": worth.labels,
        "ci95": span_of(worth),
        "censored": worth.censored,
        "open_above": worth.open_above,
        "n_real": worth.n_real,
        "iou_real": worth.iou_real,
        "iou_mix": worth.iou_mix,
    }


def span_of(worth: Worth) -> list[float] | None:
    """Return both ends of the interval, None where nothing can be said."""
    return None if worth.lo is None or worth.hi is None else [worth.lo, worth.hi]
