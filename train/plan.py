"""What a training follows from beside its settings: phases of mixes, every draw of its batches, looks at val."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.seeds import seed_for
from train.sampler import schedule
from train.settings import Fit

LOOKS = (0.35, 0.7)  # shares of the steps at which val is scored: a doubling, before the rate falls


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of a training: in what shares its batches take from the sources, and its share of the steps."""

    weights: tuple[float, ...]  # one a source, summing to 1
    share: float  # phases follow each other, and their shares sum to 1


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


def looks_of(steps: int) -> tuple[int, ...]:
    """Return after how many of its steps a training without patience is scored on val."""
    return tuple(round(steps * share) for share in LOOKS)
