"""What a run sees in one photo: categories, how sure it is, and instances, with memory for bands only."""

import dataclasses
import math

import numpy as np
import torch
from numpy.typing import NDArray
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
        pieces = pieces_of(seen.categories == number)  # the pieces that scores count
        scores = pieces.means(seen.confidence)
        table = np.zeros(len(scores) + 1, np.int32)
        for y0, x0, y1, x1, piece in sorted((y0, x0, y1, x1, at) for at, (x0, y0, x1, y1) in enumerate(pieces.boxes)):
            if pieces.areas[piece] >= min_area_px:
                box = int(x0), int(y0), int(x1), int(y1)
                found.append(Found(name, box, int(pieces.areas[piece]), float(scores[piece])))
                table[piece + 1] = len(found)
        ids += table[pieces.labels]
    return ids, tuple(found)
