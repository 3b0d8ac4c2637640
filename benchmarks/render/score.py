"""What renders are worth: trained on alone by the stages' own commands, and scored on real val photos."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.render.numbers import SCORES, BenchPixels, pixels_of
from benchmarks.render.side import RENDERS
from dataset.records import RENDER, each_sample
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import read_typed
from render.frames.packing import SAMPLES

SEEDS = (1, 2)
TRAIN, VAL = "split/train.jsonl", "split/val.jsonl"
CATEGORIES = "photos/categories.json"


def check_real(real: Path) -> None:
    """Raise InputError when the real photos are not split yet. real: the set-up's folder of data."""
    for name in (TRAIN, VAL, CATEGORIES):
        if not (real / name).is_file():
            raise InputError(f"{real / name}: there is no such file; run 'dvc repro split' first")


def score(folder: Path, real: Path) -> BenchPixels:
    """Return what val photos say of the renders below a side's folder: one run a seed, those that are there kept."""
    mix, runs = folder / "mix.json", []
    write_json(mix, renders_alone(folder))
    for seed in SEEDS:
        run = folder / f"run-{seed}"
        if not (run / "val.json").is_file():
            command("measure.fit", mix=mix, val=real / VAL, categories=real / CATEGORIES, seed=seed, out=run)
        runs.append(read_typed(run / "val.json", SCORES, "a scores file", f"remove {run}, then run this again"))
    return pixels_of(runs)


def renders_alone(folder: Path) -> dict[str, Any]:
    """Return the mix of all renders of a side and nothing else; raise InputError when there are none."""
    manifest = f"{RENDERS}/{SAMPLES}"
    ids = sorted(sample.id for sample in each_sample(folder / manifest))
    if not ids:
        raise InputError(f"{folder / manifest}: found no renders, wanted some to train on; every scene was refused")
    return {"ratio": 1.0, "sources": [{"name": RENDER, "manifest": manifest, "weight": 1.0, "ids": ids}]}


def command(stage: str, **flags: Any) -> None:
    """Run a stage as dvc.yaml does; raise InputError when it fails, after it said why."""
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    code = subprocess.run([sys.executable, "-m", stage, *words], check=False).returncode
    if code:
        raise InputError(f"python -m {stage} ended with exit code {code}: see what it said above")
