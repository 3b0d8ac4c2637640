"""Folds: parts of the labelled photos that are held out of training in turn, where val has no photos of its own."""

import dataclasses
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import Record, read_typed

Folds = tuple[tuple[str, ...], ...]  # ids of the photos of each; () = val has photos of its own


@dataclasses.dataclass(frozen=True)
class FoldsFile(Record):
    """folds.json, as stage `split` writes it."""

    folds: Folds


FOLDS = TypeAdapter(FoldsFile)
FILE = "folds.json"
AGAIN = "run stage split again"


def read_folds(path: Path) -> Folds:
    """Return the folds; raise InputError for another kind of file, or a photo that stands there twice."""
    found = read_typed(path, FOLDS, "folds", AGAIN).folds
    ids = [name for fold in found for name in fold]
    if len(ids) > len(set(ids)) or not all(found):
        raise InputError(f"{path}: wanted each photo in one fold, and no fold without photos; {AGAIN}")
    return found


def write_folds(path: Path, folds: Folds) -> None:
    """Write folds.json."""
    write_json(path, {"folds": [list(fold) for fold in folds]})


def refuse_folds(val: Path) -> None:
    """Raise InputError if val is train in folds, as folds.json beside its manifest says: a network has seen it all."""
    path = val.with_name(FILE)
    if path.is_file() and read_folds(path):
        raise InputError(
            f"{val}: with split.folds these are the photos that networks are trained on, wanted photos that they did "
            "not see; write a rule for split.val in place of split.folds"
        )
