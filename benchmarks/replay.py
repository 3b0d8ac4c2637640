"""Replaying a race on a grid that was trained in full: what the race would have cost, and what it would have lost."""

import dataclasses
import json
from collections.abc import Sequence
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
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import Count, read_typed

FINITE = ConfigDict(strict=True, allow_inf_nan=False)


@dataclasses.dataclass(frozen=True)
class Grid:
    """Every candidate trained with every seed, scored on the val photos at the first rung and at the end."""

    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]
    rung: float
    results: dict[Key, Result]

    def mean_iou(self, name: str) -> float:
        """Return the mean over all seeds of a candidate's IoU at the end."""
        return sum(self.results[Key(name, seed, 1.0)].iou for seed in self.seeds) / len(self.seeds)

    def regret(self, name: str) -> float:
        """Return the IoU, 0 or more, by which a candidate's mean is behind the best candidate's."""
        return max(self.mean_iou(each.name) for each in self.candidates) - self.mean_iou(name)


@dataclasses.dataclass(frozen=True)
class Replay:
    """What a race on a grid came to."""

    decision: Decision
    cost: float  # share of the full grid
    regret: float  # of the chosen candidate on the full grid


def replay(grid: Grid, budget: Budget, seeds: Sequence[int] | None = None) -> Replay:
    """Return what a race would have cost and lost; seeds: their order, as the grid has them unless given."""
    race = Race(grid.candidates, tuple(seeds or grid.seeds), {}, budget, grid.rung)
    known: dict[Key, Result] = {}
    while requests := next_requests(dataclasses.replace(race, results=known)):
        known |= {request.key: grid.results[request.key] for request in requests}
    decision = finish(dataclasses.replace(race, results=known))
    return Replay(decision, decision.spent / decision.full_grid, grid.regret(decision.best))


def to_json(grid: Grid) -> dict[str, Any]:
    """Return a grid as the object of a grid file: whole numbers of pixels, photos and groups by number alone."""
    keys = sorted(grid.results)
    groups = grid.results[keys[0]].groups
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return {
        "candidates": [dataclasses.asdict(each) | {"weights": dict(each.weights)} for each in grid.candidates],
        "seeds": list(grid.seeds),
        "rung": grid.rung,
        "groups": [number[group] for group in groups],
        "scores": [
            {
                **key._asdict(),
                **{k: rows_of(getattr(grid.results[key], k)) for k in ("intersection", "union")},
            }
            for key in keys
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


@with_config(FINITE)
class GridFile(TypedDict):
    """What `to_json` writes."""

    candidates: list[CandidateRow]
    seeds: list[int]
    rung: float
    groups: list[int]
    scores: list[ScoreRow]


GRID = TypeAdapter(GridFile)


def from_json(value: GridFile) -> Grid:
    """Return the grid that `to_json` wrote. Raises ValueError for candidates that cannot be."""
    groups = tuple(str(group) for group in value["groups"])
    photos = tuple(str(i) for i in range(len(groups)))
    candidates = [
        Candidate(tuple(each["weights"].items()), each["schedule"], each["ratio"]) for each in value["candidates"]
    ]
    results = {
        Key(each["name"], each["seed"], each["share"]): Result(
            np.array(each["intersection"], float), np.array(each["union"], float), photos, groups
        )
        for each in value["scores"]
    }
    return Grid(tuple(candidates), tuple(value["seeds"]), value["rung"], results)


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


def numbered(scores: Scores) -> Result:
    """Return the pixels of a scores file with photos and groups by number, in the file's order."""
    named = result_of(scores)
    number = {group: str(i) for i, group in enumerate(dict.fromkeys(named.groups))}
    photos = tuple(str(i) for i in range(len(named.photos)))
    return dataclasses.replace(named, photos=photos, groups=tuple(number[group] for group in named.groups))


def record(trials: Sequence[tuple[Candidate, int, Path]], rung: float) -> Grid:
    """Return the grid of trial folders, each the training of a candidate and a seed.

    A folder holds val.json and, for a rung below 1, val-RUNG.json such as val-0.5.json. Photos and groups are numbered,
    so that no name of theirs is in the grid. Raises InputError if a file is missing, if files judged different photos,
    or if not every candidate has every seed.
    """
    candidates = tuple({each.name: each for each, _, _ in trials}.values())
    seeds = tuple(sorted({seed for _, seed, _ in trials}))
    folders = {(each.name, seed): folder for each, seed, folder in trials}
    scores: dict[Key, Scores] = {}
    for name, seed in [(each.name, seed) for each in candidates for seed in seeds]:
        if (name, seed) not in folders:
            raise InputError(f"the grid lacks {name} with seed {seed}: train it, then record again")
        for share in (rung, 1.0):
            file = "val.json" if share == 1 else f"val-{share:g}.json"
            scores[Key(name, seed, share)] = read_scores(folders[name, seed] / file)
    Race(candidates, seeds, {key: result_of(each) for key, each in scores.items()}, rung=rung)  # refuses other photos
    return Grid(candidates, seeds, rung, {key: numbered(each) for key, each in scores.items()})
