"""What changes of the picked training brought that were tried, and which were not and why."""

import dataclasses
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from dataset.records import RelativePath
from measure.attribution.groups import ASSET
from pipeline.errors import few_of
from pipeline.reading import Record, read_typed

Action = Literal["label", "render", "assets", "look", "architecture", "stop"]
NAMED = 3  # changes that a sentence names


@dataclasses.dataclass(frozen=True)
class TriedChange(Record):
    """What one change of the picked training brought on val."""

    name: str
    action: Action  # the step of the advice that it speaks of
    gain: float  # IoU with the change less that without; of halves that of all less that of the half
    ci95: tuple[float, float]
    times: float  # what one training costs with it, in whole ones of today
    trials: tuple[RelativePath, ...] = ()  # that stage probe trained for it

    @property
    def helps(self) -> bool:
        """Return whether a gain is shown."""
        return self.ci95[0] > 0

    @property
    def numbers(self) -> str:
        """Return the gain with its interval, e.g. "+0.020 (+0.010 to +0.030)"."""
        lo, hi = self.ci95
        return f"{self.gain:+.3f} ({lo:+.3f} to {hi:+.3f})"


@dataclasses.dataclass(frozen=True)
class UntriedChange(Record):
    """A change that was not trained."""

    name: str
    action: Action
    why: str
    possible: bool  # with a larger budget it would have been


@dataclasses.dataclass(frozen=True)
class ProbeFile(Record):
    """What stage probe writes."""

    changes: tuple[TriedChange, ...]
    untried: tuple[UntriedChange, ...]


PROBES = TypeAdapter(ProbeFile)


def read_probes(path: Path) -> ProbeFile:
    """Return what stage probe wrote; raise InputError for another kind of file."""
    return read_typed(path, PROBES, "what changes brought", "run stage probe again")


def leaving_out(kind: str, name: str) -> tuple[str, Action]:
    """Return what it is called to train without a group of renders, and which step of the advice that speaks of."""
    return f"without {kind} {name}", "assets" if kind == ASSET else "look"


def why_not(changes: tuple[UntriedChange, ...]) -> str:
    """Return what was not trained and why, e.g. "Not known: half the labels (probe.runs is 0)."; "" for no changes."""
    if not changes:
        return ""
    reasons = dict.fromkeys(change.why for change in changes)
    parts = [f"{names([each.name for each in changes if each.why == why])} ({why})" for why in reasons]
    return f"{'Not known' if any(each.possible for each in changes) else 'Not possible'}: {'; '.join(parts)}."


def names(some: list[str]) -> str:
    """Return the first `NAMED` of these names, and how many more there are."""
    return few_of(some, NAMED)
