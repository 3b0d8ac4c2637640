"""A real training photo behind a render: what shows of it, and of its labels."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, instance_of
from dataset.records import Instance, Sample
from render.blender.develop import levels, to_linear

PHOTO = "photo:"  # begins the name of a real photo among the assets of a sample
LINEAR = to_linear(np.arange(256) / 255)  # of each 8-bit level
SOLID = 0.5  # a pixel of which more is rendered than this carries the render's label, not the photo's


@dataclasses.dataclass(frozen=True)
class LabelledPhoto:
    """A real photo with its labels."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    ids: NDArray[np.uint16]  # (H, W), k = k-th instance
    sample: Sample


def behind(
    backdrop: LabelledPhoto, image: NDArray[np.uint8], alpha: NDArray[np.floating], ids: NDArray[np.uint16]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], tuple[Instance, ...]]:
    """Return the image and the id map with the photo behind the render, and the photo's instances that still show.

    Light adds up, so both are mixed as linear light: mixed as sRGB, soft edges would be too dark.

    image: (H, W, 3). alpha: (H, W), the rendered share of each pixel. ids: (H, W) of the render, whose numbers stay;
    the photo's instances follow on. Their visible fraction is unknown, so 1. What the photo ignores stays so where it
    shows.
    """
    photo, labels = fitted(backdrop, ids.shape)
    share = alpha[:, :, None]
    mixed = levels(LINEAR[image] * share + LINEAR[photo] * (1 - share))
    free = (alpha < SOLID) & (ids == 0)
    first = int(ids.max(initial=0))
    joined, found = np.where(free & (labels == IGNORE), labels, ids), list[Instance]()
    for instance in backdrop.sample.instances:
        shows = free & (labels == instance.index)
        if shows.any():
            index = first + len(found) + 1
            joined[shows] = index
            found.append(instance_of(joined, index, instance.category))
    return mixed, joined, tuple(found)


def crediting(sample: Sample, photo: Sample, shown: tuple[Instance, ...]) -> Sample:
    """Return a render's sample with the photo behind it among its assets and licences, and what of it is labelled."""
    return dataclasses.replace(
        sample,
        instances=sample.instances + shown,
        assets=tuple(sorted({*sample.assets, PHOTO + photo.id})),
        licence=" AND ".join(sorted({*sample.licence.split(" AND "), photo.licence})),
    )


def fitted(backdrop: LabelledPhoto, shape: Sequence[int]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return the middle of the photo and of its id map, cut to the shape (H, W) of a picture and scaled to it."""
    height, width = shape
    rows, columns = backdrop.ids.shape
    scale = min(rows / height, columns / width)
    high, wide = round(height * scale), round(width * scale)
    top, left = (rows - high) // 2, (columns - wide) // 2
    cut = slice(top, top + high), slice(left, left + wide)
    image = cv2.resize(backdrop.image[cut], (width, height), interpolation=cv2.INTER_AREA)
    ids = cv2.resize(backdrop.ids[cut], (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return image.astype(np.uint8), ids.astype(np.uint16)
