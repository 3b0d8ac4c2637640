"""The one error that is meant for people."""

import reprlib
from collections.abc import Sequence
from typing import Any

LONGEST = 1500  # characters of a line; what a file holds may be longer
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80
SHORT.maxlevel, SHORT.maxdict, SHORT.maxlist, SHORT.maxtuple = 3, 6, 6, 6


class InputError(Exception):
    """A user's mistake: one line that names the file, what was found, what was wanted, and the next step."""


def few_of(names: Sequence[str], most: int) -> str:
    """Return the first `most` names as a message lists them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def shown(value: Any) -> str:
    """Return a value of a file as a message shows it: short, however long or deep it is."""
    try:
        return SHORT.repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number that is too long to show"


def one_line(error: object) -> str:
    """Return what an error says in one line; of one that is too long the middle is left out."""
    line = " ".join(str(error).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 400]} ... {line[-400:]}"
