"""The file of the benchmark: a section of numbers for each room, each replaced by itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter

from pipeline.files import write_json
from pipeline.reading import read_typed

Sections = dict[str, dict[str, Any]]


def finite(sections: Sections) -> Sections:
    """Return the sections; raise ValueError for a number that JSON cannot hold, such as 1e400, which reads as inf."""
    json.dumps(sections, allow_nan=False)
    return sections


SECTIONS = TypeAdapter(Annotated[Sections, AfterValidator(finite)])


def known(path: Path) -> Sections:
    """Return the sections of the file, none where there is no file.

    Raises InputError when it holds something else than sections of finite numbers.
    """
    again = "remove it, then run the benchmark again"
    return read_typed(path, SECTIONS, "sections of numbers", again) if path.is_file() else {}


def record(path: Path, section: str, numbers: Mapping[str, Any]) -> None:
    """Put numbers into a section of the file; its other numbers and the other sections stay as they are.

    Raises InputError as `known`.
    """
    sections = known(path)
    write_json(path, sections | {section: sections.get(section, {}) | dict(numbers)})
