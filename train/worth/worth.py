"""What renders are worth in real labels: how many more a training on real photos alone needs for the mix's score."""

import dataclasses
from typing import Any

import numpy as np

from train.worth.costs import Costs, Spent, spending
from train.worth.curve import Curve
from train.worth.points import LEVEL, Floats, Point, measure

SHOWN = 0.975  # the share of redraws in which the mix must be behind for renders to have done harm

HARM = "Real photos alone score better than the mix with as many labels: the renders are worth nothing here."


@dataclasses.dataclass(frozen=True)
class Worth:
    """The worth of a mix over its real labels alone.

    labels: real labels that the renders stand for, at least this many if `censored`. lo, hi: 95 % interval; hi is where
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
        """Return how many times its real labels the mix stands for, at least so many if `censored`."""
        return None if self.labels is None else (self.n_real + self.labels) / self.n_real


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
        lead = f"More than {labels:.0f} real labels, by how many is open: {end}"
        if labels < 1:
            lead = f"{n_real} real labels alone do not reach the score of the mix; how many more would is open: {end}"
    else:
        where = "within what was trained" if n_real + labels <= real.measured_to else "read from the fitted curve"
        lead = f"Real photos alone need about {labels:.0f} more labels for the score of the mix, {where}"
        if labels < 1:
            return f"{n_real} real labels alone already reach the score of the mix: a worth in labels is not shown."
    return f"{lead}." if lo > 0 else f"{lead}. But a worth is not shown: the interval reaches down to 0 labels."


def worth_json(worth: Worth, costs: Costs, spent: Spent) -> dict[str, Any]:
    """Return the worth as transfer.json has it, with its money, and net of what the renders cost.

    Where `censored`, money and net are lower bounds; where `open_above`, so is the upper end of the intervals.
    """
    price, outlay = costs.per_label, sum(row.money for row in spending(costs, spent))
    known = worth.labels is not None and worth.lo is not None and worth.hi is not None
    ci95 = [worth.lo, worth.hi] if known else None
    money = None if worth.labels is None else worth.labels * price
    return {
        "real_labels": worth.labels,
        "ci95": ci95,
        "censored": worth.censored,
        "open_above": worth.open_above,
        "multiplier": worth.multiplier,
        "money": money,
        "money_ci95": [bound * price for bound in (worth.lo, worth.hi) if bound is not None] if known else None,
        "net": None if money is None else money - outlay,
        "currency": costs.currency,
        "why": worth.why,
        "n_real": worth.n_real,
        "iou_real": worth.iou_real,
        "iou_mix": worth.iou_mix,
    }
