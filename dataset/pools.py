"""The file of pools that rooms meet through: which samples of which manifest may be trained on, and in which order."""

import dataclasses
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from dataset.folds import Folds
from dataset.records import RelativePath
from pipeline.reading import Record, read_typed


@dataclasses.dataclass(frozen=True)
class Members(Record):
    """Samples of one manifest."""

    manifest: RelativePath  # from the folder of the file
    ids: tuple[str, ...]  # in nested order: the first k are the subset of size k


@dataclasses.dataclass(frozen=True)
class Named(Members):
    """One source of samples."""

    name: str
    domain: Literal["real", "render"]
    inverse: tuple[float, ...] = ()  # drawn by importance: 1 / p of each id, so that sums of y / p are those of all


@dataclasses.dataclass(frozen=True)
class PoolsFile(Record):
    """What stage compose writes."""

    sources: tuple[Named, ...]
    held_out: Members  # renders that no training sees
    folds: Folds = ()  # of the real photos; () = val has photos of its own


POOLS = TypeAdapter(PoolsFile)


def read_pools_file(path: Path) -> PoolsFile:
    """Return what stage compose wrote; raise InputError for another kind of file."""
    return read_typed(path, POOLS, "pools of samples", "run stage compose again")
