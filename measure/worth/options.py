"""What the advice rests on, and the steps that could be taken, each with what it would bring and what it costs."""

import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from measure.worth.curve import Curve
from measure.worth.points import LEVEL, ScoreEstimate, estimate_of
from measure.worth.tried import Action, TriedChange, UntriedChange, why_not
from pipeline.costs import Costs


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
    failures: tuple[WeakKind, ...] = ()
    lost: Lost | None = None
    labels: ScoreEstimate | None = None  # what the val labels' outlines allow at most
    tried: tuple[TriedChange, ...] = ()  # by stage probe, and groups of renders that attribute trained without
    untried: tuple[UntriedChange, ...] = ()
    steps: int = 0  # of one training
    detail: float | None = None  # pixels of the longer side of a val photo / pixels at which the network is shown it

    def tried_for(self, action: Action) -> tuple[TriedChange, ...]:
        """Return the changes that speak of a step, the largest gain first."""
        return tuple(sorted((t for t in self.tried if t.action == action), key=lambda t: (-t.gain, t.name)))

    def not_known(self, action: Action) -> str:
        """Return which changes that speak of a step were not tried, and why; those that cannot be if nothing was."""
        some = tuple(each for each in self.untried if each.action == action)
        return why_not(tuple(each for each in some if each.possible) if self.tried_for(action) else some)

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

    amount: of labels, renders or assets. iou: expected after it. cost: in the currency of `Costs`, of what the step
    takes and of the training after it.
    """

    action: Action
    what: str
    amount: float | None = None
    iou: ScoreEstimate | None = None
    cost: float | None = None
    cost_ci95: tuple[float, float] | None = None
    reaches: bool | None = None
    helps: bool = False  # a gain is shown: the lower end of its interval is above 0
    value: float | None = None  # IoU that it is expected to bring; what lies beyond the target counts nothing

    @property
    def value_per_cost(self) -> float | None:
        """Return the value a unit of money; None where either is not known, or it costs nothing."""
        return self.value / self.cost if self.value is not None and self.cost else None

    @property
    def compared(self) -> bool:
        """Return whether it may be advised by its value: a change shown to help, or data that lead to the target.

        More data whose curve does not reach the target are never compared, whatever they bring on the way.
        """
        shown = bool(self.reaches and self.amount) if self.action in NOUNS else self.helps
        return shown and self.value is not None and self.value > 0

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Return what orders options, the best one greatest: what may be advised, then value a cost, then cheapness.

        What costs nothing goes before what costs something; of what may not be advised the value alone counts.
        """
        value = -math.inf if self.value is None else self.value
        per_cost = self.value_per_cost if self.cost else math.inf
        return self.compared, (per_cost or 0.0) if self.compared else value, -(self.cost or 0.0)


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


FEW_ASSETS = 5  # different assets of a category below which a network can learn them by heart


@dataclasses.dataclass(frozen=True)
class Price:
    """What more samples cost: one of them, and the training with them."""

    each: float
    training: float

    def of(self, amount: float) -> float:
        """Return what so many more samples cost; none of them take no training."""
        return amount * self.each + self.training if amount else 0.0


NOUNS: dict[Action, str] = {"label": "real labels", "render": "renders"}


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


def training_cost(evidence: Evidence, costs: Costs) -> float:
    """Return what one training as today's costs."""
    return evidence.steps * costs.per_step


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
    price = Price(costs.per_label, training_cost(evidence, costs))
    steps = [(step(curve, evidence.n_real, target), curve) for curve in curves]
    known = [(found, curve) for found, curve in steps if found]
    if not known:
        return doubled("label", evidence, evidence.n_real, price, evidence.mixed or evidence.real)
    found, curve = min(known, key=lambda pair: (not pair[0].reaches, pair[0].amount if pair[0].reaches else 0))
    return more("label", found, curve, price, target)


def render_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of more renders of the same kind."""
    found = step(evidence.renders, evidence.n_render, target)
    price = Price(costs.per_render, training_cost(evidence, costs))
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
        f"{now} more {noun}, twice as many: the last doubling brought {last.gain:+.3f} ({last.ci95[0]:+.3f} to "
        f"{last.ci95[1]:+.3f}), and the next is taken to bring half of that."
    )
    return Option(action, what, now, iou, price.of(now), (price.of(now), price.of(now)))


def sentences(*parts: str) -> str:
    """Return these sentences one after the other; empty ones are left out."""
    return " ".join(part for part in parts if part)


def architecture_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of another training: the best change of those that were tried."""
    train = evidence.on_training
    fits = "not measured: score the network on its own training photos" if train is None else f"{train:.3f}"
    known = f"Its score on its own training photos is {fits}."
    idle = "A larger network, larger pictures or longer training."
    return by_changes(Option("architecture", idle), known, evidence, target, costs)


def assets_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of other assets: to leave out or replace the one that does most harm, or to add some.

    What new ones bring shows only when they are rendered: they have a cost and no expected score.
    """
    missing = few_assets(evidence)
    scarce = (
        f"The scarcest category has {evidence.assets} different ones: what {missing} more bring shows only when they "
        f"are rendered."
        if missing
        else ""
    )
    found = by_changes(Option("assets", "Other assets."), scarce, evidence, target, costs)
    if found.iou or not missing:
        return found
    cost = missing * costs.per_asset + training_cost(evidence, costs)
    return dataclasses.replace(found, amount=missing, cost=cost, cost_ci95=(cost, cost))


def few_assets(evidence: Evidence) -> int:
    """Return how many assets the scarcest category lacks to `FEW_ASSETS`; 0 where they were not counted."""
    return 0 if evidence.assets is None else max(FEW_ASSETS - evidence.assets, 0)


def look_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of looking at the photos, with what leaving a recipe out brings where that was tried."""
    idle = "Look at the worst photos beside the renders."
    return by_changes(Option("look", idle), weakest(evidence), evidence, target, costs)


def by_changes(idle: Option, further: str, evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of the best change that speaks of a step (`Option.rank`), with what all of them brought.

    idle: the step where none was tried, without numbers. further: what it says after either.
    """
    tried, missing = evidence.tried_for(idle.action), evidence.not_known(idle.action)
    if not tried:
        return dataclasses.replace(idle, what=sentences(idle.what, missing, further))
    rows = [(of_change(each, evidence, target, costs), each) for each in tried]
    best, change = max(rows, key=lambda pair: pair[0].rank)
    told = f"{capital(change.name)}: tried on val were {'; '.join(each.told for each in tried)}."
    return dataclasses.replace(best, what=sentences(told, missing, further))


def capital(text: str) -> str:
    """Return a text with a capital letter at its head; names further on keep theirs."""
    return text[:1].upper() + text[1:]


def of_change(change: TriedChange, evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of one change that was tried: it costs a training with it."""
    iou, cost = moved(evidence.score, change), change.times * training_cost(evidence, costs)
    reaches = True if iou.lo >= target else False if iou.hi < target else None
    row = Option(change.action, change.name, None, iou, cost, (cost, cost), reaches, change.helps)
    return valued(row, evidence, target)


def moved(score: ScoreEstimate, change: TriedChange) -> ScoreEstimate:
    """Return the score with a change; the half widths of both intervals add in squares."""
    low = math.hypot(score.iou - score.lo, change.gain - change.ci95[0])
    high = math.hypot(score.hi - score.iou, change.ci95[1] - change.gain)
    iou = min(max(score.iou + change.gain, 0.0), 1.0)
    return ScoreEstimate(iou, max(iou - low, 0.0), min(iou + high, 1.0))


def valued(option: Option, evidence: Evidence, target: float) -> Option:
    """Return an option with its value; as it is where no score is expected of it."""
    if option.iou is None:
        return option
    return dataclasses.replace(option, value=min(option.iou.iou, target) - min(evidence.score.iou, target))


def options(evidence: Evidence, target: float, costs: Costs) -> tuple[Option, ...]:
    """Return all six options, always in the same order."""
    here = evidence.score
    rows = (
        label_option(evidence, target, costs),
        render_option(evidence, target, costs),
        assets_option(evidence, target, costs),
        look_option(evidence, target, costs),
        architecture_option(evidence, target, costs),
        Option("stop", f"Keep the network as it is: {here.iou:.3f}.", 0, here, 0.0, (0.0, 0.0), here.lo >= target),
    )
    return tuple(valued(row, evidence, target) for row in rows)


def best_value(table: Iterable[Option]) -> Option | None:
    """Return the option that may be advised with the best value a cost (`Option.rank`), at a tie the first; or None."""
    return max((row for row in table if row.compared), key=lambda row: row.rank, default=None)


def weakest(evidence: Evidence) -> str:
    """Return a sentence about the kind of instances that is missed most; the empty text if none was measured."""
    if not evidence.failures:
        return ""
    worst = min(evidence.failures, key=lambda failure: failure.recall)
    if worst.recall > NEARLY_ALL:
        return "All labelled instances are found at IoU 0.5: what is missing are outlines."
    return f"Least often found are instances that are {worst.name}: {worst.recall:.0%} of them are found."
