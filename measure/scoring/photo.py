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
from measure.scoring.records import Details, Matches, PhotoScore, TrueObject

THRESHOLDS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))  # of IoU, as COCO has them: 0.50, 0.55, ... 0.95

Reals = NDArray[np.float64]


def iou_table(labels: NDArray[np.integer], truth: NDArray[np.integer], n_labels: int, n_truth: int) -> Reals:
    """Return (n_labels, n_truth) IoU of two maps (H, W) whose values are 0 = nothing and 1, 2, ... = instances."""
    codes = labels.astype(np.int64).ravel() * (n_truth + 1) + truth.ravel()
    shared = np.bincount(codes, minlength=(n_labels + 1) * (n_truth + 1)).reshape(n_labels + 1, n_truth + 1)
    areas, true_areas = shared.sum(axis=1, keepdims=True), shared.sum(axis=0, keepdims=True)
    union = (areas + true_areas - shared)[1:, 1:]
    return np.asarray(np.divide(shared[1:, 1:], union, out=np.zeros(union.shape), where=union > 0))


def hits_at(iou: Reals, scores: Reals, threshold: float) -> int:
    """Return how many true instances are met at a threshold of IoU; each meets one prediction at most.

    iou: (P, T). As in pycocotools, predictions choose in descending order of score, each the free instance of highest
    IoU. Masks that do not overlap each other, as ours, leave no choice above 0.5.
    """
    free = np.ones(iou.shape[1], bool)
    for row in iou[np.argsort(-scores, kind="stable")]:
        best = int(np.argmax(np.where(free, row, -1.0))) if free.any() else 0
        if free.any() and free[best] and row[best] >= threshold:
            free[best] = False
    return int((~free).sum())


def matches_of(iou: Reals, scores: Reals) -> Matches:
    """Return the matches at every threshold. iou: (P, T) of predicted and true instances; scores: (P,)."""
    close = iou.max(axis=1, initial=0) >= THRESHOLDS[0]  # the others meet nothing at any threshold
    hits = tuple(hits_at(iou[close], scores[close], threshold) for threshold in THRESHOLDS)
    return Matches(iou.shape[0], iou.shape[1], hits)


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
