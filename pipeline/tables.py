"""Tables as CSV, which people open in a spreadsheet: no text in one is ever taken for a formula there."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.files import write_text

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet computes, and may run, if a cell begins with it


def table_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV (RFC 4180, but with plain line feeds): the head, then a line a row; None is an empty cell.

    A text that a spreadsheet would compute gets a ' before it, as a person would type it there. Numbers stay numbers.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([cell(value) for value in row] for row in (head, *rows))
    return text.getvalue()


def cell(value: Any) -> Any:
    """Return a value as a cell holds it; its lines end in line feeds, as csv leaves carriage returns unquoted."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if value.startswith(FORMULA) else text


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table whole, as `table_text` gives it."""
    write_text(path, table_text(head, rows))


def rows_of(text: str) -> list[list[str]]:
    """Return the rows behind the head of a CSV, cells without the blanks around them; ValueError for what is none."""
    try:
        return [[cell.strip() for cell in row] for row in list(csv.reader(text.splitlines()))[1:]]
    except csv.Error as error:
        raise ValueError(str(error)) from error
