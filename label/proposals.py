"""From predictions to labels nobody drew: what is sure enough is an object, what is not is ignored. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, IdMap, instances_in, mask_iou
from dataset.predictions import Prediction, mask_at
from dataset.records import Instance
from label.certificate import judged_at, ladder, least_checks, starts_for, widest


@dataclasses.dataclass(frozen=True)
class CheckedObject:
    """A predicted object of a labelled photo, held against the labels."""

    category: str
    score: float
    right: bool  # an object of its category lies there, to the IoU that is asked for


@dataclasses.dataclass(frozen=True)
class Certificate:
    """From which score on the predicted objects of a category are taken as labels."""

    score: float | None  # None = from none on
    checked: int  # objects of the category on labelled photos
    accepted: int  # of these, with that score or more
    precision: float  # what the share of right ones among them is at least, with the confidence asked for
    needed: int  # faultless ones that the target takes at least


def checked_objects(
    prediction: Prediction, ids: IdMap, instances: Sequence[Instance], least_iou: float
) -> list[CheckedObject]:
    """Return the predicted objects of a photo with id map (H, W), right where they overlap one true object enough.

    What the labels ignore is taken out of both; an object that lies there as a whole is not checked.
    """
    counted = ids != IGNORE
    found = []
    for number, item in enumerate(prediction.instances):
        mask = mask_at(prediction, number) & counted
        if mask.any():
            true = (ids == one.index for one in instances if one.category == item.category)
            best = max((mask_iou(mask, other) for other in true), default=0.0)
            found.append(CheckedObject(item.category, item.score, best >= least_iou))
    return found


def certified(
    checked: Iterable[CheckedObject], categories: Sequence[str], target: float, confidence: float
) -> dict[str, Certificate]:
    """Return the certificate of each category, by its own objects alone."""
    every, error = list(checked), 1 - confidence
    found = {}
    for name in categories:
        own = [one for one in every if one.category == name]
        scores, right = np.array([one.score for one in own]), np.array([one.right for one in own], bool)
        starts = starts_for(target, error, len(own), None)
        above = widest(judged_at(ladder(scores, len(own), starts, error), scores, right, target, error))
        needed = least_checks(target, error)
        found[name] = (
            Certificate(above.score, len(own), above.checked, round(above.bound, 4), needed)
            if above
            else Certificate(None, len(own), 0, 0.0, needed)
        )
    return found


def proposed(
    prediction: Prediction, certificates: Mapping[str, Certificate], unsure: NDArray[np.bool_]
) -> tuple[IdMap, tuple[Instance, ...]]:
    """Return the id map (H, W) and the instances that a photo is labelled with.

    unsure: (H, W) pixels that are ignored whatever they are. An object below its category's score is ignored as well.
    """
    ids = np.zeros(prediction.size_hw, np.uint16)
    names: list[str] = []
    for number, item in enumerate(prediction.instances):
        known = certificates.get(item.category)
        sure = known is not None and known.score is not None and item.score >= known.score
        names += [item.category] * sure
        ids[mask_at(prediction, number)] = len(names) if sure else IGNORE
    ids[unsure] = IGNORE
    return instances_in(ids, names)
