"""The benchmark of attribution: does the estimate rank damaged renders as training without them does?

The renders of a set-up are dealt out to batches, and the labels of most batches are damaged (`attribution.planted`). A
network learns from the renders alone; then one learns without each batch, with every seed, and what that costs on real
val photos is held against the estimate, which needs no further training.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from benchmarks.composed import CATEGORIES, VAL, pools_in
from benchmarks.damage import BATCHES, plant
from dataset.records import RENDER
from measure.attribute import Attribute, estimate_all, measure_all, networks_of
from measure.attribution.leave_out import renders_of
from measure.attribution.record import AttributionRecord, record
from measure.trials.candidate import MIX, Trial
from measure.trials.runner import Machine, open_trials
from pipeline.bench import record as write_section
from pipeline.stage import run_stage
from train.data import read_categories
from train.settings import Fit

SEEDS = (1, 2)


def numbers_of(found: AttributionRecord) -> dict[str, Any]:
    """Return what the benchmark's file holds of the record of an attribution."""
    rows = [
        {"name": row.name, "help": row.help, "ci95": list(row.ci95), "estimate": row.estimate.help}
        for row in found.groups
    ]
    known = dataclasses.asdict(found)
    return {key: known[key] for key in ("check", "spearman", "steadiness")} | {"groups": rows, "seeds": list(SEEDS)}


def main(settings: Attribute, fit: Fit, machine: Machine, real: Path, work: Path, out: Path) -> None:
    """Write the section `attribution` of the benchmark's file. real: the set-up's folder of data."""
    everything = dataclasses.replace(settings, runs=len(SEEDS), leave_out=len(BATCHES))
    pools = plant(pools_in(real), work, read_categories(real / CATEGORIES))
    own = work / "trials"
    own.mkdir(parents=True, exist_ok=True)
    trials = open_trials(machine, fit, pools, real / VAL, real / CATEGORIES, own)
    row = {"weights": {RENDER: 1.0}, "schedule": MIX, "trials": SEEDS}
    full = [Trial(((RENDER, 1.0),), seed) for seed in SEEDS]
    trials.train([(trial, 1.0) for trial in full], "planted")
    networks = networks_of(trials, full)
    found, passed = estimate_all(everything, networks, renders_of([RENDER], trials.pools), real / VAL)
    measured = measure_all(everything, row, trials, found, "mean")
    numbers = numbers_of(record(found, measured, passed, settings.least, settings.resamples))
    write_section(out, "attribution", numbers)
    sys.stdout.write(f"bench: {numbers['check']}\n")


if __name__ == "__main__":
    run_stage(main)
