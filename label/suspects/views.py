"""A photo as the search for wrong labels sees it: what a network that never saw it says of it, and its edges."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, IdMap, Mask
from dataset.records import Instance

LONGEST = 320  # pixels of the longer side at which labels are looked at

Reals = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class View:
    """One photo, every array (h, w) at most `LONGEST` long."""

    inside: Reals  # probability of any category, 0..1
    seen: NDArray[np.uint8]  # the predicted category, 0 = background, c = c-th category
    edges: Reals  # strength of the picture's edges, 1 = its strongest
    colour: Reals  # (h, w, 3) Lab, 0..1
    ignored: Mask  # what no label tells
    scale: float  # pixels of the view for one of the photo, at most 1


@dataclasses.dataclass(frozen=True)
class LabelledObject:
    """A labelled object on a view."""

    mask: Mask  # (h, w)
    others: Mask  # (h, w): pixels of other labelled objects, and those that are ignored
    category: int  # 1, 2, ...


def scale_of(size_hw: Sequence[int]) -> float:
    """Return how many pixels of a view stand for one of the photo."""
    return min(1.0, LONGEST / max(size_hw))


def view_of(image: NDArray[np.uint8], inside: Reals, seen: NDArray[np.uint8], ids: IdMap) -> View:
    """Return the view of a photo (H, W, 3) with the probability of any category and the predicted categories (H, W)."""
    scale = scale_of(ids.shape)
    size_wh = small_wh(ids.shape)
    photo = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA)
    colour = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    return View(
        cv2.resize(inside, size_wh, interpolation=cv2.INTER_AREA),
        cv2.resize(seen, size_wh, interpolation=cv2.INTER_NEAREST),
        edges_of(colour),
        colour,
        small(ids == IGNORE),
        scale,
    )


def small_wh(size_hw: Sequence[int]) -> tuple[int, int]:
    """Return the width and height of a view."""
    scale = scale_of(size_hw)
    return max(round(size_hw[1] * scale), 1), max(round(size_hw[0] * scale), 1)


def small(mask: Mask) -> Mask:
    """Return a mask (H, W) at the size of its view: the pixels of which it covers at least half."""
    return np.asarray(cv2.resize(mask.astype(np.float32), small_wh(mask.shape), interpolation=cv2.INTER_AREA) >= 0.5)


def edges_of(colour: Reals) -> Reals:
    """Return (h, w) how steep the colours (h, w, 3) are at a pixel, 1 = the steepest hundredth of the photo."""
    soft = cv2.GaussianBlur(colour, (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steep = np.sqrt((across**2 + down**2).sum(axis=2))
    return np.asarray((steep / max(float(np.quantile(steep, 0.99)), 1e-6)).clip(0, 1), np.float32)


def objects_in(ids: IdMap, instances: Sequence[Instance], categories: Sequence[str]) -> list[LabelledObject]:
    """Return the labelled objects of a photo on its view, in the order of its instances; some have no pixel."""
    masks = [small(ids == item.index) for item in instances]
    ignored = small(ids == IGNORE)
    every = np.logical_or.reduce([ignored, *masks])
    return [
        LabelledObject(mask, every & ~mask, categories.index(item.category) + 1)
        for item, mask in zip(instances, masks, strict=True)
    ]
