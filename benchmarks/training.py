"""The benchmark of training: our images a second against a plain float32 U-Net loop, and what both score.

Both sides train on the same real photos with the same encoder, batch and steps, in turn, one pair a seed; each
training is timed in its loop, from the first batch that is asked for to the last step. Then both networks are scored
on the real val photos by the same predictions.
"""

import dataclasses
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.composed import CATEGORIES, TRAIN, VAL
from benchmarks.plain_loop import train_plainly
from dataset.guards import no_overlap
from dataset.records import Sample
from measure.fit import fit
from measure.scoring.evaluation import evaluate
from pipeline.bench import record
from pipeline.errors import InputError
from pipeline.stage import run_stage
from train.data import Mix, Source, read_categories, real_samples
from train.model import Network
from train.run import Run
from train.settings import Fit

SEEDS = (1, 2, 3)
DIGITS = 4


@dataclasses.dataclass(frozen=True)
class BenchInputs:
    """What both sides train and are scored on."""

    train: Path  # manifests of real photos
    val: Path
    samples: tuple[Sample, ...]  # of train
    categories: tuple[str, ...]


def ground_of(real: Path) -> BenchInputs:
    """Return the ground below a set-up's folder of data; raise InputError when its photos are not split yet."""
    for name in (TRAIN, VAL, CATEGORIES):
        if not (real / name).is_file():
            raise InputError(f"{real / name}: there is no such file; run 'dvc repro split' first")
    samples = tuple(real_samples(real / TRAIN))
    no_overlap(train=samples, val=real_samples(real / VAL))
    return BenchInputs(real / TRAIN, real / VAL, samples, read_categories(real / CATEGORIES))


def pair(settings: Fit, ground: BenchInputs, seed: int) -> dict[str, float]:
    """Train and score both sides with one seed; return their numbers."""
    images = settings.steps * settings.batch
    mix = Mix(0.0, (Source("real", 1.0, ground.train.parent, ground.samples),))
    peer = train_plainly(settings, mix.sources, ground.categories, seed, workers=os.cpu_count() or 1)
    ours = fit(settings, mix, ground.categories, seed)
    speed, peer_speed = images / ours.log["train_s"], images / peer.seconds
    iou, peer_iou = (
        score(network, settings, ground.val, ground.categories, seed) for network in (ours.network, peer.network)
    )
    return {
        "images_per_s": speed,
        "peer_images_per_s": peer_speed,
        "ratio": speed / peer_speed,
        "loader_wait_fraction": ours.log["data_wait_share"],
        "iou": iou,
        "peer_iou": peer_iou,
        "difference": iou - peer_iou,
    }


def score(network: Network, settings: Fit, val: Path, categories: tuple[str, ...], seed: int) -> float:
    """Return a network's IoU of the foreground on the val photos."""
    facts = {"seed": seed, "ratio": 0.0, "n_real": 0, "n_render": 0}  # of no matter to a score
    run = Run(network, {"fit": dataclasses.asdict(settings)} | facts, categories)
    return float(evaluate(run, val, "val", "val", None).iou)


def summary(blocks: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Return medians over the blocks for times, means for scores, how far the ratios are apart, and the blocks.

    ratio_spread: the largest ratio less the smallest, as a share of the median. Raises ValueError without blocks.
    """
    if not blocks:
        raise ValueError("no blocks to summarise")
    columns = {name: [block[name] for block in blocks] for name in blocks[0]}
    scores = {"iou", "peer_iou", "difference"}
    numbers = {
        name: statistics.fmean(values) if name in scores else statistics.median(values)
        for name, values in columns.items()
    }
    apart = (max(columns["ratio"]) - min(columns["ratio"])) / numbers["ratio"]
    rounded = {name: round(value, DIGITS) for name, value in (numbers | {"ratio_spread": apart}).items()}
    return rounded | {"blocks": [{name: round(value, DIGITS) for name, value in block.items()} for block in blocks]}


def main(settings: Fit, real: Path, out: Path) -> None:
    """Write the section `train` of the benchmark's file. real: the set-up's folder of data."""
    ground = ground_of(real)
    everything = dataclasses.replace(settings, threads=os.cpu_count())  # a plain loop takes the whole machine, too
    torch.set_num_threads(os.cpu_count() or 1)
    blocks = []
    for seed in SEEDS:
        blocks.append(pair(everything, ground, seed))
        said = ", ".join(f"{name} {value:.3g}" for name, value in blocks[-1].items())
        sys.stdout.write(f"bench: seed {seed}: {said}\n")
        sys.stdout.flush()
    record(out, "train", summary(blocks) | {"steps": settings.steps, "batch": settings.batch, "seeds": list(SEEDS)})


if __name__ == "__main__":
    run_stage(main)
