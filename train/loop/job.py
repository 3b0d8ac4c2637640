"""What one training follows from: the plan of all its batches, the weights of the categories, and its key."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.seeds import seed_for
from train.loop.balance import class_weights, pixel_counts, repeats_of
from train.loop.checkpoint import key_of
from train.loop.data import Photo
from train.loop.ranks import world
from train.loop.sampler import schedule
from train.loop.settings import Fit


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of a training: in what shares its batches take from the sources, and its share of the steps."""

    weights: tuple[float, ...]  # one a source, summing to 1
    share: float  # phases follow each other, and their shares sum to 1


@dataclasses.dataclass(frozen=True)
class Job:
    """What one training follows from, besides its settings."""

    plan: NDArray[np.int64]  # (steps, batch, 2) of source and item
    class_weights: NDArray[np.float64]  # (num_classes,)
    key: str  # of all that decides its weights


def job_of(
    settings: Fit, phases: Sequence[Phase], pools: Sequence[Sequence[Photo]], categories: tuple[str, ...], seed: int
) -> Job:
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
    )
    return Job(plan, class_weights(counts, shares, settings.class_weights, num_classes), key)


def plan_of(
    settings: Fit,
    phases: Sequence[Phase],
    pool_sizes: Sequence[int],
    seed: int,
    repeats: Sequence[NDArray[np.float64]] | None,
) -> NDArray[np.int64]:
    """Return (steps, batch, 2) int64, source and item of every draw: the phases' schedules one after the other."""
    if abs(sum(phase.share for phase in phases) - 1) > 1e-9 or any(phase.share <= 0 for phase in phases):
        raise ValueError(f"phases have shares {[phase.share for phase in phases]}, wanted some above 0 that sum to 1")
    ends = np.round(np.cumsum([phase.share for phase in phases]) * settings.steps).astype(int).tolist()
    plans = []
    for number, (phase, begin, end) in enumerate(zip(phases, [0, *ends], ends, strict=False)):
        own = seed if number == 0 else seed_for(seed, "phase", number)
        rows = schedule(phase.weights, pool_sizes, end - begin, settings.batch, settings.epoch_steps, own, repeats)
        plans.append(rows)
    return np.concatenate(plans)
