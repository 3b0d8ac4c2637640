"""Replaying a race on a grid that was trained in full: what the race would have cost, and what it would have lost."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from measure.race.decision import Decision, finish
from measure.race.policy import next_requests
from measure.race.records import Budget, Key, Race, Result, result_of
from measure.scoring.scores import Scores, read_scores
from measure.trials.candidate import Candidate
from measure.trials.job import val_name
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import Count, read_typed

FINITE = ConfigDict(strict=True, allow_inf_nan=False)


SHARES = (0.25, 0.5, 1.0)  # of the steps, after which a grid's trainings are scored on val


@dataclasses.dataclass(frozen=True)
class Grid:
    """Every candidate trained with every seed, scored on the val photos on the way and at the end, and on test."""

    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]
    steps: int
    results: dict[Key, Result]  # on val, at each of `SHARES`
    test: dict[Key, Result]  # at the end

    def mean_iou(self, name: str, share: float = 1.0) -> float:
        """Return the mean over all seeds of a candidate's IoU on val, after a share of the steps."""
        return sum(self.results[Key(name, seed, share)].iou for seed in self.seeds) / len(self.seeds)

    def test_iou(self, name: str) -> float:
        """Return the mean over all seeds of a candidate's IoU on test."""
        return sum(self.test[Key(name, seed, 1.0)].iou for seed in self.seeds) / len(self.seeds)

    def regret(self, name: str) -> float:
        """Return the IoU, 0 or more, by which a candidate's mean is behind the best candidate's."""
        return max(self.mean_iou(each.name) for each in self.candidates) - self.mean_iou(name)


@dataclasses.dataclass(frozen=True)
class Replay:
    """What a race on a grid came to."""

    race: Race  # at its end
    decision: Decision
    cost: float  # share of the full grid
    regret: float  # of the chosen candidate on the full grid


def replay(grid: Grid, budget: Budget, seeds: Sequence[int] | None = None) -> Replay:
    """Return what a race would have cost and lost; seeds: their order, as the grid has them unless given."""
    race = Race(grid.candidates, tuple(seeds or grid.seeds), {}, budget)
    known: dict[Key, Result] = {}
    while requests := next_requests(dataclasses.replace(race, results=known)):
        known |= {request.key: grid.results[request.key] for request in requests}
    race = dataclasses.replace(race, results=known)
    decision = finish(race)
    return Replay(race, decision, decision.spent / decision.full_grid, grid.regret(decision.best))


def to_json(grid: Grid) -> dict[str, Any]:
    """Return a grid as the object of a grid file: whole numbers of pixels, photos and groups by number alone."""
    return {
        "candidates": [dataclasses.asdict(each) | {"weights": dict(each.weights)} for each in grid.candidates],
        "seeds": list(grid.seeds),
        "steps": grid.steps,
        "val": split_of(grid.results),
        "test": split_of(grid.test),
    }


def split_of(results: Mapping[Key, Result]) -> dict[str, Any]:
    """Return the results on one split as a grid file holds them."""
    keys = sorted(results)
    groups = results[keys[0]].groups if keys else ()
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return {
        "groups": [number[group] for group in groups],
        "scores": [
            key._asdict() | {k: rows_of(getattr(results[key], k)) for k in ("intersection", "union")} for key in keys
        ],
    }


def rows_of(counts: NDArray[np.float64]) -> list[Any]:
    """Return counts of pixels, a photo each, as whole numbers: of several categories a row each, of one one row."""
    rows: list[Any] = np.atleast_2d(counts).astype(int).tolist()
    return rows[0] if len(rows) == 1 else rows


class CandidateRow(TypedDict):
    """As `Candidate`."""

    weights: dict[str, float]
    schedule: str
    ratio: float


class ScoreRow(TypedDict):
    """The pixels of one training, a photo each; of several categories a row each."""

    name: str
    seed: int
    share: float
    intersection: list[Count] | list[list[Count]]
    union: list[Count] | list[list[Count]]


class SplitRow(TypedDict):
    """The photos of one split, by the number of their group, and what each training scored on them."""

    groups: list[int]
    scores: list[ScoreRow]


@with_config(FINITE)
class GridFile(TypedDict):
    """What `to_json` writes."""

    candidates: list[CandidateRow]
    seeds: list[int]
    steps: Count
    val: SplitRow
    test: SplitRow


GRID = TypeAdapter(GridFile)


def from_json(value: GridFile) -> Grid:
    """Return the grid that `to_json` wrote. Raises ValueError for candidates that cannot be."""
    candidates = [
        Candidate(tuple(each["weights"].items()), each["schedule"], each["ratio"]) for each in value["candidates"]
    ]
    return Grid(
        tuple(candidates), tuple(value["seeds"]), value["steps"], results_of(value["val"]), results_of(value["test"])
    )


def results_of(split: SplitRow) -> dict[Key, Result]:
    """Return the results that `split_of` wrote."""
    groups = tuple(str(group) for group in split["groups"])
    photos = tuple(str(i) for i in range(len(groups)))
    return {
        Key(each["name"], each["seed"], each["share"]): Result(
            np.array(each["intersection"], float), np.array(each["union"], float), photos, groups
        )
        for each in split["scores"]
    }


def read_grid(path: Path) -> Grid:
    """Read a grid file; raise InputError when it is missing or another kind of file."""
    found = read_typed(path, GRID, "a grid file", "record it again")
    try:
        return from_json(found)
    except ValueError as error:
        raise InputError(f"{path}: not a grid file: {error}; record it again") from error


def write_grid(path: Path, grid: Grid) -> None:
    """Write one grid file whole, in one line."""
    write_text(path, json.dumps(to_json(grid), separators=(",", ":")) + "\n")


def record(trials: Sequence[tuple[Candidate, int, Path, Scores]], steps: int) -> Grid:
    """Return the grid of trainings: of each the candidate, the seed, the folder of its val scores, its test scores.

    Photos and groups are numbered, so that no name of theirs is in the grid. Raises InputError if a file is missing, if
    trainings were scored on different photos, or if not every candidate has every seed.
    """
    candidates = tuple({each.name: each for each, *_ in trials}.values())
    seeds = tuple(sorted({seed for _, seed, *_ in trials}))
    rows = {(each.name, seed): (folder, test) for each, seed, folder, test in trials}
    val, test = dict[Key, Result](), dict[Key, Result]()
    for name, seed in [(each.name, seed) for each in candidates for seed in seeds]:
        if (name, seed) not in rows:
            raise InputError(f"the grid lacks {name} with seed {seed}: train it, then record again")
        folder, tested = rows[name, seed]
        test[Key(name, seed, 1.0)] = result_of(tested)
        for share in SHARES:
            val[Key(name, seed, share)] = result_of(read_scores(folder / val_name(share)))
    for results in (val, test):
        Race(candidates, seeds, results)  # refuses other photos
    return Grid(candidates, seeds, steps, *({key: numbered(each) for key, each in r.items()} for r in (val, test)))


def numbered(named: Result) -> Result:
    """Return a result with photos and groups by number, in their order."""
    number = {group: str(i) for i, group in enumerate(dict.fromkeys(named.groups))}
    photos = tuple(str(i) for i in range(len(named.photos)))
    return dataclasses.replace(named, photos=photos, groups=tuple(number[group] for group in named.groups))
