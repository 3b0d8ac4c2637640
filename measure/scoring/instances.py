"""Predicted instances and their match with the true ones, as COCO counts them.

A predicted instance is a connected piece of the predicted category map: a network that labels pixels cannot part two
objects of one category that touch, nor join an object that something hides in the middle. Every piece counts, however
small: whoever uses the masks gets the specks too.
"""

import numpy as np
from numpy.typing import NDArray

from measure.scoring.records import Matches

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

    iou: (P, T). As in pycocotools, predictions choose in the order of falling score, each the free instance of highest
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
