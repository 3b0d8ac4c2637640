"""Stage `fit`: train one run of the grid on a mix and score it on real val photos."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dataset.guards import no_overlap
from dataset.records import REAL, RENDER
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json
from pipeline.progress import track
from pipeline.seeds import seed_for
from pipeline.stage import run_stage
from train.inference.predict import SETTINGS, STRIDE, WEIGHTS, Run, judge
from train.loop.data import Batch, Mix, batches, load_pools, read_categories, read_mix, real_samples
from train.loop.losses import loss_of
from train.loop.model import Network, autocast, build, device, save_weights
from train.loop.sampler import schedule
from train.scoring.scores import write_scores

WARM_UP = 0.1  # share of the steps in which the learning rate rises
STEEPEST = 1.0  # the norm to which a step's gradient is cut


@dataclasses.dataclass(frozen=True)
class Fit:
    """Section `fit` of params.yaml."""

    encoder: str  # a timm name
    decoder: str  # an architecture of segmentation-models-pytorch
    img_size: int  # side of a training crop, in pixels
    steps: int  # of the optimiser, the same for every ratio
    batch: int  # images a step
    epoch_steps: int  # steps within which the ratio is kept exactly
    learning_rate: float  # its peak
    weight_decay: float

    def __post_init__(self) -> None:
        """Raise ValueError for a value no training can use."""
        for name in ("steps", "batch", "epoch_steps", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted more than 0")
        if self.img_size < STRIDE or self.img_size % STRIDE:
            raise ValueError(f"img_size is {self.img_size}, wanted a multiple of {STRIDE}")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay is {self.weight_decay}, wanted 0 or more")


def rate_at(step: int, steps: int) -> float:
    """Return the learning rate of a step (0 = first) as a share of its peak: a line up, then half a cosine down."""
    rise = max(round(steps * WARM_UP), 1)
    if step < rise:
        return (step + 1) / rise
    return (1 + math.cos(math.pi * (step - rise) / max(steps - rise, 1))) / 2


def train(network: Network, settings: Fit, stream: Iterator[Batch]) -> None:
    """Train the network in place on `settings.steps` batches; raise InputError when the loss leaves the numbers."""
    network.train()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, settings.steps))
    for step, (images, truths) in enumerate(track(stream, settings.steps, "train", "steps")):
        with autocast():
            logits = network(torch.from_numpy(images).to(device()))
        loss = loss_of(logits, torch.from_numpy(truths).to(device()))
        if not math.isfinite(loss.item()):
            raise InputError(
                f"params.yaml: with fit.learning_rate {settings.learning_rate} the loss is {loss.item()} at step "
                f"{step}, wanted a number; lower the learning rate"
            )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
        optimiser.step()
        rates.step()


def fit(settings: Fit, mix: Mix, categories: tuple[str, ...], seed: int) -> Run:
    """Return the run trained on a mix; the same seed on the same machine gives the same weights."""
    torch.manual_seed(seed_for(seed, "fit"))  # the decoder's first weights, and dropout
    network = build(settings.encoder, settings.decoder, len(categories) + 1)
    pools = load_pools(mix, categories, settings.img_size)
    plan: NDArray[np.integer] = schedule(
        [source.weight for source in mix.sources],
        [len(pool) for pool in pools],
        settings.steps,
        settings.batch,
        settings.epoch_steps,
        seed,
    )
    train(network, settings, batches(pools, plan, settings.img_size, seed))
    resolved = {
        "fit": dataclasses.asdict(settings),
        "seed": seed,
        "ratio": mix.ratio,
        "n_real": mix.size(REAL),
        "n_render": mix.size(RENDER),
        "categories": list(categories),
    }
    return Run(network.eval(), resolved, categories)


def main(settings: Fit, mix: Path, val: Path, categories: Path, seed: int, out: Path) -> None:
    """Write one run: weights, resolved settings, scores on val and the predictions they come from."""
    names, trained_on = read_categories(categories), read_mix(mix)
    no_overlap(train=(s for source in trained_on.sources for s in source.samples), val=real_samples(val))
    run = fit(settings, trained_on, names, seed)
    with whole_folder(out) as part:
        save_weights(run.model, part / WEIGHTS)
        write_json(part / SETTINGS, run.settings)
        write_scores(part / "val.json", judge(run, val, "val", "val", part / "val"))


if __name__ == "__main__":
    run_stage(main)
