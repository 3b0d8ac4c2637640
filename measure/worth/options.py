"""The steps that could be taken, each with what it would bring and what it costs."""

import dataclasses
import math

from measure.worth.points import ScoreEstimate
from measure.worth.records import Evidence, Option, sentences
from measure.worth.samples import label_option, render_option
from measure.worth.tried import TriedChange, names
from pipeline.costs import Costs

NEARLY_ALL = 0.995  # share of instances that is called all
FEW_ASSETS = 5  # different assets of a category below which a network can learn them by heart


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
    cost = missing * costs.per_asset + evidence.training_cost(costs)
    return dataclasses.replace(found, amount=missing, cost=cost, cost_ci95=(cost, cost))


def few_assets(evidence: Evidence) -> int:
    """Return how many assets the scarcest category lacks to `FEW_ASSETS`; 0 where they were not counted."""
    return 0 if evidence.assets is None else max(FEW_ASSETS - evidence.assets, 0)


def look_option(evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of looking at the photos, with what leaving a recipe out brings where that was tried."""
    idle = "Look at the worst photos beside the renders."
    return by_changes(Option("look", idle), weakest(evidence), evidence, target, costs)


def by_changes(idle: Option, further: str, evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of the best change that speaks of a step (`Option.rank`), with what a few others brought.

    idle: the step where none was tried, without numbers. further: what it says after either.
    """
    tried, missing = evidence.tried_for(idle.action), evidence.not_known(idle.action)
    if not tried:
        return dataclasses.replace(idle, what=sentences(idle.what, missing, further))
    rows = [(of_change(each, evidence, target, costs), each) for each in tried]
    best, change = max(rows, key=lambda pair: pair[0].rank)
    short = f"{capital(change.name)} brought {change.numbers} IoU on val."
    others = names([f"{each.name} {each.numbers}" for each in tried if each is not change])
    also = f"Also tried: {others}." if others else ""
    return dataclasses.replace(best, what=sentences(short, also, missing, further), short=short)


def capital(text: str) -> str:
    """Return a text with a capital letter at its head; names further on keep theirs."""
    return text[:1].upper() + text[1:]


def of_change(change: TriedChange, evidence: Evidence, target: float, costs: Costs) -> Option:
    """Return the option of one change that was tried: it costs a training with it."""
    iou, cost = moved(evidence.score, change), change.times * evidence.training_cost(costs)
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


def weakest(evidence: Evidence) -> str:
    """Return a sentence about the kind of instances that is missed most; the empty text if none was measured."""
    if not evidence.failures:
        return ""
    worst = min(evidence.failures, key=lambda failure: failure.recall)
    if worst.recall > NEARLY_ALL:
        return "All labelled instances are found at IoU 0.5: what is missing are outlines."
    return f"Least often found are instances that are {worst.name}: {worst.recall:.0%} of them are found."
