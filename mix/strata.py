"""Stratified draws: groups so chosen that categories and sizes of objects keep their shares of the whole."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from dataset.records import Sample
from dataset.sizes import LARGE, SMALL

EXCHANGED = 256  # groups of either part that may change sides at the end
LEAST_GAIN = 1e-9  # of an exchange, so that rounding makes none
SPLIT, REST = 0, 1  # the parts that groups are dealt out to

Strata = tuple[str, ...]
NO_OBJECT: Strata = ("no object",)  # of photos of the background alone
Needs = NDArray[np.float64]  # (2, strata): objects that the split, and that the rest, still wants of each stratum


def strata_of(sample: Sample) -> Strata:
    """Return two strata an object, its category and its size, sorted; `NO_OBJECT` for a photo without any.

    An object is small below 0.33 % of the photo, large from 3 % on.
    """
    area = sample.size_hw[0] * sample.size_hw[1]
    names = [f"category {thing.category}" for thing in sample.instances]
    names += [size_of(thing.area_px / area) for thing in sample.instances]
    return tuple(sorted(map(sys.intern, names))) or NO_OBJECT  # one text for all samples


def size_of(share: float) -> str:
    """Return the size of an object that covers so much of its photo."""
    return "size small" if share < SMALL else "size large" if share >= LARGE else "size medium"


def shares(whole: Sequence[Strata], photos: int) -> dict[str, float]:
    """Return how many objects of each stratum so many photos hold if they are like the whole. whole: of each photo."""
    counts = Counter(stratum for photo in whole for stratum in photo)
    return {stratum: count * photos / len(whole) for stratum, count in counts.items()}


def stratified(groups: Sequence[Sequence[Strata]], photos: int, wanted: Mapping[str, float]) -> list[int]:
    """Return the places of groups that together hold at most `photos` photos and nearly `wanted` objects a stratum.

    groups: the strata of each photo of each group, the groups in an order drawn by chance, which decides ties.
    wanted: stratum -> objects, not whole in general; one that is not named is not wanted.
    Iterative stratification (Sechidis et al. 2011, algorithm 1) of groups into two parts, the split and the rest: the
    rarest stratum is dealt out first, each of its groups to the part that still wants most of it. Unlike there, a part
    that is full takes no more, so that of groups of one photo exactly `photos` are drawn. Then groups are exchanged
    (`evened`), since what was dealt out first knew nothing of the strata after it.
    """
    table, strata = counts_of(groups)
    share = np.array([wanted.get(stratum, 0.0) for stratum in strata])
    sizes = [len(members) for members in groups]
    parts = Parts(table, sizes, np.stack([share, table.sum(axis=0) - share]), [photos, sum(sizes) - photos])
    columns = table.tocsc()
    while (rarest := parts.rarest()) is not None:
        for at in columns.indices[columns.indptr[rarest] : columns.indptr[rarest + 1]].tolist():
            if at not in parts.dealt:
                parts.deal(at, rarest)
    inside, outside = ([at for at, part in sorted(parts.dealt.items()) if part == one] for one in (SPLIT, REST))
    return evened(table, np.array(sizes), share, inside, outside)


def evened(
    table: csr_array, sizes: NDArray[np.int64], wanted: NDArray[np.float64], inside: list[int], outside: list[int]
) -> list[int]:
    """Return the drawn groups, sorted, some of them exchanged for others of as many photos to come nearer to `wanted`.

    table: objects (groups, strata). wanted: (strata,). inside, outside: groups that are drawn and that are not; the
    first `EXCHANGED` of each take part, so that this costs no more for a million groups. What counts is the square of
    what is too much or too little, by what is wanted (Pearson's chi squared): every exchange makes their sum smaller.
    """
    ours, theirs = inside[:EXCHANGED], outside[:EXCHANGED]
    mine, other = table[ours].toarray(), table[theirs].toarray()
    over, weight = table[inside].sum(axis=0) - wanted, 1 / np.maximum(wanted, 1.0)
    improved = bool(theirs)
    while improved:
        improved = False
        for at, group in enumerate(ours):
            costs = np.where(sizes[theirs] == sizes[group], (over - mine[at] + other) ** 2 @ weight, np.inf)
            best = int(np.argmin(costs))
            if costs[best] < over**2 @ weight - LEAST_GAIN:
                over += other[best] - mine[at]
                ours[at], theirs[best] = theirs[best], ours[at]
                mine[at], other[best] = other[best], mine[at].copy()
                improved = True
    return sorted(ours + inside[EXCHANGED:])


class Parts:
    """The split and the rest while groups are dealt out to them."""

    def __init__(self, table: csr_array, sizes: Sequence[int], needs: Needs, room: list[int]):
        """table: objects (groups, strata). sizes: photos of each group. room: photos that each part still takes."""
        self.table, self.sizes, self.needs, self.room = table, sizes, needs, room
        self.left = np.bincount(table.indices, minlength=table.shape[1])  # groups not dealt that show each stratum
        self.dealt: dict[int, int] = {}  # group -> part

    def rarest(self) -> int | None:
        """Return the stratum that fewest of the groups left show; None when all are dealt."""
        open_ = np.flatnonzero(self.left)
        return int(open_[np.argmin(self.left[open_])]) if open_.size else None

    def deal(self, at: int, stratum: int) -> None:
        """Give a group to the part that wants most of a stratum, among equals to the one with more room."""
        claims = [(float(self.needs[part, stratum]), self.room[part]) for part in (SPLIT, REST)]
        fits = [self.sizes[at] <= room for room in self.room]
        part = SPLIT if fits[SPLIT] and (claims[SPLIT] >= claims[REST] or not fits[REST]) else REST
        row = slice(self.table.indptr[at], self.table.indptr[at + 1])
        shown = self.table.indices[row]
        self.needs[part, shown] -= self.table.data[row]
        self.left[shown] -= 1
        self.room[part] -= self.sizes[at]
        self.dealt[at] = part


def counts_of(groups: Sequence[Sequence[Strata]]) -> tuple[csr_array, list[str]]:
    """Return how often each stratum is in each group, float64 (groups, strata), and the strata by name."""
    strata = sorted({stratum for members in groups for photo in members for stratum in photo})
    place = {stratum: at for at, stratum in enumerate(strata)}
    columns = np.fromiter((place[s] for members in groups for photo in members for s in photo), np.int32)
    rows = np.repeat(np.arange(len(groups), dtype=np.int32), [sum(map(len, members)) for members in groups])
    ones = np.ones(len(rows))
    return coo_array((ones, (rows, columns)), shape=(len(groups), len(strata))).tocsr(), strata  # which adds them up
