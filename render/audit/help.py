"""What training found out about assets: the words of the set-ups' attribution files, where there are any."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json


def attributions(data: Path) -> list[Path]:
    """Return the attribution files of all set-ups, by name; none before stage attribute has run."""
    return sorted(data.glob("*/attribution.json"))


def read_help(files: Iterable[Path]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return asset id -> a sentence a set-up, and what could not be read."""
    found, problems = dict[str, tuple[str, ...]](), list[str]()
    for file in files:
        try:
            for name, words in help_in(file).items():
                found[name] = (*found.get(name, ()), f"{file.parent.name}: {words}")
        except InputError as error:
            problems.append(str(error))
    return found, problems


def help_in(file: Path) -> Mapping[str, str]:
    """Return asset id -> what one set-up says of it; raise InputError for another kind of file."""
    value: Any = read_json(file)
    try:
        return {str(item["name"]): str(item["words"]) for item in value["groups"] if item["kind"] == "asset"}
    except (KeyError, TypeError) as error:
        raise InputError(f"{file}: not an attribution ({error!r}); run stage attribute again") from error
