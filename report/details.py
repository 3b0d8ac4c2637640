"""Scores in detail: by category, size and visible share, outlines, single objects, calibration; val beside test."""

from collections.abc import Callable, Mapping
from typing import Any

from report.tables import Table, filled
from report.words import NOTHING, Row, score, span, whole

SPLITS = ("val", "test")
HEADS = ("#val", "#95 %", "#test", "#95 %")

LOST = (
    ("lost along outlines", "outline"),
    ("lost in objects not seen", "missed"),
    ("lost where nothing is", "made_up"),
)

Pick = Callable[[Row], Any]


def halves(scores: Mapping[str, Any], pick: Pick) -> list[str]:
    """Return value and interval on val and on test of what `pick` takes from a summary; dashes where it is missing."""
    cells = []
    for split in SPLITS:
        found = pick(scores[split]) if scores.get(split) else None
        cells += [score((found or {}).get("value")), span((found or {}).get("ci95"), 3)]
    return cells


def of_whole(scores: Mapping[str, Any]) -> Table | None:
    """Return the scores over all photos."""
    rows = [
        ("foreground", "iou"),
        ("mean over categories", "mean_iou"),
        ("rare categories together", "rare_iou"),
        ("along the outlines (boundary IoU)", "boundary_iou"),
        ("calibration error (0 = its confidence is right)", "calibration_error"),
    ]
    cells = [[words, *halves(scores, lambda found, key=key: found.get(key))] for words, key in rows]  # type: ignore[misc]
    cells += [
        [words, *halves(scores, lambda found, key=key: (found.get("lost") or {}).get(key))]  # type: ignore[misc]
        for words, key in LOST
    ]
    return filled("Scores over all photos", ("score", *HEADS), valued(cells))


def valued(cells: list[list[str]]) -> list[list[str]]:
    """Return the rows that hold any value behind their name."""
    return [row for row in cells if any(cell != NOTHING for cell in row[1:])]


def of_categories(scores: Mapping[str, Any]) -> Table | None:
    """Return one row a category, rare ones named so; photos and instances are val's, test's where val has none."""
    parts = [(scores.get(split) or {}).get("iou_per_category") or {} for split in SPLITS]
    cells = []
    for name in sorted({name for part in parts for name in part}):
        known: Row = next(part[name] for part in parts if name in part)
        numbers = [whole(known.get("photos")), whole(known.get("instances"))]
        values = halves(scores, lambda found, name=name: (found.get("iou_per_category") or {}).get(name))  # type: ignore[misc]
        cells.append([f"{name} (rare)" if known.get("rare") else name, *numbers, *values])
    return filled("IoU by category", ("category", "#val photos", "#instances", *HEADS), cells)


def of_instances(scores: Mapping[str, Any]) -> Table | None:
    """Return precision and recall of single objects at each threshold of IoU, on val, else on test."""
    split = next((split for split in SPLITS if (scores.get(split) or {}).get("instances")), None)
    if split is None:
        return None
    cells = [
        (f"{row['iou']:.2f}", *(text for key in ("precision", "recall") for text in of_pair(row.get(key))))
        for row in scores[split]["instances"]
    ]
    heads = ("#IoU of at least", "#precision", "#95 %", "#recall", "#95 %")
    return filled(f"Single objects, {split} photos", heads, cells)


def of_pair(found: Row | None) -> tuple[str, str]:
    """Return value and interval as text."""
    return score((found or {}).get("value")), span((found or {}).get("ci95"), 3)


def of_parts(scores: Mapping[str, Any], key: str, title: str) -> Table | None:
    """Return one row a size or visible share of the true objects. key: "by_size" or "by_visible"."""
    split = next((split for split in SPLITS if (scores.get(split) or {}).get(key)), None)
    if split is None:
        return None
    cells = [
        (
            str(row["name"]),
            whole(row.get("photos")),
            whole(row.get("instances")),
            *of_pair(row.get("recall")),
            *of_pair(row.get("iou")),
            *of_pair(row.get("covered")),
        )
        for row in scores[split][key]
    ]
    heads = (
        "objects",
        "#photos",
        "#objects",
        "#found at IoU 0.5",
        *("#95 %", "#mean IoU", "#95 %", "#share covered", "#95 %"),
    )
    return filled(f"{title}, {split} photos", heads, cells)


def details(scores: Mapping[str, Any] | None) -> list[Table]:
    """Return every table of detail that has a value, in the order of the page; none without scores."""
    given = scores or {}
    found = [
        of_whole(given),
        of_categories(given),
        of_instances(given),
        of_parts(given, "by_size", "By size of the object"),
        of_parts(given, "by_visible", "By how much of the object is in view"),
    ]
    return [table for table in found if table]


def left_out(scores: Mapping[str, Any] | None) -> list[str]:
    """Return what the intervals leave out, each sentence once; none where they leave out nothing."""
    said = [(scores or {}).get(split) or {} for split in SPLITS]
    return sorted({str(found["leaves_out"]) for found in said if found.get("leaves_out")})
