"""Texts that a spreadsheet would compute, and how it reads a CSV."""

import csv
import io

FORMULAS = (
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
)
INNER = ("a,=1", "a\r=1", "a\n=1", 'a"=1', "a\r\n=1", '",=1', 'a",\r\n=1')  # begin well, and hide a cell or a line
HOSTILE = FORMULAS + INNER


def rows_of(text):
    """Return the cells of a CSV, line by line; every kind of line's end ends a line."""
    return list(csv.reader(io.StringIO(text, newline="")))


def computed(text):
    """Return the cells of a CSV that a spreadsheet would compute; none of our numbers is negative text."""
    return [cell for row in rows_of(text) for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]


def as_text(value):
    """Return how a hostile text stands in a cell."""
    return f"'{value}" if value in FORMULAS else value
