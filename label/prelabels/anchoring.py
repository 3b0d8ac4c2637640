"""How often people leave what is wrong, from errors that were planted among the proposals."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.stats import fisher_exact

from dataset.idmap import Mask, mask_iou
from label.certificate import lower_bound, upper_bound
from label.plants import MISSING, SPURIOUS, SWAPPED
from label.prelabels.changes import Returned
from label.prelabels.records import PlantedError, SentPhoto, mask_in

TAIL = 0.025  # of a 95 % interval
STILL_THERE = 0.5  # IoU from which an object is the planted one, or the missing one


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of one planted error."""

    plant: PlantedError
    left: bool
    annotator: str


def verdict_on(plant: PlantedError, sent: SentPhoto, back: Returned) -> Verdict:
    """Return whether people left a planted error.

    A missing object is left when nothing that came back is it; a spurious one when it is still there; a swapped
    category when the object still has it; a wrong outline when what came back is nearer to the error than to what it
    replaced.
    """
    masks = [back.ids == k for k in range(1, len(back.categories) + 1)]
    before = mask_in(plant, sent.size_hw) if plant.rle else None
    shown = next((thing for thing in sent.objects if thing.id == plant.id), None)
    if plant.kind == MISSING or shown is None:
        return Verdict(plant, before is not None and nearest(before, masks)[1] < STILL_THERE, back.annotator)
    wrong = mask_in(shown, sent.size_hw)
    at, overlap = nearest(wrong, masks)
    if plant.kind == SPURIOUS or before is None:
        left = overlap >= STILL_THERE
    elif plant.kind == SWAPPED:
        left = overlap >= STILL_THERE and back.categories[at] == shown.category
    else:
        left = overlap > 0 and mask_iou(masks[at], wrong) > mask_iou(masks[at], before)
    return Verdict(plant, left, back.annotator)


def nearest(mask: Mask, masks: Sequence[Mask]) -> tuple[int, float]:
    """Return which of the masks overlaps most, and its IoU; (-1, 0.0) without any."""
    overlaps = [mask_iou(mask, other) for other in masks]
    return (int(np.argmax(overlaps)), max(overlaps)) if overlaps else (-1, 0.0)


def exact_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Clopper and Pearson 1934; (0, 1) for none."""
    return lower_bound(count, count - hits, TAIL), upper_bound(count, hits, TAIL)


def differ(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return Fisher's exact two-sided p-value that two (left, planted) come from one share."""
    table = [[left, count - left] for left, count in (one, other)]
    return float(fisher_exact(table).pvalue)
