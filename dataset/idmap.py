"""Id maps: uint16 (H, W), 0 = background, k = k-th instance; category maps: uint8 (H, W), c = c-th category.

The last value of either marks pixels that are neither background nor an object, such as a crowd, or what nobody could
label: no loss and no score counts them, whatever is predicted there.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from dataset.pictures import decode
from dataset.records import Instance
from pipeline.errors import InputError
from pipeline.files import write_bytes

IGNORE = 65535  # of an id map
IGNORED = 255  # the same, of a category map
MOST_CATEGORIES = IGNORED - 1  # that a category map tells apart

IdMap = NDArray[np.uint16]
Mask = NDArray[np.bool_]


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """Return the tight box (x0, y0, x1, y1) of a mask, in pixels, x1 and y1 exclusive.

    mask: (H, W) bool. So width is x1 - x0, as COCO counts it (a one-pixel mask is 1 x 1).
    Raises ValueError if no pixel is set.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("the mask has no pixel")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def instance_of(ids: IdMap, index: int, category: str, visible: float = 1.0, asset: str | None = None) -> Instance:
    """Return the record of the instance `index` of an id map. Raises ValueError if no pixel carries it."""
    mask = ids == index
    return Instance(category, index, box_of(mask), int(mask.sum()), visible, asset)


def mask_iou(one: Mask, other: Mask) -> float:
    """Return the IoU of two masks (H, W); 0.0 for two empty ones."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def without_ignored(ids: IdMap) -> IdMap:
    """Return the id map with background for `IGNORE`, so that no value is above the last instance's."""
    return np.asarray(ids * (ids != IGNORE))


def ignores(ids: IdMap) -> bool:
    """Return whether an id map (H, W) ignores anything."""
    return bool((ids == IGNORE).any())


def instances_in(ids: IdMap, categories: Sequence[str]) -> tuple[IdMap, tuple[Instance, ...]]:
    """Return the id map numbered 1, 2, ... without gaps, and the record of each instance in that order.

    ids: k = an instance of categories[k - 1]. An instance of which no pixel is left is dropped; `IGNORE` stays. Raises
    ValueError for more categories than there are numbers below it.
    """
    if len(categories) >= IGNORE:
        raise ValueError(f"{len(categories)} instances, an id map holds {IGNORE - 1} at most")
    labelled = without_ignored(ids)
    area = np.bincount(labelled.ravel(), minlength=len(categories) + 1)
    kept = [k for k in range(1, len(area)) if area[k]]
    boxes = find_objects(labelled)
    instances = (
        Instance(categories[k - 1], index, (x.start, y.start, x.stop, y.stop), int(area[k]))
        for index, k in enumerate(kept, 1)
        for y, x in [boxes[k - 1]]
    )
    return closed_up(ids, kept), tuple(instances)


def closed_up(ids: IdMap, kept: Sequence[int]) -> IdMap:
    """Return an id map whose numbers `kept`, in ascending order, are 1, 2, ...; `IGNORE` stays, others are 0."""
    if len(kept) == (kept[-1] if kept else 0):
        return ids
    table = np.zeros(IGNORE + 1, np.uint16)
    table[kept] = np.arange(1, len(kept) + 1)
    table[IGNORE] = IGNORE
    return table[ids]


def categories_map(ids: IdMap, instances: tuple[Instance, ...], categories: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return (H, W) uint8: 0 = background, c = categories[c - 1], `IGNORED` where the id map says `IGNORE`.

    Instances of other categories are background. Raises ValueError for more than `MOST_CATEGORIES`.
    """
    if len(categories) > MOST_CATEGORIES:
        raise ValueError(f"{len(categories)} categories, a category map holds {MOST_CATEGORIES} at most")
    table = np.zeros(IGNORE + 1, np.uint8)
    table[IGNORE] = IGNORED
    for instance in instances:
        if instance.category in categories:
            table[instance.index] = categories.index(instance.category) + 1
    return table[ids]


def png_bytes(array: NDArray[np.uint8] | IdMap) -> bytes:
    """Return an image as PNG: uint8 (H, W, 3) RGB, uint8 (H, W) grey, or uint16 (H, W)."""
    if array.ndim == 3:  # OpenCV, three times as fast as Pillow here, has BGR
        _, data = cv2.imencode(".png", array[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    else:  # left to itself it counts runs: a quarter of the time for masks, which are flat, and smaller files
        _, data = cv2.imencode(".png", array)
    return data.tobytes()


def write_ids(path: Path, ids: IdMap) -> None:
    """Write an id map whole as 16-bit PNG. Raises ValueError for another dtype or rank."""
    if ids.dtype != np.uint16 or ids.ndim != 2:
        raise ValueError(f"an id map is uint16 (H, W), not {ids.dtype} {ids.shape}")
    write_bytes(path, png_bytes(ids))


def read_ids(path: Path) -> IdMap:
    """Return an id map as uint16 (H, W); raise InputError when it cannot be read or is not one channel."""
    return as_ids(decode(path, None), path)


def as_ids(array: NDArray[np.generic], path: Path) -> IdMap:
    """Return the pixels of a picture as an id map; errors as of `read_ids`. path: where they are from."""
    if array.ndim != 2:
        raise InputError(f"{path}: found {array.shape[2]} channels, wanted one; save the mask as a grey or palette PNG")
    ids = array.astype(np.uint16)
    if array.dtype.kind in "if" and (ids != array).any():  # 32 bits a pixel, or fractions
        raise InputError(
            f"{path}: found values beyond 0 to 65535 or fractions; save the mask with 8 or 16 bits a pixel"
        )
    return ids


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return an image as uint8 (H, W, 3) RGB; raise InputError when it is missing, truncated or no image.

    path: of a file, or through a tar shard to one of its members, as of `read_ids` too.
    """
    return decode(path, "RGB").astype(np.uint8)
