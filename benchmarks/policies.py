"""`make policies`: three ways to choose a mix, replayed on the recorded grids: their cost, regret and calibration.

A way sees half of the val photos: how it did is read from the other half, over all seeds, so luck with the photos
counts too and not only luck with the seeds. What it lost on test stands beside that: more where val is not like test.
"""

import dataclasses
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.replay import SHARES, Grid, read_grid, replay
from measure.race.decision import finish
from measure.race.records import Budget, Key, Result, spent
from pipeline.bench import record
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from pipeline.tables import table_text

HALVES = 10  # draws of the val photos that a way sees
HEADS = ("cost", "regret", "regret_p95", "test_regret", "behind_real", "wrong_stops", "brier", "brier_even")
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)  # of the stated probability to be best


@dataclasses.dataclass(frozen=True)
class PolicyChoice:
    """What a way came to on a grid."""

    best: str
    cost: float  # in whole trainings
    stopped: tuple[str, ...] = ()  # candidates that were given up before their end
    p_best: Mapping[str, float] = dataclasses.field(default_factory=dict)  # empty where a way states none


Policy = Callable[[Grid], PolicyChoice]


def whole_grid(grid: Grid) -> PolicyChoice:
    """Train everything to its end, and take the highest mean."""
    best = max(grid.candidates, key=lambda each: grid.mean_iou(each.name)).name
    return PolicyChoice(best, float(len(grid.candidates) * len(grid.seeds)))


def halving(grid: Grid) -> PolicyChoice:
    """Successive halving (Jamieson and Talwalkar 2016): all seeds of all; at each share of the steps half goes on."""
    live, keys, stopped = [each.name for each in grid.candidates], list[Key](), list[str]()
    for at in SHARES:
        keys += [Key(name, seed, at) for name in live for seed in grid.seeds]
        live.sort(key=lambda name: -grid.mean_iou(name, at))
        if at < 1:
            kept = max(1, len(live) // 2)
            stopped += live[kept:]
            live = live[:kept]
    return PolicyChoice(live[0], spent(keys), tuple(stopped))


def race(grid: Grid) -> PolicyChoice:
    """Race as stage `tune` does, with the budget of half the grid.

    Which is best is read from as many other photos, whose own chance is added to what it states for all of them.
    """
    found = replay(grid, Budget(runs=len(grid.candidates) * len(grid.seeds) / 2))
    stopped = tuple(each.candidate.name for each in found.decision.rankings if each.stopped)
    stated = {each.candidate.name: each.p_best for each in finish(found.race, photos=2).rankings}
    return PolicyChoice(found.decision.best, found.decision.spent, stopped, stated)


POLICIES: dict[str, Policy] = {"whole grid": whole_grid, "halving": halving, "race": race}


class PolicyCase(NamedTuple):
    """One choice on one grid, from some of its photos and an order of its seeds."""

    cost: float  # share of the whole grid
    regret: float  # IoU by which the choice is behind the best, on val photos that did not choose
    test_regret: float  # the same on test
    behind_real: float  # IoU by which it is behind real only on test; 0 where it is not
    wrong_stop: bool  # whether the best, of the val photos that did not choose, was given up
    stated: tuple[tuple[float, bool], ...]  # by candidate: the probability to be best, and whether it is


def halves(grid: Grid, number: int) -> tuple[Grid, dict[str, float]]:
    """Return a grid of half its groups of val photos, and each candidate's mean IoU on the other val photos."""
    groups = next(iter(grid.results.values())).groups
    names = sorted(set(groups))
    seen = set(rng_for(1, "policies", "half", str(number)).permutation(names)[: (len(names) + 1) // 2].tolist())
    mask = np.array([group in seen for group in groups])
    half = dataclasses.replace(grid, results={key: some(result, mask) for key, result in grid.results.items()})
    other = dataclasses.replace(
        grid, results={key: some(result, ~mask) for key, result in grid.results.items() if key.share == 1}
    )
    return half, {each.name: other.mean_iou(each.name) for each in grid.candidates}


def some(result: Result, mask: NDArray[np.bool_]) -> Result:
    """Return a result on some of its photos."""
    photos, groups = (tuple(itertools.compress(names, mask)) for names in (result.photos, result.groups))
    return Result(result.intersection[..., mask], result.union[..., mask], photos, groups)


def cases_of(grid: Grid, policy: Policy, count: int = HALVES) -> list[PolicyCase]:
    """Return what a way came to on `count` halves of a grid's photos, with its seeds in every order."""
    found, test = [], {each.name: grid.test_iou(each.name) for each in grid.candidates}
    for number in range(count):
        half, truth = halves(grid, number)
        for seeds in itertools.permutations(grid.seeds):
            found.append(case_of(grid, policy(dataclasses.replace(half, seeds=seeds)), truth, test))
    return found


def case_of(grid: Grid, choice: PolicyChoice, truth: Mapping[str, float], test: Mapping[str, float]) -> PolicyCase:
    """Return how good a choice was.

    truth, test: the IoU of every candidate on val photos that did not choose, and on test.
    """
    best = max(truth, key=lambda each: truth[each])
    real = next((test[each.name] for each in grid.candidates if each.ratio == 0), 0.0)
    return PolicyCase(
        choice.cost / (len(grid.candidates) * len(grid.seeds)),
        truth[best] - truth[choice.best],
        max(test.values()) - test[choice.best],
        max(0.0, real - test[choice.best]),
        best in choice.stopped,
        tuple((p, each == best) for each, p in choice.p_best.items()),
    )


def summary(cases: Sequence[PolicyCase]) -> dict[str, Any]:
    """Return the means of some cases, and the calibration of the probabilities that were stated."""
    stated = np.array([pair for case in cases for pair in case.stated], float).reshape(-1, 2)
    even = np.array([1 / len(case.stated) for case in cases for _ in case.stated])
    return {
        "cases": len(cases),
        "cost": float(np.mean([case.cost for case in cases])),
        "regret": float(np.mean([case.regret for case in cases])),
        "regret_p95": float(np.percentile([case.regret for case in cases], 95)),
        "test_regret": float(np.mean([case.test_regret for case in cases])),
        "behind_real": float(np.mean([case.behind_real for case in cases])),
        "wrong_stops": float(np.mean([case.wrong_stop for case in cases])),
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
        each = {name: cases_of(grid, policy) for name, grid in read.items()}
        found[way] = {name: summary(some) for name, some in each.items()}
        found[way]["all"] = summary([case for some in each.values() for case in some])
    rows = [(way, name, *(short(row[head]) for head in HEADS)) for way, d in found.items() for name, row in d.items()]
    record(out, "policies", found)
    sys.stdout.write(table_text(("way", "grid", *HEADS), rows))


def short(value: float | None) -> str | None:
    """Return a number in few digits; None for none."""
    return None if value is None else f"{value:.4f}"


if __name__ == "__main__":
    run_stage(main)
