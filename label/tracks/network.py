"""A network's masks in place of carried ones, in frames where they are expected to be better: pure."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dataset.idmap import Mask, mask_iou
from dataset.predictions import Prediction, mask_at
from label.tracks.carrying import KeyFrame
from label.tracks.propagating import TrackedFrame, TrackedObject
from label.tracks.trust import frame_iou

MEETS_IOU = 0.5  # a predicted mask is that of a track if they overlap so much
LEAST_SEEN = 3  # objects of key frames that a network must have met before its masks are taken


def met(prediction: Prediction, category: str, mask: Mask) -> tuple[Mask, float] | None:
    """Return the predicted mask of a category that overlaps a mask (H, W) most, and their IoU; None below half."""
    numbers = [n for n, item in enumerate(prediction.instances) if item.category == category]
    found = [(mask_at(prediction, n), n) for n in numbers] if prediction.size_hw == mask.shape else []
    best = max(((mask_iou(one, mask), n, one) for one, n in found), key=lambda each: each[:2], default=None)
    return (best[2], best[0]) if best and best[0] >= MEETS_IOU else None


def skill(keys: Sequence[KeyFrame], seen: Mapping[int, Prediction]) -> float | None:
    """Return the mean IoU of a network's masks with a person's over the key frames' objects; None where few are seen.

    An object that the network does not meet counts 0. seen: frame -> what was predicted of it.
    """
    ious = []
    for key in keys:
        for track, category in key.categories.items() if key.at in seen else ():
            found = met(seen[key.at], category, key.ids == track)
            ious.append(found[1] if found else 0.0)
    return float(np.mean(ious)) if len(ious) >= LEAST_SEEN else None


def mixed(
    frames: Iterator[TrackedFrame], seen: Mapping[int, Prediction], skilled: float | None
) -> Iterator[TrackedFrame]:
    """Yield frames in which an object's mask is the network's where that is expected to be better.

    skilled: of `skill`; None leaves all as it is.
    """
    for frame in frames:
        better = skilled is not None and frame.at in seen and frame.iou is not None
        yield replaced(frame, seen[frame.at], skilled) if better and skilled is not None else frame


def replaced(frame: TrackedFrame, prediction: Prediction, skilled: float) -> TrackedFrame:
    """Return a frame with the network's masks for the objects that are expected to be worse than those."""
    ids, objects = frame.ids.copy(), list[TrackedObject]()
    for one in frame.objects:
        found = met(prediction, one.category, frame.ids == one.track)
        if found and one.iou is not None and one.iou < skilled:
            ids[ids == one.track] = 0
            ids[found[0] & (ids == 0)] = one.track
            objects.append(dataclasses.replace(one, iou=skilled))
        else:
            objects.append(one)
    objects = [one for one in objects if (ids == one.track).any()]
    iou = frame_iou([one.iou for one in objects if one.iou is not None], frame.lost)
    return dataclasses.replace(frame, ids=ids, objects=tuple(objects), iou=iou)
