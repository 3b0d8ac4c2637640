"""How far labels lie from the pictures' edges, as the page says it."""

from typing import Any

from report.record import OutlinesRecord
from report.tables import Table, filled
from report.words import score, signed, span, whole

HEADS = ("labels of", "side", "#beyond the edge, pixels", "#95 %", "#objects with a clear edge")


def outline_parts(found: OutlinesRecord | None) -> dict[str, Any]:
    """Return what the page says of outlines: a table, warnings, and the ceiling in a sentence."""
    if not found:
        return {"outlines": None, "outline_words": (), "ceiling": ""}
    return {"outlines": table(found), "outline_words": found.words, "ceiling": ceiling_words(found)}


def table(found: OutlinesRecord) -> Table | None:
    """Return one row a side of the labels of each split; None where too few edges are clear."""
    rows = [(row.split, row.side, signed(row.px), span(row.ci95, 2, "+"), whole(row.objects)) for row in found.sides]
    return filled("How far labels reach beyond the edges in the photos", HEADS, rows)


def ceiling_words(found: OutlinesRecord) -> str:
    """Return the ceiling in a sentence; the empty text where it is not known."""
    if not found.ceiling:
        return ""
    return (
        f"No network can follow how labels stray from the edges: val labels like these allow about "
        f"{score(found.ceiling.iou)} ({span(found.ceiling.ci95, 3)})."
    )
