"""What a worker is told of a trial, and the files that it leaves."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.reading import OPEN, read_typed
from train.plan import Phase
from train.run import WEIGHTS
from train.settings import Fit

WATCHED = 48  # val photos: as many as say whether a score still rises, at a small part of a training's time
CHECKPOINT, LOG, HELD_OUT = "checkpoint", "log.json", "held_out.json"


@dataclasses.dataclass(frozen=True)
class TrialInputs:
    """What all trials of a stage share. Paths are absolute, since workers have working folders of their own."""

    fit: Fit
    categories: tuple[str, ...]
    cache: Path
    val: Path  # manifest of the real photos that trials are evaluated on
    held_out: Path  # manifest of the renders
    held_out_ids: tuple[str, ...]  # those of it that no trial trains on


@dataclasses.dataclass(frozen=True)
class TrialJob:
    """One trial to train up to a share of its steps."""

    folder: Path  # of its weights
    evaluation: str  # name of the folder in it for the scores on these val photos and held-out renders
    until: float
    head: dict[str, Any]  # what its scores files say of it
    phases: tuple[Phase, ...]
    digests: tuple[tuple[str, ...], ...]  # of the samples of each source
    photos: tuple[str, ...] | None = None  # ids of the val photos it is scored on; None = all, () = it saw them all


def weights_name(until: float) -> str:
    """Return the name of the weights of a trial trained up to a share of its steps."""
    return WEIGHTS if until == 1 else f"weights-{until:g}.safetensors"


def val_name(until: float) -> str:
    """Return the name of the scores file of a trial trained up to a share of its steps."""
    return "val.json" if until == 1 else f"val-{until:g}.json"


def watched_ids(val: Sequence[str]) -> frozenset[str]:
    """Return the photos that a training is scored on while it goes on: at most `WATCHED`, evenly spaced over val."""
    count = min(WATCHED, len(val))
    return frozenset(val[place * len(val) // count] for place in range(count))


@with_config(OPEN)
class Logged(TypedDict, total=False):
    """What is read of a log: steps done, seconds by the share of the steps, pairs of steps done and score on val."""

    steps: Annotated[int, Field(ge=0)]
    watched: list[tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(ge=0, le=1)]]]
    evaluation: str  # of `watched`: a trial's weights outlive the val photos that it was watched on
    seconds: dict[Annotated[str, Field(pattern=r"^(1|0\.\d{1,9})$")], float]


LOGGED = TypeAdapter(Logged)


def log_of(folder: Path) -> Logged:
    """Return the log of a trial, empty before its first scores."""
    path = folder / LOG
    return (
        read_typed(path, LOGGED, "the log of a training", "remove its folder, and train again")
        if path.is_file()
        else {}
    )
