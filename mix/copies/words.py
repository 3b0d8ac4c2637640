"""Which photos may be copies of one: those that share its visual words (Sivic and Zisserman 2003)."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mix.copies.sight import Floats, Sight

WORDS = 2000


@dataclasses.dataclass(frozen=True)
class Words:
    """Photos by their visual words."""

    vocabulary: Floats  # (W, 128): descriptors of the photos themselves, each a word
    weights: Floats  # (W,): a word that few photos have says more
    photos: csr_array  # (N, W), rows of length 1

    def scores(self, sight: Sight) -> Floats:
        """Return for each photo (N,) how much it has in common with a sight, 0..1."""
        row = counted([sight], self.vocabulary).toarray()[0] * self.weights
        return np.asarray(self.photos @ (row / max(float(np.linalg.norm(row)), 1e-9)), np.float32)


def words_of(sights: Sequence[Sight], rng: np.random.Generator) -> Words:
    """Return the photos by words that are drawn from their own descriptors. Raises ValueError without photos."""
    if not sights:
        raise ValueError("there is no photo to look for")
    vocabulary = drawn(sights, rng)
    counts = counted(sights, vocabulary)
    having = np.bincount(counts.indices, minlength=len(vocabulary))
    weights = np.log((len(sights) + 1) / (having + 0.5)).clip(0.01).astype(np.float32)
    weighted = counts.multiply(weights[None, :]).tocsr()
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1)).clip(1e-9)
    return Words(vocabulary, weights, weighted.multiply(1 / lengths[:, None]).tocsr())


def drawn(sights: Sequence[Sight], rng: np.random.Generator) -> Floats:
    """Return at most `WORDS` descriptors (W, 128), at least 1: photos without features get a word that none has."""
    owners = np.repeat(np.arange(len(sights)), [len(sight.points) for sight in sights])
    chosen = np.sort(rng.permutation(len(owners))[:WORDS])
    if not chosen.size:
        return np.zeros((1, 128), np.float32)
    ends = np.cumsum([len(sight.points) for sight in sights])
    picks = [
        sights[owner].unit[chosen[owners[chosen] == owner] - ends[owner] + len(sights[owner].points)]
        for owner in np.unique(owners[chosen])
    ]
    return np.concatenate(picks)


def counted(sights: Sequence[Sight], vocabulary: Floats) -> csr_array:
    """Return the square roots of how often each sight has each word (N, W): bursts of a pattern count less."""
    rows: list[NDArray[np.int64]] = []
    words: list[NDArray[np.int64]] = []
    for number, sight in enumerate(sights):
        near = (sight.unit @ vocabulary.T).argmax(axis=1) if len(sight.points) else np.zeros(0, np.int64)
        words.append(near)
        rows.append(np.full(len(near), number))
    at = np.concatenate(rows), np.concatenate(words)
    counts = csr_array((np.ones(len(at[0]), np.float32), at), shape=(len(sights), len(vocabulary)))
    counts.sum_duplicates()
    return counts.sqrt()
