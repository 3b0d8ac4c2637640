"""The steps of more samples, labels or renders: what a curve says of them, or the last doubling."""

import dataclasses
import math

import numpy as np

from measure.worth.curve import Curve
from measure.worth.points import LEVEL, ScoreEstimate, estimate_of
from measure.worth.records import NOUNS, Evidence, Option, sentences
from measure.worth.tried import Action
from pipeline.costs import Costs

# Share of redraws that have to reach the target before more samples are advised for it. In simulated projects with a
# floor 0.02 IoU or more short of the target none passes; where labels lead there, nine of ten do (tests/measure/worth).
SURE = 0.7


@dataclasses.dataclass(frozen=True)
class Step:
    """How far a curve says that more samples lead: to the target if `reaches`, else to where the curve ends."""

    amount: int  # further samples
    lo: int
    hi: int  # 95 % interval of the amount, cut where the curve ends
    iou: ScoreEstimate
    reaches: bool


def step(curve: Curve | None, now: int, target: float) -> Step | None:
    """Return the step from `now` samples that reaches the target in `SURE` of the redraws, or all the curve shows.

    None without a curve, or if it cannot be read beyond `now`.
    """
    if curve is None or not curve.sizes[0] <= now < curve.limit:
        return None
    needed = curve.reach(np.full(len(curve.draws), target))
    enough = float(np.quantile(needed, SURE, method="higher"))
    end = min(enough, curve.limit)
    lo, hi = (max(min(bound, curve.limit) - now, 0) for bound in np.percentile(needed, LEVEL, method="higher"))
    amount = max(math.ceil(end - now), 0)
    iou = estimate_of(curve.at(max(end, now)))
    return Step(amount, math.floor(lo), math.ceil(hi), iou, reaches=math.isfinite(enough))


@dataclasses.dataclass(frozen=True)
class Price:
    """What more samples cost: one of them, and the training with them."""

    each: float
    training: float

    def of(self, amount: float) -> float:
        """Return what so many more samples cost; none of them take no training."""
        return amount * self.each + self.training if amount else 0.0


def more(action: Action, found: Step, curve: Curve | None, price: Price, target: float) -> Option:
    """Return the option of more samples of one kind. curve: the one `found` was read from."""
    noun = NOUNS[action]
    cost, span = price.of(found.amount), (price.of(found.lo), price.of(found.hi))
    if found.reaches and not found.amount:
        what = f"The curve is at {target:g} with today's number of {noun}."
        return Option(action, what, 0, found.iou, 0.0, span, reaches=True)
    if found.reaches:
        what = f"{found.amount} more {noun} are enough for {target:g} in {SURE:.0%} of the redraws."
        return Option(action, what, found.amount, found.iou, cost, span, reaches=True)
    what = f"{found.amount} more {noun}, as far as the curve may be read, are expected to give {found.iou.iou:.3f}."
    ceiling = curve.ceiling if curve else None
    if ceiling and ceiling.hi < target:
        what += f" Endless ones would end at {ceiling.iou:.3f} ({ceiling.lo:.3f} to {ceiling.hi:.3f})."
    return Option(action, what, found.amount, found.iou, cost, (cost, cost), reaches=False)


def unread(curve: Curve | None, noun: str) -> str:
    """Return why a curve says nothing about more samples."""
    if curve is None:
        return f"no learning curve over {noun} was trained."
    if curve.flags:
        return f"the curve over {noun} cannot be read beyond its points. {' '.join(curve.flags)}"
    return f"the curve over {noun} was not trained near today's number; train a size there."


def label_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of more real labels: with the renders there are, or, if that needs fewer, without them."""
    curves = (evidence.mixed, evidence.real)
    price = Price(costs.per_label, evidence.training_cost(costs))
    steps = [(step(curve, evidence.n_real, target), curve) for curve in curves]
    known = [(found, curve) for found, curve in steps if found]
    if not known:
        return doubled("label", evidence, evidence.n_real, price, evidence.mixed or evidence.real)
    found, curve = min(known, key=lambda pair: (not pair[0].reaches, pair[0].amount if pair[0].reaches else 0))
    return more("label", found, curve, price, target)


def render_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of more renders of the same kind."""
    found = step(evidence.renders, evidence.n_render, target)
    price = Price(costs.per_render, evidence.training_cost(costs))
    if found is None:
        return doubled("render", evidence, evidence.n_render, price, evidence.renders)
    return more("render", found, evidence.renders, price, target)


def doubled(action: Action, evidence: Evidence, now: int, price: Price, curve: Curve | None) -> Option:
    """Return the option of twice as many samples, by what the last doubling brought; without numbers if none was tried.

    Gains shrink from doubling to doubling where a curve follows a power law, so the next one brings between nothing and
    what the last one did: half of that is expected. curve: the one that cannot be read.
    """
    tried, noun = evidence.tried_for(action), NOUNS[action]
    if not tried:
        return Option(action, sentences(f"More {noun}: {unread(curve, noun)}", evidence.not_known(action)))
    last, score = tried[0], evidence.score
    high = math.hypot(score.hi - score.iou, max(last.ci95[1], 0.0))
    iou = ScoreEstimate(min(score.iou + max(last.gain, 0.0) / 2, 1.0), score.lo, min(score.iou + high, 1.0))
    what = (
        f"{now} more {noun}, twice as many: the last doubling brought {last.numbers}, and the next is taken to bring "
        "half of that, and nothing as the least."
    )
    return Option(action, what, now, iou, price.of(now), (price.of(now), price.of(now)))
