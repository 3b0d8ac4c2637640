"""What a USD file names and how long its unit is, found out by USD in a process of its own (`usd_layers.py`)."""

import subprocess
import sys
from pathlib import Path

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.errors import InputError
from pipeline.reading import parse_typed

SCRIPT = Path(__file__).resolve().with_name("usd_layers.py")
LIMIT_S = 90  # USD's own limit is shorter; this one ends a process that does not even start


class Answer(TypedDict, total=False):
    """A line of the script: a reason, or the others."""

    metres: float | None
    layers: list[str]
    reason: str


ANSWER = TypeAdapter(Answer)


def look_at_layers(path: Path) -> tuple[float | None, tuple[Path, ...]]:
    """Return how many metres the unit of a USD file is, None where it does not say, and the layers beside it.

    Raises InputError if it, or a layer that it names, is broken, names itself, or names a file outside its folder or a
    layer that is not there.
    """
    command = [sys.executable, "-I", str(SCRIPT), str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, -1, "", "")
    if done.returncode or not done.stdout:
        raise InputError(f"{path}: USD breaks down over it, or wants more memory than it may; export it again")
    answer = parse_typed(done.stdout, ANSWER, str(path), "export it again")
    if "reason" in answer:
        raise InputError(f"{path}: {answer['reason']}")
    return answer.get("metres"), tuple(path.parent / name for name in answer.get("layers", []))
