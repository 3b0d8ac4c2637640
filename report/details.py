"""Scores in detail: by category, size and visible share, outlines, single objects, calibration; val beside test."""

from collections.abc import Callable, Sequence

from report.record import CategoryValue, Kind, RareValue, Scored, Summary, Value
from report.tables import Table, filled
from report.words import NOTHING, score, span, whole

HEADS = ("#val", "#95 %", "#test", "#95 %")

AnyValue = Value | RareValue | CategoryValue | None
WHOLE: tuple[tuple[str, Callable[[Summary], AnyValue]], ...] = (
    ("foreground", lambda found: found.iou),
    ("mean over categories", lambda found: found.mean_iou),
    ("rare categories together", lambda found: found.rare_iou),
    ("along the outlines (boundary IoU)", lambda found: found.boundary_iou),
    ("calibration error (0 = its confidence is right)", lambda found: found.calibration_error),
    ("lost along outlines", lambda found: found.lost.outline if found.lost else None),
    ("lost in objects not seen", lambda found: found.lost.missed if found.lost else None),
    ("lost where nothing is", lambda found: found.lost.made_up if found.lost else None),
)


def of_pair(found: AnyValue) -> tuple[str, str]:
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
