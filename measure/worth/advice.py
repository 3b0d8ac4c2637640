"""The next step: exactly one of label, render, assets, look, architecture and stop, by rules that can be read."""

import dataclasses
import math
from typing import Any

from measure.worth.costs import amount
from measure.worth.options import FEW_ASSETS, few_assets, options, weakest
from measure.worth.records import NOUNS, Advice, Evidence, Option, best_value, sentences
from measure.worth.tried import Action
from pipeline.costs import Costs

OVERSTATES = 0.1  # IoU by which renders may flatter a network before they count as another world than the photos
GAP = 0.2  # the same for the gap, which is always larger: a network without real photos has learnt nothing of them
LEAST = 0.005  # IoU from which on a step is worth a bet
FINER = 1.2  # photos with so many times the pixels a side hold detail that the network is not shown


def advise(evidence: Evidence, target: float, costs: Costs) -> Advice:
    """Return the first rule that holds.

    1. The lower end of the score's interval is at the target: stop. Not the mean: the pick is the best of several on
       the same photos, so that its mean flatters. If only the mean is there, more val photos would tell: look.
    2. The target lies above what the labels' outlines allow (its upper end): look, since nothing could show it.
    3. The best expected value a cost. Value is the IoU that a step is expected to bring, up to the target; cost is
       money for labels, renders and machines. Compared are changes that were tried and are shown to help (the lower
       end of the gain's 95 % interval is above 0), and labels and renders whose curve reaches the target in
       `samples.SURE` of its redraws, no further out than it may be read. This alone ever advises more samples, so a
       curve that ends below the target never does. What costs nothing comes first; at a tie the cheaper step, then the
       one that stands higher in the table.
    4. The network does not reach the target on the very photos it was trained on: architecture.
    5. A category has few assets: assets.
    6. Renders flatter the network: look.
    7. Outlines cost more than all objects that were missed or made up: architecture, which has the resolution.
    8. The tried change with the best expected value a cost, though none is shown to help, if it brings `LEAST` or more.
    9. No measurement names the cause: look.

    Raises ValueError for a target outside 0..1.
    """
    if not 0 < target <= 1:
        raise ValueError(f"target is {target}, wanted above 0 and at most 1")
    table = within_labels(options(evidence, target, costs), evidence, target)
    action, why = (
        reached(evidence, target)
        or above_labels(evidence, target)
        or most_for_the_money(table, costs)
        or underfit(evidence, target)
        or assets(evidence)
        or foreign(evidence)
        or blurred(evidence)
        or best_bet(table, evidence, costs)
        or unknown(evidence)
    )
    return Advice(action, why if action == "stop" or action in NOUNS else f"{why}{no_more(table)}", target, table)


def reached(evidence: Evidence, target: float) -> tuple[Action, str] | None:
    """Return stop or look if the score is at the target."""
    score = evidence.score
    if score.lo >= target:
        return (
            "stop",
            f"The score is {score.iou:.3f}, and its 95 % interval starts at {score.lo:.3f}: {target:g} is met.",
        )
    if score.iou >= target:
        return "look", (
            f"The score is {score.iou:.3f}, above {target:g}, but its interval starts at {score.lo:.3f}: more val "
            f"photos would show whether it is met; more training samples need not."
        )
    return None


def above_labels(evidence: Evidence, target: float) -> tuple[Action, str] | None:
    """Return look if no score at the target could be shown on labels like these."""
    labels = evidence.labels
    if labels is None or target <= labels.hi:
        return None
    return "look", (
        f"The outlines of the val labels stray from the edges in the photos: they allow about {labels.iou:.3f} "
        f"({labels.lo:.3f} to {labels.hi:.3f}), less than {target:g}. Mend them (ingest.trim_px, or draw them anew) or "
        f"ask for less."
    )


def within_labels(table: tuple[Option, ...], evidence: Evidence, target: float) -> tuple[Option, ...]:
    """Return the options, none of which reaches a target above what the labels allow."""
    if above_labels(evidence, target) is None:
        return table
    return tuple(dataclasses.replace(row, reaches=False) if row.reaches else row for row in table)


def most_for_the_money(table: tuple[Option, ...], costs: Costs) -> tuple[Action, str] | None:
    """Return the step with the best value a cost of those that may be compared, with the next best beside it."""
    best = best_value(table)
    if best is None:
        return None
    other = best_value(row for row in table if row is not best)
    beside = f"The next best ({other.action}) {worth(other, costs.currency)}." if other else ""
    return best.action, sentences(best.short or best.what, f"It {worth(best, costs.currency)}.", beside)


def worth(option: Option, currency: str) -> str:
    """Return what an option brings for what it costs, as the end of a sentence."""
    rate = option.value_per_cost
    each = "" if rate is None else f", which is {amount(rate)} for each {currency}"
    bring = f"is expected to bring {option.value:+.3f} IoU up to the target"
    return f"{bring} for {amount(option.cost or 0.0)} {currency}{each}"


def underfit(evidence: Evidence, target: float) -> tuple[Action, str] | None:
    """Return architecture if the network does not even know its training photos."""
    train = evidence.on_training
    if train is None or train >= target:
        return None
    return "architecture", (
        f"On its own training photos the network reaches {train:.3f}, less than {target:g}: it cannot draw what it was "
        f"shown, so a larger network, larger pictures or longer training come first."
    )


def assets(evidence: Evidence) -> tuple[Action, str] | None:
    """Return assets if a category has few of them."""
    missing = few_assets(evidence)
    if not missing:
        return None
    return "assets", (
        f"The scarcest category is shown by {evidence.assets} different assets, which a network can learn by heart: "
        f"add {missing}, to have {FEW_ASSETS}. What they bring shows only when they are rendered."
    )


def foreign(evidence: Evidence) -> tuple[Action, str] | None:
    """Return look if renders are another world than the photos."""
    overstates, gap, reasons = evidence.overstates, evidence.gap, []
    if overstates is not None and overstates >= OVERSTATES:
        reasons.append(
            f"On renders it never saw the network scores {overstates:.3f} higher than on photos: it has learnt the "
            f"renders, and these are another world. Compare them with the photos."
        )
    elif overstates is None and gap is not None and gap >= GAP:
        reasons.append(f"Renders alone score {gap:.3f} less than real photos alone: compare the two.")
    return ("look", " ".join([*reasons, *further(evidence)])) if reasons else None


def blurred(evidence: Evidence) -> tuple[Action, str] | None:
    """Return architecture if the score lacks outlines more than objects."""
    lost = evidence.lost
    if lost is None or not lost.by_outlines:
        return None
    return "architecture", (
        f"Of the {1 - evidence.score.iou:.3f} that the score lacks, {lost.outline:.3f} lie along the outlines of "
        f"objects that were seen, {lost.missed:.3f} in objects that were missed and {lost.made_up:.3f} where nothing "
        f"is. {sharper(evidence.detail)}"
    )


def sharper(detail: float | None) -> str:
    """Return what makes outlines sharper. detail: as in `Evidence`."""
    if detail is None:
        return "Outlines want larger pictures (fit.img_size) or a finer decoder, and labels drawn as finely."
    if detail > FINER:
        return (
            f"The photos have {detail:.1f} times the pixels a side that the network is shown: try a larger "
            f"fit.img_size first."
        )
    return (
        "The photos hold no more detail than the network is shown: try a finer decoder (fit.decoder), and look whether "
        "the labels' outlines are as fine as wanted."
    )


def best_bet(table: tuple[Option, ...], evidence: Evidence, costs: Costs) -> tuple[Action, str] | None:
    """Return the tried change with the best expected value a cost, though it is not shown to help; None without one.

    Changes that cost nothing come first.
    """
    tried = [row for row in table if row.action not in NOUNS and row.value is not None and row.value >= LEAST]
    if not tried:
        return None
    best = max(tried, key=lambda row: (row.value_per_cost or math.inf, row.value))
    said = f"It {worth(best, costs.currency)}: the best bet, though no change is shown to help."
    return best.action, sentences(best.short or best.what, said, *further(evidence))


def unknown(evidence: Evidence) -> tuple[Action, str]:
    """Return look where nothing else is known."""
    text = "No measurement names the cause: look at the worst photos and their labels."
    return "look", " ".join([text, *further(evidence)])


def further(evidence: Evidence) -> list[str]:
    """Return sentences on what is missed most and what was not measured; [] if there is nothing to say."""
    return [text for text in (weakest(evidence), unmeasured(evidence)) if text]


def unmeasured(evidence: Evidence) -> str:
    """Return a sentence that names what was not measured; the empty text if all was."""
    parts = {
        "the score on the training photos": evidence.on_training,
        "the score on renders kept out": evidence.on_renders,
        "which renders help": evidence.tried_for("assets") or evidence.tried_for("look") or None,
        "a curve over real labels": evidence.mixed or evidence.real,
        "a curve over renders": evidence.renders,
    }
    missing = [name for name, value in parts.items() if value is None]
    return f"Not measured: {', '.join(missing)}." if missing else ""


def no_more(table: tuple[Option, ...]) -> str:
    """Return a sentence about more samples where the curves deny that they lead to the target."""
    denied = [NOUNS[row.action] for row in table if row.action in NOUNS and row.reaches is False]
    return f" More {' or '.join(denied)} are not shown to get there." if denied else ""


def option_json(option: Option) -> dict[str, Any]:
    """Return one line of the table as transfer.json has it."""
    return {
        "action": option.action,
        "what": option.what,
        "amount": None if option.amount is None else float(option.amount),
        "iou": option.iou.iou if option.iou else None,
        "ci95": [option.iou.lo, option.iou.hi] if option.iou else None,
        "cost": option.cost,
        "cost_ci95": list(option.cost_ci95) if option.cost_ci95 else None,
        "reaches": option.reaches,
        "value": option.value,
        "value_per_cost": option.value_per_cost,
        "compared": option.compared,
    }


def advice_json(advice: Advice) -> dict[str, Any]:
    """Return the advice as transfer.json has it."""
    rows = [option_json(option) for option in advice.options]
    return {"action": advice.action, "why": advice.why, "target": advice.target, "options": rows}
