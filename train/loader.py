"""From photos and a plan to batches: augmented on threads while the network trains."""

import collections
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import albumentations
import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORED
from pipeline.seeds import rng_for
from train.data import Photo

GREY = 127  # fills what lies outside a photo; about the encoders' mean
SMALLEST, LARGEST = 0.8, 2.0  # longer side of a photo / img_size, as training sees it


def augmentation(img_size: int, object_crops: float = 0.0) -> albumentations.Compose:
    """Return the chain that turns a photo of any size into a square of `img_size`.

    object_crops: the share of the squares that are made to hold a part of an object, where the photo shows one.
    """
    sides = [round(img_size * share) for share in np.geomspace(SMALLEST, LARGEST, 24)]
    outside = {"border_mode": cv2.BORDER_CONSTANT, "fill": GREY, "fill_mask": 0}
    return albumentations.Compose([
        albumentations.LongestMaxSize(sides, interpolation=cv2.INTER_AREA),
        albumentations.Affine(rotate=(-25, 25), shear=(-8, 8), fit_output=True, p=0.5, **outside),
        albumentations.PadIfNeeded(img_size, img_size, position="random", **outside),
        albumentations.OneOf(
            [
                albumentations.RandomCrop(img_size, img_size, p=1 - object_crops),
                albumentations.CropNonEmptyMaskIfExists(img_size, img_size, [IGNORED], p=object_crops),
            ],
            p=1.0,
        ),
        *looks(),
    ])


def looks() -> list[albumentations.BasicTransform]:
    """Return the part of the chain that keeps a square's size: turns and mirrors, light, colour, lens and file."""
    return [
        albumentations.D4(p=0.5),
        albumentations.HorizontalFlip(p=0.5),
        albumentations.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.5, 1.5), (-0.1, 0.1), p=0.8),
        albumentations.RandomGamma((60, 160), p=0.3),
        albumentations.OneOf([albumentations.ToGray(), albumentations.HueSaturationValue(90, 30, 0)], p=0.2),
        albumentations.OneOf([albumentations.GaussianBlur((3, 5)), albumentations.MotionBlur((3, 7))], p=0.2),
        albumentations.GaussNoise((0.01, 0.06), p=0.2),  # after the blur: noise is made behind the lens
        albumentations.ImageCompression(quality_range=(40, 95), p=0.3),
    ]


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


Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # images (B, S, S, channels), truths (B, S, S)
View = Callable[[Photo, int, int, int], Batch]  # photo, seed, step, slot -> image (S, S, channels), truth (S, S)


def crops_of(img_size: int, object_crops: float) -> View:
    """Return what shows a photo as `augmentation` draws it; used by one thread at a time, as its chain is."""
    chain = augmentation(img_size, object_crops)
    return lambda photo, seed, step, slot: augment(chain, photo.image, photo.truth, seed, step, slot)


def batches(
    pools: Sequence[Sequence[Photo]],
    plan: NDArray[np.integer],
    img_size: int,
    seed: int,
    first: int = 0,
    slots: Sequence[int] | None = None,
    object_crops: float = 0.0,
    new_view: Callable[[], View] | None = None,
) -> Iterator[Batch]:
    """Yield one batch a step from step `first` on, made on threads ahead of need.

    plan: (steps, batch, 2) of source index and item index. slots: which places of every batch to make, in this order;
    None = all. object_crops: as of `augmentation`. new_view: gives each thread what shows photos, None = `crops_of`.
    What stands at a place depends on (seed, step, slot) alone.
    """
    cv2.setNumThreads(0)  # the threads here and those of torch are enough
    own = threading.local()
    places = range(plan.shape[1]) if slots is None else slots

    def make(step: int) -> Batch:
        """Return the batch of a step."""
        if not hasattr(own, "view"):
            own.view = new_view() if new_view else crops_of(img_size, object_crops)
        photos = [(slot, pools[plan[step, slot, 0]][plan[step, slot, 1]]) for slot in places]
        done = [own.view(photo, seed, step, slot) for slot, photo in photos]
        images, truths = zip(*done, strict=True)
        return np.stack(images), np.stack(truths)

    workers = max(1, min(8, (os.cpu_count() or 1) - 1))
    with ThreadPoolExecutor(workers) as pool:
        waiting: collections.deque[Future[Batch]] = collections.deque()
        for step in range(first, len(plan)):
            waiting.append(pool.submit(make, step))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)


def slots_of(batch: int, parts: int, mine: Sequence[int]) -> list[int]:
    """Return the places of a batch that belong to the parts `mine` of `parts`, part after part.

    Neighbouring places go to different parts: a batch is ordered by source, so every part keeps the ratio as nearly as
    whole numbers allow. Raises ValueError when the parts do not come out even.
    """
    if parts < 1 or batch % parts:
        raise ValueError(f"a batch of {batch} cannot be taken in {parts} equal parts")
    return [slot for part in mine for slot in range(part, batch, parts)]
