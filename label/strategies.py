"""The order in which unlabelled photos are to be labelled, by strategy: pure, from arrays to places in them."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from label.spread import Places, Vectors, far_ones, first_of_heaps, heaps, levelled, typicality
from pipeline.seeds import rng_for, seed_for

UNSURE = ("least confidence", "margin", "entropy", "committee", "expected loss")  # by a score of each photo
SPREAD = ("k-centre", "clusters", "density")  # by the encoder's vectors
HYBRID = ("diverse then unsure", "k-centre of unsure")  # by both
CHANCE = ("random", "stratified")
STRATEGIES = (*UNSURE, *SPREAD, *HYBRID, *CHANCE)
WIDE = 4  # times as many unsure photos as are wanted, among which `k-centre of unsure` spreads


@dataclasses.dataclass(frozen=True)
class Candidates:
    """All photos of a pool, labelled and not, a place each. Arrays are (N,) but for the vectors."""

    scores: dict[str, NDArray[np.float64]]  # strategy of UNSURE -> how much a label is wanted; higher first
    vectors: Vectors  # (N, D) of the encoder; (N, 0) where there are none
    heap: NDArray[np.int64]  # near-duplicates have one number: of a heap one photo is ever taken
    stratum: Sequence[str]  # where a photo is from, for stratified draws; "" = unknown
    taken: NDArray[np.int64]  # places that are labelled already

    @property
    def size(self) -> int:
        """The number of photos."""
        return len(self.heap)


def order_of(pool: Candidates, strategy: str, count: int, seed: int) -> list[int]:
    """Return up to `count` places to label, the most wanted first, of near-duplicates one at most and none taken.

    Raises ValueError for a strategy that is none, or whose scores or vectors the pool lacks.
    """
    free = free_places(pool, seed)
    if strategy in UNSURE:
        return best(score_of(pool, strategy), free, count)
    if strategy in CHANCE:
        return drawn(pool, free, strategy, count, seed)
    if strategy not in STRATEGIES:
        raise ValueError(f"the strategy is {strategy!r}, wanted one of: {', '.join(STRATEGIES)}")
    if not pool.vectors.shape[1]:
        raise ValueError(f"{strategy} needs vectors of an encoder")
    return spread(pool, free, strategy, count, seed)


def score_of(pool: Candidates, strategy: str) -> NDArray[np.float64]:
    """Return (N,) the score of a strategy; raise ValueError when the pool has none of it."""
    if strategy not in pool.scores:
        raise ValueError(f"{strategy} needs scores that the pool lacks")
    return pool.scores[strategy]


def free_places(pool: Candidates, seed: int) -> NDArray[np.int64]:
    """Return the places that may be chosen, in the order of chance: one of each heap that holds no labelled photo.

    Of several near-duplicates it is the one whose scores are highest, so that a strategy loses nothing by them.
    """
    wanted = sum(pool.scores.values(), np.zeros(pool.size))
    closed = set(pool.heap[pool.taken].tolist())
    seen: dict[int, int] = {}
    for at in rng_for(seed, "pool").permutation(pool.size).tolist():
        heap = int(pool.heap[at])
        if heap not in closed and (heap not in seen or wanted[at] > wanted[seen[heap]]):
            seen[heap] = at
    return np.array(list(seen.values()), np.int64)


def best(scores: NDArray[np.float64], free: Places, count: int) -> list[int]:
    """Return the places of the highest scores; of equal ones that which comes first in `free`."""
    return [int(free[at]) for at in np.argsort(-scores[free], kind="stable")[:count]]


def drawn(pool: Candidates, free: Places, strategy: str, count: int, seed: int) -> list[int]:
    """Return places by chance; `stratified`: from the strata with the fewest chosen and labelled so far, in turn."""
    if strategy == "random":
        return [int(at) for at in free[:count]]
    names = sorted(set(pool.stratum))
    labels = np.array([names.index(name) for name in pool.stratum], np.int64)
    rows = np.concatenate([pool.taken, free])
    worth = rng_for(seed, "strata").random(len(rows))
    taken = np.arange(len(pool.taken))
    return [int(rows[at]) for at in first_of_heaps(labels[rows], taken, worth, count)]


def spread(pool: Candidates, free: Places, strategy: str, count: int, seed: int) -> list[int]:
    """Return places by the encoder's vectors, some of them by the scores as well."""
    if strategy == "k-centre of unsure":
        free = np.array(best(unsure_of(pool), free, WIDE * count), np.int64)
    rows = np.concatenate([pool.taken, free])
    vectors, taken = levelled(pool.vectors[rows]), np.arange(len(pool.taken))
    if strategy.startswith("k-centre"):
        chosen = far_ones(vectors, taken, count)
    else:
        labels = heaps(vectors, len(taken) + count, seed_for(seed, "heaps"))
        chosen = first_of_heaps(labels, taken, worth_within(pool, rows, vectors, labels, strategy), count)
    return [int(rows[at]) for at in chosen]


def worth_within(
    pool: Candidates, rows: Places, vectors: Vectors, labels: Places, strategy: str
) -> NDArray[np.float64]:
    """Return (N,) what makes a row the first of its heap: unsure, typical, or in the heap's middle."""
    if strategy == "diverse then unsure":
        return unsure_of(pool)[rows]
    if strategy == "density":
        return typicality(vectors)
    middles = np.stack([vectors[labels == one].mean(axis=0) for one in range(int(labels.max()) + 1)])
    return -np.asarray(((vectors - middles[labels]) ** 2).sum(axis=1), np.float64)


def unsure_of(pool: Candidates) -> NDArray[np.float64]:
    """Return (N,) the committee's scores where there is a committee, else the entropy."""
    return score_of(pool, "committee" if "committee" in pool.scores else "entropy")
