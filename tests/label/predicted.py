"""Folders of predictions as `admix predict` writes them, made by hand: photos, and the squares found in them."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle_tools

from dataset.predictions import Found, Prediction

SIDE = 40


def rle_of(mask: np.ndarray) -> dict:
    found = rle_tools.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": found["counts"].decode("ascii")}


def square(x: int = 8, side: int = 12) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[8 : 8 + side, x : x + side] = True
    return mask


def write_photo(path: Path, seed: int) -> None:
    """Write a photo that looks like no other of another seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 255, (8, 8, 3)).astype(np.uint8)
    Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)


def prediction(
    file: str, masks: list[np.ndarray], scores: list[float], bits: float = 0.1, **more: object
) -> Prediction:
    found = []
    for mask, score in zip(masks, scores, strict=True):
        rows, columns = np.nonzero(mask)
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        found.append(Found("tile", box, int(mask.sum()), score))
    rles = tuple(rle_of(mask) for mask in masks)
    return Prediction("key", file, (SIDE, SIDE), bits, tuple(found), rles, {}, **more)


def write_folder(folder: Path, predictions: list[Prediction]) -> Path:
    for one in predictions:
        path = folder / "records" / f"{one.file}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(one)), encoding="utf-8")
    (folder / "categories.json").write_text('["tile"]', encoding="utf-8")
    return folder
