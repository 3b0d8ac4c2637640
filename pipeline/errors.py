"""The one error that is meant for people."""

import reprlib
from typing import Any

SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80
SHORT.maxlevel, SHORT.maxdict, SHORT.maxlist, SHORT.maxtuple = 3, 6, 6, 6


class InputError(Exception):
    """A user's mistake: one line that names the file, what was found, what was wanted, and the next step."""


def shown(value: Any) -> str:
    """Return a value of a file as a message shows it: short, however long or deep it is."""
    return SHORT.repr(value)
