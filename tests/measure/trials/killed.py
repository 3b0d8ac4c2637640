"""Processes that a test kills: each does its work in a process of its own, which has torch in memory from the start."""

import itertools
import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch

from measure.trials.candidate import Trial
from measure.trials.runner import Machine, Trials, open_trials
from measure.trials.trainer import Trainer
from tests.measure.trials.ground import SMALL
from train.checkpoint import History, save

HALF = Trial((("real", 0.5), ("render", 0.5)), 1)
FILES = ("pools.json", "split/val.jsonl", "categories.json", "race")
NUMBERS = 200_000  # in a checkpoint: 0.8 MB, so that it takes a while to write


def trials_in(folder: Path) -> Trials:
    """Return the trials of a small set-up."""
    return open_trials(Machine(1), SMALL, *(folder / name for name in FILES))


def train_trial(folder: Path) -> None:
    """Train the trial HALF of a small set-up, from where it is."""
    torch.set_num_threads(1)
    trials = trials_in(folder)
    trials.warm([HALF])
    Trainer(trials.ground).run(trials.job(HALF, 1.0))


def save_again_and_again(folder: Path) -> None:
    """Write one checkpoint after the other; all numbers in one are its step."""
    torch.set_num_threads(1)
    for step in itertools.count(1):
        save(folder, "key", History(step), {"numbers": torch.full((NUMBERS,), float(step))})


def killed_at(moments: random.Random, longest_s: float, work: Callable[[Path], None], folder: Path) -> bool:
    """Kill a process that does `work` within so many seconds of its start; return whether it was still at it."""
    process = started(work, folder)
    time.sleep(moments.uniform(0, longest_s))
    process.kill()
    process.join()
    return process.exitcode != 0


def started(work: Callable[[Path], None], folder: Path) -> multiprocessing.context.ForkServerProcess:
    """Start a process that does `work` on a folder; the first one of all takes seconds longer."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=(folder,))
    process.start()
    return process
