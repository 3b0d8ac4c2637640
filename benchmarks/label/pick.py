"""What picked photos are worth: labels of chance to the same score.

``python -m benchmarks.label.pick --real REAL --work data/bench/label`` prints it of REAL/domino, with labels of one
table to start with.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.label.cells import CellTraining
from benchmarks.label.labelling import Simulate, ground_of
from benchmarks.label.photo_sets import LabelledSet, ingested
from benchmarks.label.simulate import CELLS, cells_in, compare, courses_of, wins_of
from benchmarks.label.verdict import false_wins
from dataset.records import Sample
from label.record import Effect, saving
from label.wins import RANDOM
from pipeline.costs import Costs
from pipeline.stage import run_stage
from train.settings import Fit

STRATEGY, MOST = "k-centre", 20
DOMINO = Simulate(
    seed=1,
    strategies=(STRATEGY,),
    draws=24,
    start=MOST,
    start_where={"collection": ("new",)},
    other=None,
    labels=(20, 40, 80, 160),
    at=40,
    batch=MOST,
    test=1 / 3,
    apart="near_dup_group",
    stratum="collection",
)
RUNS, DRAWS = 20, 8  # of chance against chance


def plan_for(samples: Sequence[Sample]) -> Simulate:
    """Return the simulation for a set: as `DOMINO`, in proportion where there are fewer photos, started anywhere.

    What is labelled at last leaves some of the pool, which is two thirds of the photos that are not nearly the same.
    """
    heaps = len(set(ground_of(samples, DOMINO.apart, DOMINO.stratum, {}).heap.tolist()))
    unit = max(min(MOST, heaps // 14), 1)
    labels = tuple(size * unit // MOST for size in DOMINO.labels)
    return dataclasses.replace(DOMINO, start_where={}, start=unit, batch=unit, labels=labels, at=2 * unit)


def measure(one: LabelledSet, plan: Simulate, costs: Costs, fit: Fit) -> Effect:
    """Return the labels of chance that come to the score of picked ones, and what those spared would have cost."""
    training = CellTraining(cells_in(fit, [(one.folder, sample) for sample in one.samples]))
    kept, about = one.work / "courses", one.key + fit.encoder
    win = wins_of(plan, compare(plan, training, one.samples, kept, about), one.name, CELLS).strategies[STRATEGY]
    factor, (low, high) = win.factor, win.factor_ci95
    many = dataclasses.replace(plan, seed=2, draws=8 * DRAWS)
    ground = ground_of(one.samples, many.apart, many.stratum, many.start_where)
    chance = courses_of(many, training, ground, RANDOM, kept, about)
    alike = false_wins(chance, plan.labels, RUNS, DRAWS, 1)
    first = "".join(f" where {tag} is {' or '.join(values)}" for tag, values in plan.start_where.items())
    effect = Effect(
        f"labels by chance to the IoU of {plan.at} picked ones (of {plan.labels[-1]} that were simulated)",
        round(factor * plan.at, 1),
        f"picked labels ({STRATEGY})",
        float(plan.at),
        (round(low * plan.at, 1), round(high * plan.at, 1)),
        None,
        None,
        f"{plan.draws} draws of {len(one.samples)} photos of {one.name}, {plan.start} labels to start with{first}, a "
        f"third of the photos to score on; trained: {CELLS}; {win.area:+.3f} IoU above chance in the mean "
        f"({win.area_ci95[0]:+.3f} to {win.area_ci95[1]:+.3f}); {alike} of {RUNS} runs of chance against chance had a "
        "winner",
    )
    label = plan.at * costs.minutes_per_label
    return saving(effect, (factor - 1) * label, ((low - 1) * label, (high - 1) * label), costs)


def main(costs: Costs, fit: Fit, real: Path, work: Path) -> None:
    """Print the effect as JSON."""
    effect = measure(ingested("domino", real, work), DOMINO, costs, fit)
    sys.stdout.write(json.dumps(dataclasses.asdict(effect), indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main)
