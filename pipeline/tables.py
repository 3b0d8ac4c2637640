"""CSV files: the one way to write them."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet would compute


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a CSV with its head, lines ended by a line feed; no rows give the head alone, None an empty cell.

    Text that begins as a formula does (``=``, ``+``, ``-``, ``@``, a tab, a line's end) gets a ``'`` in front, because
    spreadsheets run such cells and names come from strangers. Numbers stay numbers, negative ones too.
    """
    return "".join(map(csv_line, [head, *rows]))


def csv_line(row: Sequence[Any]) -> str:
    """Return one line of a CSV with its line feed."""
    text = io.StringIO()
    # Python before 3.13 quotes only the line's end that it writes: a bare carriage return would begin a new line
    csv.writer(text, lineterminator="\r\n").writerow([cell(value) for value in row])
    return text.getvalue().removesuffix("\r\n") + "\n"


def cell(value: Any) -> Any:
    """Return what is written for a value: text that no spreadsheet takes for a formula, anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
