"""How many objects of each category there are, and how many the network sees: before and after mixing and sampling."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.records import REAL, RENDER, Sample
from measure.trials.pools import Pools
from train.sampler import repeats_of

PICTURES = 100  # as many as what the network sees is told of


@dataclasses.dataclass(frozen=True)
class CategoryObjects:
    """The objects of one category."""

    category: str
    real: int  # in all real photos to train on
    render: int  # in all renders to train on
    seen: float  # in `PICTURES` pictures as a training draws them, before they are cropped


def objects_by_category(
    pools: Pools, weights: Mapping[str, float], categories: Sequence[str], sampling: str
) -> list[CategoryObjects]:
    """Return a row a category, in their order.

    weights: source -> its share of what the network sees; a source that is not named has none. sampling: as of
    `train.sampler.repeats_of`, by which pictures of rare categories come more often.
    """
    counts = {source.name: object_counts(source.samples, categories) for source in pools.sources}
    seen = np.zeros(len(categories))
    for name, weight in weights.items():
        seen += PICTURES * weight * per_picture(counts[name], sampling)
    there = {domain: np.zeros(len(categories), np.int64) for domain in (REAL, RENDER)}
    for source in pools.sources:
        there[source.domain] += counts[source.name].sum(axis=0)
    return [
        CategoryObjects(name, int(there[REAL][at]), int(there[RENDER][at]), float(seen[at]))
        for at, name in enumerate(categories)
    ]


def object_counts(samples: Iterable[Sample], categories: Sequence[str]) -> NDArray[np.int64]:
    """Return (samples, categories) int64: how many objects of each category a sample shows."""
    found = [Counter(instance.category for instance in sample.instances) for sample in samples]
    rows = [[counter[name] for name in categories] for counter in found]
    return np.array(rows, np.int64).reshape(len(found), len(categories))


def per_picture(counts: NDArray[np.int64], sampling: str) -> NDArray[np.float64]:
    """Return (categories,) float64: the objects in a picture that is drawn, on average; zeros without samples.

    counts: as of `object_counts`.
    """
    if not len(counts):
        return np.zeros(counts.shape[1])
    times = repeats_of(np.pad(counts, ((0, 0), (1, 0))), sampling)  # there the background comes first
    mean: NDArray[np.float64] = times @ counts / times.sum()
    return mean
