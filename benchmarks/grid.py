"""`make grid`: train every ratio with every seed, and record the scores on val on the way and at the end, and on test.

What a race would have chosen, at which cost, is then read from the file without training (`benchmarks.replay`).
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.composed import TEST, trials_in
from benchmarks.replay import SHARES, Grid, record, write_grid
from measure.scoring.evaluation import evaluate
from measure.trials.candidate import Candidate, Sweep, Trial, candidates
from measure.trials.runner import Machine, Trials
from pipeline.stage import run_stage
from pipeline.tables import table_text
from train.run import load_run
from train.settings import Fit


def trained(trials: Trials, some: Sequence[Candidate], seeds: Sequence[int]) -> dict[tuple[Candidate, int], Trial]:
    """Return the training of each candidate and seed, trained to its end and scored at each of `SHARES`."""
    found = {(each, seed): Trial(each.weights, seed, each.schedule) for each in some for seed in seeds}
    for share in SHARES:
        trials.train([(trial, share) for trial in found.values()], f"grid, {share:g} of the steps")
    return found


def table(grid: Grid) -> str:
    """Return the mean scores of each candidate as a table to print."""
    heads = ("candidate", *(f"val at {share:g}" for share in SHARES), "test")
    rows = [
        (each.name, *(f"{grid.mean_iou(each.name, share):.3f}" for share in SHARES), f"{grid.test_iou(each.name):.3f}")
        for each in grid.candidates
    ]
    return table_text(heads, rows)


def main(sweep: Sweep, fit: Fit, machine: Machine, real: Path, steps: int, side: int, out: Path) -> None:
    """Write the grid file of one set-up. real: its folder of data. steps, side: of the trainings.

    Raises InputError where its pools are missing.
    """
    trials = trials_in(real, "grid", machine, dataclasses.replace(fit, steps=steps, img_size=side))
    found = trained(trials, candidates(sweep, trials.pools), sweep.seeds)
    rows = []
    for (each, seed), trial in found.items():
        folder = trials.folder(trial)
        test = evaluate(load_run(folder.parent), real / TEST, "test", f"test {each.name}", None, details=False)
        rows.append((each, seed, folder, test))
    grid = record(rows, steps)
    write_grid(out, grid)
    sys.stdout.write(table(grid))


if __name__ == "__main__":
    run_stage(main)
