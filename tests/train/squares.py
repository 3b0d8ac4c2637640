"""Photos of red squares, for trainings of a second; also run as a program that a test kills or starts twice."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import torch

from train.data import Photo
from train.loop import Outcome, train
from train.model import save_weights
from train.plan import Phase
from train.ranks import joined, rank, world
from train.settings import Fit

SMALL = Fit("tf_efficientnet_lite0", "FPN", 32, 6, 4, 3, 0.001, 0.0001, decoder_channels=64, ema=0.9, threads=1)
MIX = (Phase((0.5, 0.5), 1.0),)


def square(number: int) -> Photo:
    """Return a photo of one red square on grey noise, its place drawn by `number`."""
    rng = np.random.default_rng(number)
    top, left = rng.integers(2, 20, 2)
    truth = np.zeros((40, 48), np.uint8)
    truth[top : top + 18, left : left + 18] = 1
    image = rng.integers(90, 160, (40, 48, 1), dtype=np.uint8).repeat(3, axis=2)
    image[truth == 1] = (230, 20, 20)
    return Photo(image, truth)


POOLS = [[square(n) for n in range(3)], [square(n) for n in range(10, 15)]]


def trained(settings: Fit = SMALL, folder: Path | None = None, until: float = 1.0, **others: object) -> Outcome:
    """Return what training on both pools gives; `others` are further arguments of train."""
    arguments = {"phases": MIX, "pools": POOLS, "categories": ("square",), "seed": 1} | others
    return train(settings, folder=folder, until=until, **arguments)


def main(changes: str, folder: Path) -> None:
    """Train with SMALL changed as JSON says; write the weights of every process, and what each saw."""
    settings = dataclasses.replace(SMALL, **json.loads(changes))
    torch.set_num_threads(1)
    with joined():
        outcome = trained(settings, folder / "checkpoint")
        save_weights(outcome.network, folder / f"weights-{rank()}-of-{world()}.safetensors")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
