"""Augmentation of training photos: geometry for image and truth together, then what a camera may do to colours."""

import random

import albumentations
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.seeds import rng_for

GREY = 127  # fills what lies outside a photo; about the encoders' mean
SMALLEST, LARGEST = 0.8, 2.0  # longer side of a photo / img_size, as training sees it


def augmentation(img_size: int) -> albumentations.Compose:
    """Return the chain that turns a photo of any size into a square of `img_size`."""
    sides = [round(img_size * share) for share in np.geomspace(SMALLEST, LARGEST, 24)]
    outside = {"border_mode": cv2.BORDER_CONSTANT, "fill": GREY, "fill_mask": 0}
    return albumentations.Compose([
        albumentations.LongestMaxSize(sides, interpolation=cv2.INTER_AREA),
        albumentations.Affine(rotate=(-25, 25), shear=(-8, 8), fit_output=True, p=0.5, **outside),
        albumentations.PadIfNeeded(img_size, img_size, position="random", **outside),
        albumentations.RandomCrop(img_size, img_size),
        albumentations.D4(p=0.5),
        albumentations.HorizontalFlip(p=0.5),
        albumentations.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.5, 1.5), (-0.1, 0.1), p=0.8),
        albumentations.RandomGamma((60, 160), p=0.3),
        albumentations.OneOf([albumentations.ToGray(), albumentations.HueSaturationValue(90, 30, 0)], p=0.2),
        albumentations.OneOf([albumentations.GaussianBlur((3, 5)), albumentations.MotionBlur((3, 7))], p=0.2),
        albumentations.GaussNoise((0.01, 0.06), p=0.2),  # after the blur: noise is made behind the lens
        albumentations.ImageCompression(quality_range=(40, 95), p=0.3),
    ])


def augment(
    chain: albumentations.Compose, image: NDArray[np.uint8], truth: NDArray[np.uint8], seed: int, *names: str | int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return image (S, S, 3) and truth (S, S), drawn by `names` alone.

    chain: used by one thread at a time, since it holds the generators.
    """
    rng = rng_for(seed, "augment", *names)
    # not chain.set_random_seed: it gives every transform the same seed, and so the same draws
    chain.set_random_state(rng, random.Random(int(rng.integers(2**63))))
    done = chain(image=image, mask=truth)
    return done["image"], done["mask"]
