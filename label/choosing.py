"""From a pool and a budget to the photos that people label next, some of them by chance as a control: pure."""

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from label.strategies import CHANCE, UNSURE, Candidates, order_of, score_of
from pipeline.seeds import rng_for

CONTROL = "control"
PROTOCOLS = ("pool", "batch", "stream")
LOOK_AHEAD = 1.5  # so many more photos are ordered than the mean price lets expect


@dataclasses.dataclass(frozen=True)
class PickPlan:
    """How much is to be labelled and how the photos are found. Prices and the budget have one unit."""

    strategy: str
    protocol: str  # pool: the whole budget at once; batch: one round of it; stream: as photos come, by a threshold
    budget: float
    batch: int  # photos of one round
    threshold: float  # of a stream: the score from which on a photo is labelled
    control: float  # share of the budget that chance spends
    seed: int


@dataclasses.dataclass(frozen=True)
class PickedPlace:
    """One photo that is to be labelled."""

    place: int  # in the pool
    control: bool  # drawn by chance, whatever the strategy says of it


def choices_of(pool: Candidates, prices: NDArray[np.float64], plan: PickPlan) -> list[PickedPlace]:
    """Return the photos to label, those of the strategy in its order and then the control's; none twice.

    prices: (N,) of a label of each photo, above 0. The control is drawn first, from the whole pool, so that it is a
    sample of the pool; of near-duplicates one is taken at most, over both. Raises ValueError for a strategy that the
    pool cannot follow, or a stream by one that has no score of its own.
    """
    count = ahead(prices, plan)
    by_chance = order_of(dataclasses.replace(pool, scores={}), "random", count, plan.seed)
    control = affordable(by_chance, prices, plan.budget * plan.control)
    control = control[: round(plan.batch * plan.control)] if plan.protocol == "batch" else control
    rest = dataclasses.replace(pool, taken=np.array([*pool.taken, *control], np.int64))
    wanted = stream(pool, rest, plan) if plan.protocol == "stream" else order_of(rest, plan.strategy, count, plan.seed)
    picked = affordable(wanted, prices, plan.budget - float(prices[control].sum()))
    picked = picked[: plan.batch - len(control)] if plan.protocol == "batch" else picked
    return [PickedPlace(at, False) for at in picked] + [PickedPlace(at, True) for at in control]


def ahead(prices: NDArray[np.float64], plan: PickPlan) -> int:
    """Return how many photos to put in order, at least those that the budget pays."""
    if plan.protocol == "batch":
        return plan.batch
    equal = bool(len(prices)) and prices.min() == prices.max()
    return int(plan.budget / prices.mean() * (1 if equal else LOOK_AHEAD)) + (not equal) if len(prices) else 0


def affordable(order: Iterable[int], prices: NDArray[np.float64], budget: float) -> list[int]:
    """Return the first places of an order that the budget pays, up to the first that it does not."""
    taken: list[int] = []
    left = budget + 1e-9
    for at in order:
        left -= float(prices[at])
        if left < 0:
            break
        taken.append(at)
    return taken


def stream(pool: Candidates, rest: Candidates, plan: PickPlan) -> list[int]:
    """Return the places whose score reaches the threshold, in the order in which photos come; of a heap the first."""
    if plan.strategy not in UNSURE:
        raise ValueError(f"a stream wants a score a photo: {', '.join(UNSURE)}, not {plan.strategy}")
    scores = score_of(pool, plan.strategy)
    closed = set(rest.heap[rest.taken].tolist())
    wanted = []
    for at in range(pool.size):
        if scores[at] >= plan.threshold and int(pool.heap[at]) not in closed:
            closed.add(int(pool.heap[at]))
            wanted.append(at)
    return wanted


def shuffled(choices: list[PickedPlace], seed: int) -> list[PickedPlace]:
    """Return the choices in an order of chance, so that the place in the list does not tell which are the control."""
    return [choices[at] for at in rng_for(seed, "list").permutation(len(choices))]


def above(pool: Candidates, strategy: str, place: int) -> float | None:
    """Return the share of the pool whose score is below that of a photo; None for a strategy without scores."""
    if strategy in CHANCE or strategy not in pool.scores:
        return None
    scores = pool.scores[strategy]
    return float((scores < scores[place]).mean())
