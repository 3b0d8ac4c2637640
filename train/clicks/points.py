"""Clicks, boxes and earlier masks: where they are set, and how a network sees them, as three channels beside RGB."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import Mask
from dataset.pieces import pieces_of

Point = tuple[float, float, bool]  # x, y in pixels from the image's upper left corner, and whether the object is there
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive

EXTRA = 3  # channels: where the object is clicked, where it is not, the earlier mask
OBJECT, ELSE, EARLIER = range(3, 6)  # their places beside RGB
FULL, OUTSIDE_BOX = 255, 96  # of a click and an earlier mask; of what lies outside a box, in the channel `ELSE`
RADIUS = 3  # of a click's disk, in pixels of what the network sees


def deepest(mask: Mask) -> tuple[int, int]:
    """Return (x, y) of the pixel farthest from the edge of a mask (H, W); the image's border is an edge, too.

    Of equals the first in reading order. Raises ValueError for a mask without a pixel.
    """
    if not mask.any():
        raise ValueError("the mask has no pixel")
    depth = depths(mask)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(x), int(y)


def depths(mask: Mask) -> NDArray[np.float32]:
    """Return how far each pixel (H, W) of a mask is from what is not in it, in pixels; 0 outside."""
    padded = np.pad(mask, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))[1:-1, 1:-1]


def largest_error(truth: Mask, mask: Mask, known: Mask | None = None) -> tuple[Mask, bool] | None:
    """Return the largest connected region in which a mask (H, W) errs, and whether the object is there.

    known: pixels that count; None = all. Errors of both kinds compete by area. None where there is no error.
    """
    best: tuple[Mask, bool] | None = None
    most = 0
    for wrong, positive in ((truth & ~mask, True), (mask & ~truth, False)):
        regions = pieces_of(wrong if known is None else wrong & known).downwards()
        if regions.areas.max(initial=0) > most:
            most, best = int(regions.areas.max()), (regions.labels == regions.areas.argmax() + 1, positive)
    return best


def robot_click(truth: Mask, mask: Mask, known: Mask | None = None) -> Point | None:
    """Return the click of the standard robot: the deepest pixel of the largest region in which a mask errs.

    Arguments as of `largest_error`; None where the mask does not err.
    """
    found = largest_error(truth, mask, known)
    if found is None:
        return None
    x, y = deepest(found[0])
    return x + 0.5, y + 0.5, found[1]


def random_click(region: Mask, positive: bool, rng: np.random.Generator) -> Point:
    """Return a click on any pixel of a region (H, W), which has one."""
    y, x = np.unravel_index(rng.choice(np.flatnonzero(region)), region.shape)
    return float(x) + 0.5, float(y) + 0.5, positive


def blank(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) with the three further channels empty, (H, W, 6)."""
    return np.concatenate([image, np.zeros((*image.shape[:2], EXTRA), np.uint8)], 2)


def put_click(channels: NDArray[np.uint8], point: Point) -> None:
    """Draw a click into its channel of an image (H, W, 6), in place."""
    x, y, positive = point
    plane = np.ascontiguousarray(channels[..., OBJECT if positive else ELSE])
    channels[..., OBJECT if positive else ELSE] = cv2.circle(plane, (int(x), int(y)), RADIUS, FULL, -1)


def put_box(channels: NDArray[np.uint8], box: Box) -> None:
    """Mark what lies outside a box as likely not the object, in place; clicks stay."""
    height, width = channels.shape[:2]
    x0, y0, x1, y1 = (round(side) for side in box)
    outside = np.ones((height, width), bool)
    outside[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = False
    channels[..., ELSE] = np.maximum(channels[..., ELSE], OUTSIDE_BOX * outside.astype(np.uint8))


def put_earlier(channels: NDArray[np.uint8], mask: Mask) -> None:
    """Replace the earlier mask of an image (H, W, 6), in place."""
    channels[..., EARLIER] = FULL * mask.astype(np.uint8)
