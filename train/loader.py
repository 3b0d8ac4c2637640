"""From photos and a plan to batches: augmented on threads while the network trains."""

import collections
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augment import augment, augmentation
from train.data import Photo

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # images (B, S, S, 3), truths (B, S, S)


def batches(
    pools: Sequence[Sequence[Photo]],
    plan: NDArray[np.integer],
    img_size: int,
    seed: int,
    first: int = 0,
    slots: Sequence[int] | None = None,
) -> Iterator[Batch]:
    """Yield one batch a step from step `first` on, made on threads ahead of need.

    plan: (steps, batch, 2) of source index and item index. slots: which places of every batch to make, in this order;
    None = all. What stands at a place depends on (seed, step, slot) alone.
    """
    cv2.setNumThreads(0)  # the threads here and those of torch are enough
    own = threading.local()
    places = range(plan.shape[1]) if slots is None else slots

    def make(step: int) -> Batch:
        """Return the batch of a step."""
        if not hasattr(own, "chain"):
            own.chain = augmentation(img_size)
        photos = [(slot, pools[plan[step, slot, 0]][plan[step, slot, 1]]) for slot in places]
        done = [augment(own.chain, p.image, p.truth, seed, step, slot) for slot, p in photos]
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
