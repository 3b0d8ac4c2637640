"""What a run sees in one photo: categories, how sure it is, and instances, with memory for bands only."""

import dataclasses
import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from torch import Tensor

from dataset.pieces import pieces_of
from train.inference.upsample import bands


@dataclasses.dataclass(frozen=True)
class Found:
    """One predicted instance: a connected piece of one category."""

    category: str
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    area_px: int
    score: float  # mean probability of its category over its pixels, 0..1


@dataclasses.dataclass(frozen=True)
class Outputs:
    """One photo as a run sees it, every array (H, W)."""

    categories: NDArray[np.uint8]  # 0 = background, c = the c-th category
    confidence: NDArray[np.float32]  # probability of that category, 0..1
    entropy_bits: NDArray[np.float32]  # 0 = sure, `most_bits` = all categories equally likely


def most_bits(categories: int) -> float:
    """Return the entropy of knowing nothing: log2 of the number of categories and the background."""
    return math.log2(categories + 1)


def see(logits: Tensor, own_hw: tuple[int, int]) -> Outputs:
    """Return what logits (C + 1, h, w) say at the photo's own size."""
    seen = Outputs(np.empty(own_hw, np.uint8), np.empty(own_hw, np.float32), np.empty(own_hw, np.float32))
    for band, part in bands(logits, own_hw):
        confidence, category = part.max(0)
        seen.categories[band] = category.cpu().numpy()
        seen.confidence[band] = confidence.cpu().numpy()
        seen.entropy_bits[band] = torch.special.entr(part).sum(0).cpu().numpy() / math.log(2)
    return seen


def instances_of(
    seen: Outputs, categories: tuple[str, ...], min_area_px: int
) -> tuple[NDArray[np.int32], tuple[Found, ...]]:
    """Return a map (H, W), 0 = background and k = the k-th instance, and the instances in that order.

    An instance is a connected piece (8 neighbours) of one category of `min_area_px` or more; smaller ones are
    background. Order: by category, then by the top and the left edge. No piece gives zeros and no instance.
    """
    ids = np.zeros(seen.categories.shape, np.int32)
    found: list[Found] = []
    for number, name in enumerate(categories, 1):
        pieces = pieces_of(seen.categories == number, seen.confidence)  # the pieces that scores count
        area = np.bincount(pieces.labels.ravel(), minlength=len(pieces.scores) + 1)
        table = np.zeros(len(area), np.int32)
        places = [
            (y.start, x.start, y.stop, x.stop, piece) for piece, (y, x) in enumerate(find_objects(pieces.labels), 1)
        ]
        for y0, x0, y1, x1, piece in sorted(places):
            if area[piece] >= min_area_px:
                found.append(Found(name, (x0, y0, x1, y1), int(area[piece]), float(pieces.scores[piece - 1])))
                table[piece] = len(found)
        ids += table[pieces.labels]
    return ids, tuple(found)
