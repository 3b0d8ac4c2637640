"""The file of the benchmark: a section of numbers for each room, each replaced by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json, write_json


def record(path: Path, section: str, numbers: Mapping[str, Any]) -> None:
    """Put numbers into a section of the file; its other numbers and the other sections stay as they are.

    Raises InputError when the file is there and holds no sections.
    """
    known = read_json(path) if path.is_file() else {}
    if not isinstance(known, dict) or not isinstance(known.get(section, {}), dict):
        raise InputError(f"{path}: found no sections of numbers in it; remove it, then run the benchmark again")
    write_json(path, known | {section: known.get(section, {}) | dict(numbers)})
