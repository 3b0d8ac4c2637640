"""A stage is a file with one `main`; its command line is made from main's own signature."""

import argparse
import dataclasses
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_origin

from pipeline.errors import InputError
from pipeline.settings import PARAMS, read_choice, read_settings

CHOSEN = f"the plain value of {PARAMS} that has the parameter's name, unless the command line says another"


def run_stage(main: Callable[..., None], argv: Sequence[str] | None = None) -> None:
    """Run `main` with its settings read from params.yaml and its other parameters from the command line.

    A parameter whose type is a dataclass takes the section of that name; every other one becomes ``--name VALUE``,
    converted by its type (Path, str, int, float). One of type ``Annotated[Path, CHOSEN]`` may be left out there: then
    it comes from params.yaml, so that no shell reads what a user named. An InputError ends in one line on stderr and
    exit code 2.
    """
    parameters = inspect.signature(main).parameters.values()
    parser = argparse.ArgumentParser(description=(inspect.getmodule(main) or main).__doc__, allow_abbrev=False)
    for parameter in parameters:
        if not dataclasses.is_dataclass(parameter.annotation):
            flag, chosen = f"--{parameter.name.replace('_', '-')}", is_chosen(parameter)
            kind = parameter.annotation.__origin__ if chosen else parameter.annotation
            parser.add_argument(flag, dest=parameter.name, type=kind, required=not chosen)
    values: dict[str, Any] = vars(parser.parse_args(argv))
    with one_line_errors():
        for parameter in parameters:
            if isinstance(parameter.annotation, type) and dataclasses.is_dataclass(parameter.annotation):
                values[parameter.name] = read_settings(parameter.annotation)
            elif is_chosen(parameter) and values[parameter.name] is None:
                values[parameter.name] = parameter.annotation.__origin__(read_choice(parameter.name))
        main(**values)


def is_chosen(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter of a `main` is marked with CHOSEN."""
    kind = parameter.annotation
    return get_origin(kind) is Annotated and CHOSEN in kind.__metadata__


class one_line_errors:  # noqa: N801 - reads as a verb at the call
    """A context that turns an InputError into one line on stderr and exit code 2."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End the process with code 2 if a user's mistake ended the block."""
        if isinstance(error, InputError):
            sys.stderr.write(" ".join(str(error).split()) + "\n")
            raise SystemExit(2) from None
