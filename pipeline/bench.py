"""The file of the benchmark: a section of numbers for each room, each replaced by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.files import write_json
from pipeline.reading import read_typed

SECTIONS = TypeAdapter(dict[str, dict[str, Any]])


def record(path: Path, section: str, numbers: Mapping[str, Any]) -> None:
    """Put numbers into a section of the file; its other numbers and the other sections stay as they are.

    Raises InputError when the file is there and holds no sections.
    """
    again = "remove it, then run the benchmark again"
    known = read_typed(path, SECTIONS, "sections of numbers", again) if path.is_file() else {}
    write_json(path, known | {section: known.get(section, {}) | dict(numbers)})
