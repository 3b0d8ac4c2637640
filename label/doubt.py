"""How much a photo's label is wanted, by what one network says of it, or by how several of them differ."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.predictions import Prediction, mask_at
from pipeline.errors import InputError

NOTHING_FOUND = 1.0  # the expected loss of a photo in which nothing was found: all that may be there is lost

Map = NDArray[np.uint8]  # (H, W), 0 = background, c = the c-th category


def map_of(prediction: Prediction, categories: Sequence[str]) -> Map:
    """Return the category map (H, W) of a prediction; raise InputError for a category that is not in the list."""
    drawn = np.zeros(prediction.size_hw, np.uint8)
    for number, item in enumerate(prediction.instances):
        if item.category not in categories:
            raise InputError(f"{prediction.file}: {item.category} is no category of its folder; predict again")
        drawn[mask_at(prediction, number)] = categories.index(item.category) + 1
    return drawn


def vote_entropy(maps: Sequence[Map]) -> float:
    """Return the mean over pixels of the entropy of the networks' votes, in bits (Dagan & Engelson 1995).

    maps: of one photo, one a network. With votes in place of probabilities this is the mutual information that BALD
    asks for (Houlsby 2011, eq. 2), as each vote by itself is sure. One network gives 0.
    """
    first = maps[0]
    if all(np.array_equal(first, other) for other in maps[1:]):
        return 0.0
    entropy = np.zeros(first.shape)
    for value in sorted({int(value) for one in maps for value in np.unique(one)}):
        share = np.mean([one == value for one in maps], axis=0)
        entropy -= share * np.log2(np.where(share > 0, share, 1))
    return float(entropy.mean())


def expected_loss(prediction: Prediction) -> float:
    """Return the share of the found objects' pixels that are wrong if their scores are right, 0..1."""
    area = sum(item.area_px for item in prediction.instances)
    wrong = sum(item.area_px * (1 - item.score) for item in prediction.instances)
    return wrong / area if area else NOTHING_FOUND


def scores_of(predictions: Sequence[Prediction], maps: Sequence[Map]) -> dict[str, float]:
    """Return strategy -> score of one photo, higher where its label is wanted more.

    predictions: of one photo, one a network, means over which are taken; maps: the same as category maps, for the
    committee; none of them where there is one network. A folder written without `doubts` lacks what hangs on them.
    """
    found = {"entropy": mean([one.uncertainty_bits for one in predictions])}
    for name in ("least confidence", "margin"):
        if all(name in one.doubts for one in predictions):
            found[name] = mean([one.doubts[name] for one in predictions])
    found["expected loss"] = mean([expected_loss(one) for one in predictions])
    return found | ({"committee": vote_entropy(maps)} if len(maps) > 1 else {})


def mean(values: Sequence[float]) -> float:
    """Return the mean of some numbers."""
    return sum(values) / len(values)


def agreement(one: Map, other: Map) -> float:
    """Return the share of pixels, of those where either map sees an object, at which both say the same; 1 if none."""
    either = (one > 0) | (other > 0)
    return float((one == other)[either].mean()) if either.any() else 1.0
