"""The commands of the label room: where the next hour of human labelling goes."""

from collections.abc import Callable

import click

from admix.commands import Command, Commands


@click.group(cls=Commands)
def label() -> None:
    """Say where the next hour of human labelling goes."""


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Return what makes a command of the group of a function, with an example for its help."""
    return label.command(cls=Command, example=example)
