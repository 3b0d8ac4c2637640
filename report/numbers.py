"""What the page says in numbers: from transfer.json to words, charts and tables. A missing thing is empty."""

from typing import Any

from report.answer import answer, notes
from report.charts import Figure, figure, help_chart, precision_chart
from report.curve_chart import curve_chart
from report.details import SPLITS, details, left_out
from report.ratio_chart import ratio_chart
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
from report.words import ACTIONS, NOTHING, Row, known_ends, money, span, whole

RATIO_WORDS = "On real val photos, which chose the ratio; diamonds: on test photos. Bars are 95 % intervals."
CURVE_WORDS = "One point a number of real photos. Bands and bars are 95 % intervals; the broad bar is that of worth."


def numbers(found: Row) -> dict[str, Any]:
    """Return the parts of the page that transfer.json alone decides. found: that object."""
    metric, rows, test = found.get("metric") or "IoU", found.get("ratios") or [], found.get("test")
    return (
        {
            "setup": found.get("setup") or "",
            "answer": answer(found),
            "notes": notes(found),
            "ratios": figure("ratio", RATIO_WORDS, ratio_chart(rows, test, metric), of_ratios(rows, test)),
            "race": of_race(found.get("race")),
            "money": of_money(found.get("money")),
            "stability": of_stability(rows),
        }
        | curve_parts(found, metric)
        | advice_part(found)
        | score_parts(found)
        | attribution_part(found)
    )


def curve_parts(found: Row, metric: str) -> dict[str, Any]:
    """Return the learning curves, what they say of worth, and what is wrong with them."""
    curves, worth = found.get("curves"), found.get("worth")
    spec = curve_chart(curves, worth, metric)
    named = [
        (words, (curves or {}).get(name)) for name, words in (("real", "Real only"), ("mixed", "Real and renders"))
    ]
    doubt = [f"{words}: {flag}" for words, curve in named if curve for flag in curve.get("flags") or ()]
    doubt += [
        f"{words}: this curve is not trusted beyond its points."
        for words, curve in named
        if curve and not curve["trusted"]
    ]
    return {
        "curves": figure("curves", CURVE_WORDS, spec, of_curves(curves)),
        "worth": of_worth(worth),
        "worths": of_worths(worth),
        "flags": doubt,
        "families": of_families(curves),
    }


def of_worth(worth: Row | None) -> str:
    """Return worth, factor, money and net in words; empty without a worth."""
    if not worth:
        return ""
    parts = [worth.get("why") or ""]
    if not worth.get("real_labels"):
        return parts[0]
    more = "more than " if worth.get("censored") else ""
    if worth.get("multiplier") is not None:
        parts.append(f"One real photo with renders does as much as {more}{worth['multiplier']:.2g} without.")
    if worth.get("money") is not None:
        known = worth.get("money_ci95") and not more
        ends = f" ({span(known_ends(worth, 'money_ci95'), 0)})" if known else ""
        parts.append(f"To label as many would cost {more}{money(worth['money'], worth['currency'])}{ends}.")
    if worth.get("net") is not None:
        parts.append(f"After what renders cost: {more}{money(worth['net'], worth['currency'])}.")
    return " ".join(part for part in parts if part)


def of_families(curves: Row | None) -> Table | None:
    """Return the families of curves that were fitted, their weights, and where they end."""
    cells = [
        (words, row["name"], f"{row['weight']:.0%}", NOTHING if row.get("floor") is None else f"{1 - row['floor']:.3f}")
        for name, words in (("real", "real only"), ("mixed", "real and renders"))
        for row in ((curves or {}).get(name) or {}).get("families") or ()
    ]
    return filled("Shapes fitted to the curves", ("trained on", "shape", "#weight", "#score it ends at"), cells)


def advice_part(found: Row) -> dict[str, Any]:
    """Return the advice with its options."""
    advice, costs = found.get("advice"), found.get("worth") or found.get("money") or {}
    if not advice:
        return {"advice": None}
    table = of_advice(advice, costs.get("currency") or (found.get("money") or {}).get("currency") or "")
    return {"advice": {"action": ACTIONS.get(advice["action"], advice["action"]), "why": advice["why"], "table": table}}


def score_parts(found: Row) -> dict[str, Any]:
    """Return the scores in detail and the chart of single objects."""
    scores = found.get("scores") or {}
    split = next((split for split in SPLITS if (scores.get(split) or {}).get("instances")), None)
    spec = precision_chart(scores[split]["instances"]) if split else None
    return {
        "details": details(scores),
        "left_out": left_out(scores),
        "precision": figure("precision", "Its numbers are in the table above.", spec, None),
    }


def attribution_part(found: Row) -> dict[str, Any]:
    """Return which renders help; None where it was not measured."""
    given = found.get("attribution")
    if not given or not given["groups"]:
        return {"attribution": None}
    shown: Figure | None = figure("attribution", words_of(given), help_chart(given["groups"]), of_attribution(given))
    return {"attribution": {"method": given["method"], "check": given.get("check"), "figure": shown}}


def words_of(given: Row) -> str:
    """Return the text under the chart of attribution."""
    shown = f"{whole(len(given['groups']))} groups; the chart shows those measured by training, else the largest."
    return f"{shown} Right of 0: renders of the group help."
