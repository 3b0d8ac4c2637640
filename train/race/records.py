"""What a race knows: candidates, seeds, the results so far, and what the next trainings would cost."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from train.race.budget import Budget
from train.race.candidate import Candidate
from train.scoring.scores import FOREGROUND, Scores

Counts = NDArray[np.float64]  # (P,) pixels by photo, as floats for matrix products


class Key(NamedTuple):
    """What a result belongs to."""

    name: str  # of the candidate
    seed: int
    share: float  # of the steps


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """How one training did on the val photos, at the share of its steps that its key says."""

    intersection: Counts
    union: Counts
    photos: tuple[str, ...]  # the id of each photo, P of them
    groups: tuple[str, ...]  # the group of each photo; photos of one group come and go together
    seconds: float | None = None  # of training from the start of this one up to this share

    @property
    def iou(self) -> float:
        """The foreground's IoU, pooled over the pixels of all photos; 1.0 where nothing was there and nothing said."""
        union = float(self.union.sum())
        return float(self.intersection.sum()) / union if union else 1.0


def result_of(scores: Scores, seconds: float | None = None) -> Result:
    """Return the foreground pixels of a scores file; a photo without a group is a group of its own.

    Raises InputError without photos.
    """
    if not scores.photos:
        raise InputError(f"the {scores.split} split has no photo to score: give it one in the set-up's split section")
    pixels = [photo.pixels[FOREGROUND] for photo in scores.photos]
    return Result(
        np.array([p.intersection for p in pixels], float),
        np.array([p.union for p in pixels], float),
        tuple(photo.id for photo in scores.photos),
        tuple(f"group {photo.group}" if photo.group else f"photo {photo.id}" for photo in scores.photos),
        seconds,
    )


@dataclasses.dataclass(frozen=True)
class Ask:
    """A training that is wanted: this candidate and seed, up to `share` of its steps (resumed where it is begun)."""

    candidate: Candidate
    seed: int
    share: float

    @property
    def key(self) -> Key:
        """The key under which the result is expected."""
        return Key(self.candidate.name, self.seed, self.share)


@dataclasses.dataclass(frozen=True)
class Race:
    """A race as it stands. Results that the race did not ask for are left alone and count as nothing."""

    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]  # in the order in which they are used
    results: Mapping[Key, Result] = dataclasses.field(default_factory=dict)
    budget: Budget = dataclasses.field(default_factory=Budget)
    rung: float = 0.5  # share of the steps after which a training is looked at first; 1.0 = no first look
    close: float = 0.003  # IoU: a best that is expected to be behind by less than this is good enough
    favour: Mapping[str, float] = dataclasses.field(default_factory=dict)  # name -> IoU it may be behind and be chosen
    explore: int = 0  # how many further candidates may be proposed
    domains: Mapping[str, str] = dataclasses.field(default_factory=dict)  # source -> "real" or "render", to explore
    schedules: tuple[str, ...] = ("mix",)  # to explore

    def __post_init__(self) -> None:
        """Raise ValueError for a race nobody can run, InputError if two results judged different photos."""
        names = [each.name for each in self.candidates]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"candidates are {names}, wanted at least one and each once")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds are {list(self.seeds)}, wanted at least one and each once")
        if not 0 < self.rung <= 1 or min(self.close, self.explore, *self.favour.values(), 0) < 0:
            raise ValueError("wanted a rung above 0 and up to 1, and close, explore and favours of 0 or more")
        if self.explore and not self.domains:
            raise ValueError("exploring needs the domains of the sources")
        if self.budget.timed and any(result.seconds is None for result in self.results.values()):
            raise ValueError("a budget in minutes or money needs the seconds of every result")
        results = [self.results[key] for key in sorted(self.results)]
        for key, result in zip(sorted(self.results), results, strict=True):
            if result.photos != results[0].photos or result.groups != results[0].groups:
                raise InputError(
                    f"run {key.name} of seed {key.seed} was scored on other val photos than the others: "
                    "run the pipeline again, so that all judge the same photos"
                )


def favours(race: Race, candidates: Sequence[Candidate]) -> Counts:
    """Return (R,) by how much IoU each candidate is favoured; a proposed mix as much as the most favoured given one."""
    names = {each.name for each in race.candidates}
    most = max(race.favour.values(), default=0.0)
    proposed = {each.name: most for each in candidates if each.name not in names and 0 < each.ratio < 1}
    favour = {**proposed, **race.favour}
    return np.array([favour.get(each.name, 0.0) for each in candidates])


def spent(keys: Mapping[Key, Result]) -> float:
    """Return what these results cost, in whole trainings: the furthest share of each candidate and seed, summed."""
    furthest: dict[tuple[str, int], float] = {}
    for key in sorted(keys):
        furthest[key.name, key.seed] = max(key.share, furthest.get((key.name, key.seed), 0.0))
    return sum(furthest.values())


def cost(ask: Ask, results: Mapping[Key, Result]) -> float:
    """Return what an ask adds to `spent`: only the steps that are not done yet."""
    done = [k.share for k in results if (k.name, k.seed) == (ask.key.name, ask.seed)]
    return max(ask.share - max(done, default=0.0), 0.0)


def seconds_per_run(results: Mapping[Key, Result]) -> float | None:
    """Return the mean seconds of a whole training from what was measured, or None while nothing was."""
    furthest = {(key.name, key.seed): key for key in sorted(results) if results[key].seconds is not None}
    timed = {key: results[key] for key in furthest.values()}
    return sum(each.seconds or 0.0 for each in timed.values()) / spent(timed) if timed else None
