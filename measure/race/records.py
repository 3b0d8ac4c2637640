"""What a race knows: candidates, seeds, the results so far, its budget, and what the next trainings would cost."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from measure.scoring.intervals import mean_of_seeds, share
from measure.scoring.scores import Scores
from measure.trials.candidate import Candidate
from pipeline.errors import InputError


@dataclasses.dataclass(frozen=True)
class Budget:
    """Upper bounds, each of which may be None: then only the seeds limit the race."""

    runs: float | None = None  # whole trainings; one that stops half-way counts half
    minutes: float | None = None  # of training, summed over runs
    money: float | None = None
    money_per_hour: float | None = None  # price of an hour of training; needed where `money` is given

    def __post_init__(self) -> None:
        """Raise ValueError for a bound that is not above 0, or for money without a price."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{field.name} is {value}, wanted more than 0, or null for no bound")
        if self.money is not None and self.money_per_hour is None:
            raise ValueError("money is given without money_per_hour, the price of an hour of training")

    @property
    def timed(self) -> bool:
        """Whether a bound can be checked only once the length of a run is known."""
        return self.minutes is not None or self.money is not None

    def bounds(self, seconds_per_run: float | None) -> dict[str, float]:
        """Return each bound in runs, by its words; bounds in time are left out while `seconds_per_run` is None."""
        found = {} if self.runs is None else {f"{self.runs:g} runs": self.runs}
        if seconds_per_run is None:
            return found
        per_run = max(seconds_per_run, 1e-9)  # a run of no time is one that cost nothing
        if self.minutes is not None:
            found[f"{self.minutes:g} minutes"] = self.minutes * 60 / per_run
        if self.money is not None and self.money_per_hour is not None:
            found[f"{self.money:g} in money"] = self.money / self.money_per_hour * 3600 / per_run
        return found


Counts = NDArray[np.float64]  # (K, P) pixels by category and photo, or (P,) of one, as floats for matrix products


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
        """The mean over categories of their IoU, pooled over photos; 1.0 where nothing was there and nothing said."""
        each = share(np.atleast_2d(self.intersection).sum(axis=1), np.atleast_2d(self.union).sum(axis=1))
        return float(np.nan_to_num(mean_of_seeds(each), nan=1.0))


def result_of(scores: Scores, seconds: float | None = None) -> Result:
    """Return the pixels of what a scores file's score is the mean of; a photo without a group is a group of its own.

    Raises InputError without photos.
    """
    if not scores.photos:
        raise InputError(f"the {scores.split} split has no photo to score: give it one in the set-up's split section")
    pixels = [[photo.pixels[name] for photo in scores.photos] for name in scores.scored]
    return Result(
        np.array([[p.intersection for p in some] for some in pixels], float),
        np.array([[p.union for p in some] for some in pixels], float),
        tuple(photo.id for photo in scores.photos),
        tuple(f"group {photo.group}" if photo.group else f"photo {photo.id}" for photo in scores.photos),
        seconds,
    )


@dataclasses.dataclass(frozen=True)
class Request:
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
    """A race as it stands. Results that the race did not request are left alone and count as nothing."""

    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]  # in the order in which they are used
    results: Mapping[Key, Result] = dataclasses.field(default_factory=dict)
    budget: Budget = dataclasses.field(default_factory=Budget)
    rung: float = 0.5  # share of the steps after which a training is looked at first; 1.0 = no first look
    close: float = 0.003  # IoU: a best that is expected to be behind by less than this is good enough

    def __post_init__(self) -> None:
        """Raise ValueError for a race nobody can run, InputError if two results are of different photos."""
        names = [each.name for each in self.candidates]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"candidates are {names}, wanted at least one and each once")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds are {list(self.seeds)}, wanted at least one and each once")
        if not 0 < self.rung <= 1 or self.close < 0:
            raise ValueError("wanted a rung above 0 and up to 1, and close of 0 or more")
        if self.budget.timed and any(result.seconds is None for result in self.results.values()):
            raise ValueError("a budget in minutes or money needs the seconds of every result")
        results = [self.results[key] for key in sorted(self.results)]
        for key, result in zip(sorted(self.results), results, strict=True):
            if result.photos != results[0].photos or result.groups != results[0].groups:
                raise InputError(
                    f"run {key.name} of seed {key.seed} was scored on other val photos than the others: "
                    "run the pipeline again, so that all are scored on the same photos"
                )


def spent(keys: Iterable[Key]) -> float:
    """Return what these trainings cost, in whole ones: the furthest share of each candidate and seed, summed."""
    furthest: dict[tuple[str, int], float] = {}
    for key in sorted(keys):
        furthest[key.name, key.seed] = max(key.share, furthest.get((key.name, key.seed), 0.0))
    return sum(furthest.values())


def cost(request: Request, results: Mapping[Key, Result]) -> float:
    """Return what an request adds to `spent`: only the steps that are not done yet."""
    done = [k.share for k in results if (k.name, k.seed) == (request.key.name, request.seed)]
    return max(request.share - max(done, default=0.0), 0.0)


def seconds_per_run(results: Mapping[Key, Result]) -> float | None:
    """Return the mean seconds of a whole training from what was measured, or None while nothing was."""
    furthest = {(key.name, key.seed): key for key in sorted(results) if results[key].seconds is not None}
    timed = {key: results[key] for key in furthest.values()}
    return sum(each.seconds or 0.0 for each in timed.values()) / spent(timed) if timed else None
