"""A labelling simulated: the photos' labels are hidden, and revealed in the order in which a strategy asks for them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dataset.records import Sample
from label.strategies import CHANCE, SPREAD, STRATEGIES, Candidates, order_of
from pipeline.seeds import rng_for, seed_for

Rows = NDArray[np.int64]  # places in the list of samples


@dataclasses.dataclass(frozen=True)
class Simulate:
    """Section `simulate` of params.yaml."""

    seed: int
    strategies: tuple[str, ...]  # random is always among them
    draws: int  # of start, pool and test photos
    start: int  # labels to begin with
    start_where: dict[str, tuple[str, ...]]  # tag -> values of the photos that the start is drawn from; {} = all
    other: float | None  # share of the pool that is of other values than the start; null = as the photos are
    labels: tuple[int, ...]  # added to the start, rising; the networks are scored after each
    at: int  # of labels: where strategies are compared with so many more labels by chance
    batch: int  # labels asked for at a time
    test: float  # share of the groups that is scored on
    apart: str  # tag of near-duplicates: never both labelled, never parted between pool and test
    stratum: str  # tag that `stratified` draws by
    ratio: float = 0.5  # share of the renders in what is trained on, where there are some

    def __post_init__(self) -> None:
        """Raise ValueError for a value no simulation can use."""
        unknown = [name for name in self.strategies if name not in STRATEGIES]
        if unknown:
            raise ValueError(f"strategies has {unknown[0]!r}, wanted some of: {', '.join(STRATEGIES)}")
        if not self.labels or sorted(set(self.labels)) != list(self.labels) or self.labels[0] < 1:
            raise ValueError(f"labels is {list(self.labels)}, wanted numbers above 0 that rise")
        if self.at not in self.labels:
            raise ValueError(f"at is {self.at}, wanted one of labels: {list(self.labels)}")
        if self.draws < 2 or self.start < 1 or self.batch < 1 or not 0 < self.test < 1:
            raise ValueError("wanted draws of 2 or more, start and batch of 1 or more, and test above 0 and below 1")
        if self.other is not None and not 0 < self.other < 1:
            raise ValueError(f"other is {self.other}, wanted null, or a share above 0 and below 1")
        if not 0 < self.ratio < 1:
            raise ValueError(f"ratio is {self.ratio}, wanted a share above 0 and below 1")


class Training(Protocol):
    """What is trained again and again on photos given by their places."""

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The encoder's vectors (N, D) of all photos."""

    def score(self, rows: Rows, test: Rows, seed: int) -> float:
        """Return the IoU on the photos `test` of what training on the photos `rows` gives."""

    def doubts(self, rows: Rows, pool: Rows, seed: int, *, committee: bool) -> dict[str, NDArray[np.float64]]:
        """Return strategy -> scores (P,) of the photos `pool`, by what training on the photos `rows` gives."""


@dataclasses.dataclass(frozen=True)
class Deal:
    """One draw: photos that are labelled at the start, the pool (these included), and the photos to score on."""

    start: Rows
    pool: Rows
    test: Rows
    seed: int


@dataclasses.dataclass(frozen=True)
class Ties:
    """What the photos of a simulation are tied by."""

    heap: NDArray[np.int64]  # (N,) near-duplicates have one number
    stratum: Sequence[str]  # (N,) where a photo is from
    first: NDArray[np.bool_]  # (N,) photos that the start may be drawn from


def ground_of(samples: Sequence[Sample], apart: str, stratum: str, start: Mapping[str, Sequence[str]]) -> Ties:
    """Return how samples are tied. apart, stratum: tags, by which near-duplicates and strata are told; start: tag ->
    values of the photos that a start is drawn from, {} = all.
    """
    names = [sample.tags.get(apart, f"alone {at}") for at, sample in enumerate(samples)]
    first = [all(sample.tags.get(tag) in some for tag, some in start.items()) for sample in samples]
    heap = np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)
    return Ties(heap, [sample.tags.get(stratum, "") for sample in samples], np.array(first))


def deal_of(ground: Ties, start: int, test: float, other: float | None, seed: int) -> Deal:
    """Return the draw of a seed: heaps go whole to the test photos (a share `test` of them) or to the pool.

    start: labels to begin with, one a heap. other: share of the pool that is not of the kind that the start is of,
    thinned to that; None = as it is. Raises ValueError for too few photos to start from.
    """
    rng = rng_for(seed, "deal")
    heaps = rng.permutation(np.unique(ground.heap))
    tested = np.isin(ground.heap, heaps[: round(len(heaps) * test)])
    like, unlike = (rng.permutation(np.flatnonzero(~tested & kind)) for kind in (ground.first, ~ground.first))
    if other is not None:
        unlike = unlike[: round(len(like) * other / (1 - other))]
    begin = like[np.sort(np.unique(ground.heap[like], return_index=True)[1])][:start]
    if len(begin) < start:
        raise ValueError(f"{len(begin)} photos to start from, wanted {start}")
    return Deal(begin, np.concatenate([like, unlike]), np.flatnonzero(tested), seed)


def simulated(
    training: Training, ground: Ties, deal: Deal, strategy: str, labels: Sequence[int], batch: int
) -> list[float]:
    """Return the scores at the start and after each of `labels` more, asked for `batch` at a time.

    A strategy that needs no training between its batches is asked for all at once.
    """
    have = deal.start
    found = [training.score(have, deal.test, deal.seed)]
    known = strategy in {*CHANCE, *SPREAD}
    while len(have) < len(deal.start) + labels[-1]:
        done = len(have) - len(deal.start)
        goal = next(size for size in labels if size > done)
        count = goal - done if known else min(batch, goal - done)
        have = np.concatenate([have, asked_for(training, ground, deal, strategy, (have, count))])
        if len(have) - len(deal.start) in labels:
            found.append(training.score(have, deal.test, deal.seed))
    return found


def asked_for(training: Training, ground: Ties, deal: Deal, strategy: str, now: tuple[Rows, int]) -> Rows:
    """Return the photos that a strategy asks for. now: those labelled so far, and how many more.

    Raises ValueError when the pool holds too few.
    """
    have, count = now
    committee = strategy in {"committee", "diverse then unsure", "k-centre of unsure"}
    known = strategy in {*CHANCE, *SPREAD}
    scores = {} if known else training.doubts(have, deal.pool, deal.seed, committee=committee)
    taken = np.flatnonzero(np.isin(deal.pool, have))
    strata = [ground.stratum[at] for at in deal.pool]
    pool = Candidates(scores, training.vectors[deal.pool], ground.heap[deal.pool], strata, taken)
    order = order_of(pool, strategy, count, seed_for(deal.seed, strategy, len(have)))
    if len(order) < count:
        raise ValueError(f"the pool has {len(order)} photos left, wanted {count}; take fewer labels")
    return deal.pool[order]
