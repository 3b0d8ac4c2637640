"""What the commands share: their order, their help, and how a stage takes their options."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path)


class Commands(click.Group):
    """A group whose commands stand in the order in which a project needs them."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order in which they were written."""
        return list(self.commands)


class Command(click.Command):
    """A command whose help ends in an example."""

    def __init__(self, *words: Any, example: str, **more: Any):
        super().__init__(*words, **more)
        self.example = example

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, on a line of its own."""
        formatter.write(f"\nExample:\n  {self.example}\n")  # unbroken, to be copied


def resolved(root: click.Group, words: Sequence[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words lead to, through groups, and the words that are left for it."""
    found: click.Command = root
    rest = list(words)
    while isinstance(found, click.Group):
        found = found.commands[rest.pop(0)]
    return found, rest


def leaves(root: click.Group) -> list[str]:
    """Return every command below a group as it is typed, such as ``label pick``, in the order of the help."""
    return [
        name if not isinstance(each, click.Group) else f"{name} {below}"
        for name, each in root.commands.items()
        for below in (leaves(each) if isinstance(each, click.Group) else [""])
    ]


def flags(words: Mapping[str, object]) -> list[str]:
    """Return options as a stage takes them; None is an option that was not given."""
    given = {name.replace("_", "-"): str(value) for name, value in words.items() if value is not None}
    return [word for name, value in given.items() for word in (f"--{name}", value)]
