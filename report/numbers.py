"""What the page says in numbers: from transfer.json to words, charts and tables. A missing thing is empty."""

from collections.abc import Mapping
from typing import Any

from measure.attribution.record import AttributionRecord
from report.answer import answer, notes
from report.charts import figure, help_chart, precision_chart, ratio_chart
from report.curve_chart import curve_chart
from report.details import details, left_out
from report.record import CurveRecord, TransferRecord, WorthRecord
from report.tables import (
    Table,
    filled,
    of_advice,
    of_attribution,
    of_curves,
    of_money,
    of_race,
    of_ratios,
    of_stability,
    of_worths,
)
from report.words import ACTIONS, NOTHING, both_curves, known_ends, money, span, whole

RATIO_WORDS = "On real val photos, which chose the ratio; diamonds: on test photos. Bars are 95 % intervals."
CURVE_WORDS = "One point a number of real photos. Bands and bars are 95 % intervals; the broad bar is that of worth."


def numbers(found: TransferRecord) -> dict[str, Any]:
    """Return the parts of the page that transfer.json alone decides."""
    rows, test = found.ratios, found.test
    return (
        {
            "setup": found.setup,
            "answer": answer(found),
            "notes": notes(found),
            "ratios": figure("ratio", RATIO_WORDS, ratio_chart(rows, test, found.metric), of_ratios(rows, test)),
            "race": of_race(found.race),
            "money": of_money(found.money),
            "stability": of_stability(rows),
        }
        | curve_parts(found)
        | advice_part(found)
        | score_parts(found)
        | attribution_part(found)
    )


def curve_parts(found: TransferRecord) -> dict[str, Any]:
    """Return the learning curves, what they say of worth, and what is wrong with them."""
    curves, worth = found.curves, found.worth
    spec = curve_chart(curves, worth, found.metric)
    named = [(words.capitalize(), curve) for words, curve in both_curves(curves)]
    doubt = [f"{words}: {flag}" for words, curve in named for flag in curve.flags]
    doubt += [f"{words}: this curve is not trusted beyond its points." for words, curve in named if not curve.trusted]
    return {
        "curves": figure("curves", CURVE_WORDS, spec, of_curves(curves)),
        "worth": of_worth(worth),
        "worths": of_worths(worth),
        "flags": doubt,
        "families": of_families(curves),
    }


def of_worth(worth: WorthRecord | None) -> str:
    """Return worth, factor, money and net in words; empty without a worth."""
    if not worth:
        return ""
    parts = [worth.why or ""]
    if not worth.real_labels:
        return parts[0]
    more = "more than " if worth.censored else ""
    if worth.multiplier is not None:
        parts.append(f"One real photo with renders does as much as {more}{worth.multiplier:.2g} without.")
    if worth.money is not None:
        known = worth.money_ci95 and not more
        ends = f" ({span(known_ends(worth.money_ci95, worth.open_above), 0)})" if known else ""
        parts.append(f"To label as many would cost {more}{money(worth.money, worth.currency)}{ends}.")
    if worth.net is not None:
        parts.append(f"After what renders cost: {more}{money(worth.net, worth.currency)}.")
    return " ".join(part for part in parts if part)


def of_families(curves: Mapping[str, CurveRecord] | None) -> Table | None:
    """Return the families of curves that were fitted, their weights, and where they end."""
    cells = [
        (words, row.name, f"{row.weight:.0%}", NOTHING if row.floor is None else f"{1 - row.floor:.3f}")
        for words, curve in both_curves(curves)
        for row in curve.families
    ]
    return filled("Shapes fitted to the curves", ("trained on", "shape", "#weight", "#score it ends at"), cells)


def advice_part(found: TransferRecord) -> dict[str, Any]:
    """Return the advice with its options."""
    advice, costs = found.advice, found.worth or found.money
    if not advice:
        return {"advice": None}
    table = of_advice(advice, costs.currency if costs else "")
    return {"advice": {"action": ACTIONS.get(advice.action, advice.action), "why": advice.why, "table": table}}


def score_parts(found: TransferRecord) -> dict[str, Any]:
    """Return the scores in detail and the chart of single objects."""
    scores = found.scores
    spec = precision_chart(scores.val.instances or scores.test.instances) if scores else None
    return {
        "details": details(scores),
        "left_out": left_out(scores),
        "precision": figure("precision", "Its numbers are in the table above.", spec, None),
    }


def attribution_part(found: TransferRecord) -> dict[str, Any]:
    """Return which renders help; None where it was not measured."""
    given = found.attribution
    if not given or not given.groups:
        return {"attribution": None}
    shown = figure("attribution", words_of(given), help_chart(given.groups), of_attribution(given))
    return {"attribution": {"method": given.method, "check": given.check, "figure": shown}}


def words_of(given: AttributionRecord) -> str:
    """Return the text under the chart of attribution."""
    shown = f"{whole(len(given.groups))} groups; the chart shows those measured by training, else the largest."
    return f"{shown} Right of 0: renders of the group help."
