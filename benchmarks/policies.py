"""`make policies`: three ways to choose a mix, replayed on the recorded grids: their cost, regret and calibration.

A way sees val photos alone, and half of them: how it did is read from the other half and from the test photos, over all
seeds. So luck with the photos counts too, not only luck with the seeds.
"""

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.replay import SHARES, Grid, read_grid, replay
from measure.race.records import Budget, Key, Result, spent
from measure.scoring.intervals import mean_of_seeds, share
from pipeline.files import write_json
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from pipeline.tables import table_text

HALVES = 10  # draws of the val photos that a way sees
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)  # of the stated probability to be best


@dataclasses.dataclass(frozen=True)
class Choice:
    """What a way came to on a grid."""

    best: str
    cost: float  # in whole trainings
    stopped: tuple[str, ...] = ()  # candidates that were given up before their end
    p_best: Mapping[str, float] = dataclasses.field(default_factory=dict)  # empty where a way states none


Policy = Callable[[Grid], Choice]


def whole_grid(grid: Grid) -> Choice:
    """Train everything to its end, and take the highest mean."""
    best = max(grid.candidates, key=lambda each: grid.mean_iou(each.name)).name
    return Choice(best, float(len(grid.candidates) * len(grid.seeds)))


def halving(grid: Grid) -> Choice:
    """Successive halving (Jamieson and Talwalkar 2016): all seeds of all; at each share of the steps half goes on."""
    live, keys, stopped = [each.name for each in grid.candidates], list[Key](), list[str]()
    for at in SHARES:
        keys += [Key(name, seed, at) for name in live for seed in grid.seeds]
        live.sort(key=lambda name: -grid.mean_iou(name, at))
        if at < 1:
            kept = max(1, len(live) // 2)
            stopped += live[kept:]
            live = live[:kept]
    return Choice(live[0], spent(keys), tuple(stopped))


def race(grid: Grid) -> Choice:
    """Race as stage `tune` does, with the budget of half the grid."""
    found = replay(grid, Budget(runs=len(grid.candidates) * len(grid.seeds) / 2))
    rankings = found.decision.rankings
    stopped = tuple(each.candidate.name for each in rankings if each.stopped)
    return Choice(
        found.decision.best, found.decision.spent, stopped, {each.candidate.name: each.p_best for each in rankings}
    )


POLICIES: dict[str, Policy] = {"whole grid": whole_grid, "halving": halving, "race": race}


class Case(NamedTuple):
    """One choice on one grid, from some of its photos and an order of its seeds."""

    grid: str
    cost: float  # share of the whole grid
    regret: float  # IoU by which the choice is behind the best, on photos that did not choose
    behind_real: float  # IoU by which it is behind real only there; 0 where it is not
    wrong_stop: bool | None  # whether the best was given up; None where nothing was
    stated: tuple[tuple[float, bool], ...]  # by candidate: the probability to be best, and whether it is


def halves(grid: Grid, number: int) -> tuple[Grid, dict[str, float]]:
    """Return a grid of half its groups of val photos, and each candidate's mean IoU on all other photos."""
    groups = next(iter(grid.results.values())).groups
    names = sorted(set(groups))
    seen = set(rng_for(1, "policies", "half", str(number)).permutation(names)[: (len(names) + 1) // 2].tolist())
    mask = np.array([group in seen for group in groups])
    half = dataclasses.replace(grid, results={key: some(result, mask) for key, result in grid.results.items()})
    other = {key: some(result, ~mask) for key, result in grid.results.items() if key.share == 1}
    return half, {each.name: judged(each.name, grid, other) for each in grid.candidates}


def some(result: Result, mask: NDArray[np.bool_]) -> Result:
    """Return a result on some of its photos."""
    photos, groups = (tuple(itertools.compress(names, mask)) for names in (result.photos, result.groups))
    return Result(result.intersection[..., mask], result.union[..., mask], photos, groups)


def judged(name: str, grid: Grid, other: Mapping[Key, Result]) -> float:
    """Return the mean over seeds of a candidate's IoU, pooled over the other val photos and all test photos."""
    return float(np.mean([pooled([other[key], grid.test[key]]) for key in (Key(name, s, 1.0) for s in grid.seeds)]))


def pooled(results: Iterable[Result]) -> float:
    """Return the mean over categories of the IoU pooled over all photos of some results."""
    both = list(results)
    hits = sum(np.atleast_2d(each.intersection).sum(axis=1) for each in both)
    union = sum(np.atleast_2d(each.union).sum(axis=1) for each in both)
    return float(np.nan_to_num(mean_of_seeds(share(np.asarray(hits), np.asarray(union))), nan=1.0))


def cases_of(name: str, grid: Grid, policy: Policy) -> list[Case]:
    """Return what a way came to on `HALVES` halves of a grid's photos, with its seeds in every order."""
    found = []
    for number in range(HALVES):
        half, truth = halves(grid, number)
        for seeds in itertools.permutations(grid.seeds):
            found.append(case_of(name, half, policy(dataclasses.replace(half, seeds=seeds)), truth))
    return found


def case_of(name: str, grid: Grid, choice: Choice, truth: Mapping[str, float]) -> Case:
    """Return how good a choice was. truth: the IoU of every candidate on photos that did not choose."""
    best = max(truth, key=lambda each: truth[each])
    real = next((truth[each.name] for each in grid.candidates if each.ratio == 0), 0.0)
    return Case(
        name,
        choice.cost / (len(grid.candidates) * len(grid.seeds)),
        truth[best] - truth[choice.best],
        max(0.0, real - truth[choice.best]),
        best in choice.stopped if choice.stopped else None,
        tuple((p, each == best) for each, p in choice.p_best.items()),
    )


def summary(cases: Sequence[Case]) -> dict[str, Any]:
    """Return the means of some cases, and the calibration of the probabilities that were stated."""
    stops = [case.wrong_stop for case in cases if case.wrong_stop is not None]
    stated = np.array([pair for case in cases for pair in case.stated], float).reshape(-1, 2)
    even = np.array([1 / len(case.stated) for case in cases for _ in case.stated])
    return {
        "cases": len(cases),
        "cost": float(np.mean([case.cost for case in cases])),
        "regret": float(np.mean([case.regret for case in cases])),
        "regret_p95": float(np.percentile([case.regret for case in cases], 95)),
        "behind_real": float(np.mean([case.behind_real for case in cases])),
        "wrong_stops": float(np.mean(stops)) if stops else None,
        "brier": float(np.mean((stated[:, 0] - stated[:, 1]) ** 2)) if len(stated) else None,
        "brier_even": float(np.mean((even - stated[:, 1]) ** 2)) if len(stated) else None,
        "reliability": reliability(stated),
    }


def reliability(stated: NDArray[np.float64]) -> list[dict[str, float]]:
    """Return, for each of `BINS` that holds any, how many were stated, their mean, and the share that came true."""
    place = np.clip(np.digitize(stated[:, 0], BINS) - 1, 0, len(BINS) - 2)
    return [
        {"n": int(here.sum()), "stated": float(stated[here, 0].mean()), "true": float(stated[here, 1].mean())}
        for i in range(len(BINS) - 1)
        if (here := place == i).any()
    ]


def main(grids: Path, out: Path) -> None:
    """Print what each way costs and loses on each grid in a folder and on all, and write it with the calibration."""
    read = {path.stem: read_grid(path) for path in sorted(grids.glob("*.json"))}
    found: dict[str, dict[str, Any]] = {}
    for way, policy in POLICIES.items():
        each = {name: cases_of(name, grid, policy) for name, grid in read.items()}
        found[way] = {name: summary(some) for name, some in each.items()}
        found[way]["all"] = summary([case for some in each.values() for case in some])
    heads = ("way", "grid", "cost", "regret", "regret_p95", "behind_real", "wrong_stops", "brier", "brier_even")
    rows = [
        (way, name, *(short(row[head]) for head in heads[2:])) for way, d in found.items() for name, row in d.items()
    ]
    write_json(out, found)
    sys.stdout.write(table_text(heads, rows))


def short(value: float | None) -> str | None:
    """Return a number in few digits; None for none."""
    return None if value is None else f"{value:.4f}"


if __name__ == "__main__":
    run_stage(main)
