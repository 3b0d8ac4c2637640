"""What training found out about assets: the words of the set-ups' attribution files, where there are any."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.errors import InputError
from pipeline.reading import read_typed


class HelpedGroup(TypedDict):
    """What is read of one group of renders."""

    name: str
    kind: str
    words: str


class HelpFile(TypedDict):
    """What is read of an attribution file."""

    groups: list[HelpedGroup]


ATTRIBUTION = TypeAdapter(HelpFile)


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
    found = read_typed(file, ATTRIBUTION, "an attribution", "run stage attribute again")
    return {group["name"]: group["words"] for group in found["groups"] if group["kind"] == "asset"}
