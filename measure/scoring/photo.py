"""From a network's probabilities and a photo's labels to the photo's counts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap, categories_map
from dataset.pieces import pieces_of
from dataset.records import Instance
from measure.scoring.counts import (
    CategoryMap,
    boundary_overlap,
    calibration_of,
    count,
    entropy_bits,
    errors_of,
    sampled,
)
from measure.scoring.instances import Reals, iou_table, matches_of
from measure.scoring.records import Details, Matches, PhotoScore, TrueObject

DIGITS = 6
SEEN = 0.5  # an object is seen if this share of its pixels carries its category


def score_photo(
    probabilities: NDArray[np.float32], ids: IdMap, instances: Sequence[Instance], categories: Sequence[str]
) -> PhotoScore:
    """Return what is counted on one photo; its id and group are empty, for the caller to fill in.

    probabilities: (C + 1, H, W) at the photo's own size, background first, sum 1 over the first axis. ids: (H, W).
    Instances of other categories, and ids without an instance, are background. An instance without a pixel is left
    out. Raises ValueError if the shapes do not belong together.
    """
    if probabilities.shape != (len(categories) + 1, *ids.shape):
        raise ValueError(
            f"the probabilities are {probabilities.shape}, wanted {(len(categories) + 1, *ids.shape)}: "
            "background and every category at the size of the id map"
        )
    predicted = probabilities.argmax(axis=0).astype(np.uint8)
    truth = categories_map(ids, tuple(instances), tuple(categories))
    matches, objects = instances_on(probabilities, predicted, ids, instances, categories)
    rows, columns = sampled((ids.shape[0], ids.shape[1]))
    seen, said, there = probabilities[:, rows, columns], predicted > 0, truth > 0
    details = Details(
        boundary_overlap(said, there),
        errors_of(said, there, unseen(said, ids, instances)),
        matches,
        calibration_of(seen, truth[rows, columns]),
        objects,
        entropy_bits(seen),
    )
    return PhotoScore("", "", count(predicted, truth, categories), details)


def unseen(foreground: NDArray[np.bool_], ids: IdMap, instances: Sequence[Instance]) -> NDArray[np.bool_]:
    """Return the pixels (H, W) of instances that the predicted foreground (H, W) covers by less than `SEEN`."""
    size = max((i.index for i in instances), default=0) + 1
    area, covered = (np.bincount(found, minlength=size) for found in (ids.ravel(), ids[foreground]))
    return np.asarray((covered < SEEN * area)[ids])


def instances_on(
    probabilities: NDArray[np.float32],
    predicted: CategoryMap,
    ids: IdMap,
    instances: Sequence[Instance],
    categories: Sequence[str],
) -> tuple[dict[str, Matches], tuple[TrueObject, ...]]:
    """Return the matches of each category that is there or predicted, and the true objects in the labels' order."""
    area = np.bincount(ids.ravel(), minlength=max((i.index for i in instances), default=0) + 1)
    present = [instance for instance in instances if area[instance.index]]
    matches: dict[str, Matches] = {}
    objects: dict[int, TrueObject] = {}
    for number, name in enumerate(categories, 1):
        own = [instance for instance in present if instance.category == name]
        mask = predicted == number
        if not own and not mask.any():
            continue
        pieces = pieces_of(mask)
        scores = pieces.means(probabilities[number])
        order = np.zeros(len(area), np.int64)
        order[[instance.index for instance in own]] = np.arange(1, len(own) + 1)
        iou = iou_table(pieces.labels, order[ids], len(scores), len(own))
        matches[name] = matches_of(iou, scores)
        covered = np.bincount(ids[mask], minlength=len(area)) / np.maximum(area, 1)
        objects |= {i.index: true_object(i, area, covered, iou[:, k], ids) for k, i in enumerate(own)}
    return matches, tuple(objects[i.index] for i in present if i.index in objects)


def true_object(instance: Instance, area: NDArray[np.integer], covered: Reals, iou: Reals, ids: IdMap) -> TrueObject:
    """Return the record of one instance. area, covered: by index; iou: (P,) with each predicted piece."""
    edge = np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]])
    return TrueObject(
        instance.category,
        round(float(area[instance.index] / ids.size), 2 + DIGITS),
        round(float(instance.visible_fraction), DIGITS),
        bool((edge == instance.index).any()),
        round(float(iou.max(initial=0.0)), DIGITS),
        round(float(covered[instance.index]), DIGITS),
    )
