"""Clicks as a task of the training loop: a wider network, views of single objects, clicks into its own errors."""

import dataclasses
import functools

import numpy as np
import torch
from torch import Tensor

from dataset.idmap import IGNORED
from pipeline.seeds import rng_for
from train.clicks.points import EXTRA, largest_error, put_click, put_earlier
from train.clicks.settings import Click
from train.clicks.views import ObjectViews, click_in
from train.model import Network, autocast, widen
from train.task import Task

VERSION = 1  # raise it when the same settings teach otherwise


def click_task(settings: Click) -> Task:
    """Return the task that the section `click` asks for."""
    return Task(
        facts=["clicks", VERSION, dataclasses.asdict(settings)],
        adapt=functools.partial(widen, channels=EXTRA),
        new_view=lambda: ObjectViews(settings),
        ask=functools.partial(further, settings),
    )


def further(settings: Click, network: Network, images: Tensor, truths: Tensor, seed: int) -> Tensor:
    """Return the images (B, S, S, 6) after 0 to `most_rounds` rounds: the network answers, each image gets a click.

    The rounds are one number for the batch. truths: (B, S, S) uint8; `IGNORED` pixels are no error. An answer without
    an error gets no click; it takes the place of the earlier mask all the same.
    """
    rng = rng_for(seed, "rounds")
    shown = images.cpu().numpy().copy()
    known, wanted = (truths != IGNORED).cpu().numpy(), (truths == 1).cpu().numpy()
    for _ in range(int(rng.integers(settings.most_rounds + 1))):
        masks = answers(network, torch.from_numpy(shown).to(images.device))
        for channels, truth, mask, counted in zip(shown, wanted, masks, known, strict=True):
            put_earlier(channels, mask)
            found = largest_error(truth, mask, counted)
            if found:
                put_click(channels, click_in(*found, settings.astray, rng))
    return torch.from_numpy(shown).to(images.device)


def answers(network: Network, images: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return the masks (B, S, S) that a network answers to images (B, S, S, 6), in the mode that it has."""
    with torch.no_grad(), autocast():
        logits = network(images)
    return np.asarray((logits[:, 1] > logits[:, 0]).cpu().numpy())
