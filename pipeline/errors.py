"""The one error that is meant for people."""


class InputError(Exception):
    """A user's mistake: one line that names the file, what was found, what was wanted, and the next step."""
