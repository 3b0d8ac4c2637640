"""Photos and labels of a folder in the described layout, for the benches of the label room."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dataset.idmap import read_ids, read_image
from pipeline.errors import InputError


def each_photo(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.bool_]]]:
    """Yield name, image (H, W, 3) and mask (H, W) of all objects of each photo, by name.

    folder: of images/ and masks/. Raises InputError when there are none.
    """
    paths = sorted((folder / "images").glob("*.jpg"))
    if not paths:
        raise InputError(f"{folder}: found no photos in images/, wanted the measured set; name the folder of the sets")
    for path in paths:
        mask = read_ids(folder / "masks" / f"{path.stem}.png")
        yield path.stem, read_image(path), mask > 0


def pieces(mask: NDArray[np.bool_], least_px: int = 30) -> list[NDArray[np.bool_]]:
    """Return the connected pieces of a mask (H, W) of at least so many pixels, as masks (H, W)."""
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    found = (numbers == number for number in range(1, count + 1))
    return [piece for piece in found if piece.sum() >= least_px]


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the IoU of two masks (H, W); 1 where both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0
