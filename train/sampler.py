"""Which photo each draw of a run is: sources in the mix's shares, exact in every epoch; rare categories more often."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.seeds import rng_for
from train.data import Photo


def schedule(
    weights: Sequence[float],
    pool_sizes: Sequence[int],
    steps: int,
    batch: int,
    epoch_steps: int,
    seed: int,
    repeats: Sequence[NDArray[np.float64]] | None = None,
) -> NDArray[np.int64]:
    """Return (steps, batch, 2) int64: for every draw, the source and the item of that source's pool.

    weights: the share of each source, in 0..1, summing to 1; taken as their decimal text says, so 0.1 is one tenth.
    An epoch of `epoch_steps` batches holds its exact shares (`counts_of`), and its batches are as alike as whole
    numbers allow (`per_batch`). A source goes through a shuffle of its whole pool before any item comes again.
    repeats: per source, how often each item comes in one such shuffle (`endless`); None = once.
    A run of more steps starts with the run of fewer; 0 steps give an empty array.
    Raises ValueError for weights that are no shares, a pool that is empty though it has weight, and sizes below 1.
    """
    check_sizes(weights, pool_sizes, steps, batch, epoch_steps)
    counts = per_batch(counts_of(shares_of(weights), batch * epoch_steps), epoch_steps)
    times = [np.ones(size) for size in pool_sizes] if repeats is None else repeats
    draws = [endless(of_source, seed, source) for source, of_source in enumerate(times)]
    rows = [
        (source, next(draws[source]))
        for step in range(steps)
        for source, count in enumerate(counts[step % epoch_steps])
        for _ in range(count)
    ]
    return np.array(rows, np.int64).reshape(steps, batch, 2)


def check_sizes(weights: Sequence[float], pool_sizes: Sequence[int], steps: int, batch: int, epoch_steps: int) -> None:
    """Raise ValueError for arguments that no schedule can follow."""
    if len(weights) != len(pool_sizes) or not weights:
        raise ValueError(f"{len(weights)} weights for {len(pool_sizes)} pools, wanted one each and at least one")
    if steps < 0 or batch < 1 or epoch_steps < 1:
        raise ValueError(f"steps {steps}, batch {batch}, epoch_steps {epoch_steps}: wanted at least 0, 1 and 1")
    for source, (weight, size) in enumerate(zip(weights, pool_sizes, strict=True)):
        if weight and size < 1:
            raise ValueError(f"source {source} has weight {weight} but nothing to draw from")


def shares_of(weights: Sequence[float]) -> list[Fraction]:
    """Return the weights as exact fractions that sum to 1; raise ValueError when they are no shares of a whole.

    A sum that misses 1 by a rounding (three times 0.3333333333333333) is mended.
    """
    shares = [Fraction(str(float(weight))) for weight in weights]  # nan and inf are ValueErrors here
    total = sum(shares, Fraction(0))
    if min(shares) < 0 or abs(total - 1) > Fraction(1, 10**9):
        raise ValueError(f"weights {list(weights)}: wanted none below 0 and the sum 1, found the sum {float(total)}")
    return [share / total for share in shares]


def counts_of(shares: Sequence[Fraction], draws: int) -> list[int]:
    """Return how many of `draws` each source gives: whole numbers by the largest remainder, the first source at a tie.

    They sum to `draws`, and each is less than one away from its share.
    """
    counts = [int(share * draws) for share in shares]
    remainder = [share * draws - count for share, count in zip(shares, counts, strict=True)]
    for source in sorted(range(len(shares)), key=lambda s: -remainder[s])[: draws - sum(counts)]:
        counts[source] += 1
    return counts


def per_batch(counts: Sequence[int], batches: int) -> list[list[int]]:
    """Return (batches, sources) whole numbers that sum to `counts` downwards and to one batch size across.

    A source's numbers differ by at most one between batches. The batches that take one more are those where the
    source lags most behind its even pace; one that must take one more in all batches left goes first, so that the
    sums come out for any number of sources.
    """
    base = [count // batches for count in counts]
    left = [count % batches for count in counts]
    extra, pace = sum(left) // batches, list(left)
    rows = []
    for done in range(batches):
        keys = [
            (todo == batches - done, todo > 0, whole * (done + 1) - (whole - todo) * batches)
            for whole, todo in zip(pace, left, strict=True)
        ]
        taken = sorted(range(len(counts)), key=keys.__getitem__, reverse=True)[:extra]
        left = [todo - (source in taken) for source, todo in enumerate(left)]
        rows.append([least + (source in taken) for source, least in enumerate(base)])
    return rows


def endless(repeats: NDArray[np.float64], seed: int, source: int) -> Iterator[int]:
    """Yield the items 0..n - 1 without end, in shuffled cycles, every cycle in its own order.

    repeats: (n,) how often each item comes in a cycle, on average, above 0: 1.5 means once and twice in turn. After
    any number of cycles an item came less than one time more or less often than that.
    """
    whole = bool((repeats == 1).all())
    begin = np.zeros(len(repeats)) if whole else rng_for(seed, "source", source, "begin").random(len(repeats))
    cycle = 0
    while True:
        times = np.floor(repeats * (cycle + 1) + begin) - np.floor(repeats * cycle + begin)
        items = np.repeat(np.arange(len(repeats)), times.astype(np.int64))
        yield from items[rng_for(seed, "source", source, cycle).permutation(len(items))].tolist()
        cycle += 1


def pixel_counts(pool: Sequence[Photo], num_classes: int) -> NDArray[np.int64]:
    """Return (photos, num_classes) int64: the pixels of each photo by category, background first, no ignored ones."""
    counts = [np.bincount(photo.truth.ravel(), minlength=num_classes)[:num_classes] for photo in pool]
    return np.array(counts, np.int64).reshape(len(pool), num_classes)


def repeats_of(counts: NDArray[np.int64], sampling: str) -> NDArray[np.float64]:
    """Return (photos,) float64: how often each photo of a pool comes in one cycle through it.

    counts: as of `pixel_counts`. "even": once. "by category": by its rarest category, the square root of how many times
    fewer photos show it than show the most frequent one (Gupta et al. 2019, LVIS, section 5.2, with the highest
    frequency for the threshold); a photo without any category once.
    """
    photos = len(counts)
    if sampling == "even" or not photos:
        return np.ones(photos)
    shown = counts[:, 1:] > 0  # (photos, categories)
    frequency = shown.sum(axis=0)
    factor = np.sqrt(frequency.max(initial=1) / np.maximum(frequency, 1))
    repeats: NDArray[np.float64] = np.where(shown, factor, 1).max(axis=1, initial=1)
    return repeats


def class_weights(
    counts: Sequence[NDArray[np.int64]], shares: Sequence[float], kind: str, num_classes: int
) -> NDArray[np.float64]:
    """Return (num_classes,) float64: the weight of a pixel in the loss by its category, background first.

    counts: one array a source, as of `pixel_counts`. shares: each source's share of what the network sees. "none": 1.
    "inverse": one over the category's share of the pixels, and one over the number of categories there, so that each
    category present weighs the same in all and a pixel weighs 1 on average (King and Zeng 2001, as in scikit-learn's
    "balanced"). "root": the square root of that. A category that never shows weighs 1.
    """
    if kind == "none":
        return np.ones(num_classes)
    seen = np.zeros(num_classes)
    for of_source, share in zip(counts, shares, strict=True):
        if share and len(of_source):
            pixels = np.maximum(of_source.sum(axis=1, keepdims=True), 1)  # 0: a photo that is ignored as a whole
            seen += share * (of_source / pixels).mean(axis=0)
    there = seen > 0
    weights = np.ones(num_classes)
    weights[there] = seen.sum() / (there.sum() * seen[there])
    return np.sqrt(weights) if kind == "root" else weights
