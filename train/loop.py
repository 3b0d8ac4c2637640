"""The training loop: phases of mixes in, a trained network out; it can stop, be killed, and go on."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.progress import track
from train.checkpoint import Checkpoint, History, key_of, load, save, tidy
from train.data import Photo
from train.learner import Learner, as_weights, below
from train.loader import Batch, batches, slots_of
from train.model import Network, to_training
from train.plan import Phase, looks_of, plan_of
from train.ranks import from_first, rank, same_everywhere, world
from train.sampler import class_weights, pixel_counts, repeats_of
from train.settings import Fit
from train.task import Task


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """What one training follows from, besides its settings."""

    plan: NDArray[np.int64]  # (steps, batch, 2) of source and item
    class_weights: NDArray[np.float64]  # (num_classes,)
    key: str  # of all that decides its weights


def job_of(
    settings: Fit,
    phases: Sequence[Phase],
    pools: Sequence[Sequence[Photo]],
    categories: tuple[str, ...],
    seed: int,
    task: Task | None = None,
) -> TrainingPlan:
    """Return the plan of all batches, the weights of the categories, and the key of the training."""
    shares = [sum(phase.share * phase.weights[source] for phase in phases) for source in range(len(pools))]
    balanced = settings.sampling != "even" or settings.class_weights != "none"
    num_classes = len(categories) + 1
    counts = [pixel_counts(pool if balanced else (), num_classes) for pool in pools]
    repeats = [repeats_of(c, settings.sampling) for c in counts] if settings.sampling != "even" else None
    plan = plan_of(settings, phases, [len(pool) for pool in pools], seed, repeats)
    key = key_of(
        dataclasses.asdict(settings),
        [dataclasses.asdict(phase) for phase in phases],
        [[photo.truth.shape for photo in pool] for pool in pools],
        categories,
        seed,
        world(),
        *([task.facts] if task else ()),
    )
    return TrainingPlan(plan, class_weights(counts, shares, settings.class_weights, num_classes), key)


LOGGED = 100  # losses of about so many steps are kept
Watch = Callable[[Network], float]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a training gave."""

    network: Network  # in eval mode; the running average of the weights if the settings ask for one
    steps: int  # done in all
    log: dict[str, Any]  # as `log_of` says


def train(
    settings: Fit,
    phases: Sequence[Phase],
    pools: Sequence[Sequence[Photo]],
    categories: tuple[str, ...],
    seed: int,
    *,
    folder: Path | None,
    until: float = 1.0,
    watch: Watch | None = None,
    task: Task | None = None,
) -> Outcome:
    """Return the network trained on the pools, one a source; the same arguments give the same weights on one machine.

    folder: where the checkpoint is, which belongs to these arguments; a training that finds its own goes on from it,
    and ends as if it had never stopped. One is written every `checkpoint_steps`, and where `until` stops; None = none.
    until: the share of the steps after which to stop; the learning rate falls as if all were to come. A checkpoint
    further on than that is not used. watch: gives the score on val, asked for after the shares `LOOKS` of the steps;
    with `patience` after every epoch, and the weights of the best epoch are then what is returned. task: what else than
    photos and their categories the training is of. Under torchrun each process takes its part of every batch
    (`ranks.joined`).
    Raises InputError when the network cannot be built or the loss is not finite, and ValueError for phases that
    are no shares, sources without photos, or a batch that cannot be divided among the processes.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    job = job_of(settings, phases, pools, categories, seed, task)
    learner = Learner(settings, len(categories) + 1, as_weights(job.class_weights), seed, task)
    end = round(settings.steps * until)
    found = resumed(folder, job.key, end)
    if found:
        take_up(learner, found, folder)
    loop = Loop(settings, job, pools, seed, learner, folder, watch)
    loop.run(found, end)
    return Outcome(
        loop.best_network(),
        loop.history.step,
        log_of(loop.history, settings, loop.out_of_patience() and loop.history.step < settings.steps),
    )


def resumed(folder: Path | None, key: str, end: int) -> Checkpoint | None:
    """Return the checkpoint to go on from, None to begin; raise InputError when processes disagree."""
    if folder is None:
        return None
    if rank() == 0:
        tidy(folder)
    found = load(folder, key)
    found = found if found and found.history.step <= end else None
    same_everywhere(found.history.step if found else 0, str(folder))
    return found


def take_up(learner: Learner, found: Checkpoint, folder: Path | None) -> None:
    """Fill a learner from a checkpoint; raise InputError when its tensors are of another network."""
    try:
        learner.load(found.tensors)
    except (KeyError, RuntimeError) as error:
        raise InputError(f"{folder}: its checkpoint is another network's ({error}); remove the folder") from error


class Loop:
    """The steps of one training, from where it stands to where it is to stop."""

    def __init__(
        self,
        settings: Fit,
        job: TrainingPlan,
        pools: Sequence[Sequence[Photo]],
        seed: int,
        learner: Learner,
        folder: Path | None,
        watch: Watch | None,
    ) -> None:
        """Arguments as of `train`."""
        self.settings, self.job, self.pools, self.seed = settings, job, pools, seed
        self.learner, self.folder, self.watch = learner, folder, watch
        self.history = History()
        self.best: dict[str, torch.Tensor] = {}  # with patience: the weights of the best epoch
        every = range(settings.epoch_steps, settings.steps + 1, settings.epoch_steps)
        self.looks = set(every if settings.patience else looks_of(settings.steps))

    def run(self, found: Checkpoint | None, end: int) -> None:
        """Do the steps up to `end`, or until patience is at its end."""
        if found:
            self.history, self.best = found.history, below("best", found.tensors)
        self.learner.start()
        first = self.history.step
        if self.out_of_patience():
            return
        numbers = (
            range(first, end) if rank() else track(range(first, end), self.settings.steps, "train", "steps", first)
        )
        stream = self.stream(end)
        began = time.perf_counter()
        for number in numbers:
            self.one(number, stream)
            self.history.seconds += time.perf_counter() - began
            began = time.perf_counter()
            if self.finish_step(end):
                break

    def stream(self, end: int) -> Iterator[Batch]:
        """Return this process's part of the batches from the history's step up to `end`."""
        each = self.settings.accumulate
        mine = range(rank() * each, (rank() + 1) * each)
        slots = slots_of(self.settings.batch, world() * each, mine)
        fit, plan = self.settings, self.job.plan[:end]
        view = self.learner.task.new_view if self.learner.task else None
        return batches(self.pools, plan, fit.img_size, self.seed, self.history.step, slots, fit.object_crops, view)

    def one(self, number: int, stream: Iterator[Batch]) -> None:
        """Do a step, and keep its loss if it is one of those that are kept."""
        asked = time.perf_counter()
        batch = next(stream)
        self.history.waited += time.perf_counter() - asked
        loss = self.learner.step(number, batch)
        self.history.step = number + 1
        if number % max(self.settings.steps // LOGGED, 1) == 0:
            self.history.losses.append((number, loss))

    def finish_step(self, end: int) -> bool:
        """Score and write what is due after a step; return whether to stop."""
        done = self.history.step
        if self.watch and done in self.looks:
            self.look(self.watch)
        over = self.out_of_patience()
        due = done % self.settings.checkpoint_steps == 0 or done == end
        if self.folder and due and done < self.settings.steps and not over and rank() == 0:
            kept = {f"best.{name}": tensor for name, tensor in self.best.items()}
            save(self.folder, self.job.key, self.history, self.learner.tensors() | kept)
        return over

    def look(self, watch: Watch) -> None:
        """Score the network as it is; with patience keep its weights if they are the best so far."""
        network = self.learner.settle()
        score = from_first(lambda: watch(network))
        if self.settings.patience and all(score > before for _, before in self.history.watched):
            self.best = {name: tensor.clone() for name, tensor in network.body.state_dict().items()}
        self.history.watched.append((self.history.step, score))
        to_training(self.learner.network, self.settings.keep_norms)

    def out_of_patience(self) -> bool:
        """Return whether the last `patience` scores were none the best; never without patience."""
        if not self.settings.patience:
            return False
        scores = [score for _, score in self.history.watched]
        return bool(scores) and len(scores) - 1 - scores.index(max(scores)) >= self.settings.patience

    def best_network(self) -> Network:
        """Return the network of the best epoch if there was a patience, else of the last step."""
        network = self.learner.settle()
        if self.best:
            network.body.load_state_dict(self.best)
        return network


def log_of(history: History, settings: Fit, early: bool) -> dict[str, Any]:
    """Return what a training says of itself.

    losses: pairs of step and loss. watched: pairs of steps done and score on val. steps, stopped_at: steps done, and
    the same if patience ended them, else null. train_s: seconds in the loop. data_wait_share: of these, without a
    batch, in [0, 1]. images_per_s: over all processes. The last three are measured and differ from run to run.
    """
    return {
        "losses": history.losses,
        "watched": history.watched,
        "steps": history.step,
        "stopped_at": history.step if early else None,
        "train_s": history.seconds,
        "data_wait_share": history.waited / history.seconds if history.seconds else 0.0,
        "images_per_s": history.step * settings.batch / history.seconds if history.seconds else 0.0,
    }
