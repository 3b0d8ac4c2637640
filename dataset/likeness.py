"""Which photos look alike at a glance: a hash of what a photo shows, and all pairs of hashes that are near."""

import itertools
import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from dataset.overlay import RGB

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]  # (N, 2)

BITS = 64
SIDE_PX = 32  # a photo is made so small that noise and compression do not count
WAVES = sorted(itertools.product(range(SIDE_PX), repeat=2), key=lambda wave: (sum(wave), wave))[1 : BITS + 1]
ROWS, COLUMNS = np.array(WAVES).T  # frequencies, lowest first; the mean lightness is none of them
PLACES = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
ODD = np.bitwise_or.reduce(PLACES[COLUMNS % 2 == 1])  # waves that a mirror turns over

AT_ONCE = 2**20  # pairs that are looked at together, so that memory stays small
MANY = 100_000  # hashes from which it pays to start threads
MOST_THREADS = 4  # each holds what is looked at together
PLAN_COST = 15.0  # of sorting and looking up one hash, in pairs looked at
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: its products differ in their high bits (Knuth 6.4)
SKEW = 0.9  # bits of a key that tell photos apart; those of real photos are not independent


def photo_hash(image: RGB) -> np.uint64:
    """Return the perceptual hash of an image (H, W, 3): the signs of its 64 lowest frequencies (pHash, Zauner 2010).

    Photos that differ by compression, size, brightness or a slight crop differ in few bits, others in 32 or so. The
    signs are those around 0, not around the median: then the hash of the mirror image follows from it (`mirrored`).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    waves = dctn(cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))
    return np.uint64(PLACES[waves[ROWS, COLUMNS] > 0].sum(dtype=np.uint64))


def mirrored(hashes: Hashes) -> Hashes:
    """Return the hashes of the mirror images, left for right: a mirror changes the sign of waves of odd frequency."""
    turned: Hashes = hashes ^ ODD
    return turned


def near_pairs(left: Hashes, right: Hashes, most_bits: int) -> Pairs:
    """Return all pairs (i, j), sorted, whose left[i] and right[j] differ in at most `most_bits` bits; (0, 2) if none.

    Exact, and about n log n for hashes that are spread (multi-index hashing, Norouzi et al. 2012): bits are cut into
    blocks, near hashes share several of them, so sorting by each choice of blocks brings them together. Memory grows
    with the hashes and the pairs found. n equal hashes make n**2 pairs: to group photos, search ``np.unique(hashes)``.
    Raises ValueError for `most_bits` below 0.
    """
    if most_bits < 0:
        raise ValueError(f"most_bits is {most_bits}, wanted 0 or more")
    shared, masks = blocks_for(len(left), len(right), most_bits)
    choices = [*itertools.combinations(range(len(masks)), shared)]

    def sharing(chosen: tuple[int, ...]) -> list[Pairs]:
        return [*pairs_sharing(left, right, masks, chosen, most_bits)]

    if len(left) + len(right) < MANY:
        found = [*map(sharing, choices)]
    else:
        with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as threads:  # numpy sorts without Python's lock
            found = [*threads.map(sharing, choices)]
    pairs = np.concatenate([np.empty((0, 2), np.int64), *itertools.chain.from_iterable(found)])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def blocks_for(left: int, right: int, most_bits: int) -> tuple[int, list[np.uint64]]:
    """Return how many blocks near hashes share for sure, and the mask of each block; the choice that costs least.

    left, right: numbers of hashes. d bits that differ spoil at most d of d + k blocks, so k are shared. Where none
    is, every pair is looked at.
    """

    def cost(shared: int) -> float:
        tables = math.comb(most_bits + shared, shared)
        key_bits = SKEW * BITS * shared / max(most_bits + shared, 1)
        return tables * (PLAN_COST * (left + right) + left * right / 2**key_bits)

    shared = min(range(max(BITS - most_bits, 0) + 1), key=cost)
    count = max(most_bits + shared, 1)
    return shared, [np.bitwise_or.reduce(PLACES[at::count], initial=np.uint64(0)) for at in range(count)]


def pairs_sharing(
    left: Hashes, right: Hashes, masks: list[np.uint64], chosen: tuple[int, ...], most_bits: int
) -> Iterator[Pairs]:
    """Yield the near pairs whose first shared blocks are the chosen ones, so that no pair comes twice."""
    mask = np.bitwise_or.reduce([masks[at] for at in chosen], initial=np.uint64(0), dtype=np.uint64)
    earlier = [masks[at] for at in range(max(chosen, default=0)) if at not in chosen]
    index_bits = max(len(left), len(right)).bit_length()
    keys_left, order_left = sorted_keys(left & mask, index_bits)
    keys_right, order_right = sorted_keys(right & mask, index_bits)
    left, right = left[order_left], right[order_right]  # in the order of the keys: what is compared lies close together
    for i, j in equal_keys(keys_left, keys_right):
        apart = left[i] ^ right[j]
        near = np.flatnonzero(np.bitwise_count(apart) <= most_bits)
        near = near[apart[near] & mask == 0]
        for block in earlier:
            near = near[apart[near] & block != 0]
        if near.size:
            yield np.column_stack([order_left[i[near]], order_right[j[near]]])


def sorted_keys(masked: Hashes, index_bits: int) -> tuple[Hashes, NDArray[np.int64]]:
    """Return the sorted keys of masked hashes and their order: equal ones have equal keys, and seldom others too.

    Key and index are sorted as one number, which takes a quarter of the time of np.argsort.
    """
    shift = np.uint64(index_bits)
    keys = (masked * MIX >> shift << shift) | np.arange(len(masked), dtype=np.uint64)
    keys.sort()
    return keys >> shift, (keys & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int64)


def equal_keys(left: Hashes, right: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield all (i, j) with left[i] == right[j] of two sorted lists, about `AT_ONCE` at a time."""
    first = np.searchsorted(right, left, "left")
    rows = np.flatnonzero(first < len(right))
    rows = rows[right[first[rows]] == left[rows]]
    first = first[rows]
    counts = np.searchsorted(right, left[rows], "right") - first
    sums = np.cumsum(counts)
    for begin, end in batches(sums):
        some = counts[begin:end]
        nth = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)  # of the pairs of its row
        yield np.repeat(rows[begin:end], some), np.repeat(first[begin:end], some) + nth


def batches(sums: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of runs of rows with about `AT_ONCE` pairs each. sums: of the pairs up to each row."""
    cuts = np.searchsorted(sums, np.arange(AT_ONCE, sums[-1] if len(sums) else 0, AT_ONCE)) + 1
    yield from ((begin, end) for begin, end in itertools.pairwise([0, *cuts.tolist(), len(sums)]) if begin < end)
