"""Stage `tune`: choose the mix by racing on real val photos, within a budget."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.files import check_free, whole_folder, write_json
from pipeline.stage import run_stage
from train.cells.runner import Cells, Machine, open_cells
from train.cells.trainer import HELD
from train.gather.plain import plain
from train.inference.judge import judge
from train.inference.run import SETTINGS, WEIGHTS, load_run
from train.loop.settings import Fit
from train.pick import REAL_ONLY, RENDER_ONLY, Row
from train.race.budget import Budget
from train.race.candidate import Candidate
from train.race.decision import Decision, finish
from train.race.policy import next_asks
from train.race.records import Ask, Race, Result, result_of
from train.scoring.scores import write_scores
from train.sweep import Sweep, candidates
from train.table import Table, cell_of
from train.worth.costs import Costs

KIND = "picked run"
AT_LEAST = 2  # seeds of what the report compares, so that an interval knows how far two runs are apart


@dataclasses.dataclass(frozen=True)
class Tune:
    """Section `tune` of params.yaml."""

    resamples: int  # how often the bootstrap draws photos and seeds anew
    prefer_mix: float  # IoU that a mix (0 < ratio < 1) may stay behind the best ratio on val and still be picked
    runs: float | None  # bounds of the race; null = none but the seeds of the sweep
    minutes: float | None  # of training, summed over runs
    money: float | None  # at costs.machine_per_hour
    explore: int  # how many further mixes may be proposed between those of the sweep

    def __post_init__(self) -> None:
        """Raise ValueError if there is nothing to draw, for a preference against mixes, and for an empty budget."""
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")
        for name in ("prefer_mix", "explore"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 0 or more")
        Budget(self.runs, self.minutes, self.money, money_per_hour=1.0)


def race_of(settings: Tune, sweep: Sweep, costs: Costs, cells: Cells) -> Race:
    """Return the race before its first result."""
    all_of = candidates(sweep, cells.pools)
    return Race(
        candidates=all_of,
        seeds=sweep.seeds,
        budget=Budget(settings.runs, settings.minutes, settings.money, money_per_hour=costs.machine_per_hour),
        explore=settings.explore,
        domains=cells.pools.domains,
        schedules=sweep.schedules,
        favour={each.name: settings.prefer_mix for each in all_of if 0 < each.ratio < 1},
    )


def run_race(race: Race, cells: Cells) -> Race:
    """Train what the race asks for, round by round; return it with all results."""
    number = 0
    while asks := next_asks(race):
        number += 1
        cells.train([(cell_of(ask.candidate, ask.seed), ask.share) for ask in asks], f"tune, round {number}")
        race = dataclasses.replace(race, results={**race.results, **{ask.key: found(ask, cells) for ask in asks}})
    return race


def found(ask: Ask, cells: Cells) -> Result:
    """Return the result of a training that was asked for and done."""
    cell = cell_of(ask.candidate, ask.seed)
    return result_of(cells.trained(cell, ask.share), cells.seconds(cell, ask.share))


def to_compare(decision: Decision) -> list[Candidate]:
    """Return what the report compares: the pick, real only and renders only."""
    everyone = [each.candidate for each in decision.standings]
    return [each for each in everyone if each.name == decision.best or each.ratio in {REAL_ONLY, RENDER_ONLY}]


def keep_picked(cell: Path, cells: Cells, train: Path, picked: Path) -> None:
    """Copy the picked run to a folder of its own, with its predictions on val and its scores on training photos."""
    run = load_run(cell)
    with whole_folder(picked, KIND) as part:
        for name in (WEIGHTS, SETTINGS, HELD):
            if (cell / name).is_file():
                shutil.copyfile(cell / name, part / name)
        write_scores(part / "train.json", judge(run, train, "train", "train photos", None))
        write_scores(part / "val.json", judge(run, cells.ground.val, "val", "val photos", part / "val"))


def main(
    settings: Tune,
    sweep: Sweep,
    fit: Fit,
    costs: Costs,
    machine: Machine,
    pools: Path,
    val: Path,
    train: Path,
    categories: Path,
    race: Path,
    picked: Path,
    out: Path,
) -> None:
    """Write pick.json and the picked run. race: the folder of the runs, in which finished ones stay."""
    check_free(picked, KIND)  # before hours of training
    race.mkdir(parents=True, exist_ok=True)
    cells = open_cells(machine, fit, pools, val, categories, race)
    decision = finish(run_race(race_of(settings, sweep, costs, cells), cells))
    again = [(cell_of(each, seed), 1.0) for each in to_compare(decision) for seed in sweep.seeds[:AT_LEAST]]
    cells.train(again, "tune, for the report")
    rows = Table(cells, decision, sweep.seeds, settings.resamples).rows(out.parent)
    pick = summary(decision, rows, settings)
    keep_picked(out.parent / pick["cell"], cells, train, picked)
    write_json(out, pick)


def summary(decision: Decision, rows: Sequence[Row], settings: Tune) -> dict[str, Any]:
    """Return pick.json: the picked mix and its best seed on val, the table, and what the race cost."""
    row = next(row for row in rows if row["picked"])
    seed = max(row["seeds"], key=lambda name: (row["seeds"][name], -int(name)))
    bounds = [f"{value:g} {name}" for name in ("runs", "minutes", "money") if (value := getattr(settings, name))]
    race = {
        "spent": decision.spent,
        "full_grid": decision.full_grid,
        "cells": decision.cells,
        "budget": ", ".join(bounds) or "none but the seeds of the sweep",
        "why_stopped": decision.why_stopped,
        "words": decision.words,
    }
    head = {key: row[key] for key in ("name", "ratio", "schedule", "weights", "iou", "ci95")}
    return head | {"seed": int(seed), "cell": row["cells"][seed], "ratios": list(rows), "race": plain(race)}


if __name__ == "__main__":
    run_stage(main)
