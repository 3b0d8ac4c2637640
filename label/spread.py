"""Which photos lie apart, by the vector that an encoder gives of each: far, middle of a heap, typical."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

Vectors = NDArray[np.float32]  # (N, D), a row a photo
Places = NDArray[np.int64]

NEIGHBOURS = 10  # by which a photo counts as typical
MOST_ROUNDS = 50  # of k-means


def levelled(vectors: Vectors) -> Vectors:
    """Return vectors (N, D) each of whose columns has mean 0 and deviation 1; a column that never changes is 0."""
    spread = vectors.std(axis=0)
    return np.asarray((vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1), np.float32)


def squared_distances(one: Vectors, other: Vectors) -> NDArray[np.float32]:
    """Return (N, M) squared distances between the rows of (N, D) and of (M, D), none below 0."""
    lengths = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None]
    return np.asarray(np.maximum(lengths - 2 * one @ other.T, 0), np.float32)


def far_ones(vectors: Vectors, taken: Places, count: int) -> list[int]:
    """Return up to `count` rows, each the farthest from all taken before it (greedy k-centre, Sener & Savarese 2018).

    taken: rows that are labelled already; where there are none the first is the one nearest to the mean. A row is never
    returned twice, nor one that is taken.
    """
    left = np.full(len(vectors), np.inf, np.float32)
    if len(taken):
        left = squared_distances(vectors, vectors[taken]).min(axis=1)
    left[taken] = -1
    chosen: list[int] = []
    for _ in range(min(count, len(vectors) - len(set(taken.tolist())))):
        first = not len(taken) and not chosen
        at = int(((vectors - vectors.mean(axis=0)) ** 2).sum(axis=1).argmin() if first else left.argmax())
        chosen.append(at)
        left = np.minimum(left, squared_distances(vectors, vectors[at : at + 1])[:, 0])
        left[at] = -1
    return chosen


def heaps(vectors: Vectors, count: int, seed: int) -> Places:
    """Return for each row (N, D) which of `count` heaps it lies in, (N,) numbers from 0 (k-means, Lloyd 1982)."""
    found = KMeans(min(count, len(vectors)), n_init=1, max_iter=MOST_ROUNDS, random_state=seed).fit(vectors)
    return np.asarray(found.labels_, np.int64)


def typicality(vectors: Vectors) -> NDArray[np.float64]:
    """Return (N,) 1 / mean distance to the nearest rows, high where many are near (TypiClust, Hacohen 2022, eq. 1)."""
    near = min(NEIGHBOURS, len(vectors) - 1)
    if near < 1:
        return np.ones(len(vectors))
    distances = np.sort(squared_distances(vectors, vectors), axis=1)[:, 1 : near + 1]
    return np.asarray(1 / (np.sqrt(distances).mean(axis=1) + 1e-6), np.float64)


def first_of_heaps(labels: Places, taken: Places, worth: NDArray[np.float64], count: int) -> list[int]:
    """Return up to `count` rows: from heaps with the fewest taken first, the larger on a tie, its row of most worth.

    labels: (N,) heap of each row. worth: (N,). Heaps are gone through again and again until enough are chosen.
    """
    free = np.ones(len(labels), bool)
    free[taken] = False
    held = np.bincount(labels[taken], minlength=int(labels.max(initial=0)) + 1)
    sizes = np.bincount(labels, minlength=len(held))
    chosen: list[int] = []
    while len(chosen) < count and free.any():
        open_ones = np.unique(labels[free])
        heap = min(open_ones.tolist(), key=lambda one: (held[one], -sizes[one], one))
        rows = np.flatnonzero(free & (labels == heap))
        at = int(rows[worth[rows].argmax()])
        chosen.append(at)
        free[at] = False
        held[heap] += 1
    return chosen
