"""What the page says in numbers: from transfer.json to words, charts and tables. A missing thing is empty."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from measure.attribution.record import AttributionRecord
from report.answer import answer, notes
from report.charts import figure, help_chart, precision_chart, ratio_chart
from report.curve_chart import curve_chart
from report.outline_words import outline_parts
from report.record import (
    CurveRecord,
    Kind,
    Scored,
    Summary,
    TransferRecord,
    Value,
    WorthRecord,
)
from report.tables import (
    Table,
    filled,
    of_advice,
    of_attribution,
    of_curves,
    of_money,
    of_objects,
    of_places,
    of_race,
    of_ratios,
    of_rivals,
    of_stability,
    of_val,
    of_worths,
)
from report.training_chart import of_trainings, training_chart
from report.words import ACTIONS, NOTHING, both_curves, known_ends, money, score, span, whole

RATIO_WORDS = "On real val photos, which chose the ratio; diamonds: on test photos. Bars are 95 % intervals."
CURVE_WORDS = (
    "One point a number of real photos. Runs of a smaller number draw their own photos; those of all cannot, so which "
    "ones were labelled is no part of that interval. Bands and bars are 95 % intervals; the broad bar is that of worth."
)
TRAINING_WORDS = "Means of each ratio's runs on 48 val photos at most. At the end the learning rate falls."


def numbers(found: TransferRecord) -> dict[str, Any]:
    """Return the parts of the page that transfer.json alone decides."""
    rows, test = found.ratios, found.test
    return (
        {
            "setup": found.setup,
            "answer": answer(found),
            "notes": notes(found),
            "ratios": figure("ratio", RATIO_WORDS, ratio_chart(rows, test, found.metric), of_ratios(rows, test)),
            "places": of_places(test),
            "rivals": of_rivals(test),
            "vals": of_val(found.val),
            "objects": of_objects(found.objects),
            "race": of_race(found.race),
            "money": of_money(found.money),
            "trainings": figure("trainings", TRAINING_WORDS, training_chart(rows, found.metric), of_trainings(rows)),
            "stability": of_stability(rows),
        }
        | curve_parts(found)
        | advice_part(found)
        | outline_parts(found.outlines)
        | score_parts(found)
        | attribution_part(found)
    )


def curve_parts(found: TransferRecord) -> dict[str, Any]:
    """Return the learning curves, what they say of worth, and what is wrong with them."""
    curves, worth = found.curves, found.worth
    spec = curve_chart(curves, worth, found.metric)
    named = [(words.capitalize(), curve) for words, curve in both_curves(curves)]
    doubt = [f"{words}: {said}" for words, curve in named for said in (*curve.flags, *curve.notes)]
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


HEADS = ("#val", "#95 %", "#test", "#95 %")

WHOLE: tuple[tuple[str, Callable[[Summary], Value | None]], ...] = (
    ("foreground", lambda found: found.iou),
    ("mean over categories", lambda found: found.mean_iou),
    ("rare categories together", lambda found: found.rare_iou),
    ("along the outlines (boundary IoU)", lambda found: found.boundary_iou),
    ("away from outlines (2 pixels on either side do not count)", lambda found: found.off_outlines_iou),
    ("calibration error (0 = its confidence is right)", lambda found: found.calibration_error),
    ("lost along outlines", lambda found: found.lost.outline if found.lost else None),
    ("lost in objects not seen", lambda found: found.lost.missed if found.lost else None),
    ("lost where nothing is", lambda found: found.lost.made_up if found.lost else None),
)


def of_pair(found: Value | None) -> tuple[str, str]:
    """Return value and interval as text; dashes where it is missing."""
    return (score(found.value), span(found.ci95, 3)) if found else (NOTHING, NOTHING)


def of_whole(scores: Scored) -> Table | None:
    """Return the scores over all photos."""
    cells = [[words, *of_pair(pick(scores.val)), *of_pair(pick(scores.test))] for words, pick in WHOLE]
    return filled("Scores over all photos", ("score", *HEADS), valued(cells))


def valued(cells: list[list[str]]) -> list[list[str]]:
    """Return the rows that hold any value behind their name."""
    return [row for row in cells if any(cell != NOTHING for cell in row[1:])]


def of_categories(scores: Scored) -> Table | None:
    """Return one row a category, rare ones named so; photos and instances are val's, test's where val has none."""
    parts = [scores.val.iou_per_category, scores.test.iou_per_category]
    cells = []
    for name in sorted({name for part in parts for name in part}):
        known = next(part[name] for part in parts if name in part)
        values = [text for part in parts for text in of_pair(part.get(name))]
        head = f"{name} (rare)" if known.rare else name
        cells.append([head, whole(known.photos), whole(known.instances), *values])
    return filled("IoU by category", ("category", "#val photos", "#instances", *HEADS), cells)


def of_instances(scores: Scored) -> Table | None:
    """Return precision and recall of single objects at each threshold of IoU, on val, else on test."""
    split, rows = ("val", scores.val.instances) if scores.val.instances else ("test", scores.test.instances)
    cells = [(f"{row.iou:.2f}", *of_pair(row.precision), *of_pair(row.recall)) for row in rows]
    heads = ("#IoU of at least", "#precision", "#95 %", "#recall", "#95 %")
    return filled(f"Single objects, {split} photos", heads, cells)


def of_parts(val: Sequence[Kind], test: Sequence[Kind], title: str) -> Table | None:
    """Return one row a size or visible share of the true objects, on val, else on test."""
    split, rows = ("val", val) if val else ("test", test)
    cells = [
        (
            row.name,
            whole(row.photos),
            whole(row.instances),
            *of_pair(row.recall),
            *of_pair(row.iou),
            *of_pair(row.covered),
        )
        for row in rows
    ]
    heads = (
        "objects",
        "#photos",
        "#objects",
        "#found at IoU 0.5",
        *("#95 %", "#mean IoU", "#95 %", "#share covered", "#95 %"),
    )
    return filled(f"{title}, {split} photos", heads, cells)


def details(scores: Scored | None) -> list[Table]:
    """Return every table of detail that has a value, in the order of the page; none without scores."""
    if not scores:
        return []
    val, test = scores.val, scores.test
    found = [
        of_whole(scores),
        of_categories(scores),
        of_instances(scores),
        of_parts(val.by_size, test.by_size, "By size of the object"),
        of_parts(val.by_visible, test.by_visible, "By how much of the object is in view"),
    ]
    return [table for table in found if table]


def left_out(scores: Scored | None) -> list[str]:
    """Return what the intervals leave out, each sentence once; none where they leave out nothing."""
    return sorted({each.leaves_out for each in (scores.val, scores.test) if each.leaves_out}) if scores else []
