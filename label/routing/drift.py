"""Do new predictions look like those that a certificate was made on? Photo by photo, since objects of one are alike."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.stats import ks_2samp

from dataset.predictions import Prediction
from pipeline.seeds import rng_for

MOST_PHOTOS = 2000  # that a certificate keeps for comparison
DIGITS = 4

Traits = dict[str, list[float]]  # what is compared -> a number for each photo that has it


@dataclasses.dataclass(frozen=True)
class Drift:
    """How far new photos' predictions are from the certificate's in one respect."""

    what: str
    distance: float  # of the two distributions (Kolmogorov and Smirnov): 0 = the same, 1 = apart
    chance: float  # of one as large between photos of one kind
    alarm: bool


def traits_of(predictions: Iterable[Prediction], categories: Sequence[str]) -> Traits:
    """Return what is compared of each photo: scores, sizes, uncertainty and how many objects of each category."""
    found: Traits = {}
    for one in predictions:
        scores = [item.score for item in one.instances]
        area = one.size_hw[0] * one.size_hw[1]
        sizes = [math.log(max(item.area_px, 1) / area) for item in one.instances]
        numbers = {"uncertainty": one.uncertainty_bits, "objects": float(len(scores))}
        numbers |= {"lowest score": min(scores), "mean score": float(np.mean(scores))} if scores else {}
        numbers |= {"mean size": float(np.mean(sizes))} if sizes else {}
        numbers |= {
            f"objects of {name}": float(sum(item.category == name for item in one.instances)) for name in categories
        }
        for what, number in numbers.items():
            found.setdefault(what, []).append(round(number, DIGITS))
    return found


def kept(traits: Traits, seed: int) -> Traits:
    """Return the traits as a certificate holds them: sorted, of MOST_PHOTOS photos at most, drawn by chance."""
    return {
        what: sorted(rng_for(seed, "reference", what).permutation(np.array(numbers))[:MOST_PHOTOS].tolist())
        for what, numbers in traits.items()
    }


def drifts(reference: Mapping[str, Sequence[float]], new: Mapping[str, Sequence[float]], error: float) -> list[Drift]:
    """Return the comparison in each respect, the least likely first.

    error: chance of any alarm at all where nothing has changed, shared by all respects (Bonferroni). What only one side
    has at all, such as scores where nothing is found any more, is an alarm.
    """
    names = sorted({*reference, *new})
    found = []
    for what in names:
        ours, theirs = reference.get(what, ()), new.get(what, ())
        if not len(ours) or not len(theirs):
            found.append(Drift(what, 1.0, 0.0, True))
            continue
        test = ks_2samp(ours, theirs)
        found.append(Drift(what, float(test.statistic), float(test.pvalue), bool(test.pvalue < error / len(names))))
    return sorted(found, key=lambda drift: (drift.chance, drift.what))
