"""What is counted on one photo, from a network's probabilities and the photo's labels: overlaps, where they fail, and
how far the probabilities can be believed.

Pixels that the labels ignore are taken out of prediction and truth alike, before anything is counted.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORED, IdMap, categories_map, without_ignored
from dataset.pieces import Pieces, pieces_of
from dataset.records import Instance
from measure.scoring.outline_band import overlap_off_outlines
from measure.scoring.records import FOREGROUND, Calibration, Details, Errors, Matches, PhotoScore, Pixels, TrueObject

CategoryMap = NDArray[np.uint8]  # (H, W), 0 = background, c = categories[c - 1], of a truth also `IGNORED`
Mask = NDArray[np.bool_]

BAND = 0.02  # width of the boundary as a share of the photo's diagonal (Cheng et al. 2021)


def overlap(predicted: Mask, truth: Mask) -> Pixels:
    """Return how two masks (H, W) of one size overlap."""
    return Pixels(int((predicted & truth).sum()), int((predicted | truth).sum()))


def count(predicted: CategoryMap, truth: CategoryMap, categories: Sequence[str]) -> dict[str, Pixels]:
    """Return the overlap per category name, and for `FOREGROUND`, of two category maps (H, W) uint8.

    A pixel of the wrong category is foreground to `FOREGROUND`; one that the truth says is `IGNORED` counts nowhere.
    Raises ValueError if the sizes differ.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"the prediction is {predicted.shape}, the truth {truth.shape}")
    counted = truth != IGNORED
    predicted, truth = predicted * counted, truth * counted
    found = {name: overlap(predicted == c, truth == c) for c, name in enumerate(categories, 1)}
    return found | {FOREGROUND: overlap(predicted > 0, truth > 0)}


def band_px(size_hw: tuple[int, int]) -> int:
    """Return the width of the boundary on a photo of this size: `BAND` of the diagonal, 1 pixel at least."""
    return max(1, round(BAND * float(np.hypot(*size_hw))))


def boundary_of(mask: Mask, width_px: int) -> Mask:
    """Return the pixels of a mask (H, W) within `width_px` of its outline; the edge of the photo is outline too.

    Distance counts steps to one of the eight neighbours, so this is what `width_px` erosions by a square of 3 x 3 take
    off, in one pass over the pixels. An empty mask has no boundary.
    """
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_C, 3)[1:-1, 1:-1]
    near: Mask = mask & (depth <= width_px)
    return near


def boundary_overlap(predicted: Mask, truth: Mask) -> Pixels:
    """Return how the boundaries of two masks (H, W) of one size overlap (Cheng et al. 2021)."""
    width_px = band_px((truth.shape[0], truth.shape[1]))
    return overlap(boundary_of(predicted, width_px), boundary_of(truth, width_px))


def errors_of(predicted: Mask, truth: Mask, unseen: Mask) -> Errors:
    """Return where a predicted mask (H, W) differs from the truth. unseen: the pixels of objects that were not seen.

    Near an outline is within the boundary's width of it, on either side.
    """
    width_px = band_px((truth.shape[0], truth.shape[1]))
    away = np.ones(truth.shape, bool)
    if truth.any():
        away = cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_C, 3) > width_px
    missed = int((truth & ~predicted & (unseen | ~boundary_of(truth, width_px))).sum())
    made_up = int((predicted & ~truth & away).sum())
    return Errors(int((predicted ^ truth).sum()) - missed - made_up, missed, made_up)


BINS = 15  # equally wide bins of confidence (Guo et al. 2017, section 2)
GRID = 256  # at most so many sampled pixels along a side: neighbours say nearly the same
DIGITS = 6

Probabilities = NDArray[np.float32]


def sampled(size_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of the grid of pixels that are looked at, the same for any photo of this size."""
    step = max(1, math.ceil(max(size_hw) / GRID))
    return slice(min(step // 2, size_hw[0] - 1), None, step), slice(min(step // 2, size_hw[1] - 1), None, step)


def calibration_of(probabilities: Probabilities, truth: NDArray[np.integer]) -> Calibration:
    """Return the counts by confidence. probabilities: (C + 1, ...) sum 1 over the first axis; truth: (...) indices."""
    confidence, chosen = probabilities.max(axis=0).ravel(), probabilities.argmax(axis=0).ravel()
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)  # a confidence of 1 belongs to the last bin
    sums = np.bincount(place, confidence, BINS)
    return Calibration(
        tuple(np.bincount(place, minlength=BINS).tolist()),
        tuple(round(float(value), DIGITS) for value in sums),
        tuple(np.bincount(place[chosen == truth.ravel()], minlength=BINS).tolist()),
    )


def entropy_bits(probabilities: Probabilities) -> float:
    """Return the mean over pixels of the entropy in bits, 0 (sure) to log2(C + 1); 0 for no pixel.

    probabilities: (C + 1, ...).
    """
    if not probabilities.size:
        return 0.0
    safe = np.maximum(probabilities, np.finfo(np.float32).tiny)
    return round(max(0.0, float(-(probabilities * np.log2(safe)).sum(axis=0).mean())), DIGITS)


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


def meets(iou: Reals) -> Mask:
    """Return (P,) which predicted instances meet a true one at the lowest threshold. iou: (P, T)."""
    return np.asarray(iou.max(axis=1, initial=0) >= THRESHOLDS[0])


def matches_of(iou: Reals, scores: Reals) -> Matches:
    """Return the matches at every threshold. iou: (P, T) of predicted and true instances; scores: (P,)."""
    close = meets(iou)  # the others meet nothing at any threshold
    hits = tuple(hits_at(iou[close], scores[close], threshold) for threshold in THRESHOLDS)
    return Matches(iou.shape[0], iou.shape[1], hits)


SEEN = 0.5  # an object is seen if this share of its pixels carries its category


def score_photo(
    probabilities: NDArray[np.float32], ids: IdMap, instances: Sequence[Instance], categories: Sequence[str]
) -> PhotoScore:
    """Return what is counted on one photo; its id and group are empty, for the caller to fill in.

    probabilities: (C + 1, H, W) at the photo's own size, background first, sum 1 over the first axis. ids: (H, W),
    `IGNORE` where nothing counts. Instances of other categories, and ids without an instance, are background. An
    instance without a pixel is left out. Raises ValueError if the shapes do not belong together.
    """
    if probabilities.shape != (len(categories) + 1, *ids.shape):
        raise ValueError(
            f"the probabilities are {probabilities.shape}, wanted {(len(categories) + 1, *ids.shape)}: "
            "background and every category at the size of the id map"
        )
    predicted = probabilities.argmax(axis=0).astype(np.uint8)
    truth = categories_map(ids, tuple(instances), tuple(categories))
    counted, labelled = truth != IGNORED, without_ignored(ids)
    matches, objects = instances_on(probabilities, predicted, labelled, instances, categories, counted)
    said, there = predicted * counted > 0, truth * counted > 0
    grid = sampled((ids.shape[0], ids.shape[1]))
    seen = probabilities[:, *grid][:, counted[grid]]
    details = Details(
        boundary_overlap(said, there),
        errors_of(said, there, unseen(said, labelled)),
        matches,
        calibration_of(seen, truth[grid][counted[grid]]),
        objects,
        entropy_bits(seen),
        overlap_off_outlines(said, there),
    )
    return PhotoScore("", "", count(predicted, truth, categories), details)


def unseen(foreground: NDArray[np.bool_], ids: IdMap) -> NDArray[np.bool_]:
    """Return the pixels (H, W) of instances that the predicted foreground (H, W) covers by less than `SEEN`."""
    area = np.bincount(ids.ravel())
    covered = np.bincount(ids[foreground], minlength=len(area))
    return np.asarray((covered < SEEN * area)[ids])


def instances_on(
    probabilities: NDArray[np.float32],
    predicted: CategoryMap,
    ids: IdMap,
    instances: Sequence[Instance],
    categories: Sequence[str],
    counted: Mask,
) -> tuple[dict[str, Matches], tuple[TrueObject, ...]]:
    """Return the matches of each category that is there or predicted, and the true objects in the labels' order.

    ids: (H, W), background where pixels are ignored. counted: (H, W), the others. A predicted object is a piece of the
    whole prediction. What of it is ignored does not count in its IoU; an object of which that is more than half, and
    which meets no true one, does not count at all, as in COCO one that is matched to a crowd.
    """
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
        order = np.zeros(len(area), np.int64)
        order[[instance.index for instance in own]] = np.arange(1, len(own) + 1)
        iou = iou_table(pieces.labels * counted, order[ids], len(pieces.areas), len(own))
        judged = mostly(counted, pieces) | meets(iou)
        if own or judged.any():
            matches[name] = matches_of(iou[judged], pieces.means(probabilities[number])[judged])
        covered = np.bincount(ids[mask], minlength=len(area)) / np.maximum(area, 1)
        objects |= {i.index: true_object(i, area, covered, iou[:, k], ids) for k, i in enumerate(own)}
    return matches, tuple(objects[i.index] for i in present if i.index in objects)


def mostly(counted: Mask, pieces: Pieces) -> Mask:
    """Return (P,) which pieces have half of their pixels or more among those that count, (H, W)."""
    ignored = np.bincount(pieces.labels[~counted], minlength=len(pieces.areas) + 1)[1:]
    return np.asarray(ignored <= pieces.areas / 2)


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
