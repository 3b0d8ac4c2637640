"""What one object of one photo looks like to a network that learns from clicks: a crop, its truth, the first wish."""

import random

import albumentations
import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORED, Mask, box_of
from pipeline.seeds import rng_for
from train.clicks.points import (
    Box,
    blank,
    deepest,
    depths,
    largest_error,
    put_box,
    put_click,
    put_earlier,
    random_click,
)
from train.clicks.settings import STARTS, Click
from train.data import Photo
from train.loader import GREY, Batch, looks

TIGHT = 1.15  # side of the tightest window / longer side of the object
WHOLE = 1.1  # side of the widest window / longer side of the photo
LEAST_PX = 12  # pixels of an object in a crop, below which nothing is asked for
MIDDLE = 0.5  # a first click is at least this share of the greatest depth away from the edge
LOOSE = 0.07  # standard deviation of a box's sides, in sides

Window = tuple[float, float, float]  # x0, y0 and side of a square, in pixels of the photo


def cut(picture: NDArray[np.uint8], window: Window, side: int, fill: int) -> NDArray[np.uint8]:
    """Return what a window shows of a picture (H, W) or (H, W, 3) as a square of `side`; `fill` outside the picture.

    Masks, which have two axes, keep their values; photos are averaged where they are made smaller.
    """
    x0, y0, length = window
    left, top, right, below = (int(np.floor(v)) for v in (x0, y0, x0 + length, y0 + length))
    height, width = picture.shape[:2]
    inside = picture[max(top, 0) : max(below, 0), max(left, 0) : max(right, 0)]
    if not inside.size:
        return np.full((side, side, *picture.shape[2:]), fill, np.uint8)
    borders = (max(-top, 0), max(below - height, 0), max(-left, 0), max(right - width, 0))
    whole = cv2.copyMakeBorder(inside, *borders, cv2.BORDER_CONSTANT, value=(fill,) * 3)
    way = cv2.INTER_AREA if max(whole.shape[:2]) > side else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(whole, (side, side), interpolation=cv2.INTER_NEAREST_EXACT if picture.ndim == 2 else way), np.uint8
    )


def window_about(box: Box, size_hw: tuple[int, int], rng: np.random.Generator) -> Window:
    """Return a window that holds a box: from tight about it to the whole photo, the tight ones more often."""
    longest = max(box[2] - box[0], box[3] - box[1])
    widest = max(WHOLE * max(size_hw) / longest, TIGHT)
    side = longest * TIGHT * (widest / TIGHT) ** (rng.random() ** 1.5)
    free_wh = side - (box[2] - box[0]), side - (box[3] - box[1])
    x0, y0 = (start - free * rng.uniform(0.1, 0.9) for start, free in zip(box[:2], free_wh, strict=True))
    return float(x0), float(y0), float(side)


def damaged(mask: Mask, rng: np.random.Generator) -> Mask:
    """Return a mask (H, W) as a wrong label has it: its outline moves with a smooth noise, bits come and go.

    The signed distance, in radii of the disk of as many pixels, is shifted by a bias (too wide, too narrow) and by
    noise of a random grain; fine grains tear and blot, coarse ones shift a side.
    """
    radius = float(np.sqrt(mask.sum() / np.pi))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    signed = (depths(mask) - away) / max(radius, 1.0)
    grain = int(rng.integers(2, 7))
    noise = cv2.resize(rng.standard_normal((grain, grain)), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(signed + rng.uniform(-0.25, 0.25) + rng.uniform(0.2, 0.9) * noise > 0)


class ObjectViews:
    """Shows photos whose truth is the number of an object in every pixel; used by one thread, as its chain is."""

    def __init__(self, settings: Click) -> None:
        self.settings = settings
        turned = albumentations.Affine(
            rotate=(-25, 25), shear=(-8, 8), border_mode=cv2.BORDER_CONSTANT, fill=GREY, fill_mask=0, p=0.5
        )
        self.chain = albumentations.Compose([turned, *looks()])

    def __call__(self, photo: Photo, seed: int, step: int, slot: int) -> Batch:
        """Return an image (S, S, 6) with the first wish in its channels, and its truth (S, S): 1 = the object."""
        rng = rng_for(seed, "click", step, slot)
        image, numbers, number = self.crop(photo, rng)
        truth = (numbers == number).astype(np.uint8)
        truth[numbers == IGNORED] = IGNORED
        channels = blank(image)
        if (truth == 1).sum() >= LEAST_PX:
            begin(channels, truth == 1, self.settings, rng)
        return channels, truth

    def crop(self, photo: Photo, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
        """Return a crop about an object, its numbers, and the object's; 0 where the photo has no object."""
        areas = np.bincount(photo.truth.ravel(), minlength=IGNORED + 1)
        known = np.flatnonzero(areas[1:IGNORED] >= LEAST_PX) + 1
        number = int(rng.choice(known)) if len(known) else 0
        box = box_of(photo.truth == number) if number else (0, 0, *photo.truth.shape[::-1])
        window, side = window_about(box, photo.truth.shape, rng), self.settings.img_size
        self.chain.set_random_state(rng, random.Random(int(rng.integers(2**63))))
        done = self.chain(image=cut(photo.image, window, side, GREY), mask=cut(photo.truth, window, side, 0))
        return done["image"], done["mask"], number or -1


def begin(channels: NDArray[np.uint8], truth: Mask, settings: Click, rng: np.random.Generator) -> None:
    """Put what a user begins with into the channels of an image (S, S, 6), in place: a click, a box or a mask."""
    start = str(rng.choice(STARTS, p=[settings.starts[name] for name in STARTS]))
    if start == "box":
        put_box(channels, loose_box(truth, rng))
        return
    region, positive = truth, True
    if start == "earlier mask":
        mask = damaged(truth, rng)
        put_earlier(channels, mask)
        region, positive = largest_error(truth, mask) or (truth, True)
    put_click(channels, click_in(region, positive, settings.astray, rng))


def click_in(region: Mask, positive: bool, astray: float, rng: np.random.Generator) -> tuple[float, float, bool]:
    """Return a click into a region: near its middle, or anywhere in it with the probability `astray`."""
    if rng.random() < astray:
        return random_click(region, positive, rng)
    if rng.random() < 0.5:
        x, y = deepest(region)
        return x + 0.5, y + 0.5, positive
    depth = depths(region)
    return random_click(depth >= MIDDLE * depth.max(), positive, rng)


def loose_box(truth: Mask, rng: np.random.Generator) -> Box:
    """Return a box about a mask as a person draws it, each side a little off."""
    x0, y0, x1, y1 = box_of(truth)
    off = LOOSE * rng.standard_normal(4) * np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
    moved = (np.array([x0, y0, x1, y1]) + off).tolist()
    return moved[0], moved[1], max(moved[2], moved[0] + 2), max(moved[3], moved[1] + 2)
