"""The stages from the race to the page, run one after the other on a small set-up."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from dataset.idmap import png_bytes, read_ids
from dataset.records import read_manifest, write_manifest
from measure import attribute, curves, evaluate, probe, tune
from measure.trials.candidate import Sweep
from measure.trials.runner import Machine
from pipeline.costs import Costs
from pipeline.files import write_bytes, write_json
from pipeline.reading import read_json
from report import report, transfer
from tests.measure.trials.ground import SMALL, write_ground
from tests.page_project import leaks
from tests.train.boards import board

COSTS = Costs("EUR", 1.3, 15.0, None, 0.1, 0.25, 0.5, 4.0, 0, 0.0)
TUNE = tune.Tune(50, "mean", None, None, None)
SWEEP = Sweep((0.0, 0.5, 1.0), (1, 2), ("mix",), ())
ONE = Machine(1)
BACKTESTS = Path(__file__).resolve().parents[2] / "benchmarks/backtests.json"


def write_project(folder: Path) -> None:
    """Write photos, renders, splits and pools of a set-up."""
    write_ground(folder)
    made = folder / "renders/samples.jsonl"
    shown = zip(read_manifest(made), ("red", "red", "tile", "tile", "tile", "tile"), strict=True)
    write_manifest(made, [dataclasses.replace(sample, assets=(asset,)) for sample, asset in shown])
    test = [board(folder / "split", f"test{n}", group=f"t{n}") for n in range(3)]
    write_manifest(folder / "split/test.jsonl", test)
    write_manifest(folder / "split/home.jsonl", [board(folder / "split", f"home{n}") for n in range(2)])
    more = folder / "split/more_val"
    write_manifest(more / "newest.jsonl", [board(more, f"newest{n}") for n in range(2)])
    for sample in test:
        mask = (read_ids(folder / "split" / sample.ids) > 0).astype(np.uint8) * 255
        write_bytes(folder / f"rivals/truth/masks/{sample.id}.png", png_bytes(mask))
    write_json(folder / "renders/refused.json", {"empty": ["aa"]})
    write_json(folder / "leaks.json", leaks())


def run_tune(folder: Path, settings: tune.Tune = TUNE, sweep: Sweep = SWEEP) -> None:
    """Run stage tune."""
    split = folder / "split"
    tune.main(
        settings, sweep, SMALL, COSTS, ONE, folder / "pools.json", split / "val.jsonl", split / "train.jsonl",
        folder / "categories.json", folder / "race", folder / "picked", folder / "pick.json",
    )  # fmt: skip


def with_mix(folder: Path) -> Path:
    """Write the pick file anew with the mix picked, and return its path: after so few steps chance picks.

    The race may have stopped it; stage curves trained it to its end, and what it trained is put among the race's runs.
    """
    shutil.copytree(folder / "curves", folder / "race", dirs_exist_ok=True)
    found, points = read_json(folder / "pick.json"), read_json(folder / "curves.json")["mixed"]
    for row in found["ratios"]:
        row["picked"] = row["ratio"] == 0.5
        if row["picked"]:
            whole = [point for point in points if point["n"] == 4]
            row["trials"] = {str(point["seed"]): point["trial"].replace("curves/", "race/") for point in whole}
    write_json(folder / "mix.json", found)
    return folder / "mix.json"


def run_rest(folder: Path) -> None:
    """Run the stages after tune."""
    split, pick, race = folder / "split", folder / "pick.json", folder / "race"
    ground = ONE, SMALL, folder / "pools.json", split / "val.jsonl", folder / "categories.json", race, pick
    curves.main(curves.Curves((0.5,), (0.5,), (), (1,)), *ground, folder / "curves", folder / "curves.json")
    settings = attribute.Attribute(least=2, most=10, runs=1, leave_out=0, resamples=50)
    ground = *ground[:-1], with_mix(folder)
    attribute.main(settings, *ground, folder / "left-out", folder / "attribution.json")
    some = probe.Probe(5.0, ("half the labels", "larger pictures", "longer training", "groups"), (1,), 50)
    probe.main(
        some, *ground[:-1], folder / "curves", folder / "attribution.json", ground[-1], folder / "probes",
        folder / "probes.json",
    )  # fmt: skip
    beside = split / "home.jsonl", split / "more_val", folder / "rivals"
    evaluate.main(pick, race, split / "test.jsonl", *beside, folder / "test")
    transfer.main(
        transfer.Transfer(50, 0.95), COSTS, "squares", pick, folder / "picked", folder / "pools.json",
        split / "val.jsonl", folder / "curves.json", folder / "attribution.json", folder / "probes.json",
        folder / "test", folder / "renders",
        folder / "reports/transfer.json", folder / "reports/metrics.json", folder / "reports/plots",
    )  # fmt: skip
    report.main(
        report.Report(2, 2), folder / "reports/transfer.json", pick, folder / "picked", folder / "renders", split,
        folder / "leaks.json", BACKTESTS, folder / "reports/index.html",
    )  # fmt: skip
