"""What the advice rests on, and the steps that could be taken, each with what it would bring and what it costs."""

import dataclasses
import math
from typing import Literal

import numpy as np

from measure.worth.curve import Curve
from measure.worth.points import LEVEL, ScoreEstimate, estimate_of
from pipeline.costs import Costs

Action = Literal["label", "render", "assets", "look", "architecture", "stop"]


@dataclasses.dataclass(frozen=True)
class GroupHelp:
    """What one group of renders does to the score; help: IoU gained by having it, negative if it does harm."""

    name: str
    kind: str  # "asset", "recipe", "range", ...
    help: float
    lo: float  # 95 % interval of help
    hi: float

    @property
    def harms(self) -> bool:
        """Return whether harm is shown."""
        return self.hi < 0


@dataclasses.dataclass(frozen=True)
class TriedChange:
    """What one change of the picked training brought on val."""

    name: str
    action: Action
    gain: float  # IoU
    lo: float  # 95 % interval of gain
    hi: float
    times: float  # what a training costs with it, in ones of today

    @property
    def helps(self) -> bool:
        """Return whether a gain is shown."""
        return self.lo > 0


@dataclasses.dataclass(frozen=True)
class WeakKind:
    """A kind of real instances and the share of them that is found at IoU 0.5."""

    name: str  # e.g. "small", "half hidden"
    recall: float


@dataclasses.dataclass(frozen=True)
class Lost:
    """What the IoU on val lacks to 1, by where the errors lie: the three add up to it."""

    outline: float  # near the outlines of objects that were seen
    missed: float  # objects that were not seen
    made_up: float  # seen where nothing is

    @property
    def by_outlines(self) -> bool:
        """Return whether outlines cost more than all else."""
        return self.outline > self.missed + self.made_up


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """Everything measured that the advice may use; what was not measured is None or ()."""

    score: ScoreEstimate  # of the picked mix on real val photos
    n_real: int
    n_render: int
    real: Curve | None = None  # real photos alone, over real labels
    mixed: Curve | None = None  # with renders, over real labels
    renders: Curve | None = None  # with all real labels, over renders
    real_only: ScoreEstimate | None = None
    render_only: ScoreEstimate | None = None
    on_training: float | None = None  # IoU on the real photos it was trained on
    on_renders: float | None = None  # IoU on renders kept out of training
    assets: int | None = None  # different assets of the category that has fewest
    groups: tuple[GroupHelp, ...] = ()
    failures: tuple[WeakKind, ...] = ()
    lost: Lost | None = None
    labels: ScoreEstimate | None = None  # what the val labels' outlines allow at most
    tried: tuple[TriedChange, ...] = ()  # by stage probe
    steps: int = 0  # of one training
    detail: float | None = None  # pixels of the longer side of a val photo / pixels at which the network is shown it

    def tried_for(self, action: Action) -> tuple[TriedChange, ...]:
        """Return the changes that speak of a step, the largest gain first."""
        return tuple(sorted((t for t in self.tried if t.action == action), key=lambda t: (-t.gain, t.name)))

    @property
    def overstates(self) -> float | None:
        """Return by how much renders flatter the network: IoU on held-out renders minus IoU on real photos."""
        return None if self.on_renders is None else self.on_renders - self.score.iou

    @property
    def gap(self) -> float | None:
        """Return real only minus renders only; None without both."""
        return self.real_only.iou - self.render_only.iou if self.real_only and self.render_only else None


@dataclasses.dataclass(frozen=True)
class Option:
    """One step that could be taken. reaches: whether the target would be; None where no measurement says so.

    amount: of labels, renders or assets. iou: expected after it. cost: in the currency of `Costs`.
    """

    action: Action
    what: str
    amount: float | None = None
    iou: ScoreEstimate | None = None
    cost: float | None = None
    cost_ci95: tuple[float, float] | None = None
    reaches: bool | None = None


@dataclasses.dataclass(frozen=True)
class Advice:
    """The one step to take, why, and all that could be taken."""

    action: Action
    why: str
    target: float
    options: tuple[Option, ...]


# Share of redraws that have to reach the target before more samples are advised for it. In simulated projects with a
# floor 0.02 IoU or more short of the target none passes; where labels lead there, nine of ten do (tests/train/worth).
SURE = 0.7
NEARLY_ALL = 0.995  # share of instances that is called all


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


NOUNS = {"label": "real labels", "render": "renders"}


def more(action: Action, found: Step | None, curve: Curve | None, price: float, target: float) -> Option:
    """Return the option of more samples of one kind. price: of one sample. curve: the one `found` was read from."""
    noun = NOUNS[action]
    if found is None:
        return Option(action, f"Not known: {unread(curve, noun)}")
    cost, span = found.amount * price, (found.lo * price, found.hi * price)
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
    steps = [(step(curve, evidence.n_real, target), curve) for curve in curves]
    known = [(found, curve) for found, curve in steps if found]
    if not known:
        doubling = doubled("label", evidence, evidence.n_real, costs.per_label)
        return doubling or more("label", None, evidence.mixed or evidence.real, costs.per_label, target)
    found, curve = min(known, key=lambda pair: (not pair[0].reaches, pair[0].amount if pair[0].reaches else 0))
    return more("label", found, curve, costs.per_label, target)


def render_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of more renders of the same kind."""
    found = step(evidence.renders, evidence.n_render, target)
    doubling = None if found else doubled("render", evidence, evidence.n_render, costs.per_render)
    return doubling or more("render", found, evidence.renders, costs.per_render, target)


def doubled(action: Action, evidence: Evidence, now: int, price: float) -> Option | None:
    """Return the option of twice as many samples, by what the last doubling brought; None if that was not tried.

    Gains shrink from doubling to doubling where a curve follows a power law, so the next one brings between nothing and
    what the last one did: half of that is expected. price: of one sample.
    """
    tried = evidence.tried_for(action)
    if not tried:
        return None
    last, score, noun = tried[0], evidence.score, NOUNS[action]
    high = math.hypot(score.hi - score.iou, max(last.hi, 0.0))
    iou = ScoreEstimate(min(score.iou + max(last.gain, 0.0) / 2, 1.0), score.lo, min(score.iou + high, 1.0))
    what = (
        f"{now} more {noun}, twice as many: the last doubling brought {last.gain:+.3f} ({last.lo:+.3f} to "
        f"{last.hi:+.3f}), and the next is taken to bring half of that."
    )
    return Option(action, what, now, iou, now * price, (now * price, now * price))


def architecture_option(evidence: Evidence, costs: Costs) -> Option:
    """Return the option of another training: the change that brought most, of those that were tried."""
    train = evidence.on_training
    fits = "not measured: score the network on its own training photos" if train is None else f"{train:.3f}"
    known = f"Its score on its own training photos is {fits}."
    tried = evidence.tried_for("architecture")
    if not tried:
        what = "A larger network, larger pictures or longer training; what it brings was not trained (probe.runs is 0)."
        return Option("architecture", f"{what} {known}")
    best = tried[0]
    told = "; ".join(f"{each.name} {each.gain:+.3f} ({each.lo:+.3f} to {each.hi:+.3f})" for each in tried)
    cost = best.times * evidence.steps * costs.per_step
    iou = without(evidence.score, -best.gain, -best.hi, -best.lo)
    what = f"{best.name.capitalize()}: tried on val were {told}. {known}"
    return Option("architecture", what, None, iou, cost, (cost, cost))


def assets_option(evidence: Evidence, few: int, costs: Costs) -> Option:
    """Return the option of other assets: to replace those that do harm, and to fill up to `few` a category."""
    harmful = [group for group in evidence.groups if group.kind == "asset" and group.harms]
    short = max(few - evidence.assets, 0) if evidence.assets is not None else 0
    if not harmful and not short:
        known = evidence.groups or evidence.assets is not None
        what = "No asset is shown to do harm." if known else "Not known: which renders help was not measured."
        return Option("assets", what)
    parts = [f"replace {', '.join(group.name for group in harmful)}"] if harmful else []
    parts += [f"add {short} different ones to the {evidence.assets} of the scarcest category"] if short else []
    what = f"{' and '.join(parts).capitalize()}; what new assets bring shows only when they are rendered."
    amount, iou = len(harmful) + short, None
    if harmful and not short:
        worst = min(harmful, key=lambda group: group.help)
        iou = without(evidence.score, worst.help, worst.lo, worst.hi)
        what += f" The score expected here is that of leaving {worst.name} out."
    cost = amount * costs.per_asset
    return Option("assets", what, amount, iou, cost, (cost, cost))


def without(score: ScoreEstimate, help_: float, lo: float, hi: float) -> ScoreEstimate:
    """Return the score without a group that helps by `help_`; the half widths of both intervals add in squares."""
    low = math.hypot(score.iou - score.lo, hi - help_)
    high = math.hypot(score.hi - score.iou, help_ - lo)
    iou = min(score.iou - help_, 1.0)
    return ScoreEstimate(iou, max(iou - low, 0.0), min(iou + high, 1.0))


def options(evidence: Evidence, target: float, few: int, costs: Costs) -> tuple[Option, ...]:
    """Return all six options, always in the same order. few: assets a category below which more are wanted."""
    here = evidence.score
    return (
        label_option(evidence, target, costs),
        render_option(evidence, target, costs),
        assets_option(evidence, few, costs),
        Option("look", f"Look at the worst photos beside the renders. {weakest(evidence)}".rstrip()),
        architecture_option(evidence, costs),
        Option("stop", f"Keep the network as it is: {here.iou:.3f}.", 0, here, 0.0, (0.0, 0.0), here.lo >= target),
    )


def weakest(evidence: Evidence) -> str:
    """Return a sentence about the kind of instances that is missed most; the empty text if none was measured."""
    if not evidence.failures:
        return ""
    worst = min(evidence.failures, key=lambda failure: failure.recall)
    if worst.recall > NEARLY_ALL:
        return "All labelled instances are found at IoU 0.5: what is missing are outlines."
    return f"Least often found are instances that are {worst.name}: {worst.recall:.0%} of them are found."
