"""The pick file: which mix was chosen, the table that it was chosen from, and where the runs behind it lie."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json

REAL_ONLY, RENDER_ONLY = 0.0, 1.0  # the two ends of the ratio

Row = dict[str, Any]  # one of "ratios" in pick.json, as transfer.json repeats it, and "cells": seed -> folder


def read_pick(path: Path) -> dict[str, Any]:
    """Return what stage tune wrote; raise InputError for another kind of file."""
    value = read_json(path)
    if not isinstance(value, dict) or not {"cell", "ratios", "race"} <= value.keys():
        raise InputError(f"{path}: not a pick; run stage tune again")
    return value


def picked_row(pick: Mapping[str, Any]) -> Row:
    """Return the row of the picked candidate. Raises ValueError without one."""
    found: Row = next((row for row in pick["ratios"] if row["picked"]), {})
    if not found:
        raise ValueError("no row is picked")
    return found


def end_row(pick: Mapping[str, Any], ratio: float) -> Row | None:
    """Return the row of real only (0.0) or renders only (1.0) if it was trained to the end, best first; else None."""
    found = [row for row in pick["ratios"] if row["ratio"] == ratio and row["cells"]]
    return max(found, key=lambda row: (row["iou"], row["name"]), default=None)


def compared(pick: Mapping[str, Any]) -> list[Row]:
    """Return the rows that are scored on the test photos: the picked one and both ends, by rising ratio, each once."""
    rows = [picked_row(pick), end_row(pick, REAL_ONLY), end_row(pick, RENDER_ONLY)]
    named = {row["name"]: row for row in rows if row}
    return sorted(named.values(), key=lambda row: (row["ratio"], row["name"]))
