"""Small folders of predictions for tests of the label room."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from dataset.formats.outlines import rle_of
from dataset.idmap import png_bytes
from dataset.predictions import Found, Prediction
from pipeline.files import write_bytes, write_json, write_text

SIZE = (40, 60)


def block(x: int = 10, y: int = 10, side: int = 12) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[y : y + side, x : x + side] = True
    return mask


def write_predictions(folder: Path, photos: dict[str, list[tuple[str, float, np.ndarray]]], model: str = "one") -> Path:
    """Write a folder of predictions: file -> [(category, score, mask)]."""
    write_json(folder / "about.json", {"weights_sha256": model})
    names = sorted({category for found in photos.values() for category, _, _ in found})
    write_json(folder / "categories.json", names)
    for file, found in photos.items():
        items = tuple(
            Found(category, (int(m.any(0).argmax()), int(m.any(1).argmax()), 60, 40), int(m.sum()), score)
            for category, score, m in found
        )
        record = Prediction(
            f"key of {file}", file, SIZE, 0.5, items, tuple(rle_of(m) for _, _, m in found), {}
        )  # fmt: skip
        write_text(folder / "records" / f"{Path(file).stem}.json", json.dumps(dataclasses.asdict(record)) + "\n")
    return folder


def write_photos(folder: Path, files: list[str]) -> Path:
    for number, file in enumerate(files):
        rng = np.random.default_rng(number)
        write_bytes(folder / file, png_bytes(rng.integers(0, 255, (*SIZE, 3)).astype(np.uint8)))
    return folder
