"""Rare categories: how often their photos are drawn, and what their pixels weigh in the loss."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from train.loop.data import Photo


def pixel_counts(pool: Sequence[Photo], num_classes: int) -> NDArray[np.int64]:
    """Return (photos, num_classes) int64: the pixels of each photo by category, background first."""
    counts = [np.bincount(photo.truth.ravel(), minlength=num_classes) for photo in pool]
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
            seen += share * (of_source / of_source.sum(axis=1, keepdims=True)).mean(axis=0)
    there = seen > 0
    weights = np.ones(num_classes)
    weights[there] = seen.sum() / (there.sum() * seen[there])
    return np.sqrt(weights) if kind == "root" else weights
