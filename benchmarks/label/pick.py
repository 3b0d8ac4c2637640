"""What picked photos are worth: labels of chance to the same score, on dominoes of which one table is labelled.

``python -m benchmarks.label.pick --real REAL --work data/bench/pick`` prints it; REAL/domino holds the photos.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.cells import CellTraining
from benchmarks.label.labelling import Simulate, ground_of
from benchmarks.label.simulate import CELLS, cells_in, compare, courses_of, wins_of
from benchmarks.label.verdict import false_wins
from dataset.records import Sample, read_manifest
from label.record import Effect
from label.wins import RANDOM
from mix import ingest
from pipeline.costs import Costs
from pipeline.stage import run_stage
from train.settings import Fit

STRATEGY, LABELS = "k-centre", (20, 40, 80, 160)
DOMINO = Simulate(
    seed=1,
    strategies=(STRATEGY,),
    draws=24,
    start=20,
    start_where={"collection": ("new",)},
    other=None,
    labels=LABELS,
    at=40,
    batch=20,
    test=1 / 3,
    apart="near_dup_group",
    stratum="collection",
)
RUNS, DRAWS = 20, 8  # of chance against chance


def photos_of(real: Path, work: Path) -> Path:
    """Return the manifest of the domino photos, read unless they are there."""
    out = work / "domino"
    if not (out / "samples.jsonl").is_file():
        ingest.main(ingest.Ingest(), real / "domino", out)
    return out / "samples.jsonl"


def measure(real: Path, work: Path, costs: Costs, fit: Fit) -> Effect:
    """Return the labels of chance that come to the score of 40 picked ones, and what the others would have cost."""
    manifest = photos_of(real, work)
    samples = read_manifest(manifest)
    training = CellTraining(cells_in(fit, manifest, samples))
    scores = compare(DOMINO, training, samples, work / "courses", fit.encoder)
    win = wins_of(DOMINO, scores, "domino", CELLS).strategies[STRATEGY]
    spared = (win.factor - 1) * DOMINO.at
    return Effect(
        f"random labels to the IoU of {DOMINO.at} picked ones (of {LABELS[-1]} that were simulated)",
        round(win.factor * DOMINO.at, 1),
        f"picked labels ({STRATEGY})",
        float(DOMINO.at),
        (round(win.factor_ci95[0] * DOMINO.at, 1), round(win.factor_ci95[1] * DOMINO.at, 1)),
        round(spared * costs.minutes_per_label, 1),
        round(spared * costs.per_label, 2),
        f"{DOMINO.draws} draws of {len(samples)} domino photos of three floors, 20 labels of one table to start with; "
        f"trained: {CELLS}; {alike(training, samples, work, fit)} of {RUNS} runs of chance against chance had a winner",
    )


def alike(training: CellTraining, samples: list[Sample], work: Path, fit: Fit) -> int:
    """Return in how many of RUNS runs of chance against chance a winner was called."""
    many = dataclasses.replace(DOMINO, seed=2, draws=8 * DRAWS)
    ground = ground_of(samples, many.apart, many.stratum, many.start_where)
    chance: NDArray[np.float64] = courses_of(many, training, ground, RANDOM, work / "courses", fit.encoder)
    return false_wins(chance, LABELS, RUNS, DRAWS, 1)


def main(costs: Costs, fit: Fit, real: Path, work: Path) -> None:
    """Print the effect as JSON."""
    sys.stdout.write(json.dumps(dataclasses.asdict(measure(real, work, costs, fit)), indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main)
