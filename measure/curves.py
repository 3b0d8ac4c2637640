"""Stage `curves`: train with fewer real labels, and with fewer renders, to see what more of each would bring."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.records import REAL, RENDER
from measure.pick import Row, read_pick
from measure.trials.candidate import MIX, Trial, real_only
from measure.trials.runner import Machine, Trials, open_trials
from pipeline.files import write_json
from pipeline.settings import each_once
from pipeline.stage import run_stage
from train.settings import Fit

FEWEST = 2  # real labels of the smallest training


@dataclasses.dataclass(frozen=True)
class Curves:
    """Section `curves` of params.yaml."""

    real: tuple[float, ...]  # shares of the real labels that real only is trained with, beside all of them
    mixed: tuple[float, ...]  # the same for the mix
    renders: tuple[float, ...]  # shares of the renders, at all real labels
    seeds: tuple[int, ...]  # [] = no curves

    def __post_init__(self) -> None:
        """Raise ValueError for shares that are no part of a whole, and for values named twice."""
        for name in ("real", "mixed", "renders", "seeds"):
            each_once(name, getattr(self, name))
        for name in ("real", "mixed", "renders"):
            if any(not 0 < share < 1 for share in getattr(self, name)):
                raise ValueError(f"{name} is {list(getattr(self, name))}, wanted numbers between 0 and 1")


def sizes_of(total: int, shares: Sequence[float], least: int) -> list[int]:
    """Return the numbers of samples to train with, rising, `total` the last; none below `least` but `total`."""
    return sorted({max(round(total * share), least) for share in shares if total > least} | {total})


def drawn_mix(pick: Mapping[str, Any]) -> Row | None:
    """Return the mix whose curve is drawn: the pick, or the best row that is a mix; None without one."""
    mixes = [row for row in pick["ratios"] if 0 < row["ratio"] < 1]
    picked = [row for row in mixes if row["picked"]]
    return max(picked or mixes, key=lambda row: (row["iou"], -row["ratio"]), default=None)


def lines_of(settings: Curves, trials: Trials, mix: Row | None) -> dict[str, list[tuple[int, Trial]]]:
    """Return the trials of each curve with their number of samples: "real" and "mixed" over labels, "renders".

    Every seed draws its own subsets, so that curves hold the luck of the draw; those of one seed lie within each other,
    and are the same for real only and the mix.
    """
    real = real_only(trials.pools).weights  # as the race trains it, so that its runs are found
    labels, total = trials.pools.count(REAL), trials.pools.count(RENDER)
    found: dict[str, list[tuple[int, Trial]]] = {"real": [], "mixed": [], "renders": []}
    weights, schedule = (tuple(mix["weights"].items()), mix["schedule"]) if mix else ((), MIX)
    for seed in settings.seeds:
        for n in sizes_of(labels, settings.real, FEWEST):
            found["real"].append((n, Trial(real, seed, n_real=None if n == labels else n, draw=seed)))
        for n in sizes_of(labels, settings.mixed, FEWEST) if mix else []:
            found["mixed"].append((n, Trial(weights, seed, schedule, n_real=None if n == labels else n, draw=seed)))
        for n in sizes_of(total, settings.renders, 1) if mix else []:
            found["renders"].append((n, Trial(weights, seed, schedule, n_render=None if n == total else n, draw=seed)))
    return found


def main(
    settings: Curves,
    machine: Machine,
    fit: Fit,
    pools: Path,
    val: Path,
    categories: Path,
    race: Path,
    pick: Path,
    trials: Path,
    out: Path,
) -> None:
    """Write which trial is each point of each curve, and train those that are missing."""
    trials.mkdir(parents=True, exist_ok=True)
    known = open_trials(machine, fit, pools, val, categories, trials, race)
    lines = lines_of(settings, known, drawn_mix(read_pick(pick)))
    known.train([(trial, 1.0) for line in lines.values() for _, trial in line], "curves")
    points = {
        name: [{"n": n, "seed": trial.seed, "trial": known.name(trial, out.parent)} for n, trial in line]
        for name, line in lines.items()
    }
    write_json(out, points)


if __name__ == "__main__":
    run_stage(main)
