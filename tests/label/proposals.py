"""A folder of photos with predictions: a ring with a hole and a spot, as one object, and a plain blob."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from PIL import Image

from dataset.formats.outlines import rle_of
from dataset.idmap import box_of
from dataset.predictions import Found, Prediction
from label.prelabel import Prelabel

SETTINGS = Prelabel(1, "masks", 0.5, 60, 0.0, 2)
SIZE = (90, 120)


def disk(x: float, y: float, radius: float, size_hw: tuple[int, int] = SIZE) -> np.ndarray:
    rows, columns = np.indices(size_hw)
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def torn() -> np.ndarray:
    """A ring with a hole, and a spot apart."""
    return (disk(30, 30, 20) & ~disk(30, 30, 9)) | disk(60, 70, 5)


def blob() -> np.ndarray:
    return disk(92, 35, 18) | disk(98, 52, 14)


MASKS = [("ring", torn()), ("blob", blob())]


def predicted(folder: Path, photos: int = 3, masks=MASKS) -> tuple[Path, Path]:
    """Write photos and predictions; return both folders."""
    categories = sorted({name for name, _ in masks})
    for number in range(photos):
        image = np.full((*masks[0][1].shape, 3), 60 + number, np.uint8)
        for _, mask in masks:
            image[mask] = (200, 40, 40)
        path = folder / "photos" / "room" / f"p {number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        found = tuple(Found(name, box_of(mask), int(mask.sum()), 0.9 - 0.1 * k) for k, (name, mask) in enumerate(masks))
        record = Prediction(
            "key", f"room/p {number}.png", masks[0][1].shape, 0.1, found, tuple(rle_of(mask) for _, mask in masks), {}
        )
        there = folder / "predictions" / "records" / "room" / f"p {number}.json"
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(json.dumps(dataclasses.asdict(record)), encoding="utf-8")
    (folder / "predictions" / "categories.json").write_text(json.dumps(categories), encoding="utf-8")
    return folder / "predictions", folder / "photos"
