"""A stage is a file with one `main`; its command line is made from main's own signature."""

import argparse
import dataclasses
import gc
import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, one_line
from pipeline.files import in_words
from pipeline.settings import read_choice, read_settings

FROM_PARAMS = "params:"


def run_stage(main: Callable[..., None], argv: Sequence[str] | None = None) -> None:
    """Run `main` with its settings read from params.yaml and its other parameters from the command line.

    A parameter whose type is a dataclass takes the section of that name; every other one becomes ``--name VALUE``,
    converted by its type (Path, str, int, float); one that is None by default may be left out. ``--name params:KEY``
    takes a path from params.yaml, so that it need not pass through a shell, which would run what stands in it. An
    InputError ends in one line and exit code 2.
    """
    gc.freeze()  # what is imported stays: to look through it again, at the end too, takes a quarter of a short stage
    parameters = inspect.signature(main).parameters.values()
    parser = argparse.ArgumentParser(description=(inspect.getmodule(main) or main).__doc__, allow_abbrev=False)
    for parameter in parameters:
        if not dataclasses.is_dataclass(parameter.annotation):
            flag, needed = f"--{parameter.name.replace('_', '-')}", parameter.default is parameter.empty
            parser.add_argument(flag, dest=parameter.name, type=plain_type(parameter.annotation), required=needed)
    values: dict[str, Any] = vars(parser.parse_args(argv))
    with one_line_errors():
        for parameter in parameters:
            if str(values.get(parameter.name)).startswith(FROM_PARAMS):
                values[parameter.name] = Path(read_choice(str(values[parameter.name]).removeprefix(FROM_PARAMS)))
            if isinstance(parameter.annotation, type) and dataclasses.is_dataclass(parameter.annotation):
                values[parameter.name] = read_settings(parameter.annotation)
        main(**values)


def plain_type(annotation: Any) -> Any:
    """Return the type of a parameter; of one that may be None, the other one."""
    return next((kind for kind in typing.get_args(annotation) if kind is not type(None)), annotation)


class one_line_errors:  # noqa: N801 - reads as a verb at the call
    """A context that turns an InputError, and what the disk refuses, into one line on stderr and exit code 2."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End the process with code 2 if a user's mistake ended the block, or the disk or its rights."""
        if isinstance(error, OSError):
            error = in_words(Path(str(error.filename or "a file")), error)
        if isinstance(error, InputError):
            sys.stderr.write(one_line(error) + "\n")
            raise SystemExit(2) from None
