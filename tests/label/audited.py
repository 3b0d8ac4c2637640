"""A manifest of labelled photos with predictions that see every object as it is."""

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np

from dataset.formats.outlines import rle_of
from dataset.idmap import IdMap, box_of, instances_in, png_bytes, write_ids
from dataset.predictions import Found, Prediction
from dataset.records import REAL, Sample, write_manifest
from pipeline.files import write_bytes
from pipeline.seeds import rng_for

SIZE = (96, 128)
CATEGORIES = ("ball", "box")


def true_ids(number: int) -> tuple[IdMap, list[str]]:
    """Return two balls and a box that do not touch, at places of their own in every photo."""
    rng = rng_for(3, "audited", number)
    ids = np.zeros(SIZE, np.uint16)
    for index, left in enumerate((6, 48, 90), 1):
        x, y, half = left + int(rng.integers(12, 20)), int(rng.integers(24, 72)), int(rng.integers(9, 13))
        rows, columns = np.indices(SIZE)
        ball = (columns - x) ** 2 + (rows - y) ** 2 <= half**2
        ids[np.maximum(abs(columns - x), abs(rows - y)) < half if index == 3 else ball] = index
    return ids, ["ball", "ball", "box"]


def write_set(folder: Path, labels: dict[int, tuple[IdMap, list[str]]], photos: int = 24) -> tuple[Path, Path]:
    """Write a manifest and predictions of the truth; return both. labels: where they are other than the truth."""
    samples = []
    for number in range(photos):
        ids, names = true_ids(number)
        image = np.full((*SIZE, 3), 90, np.uint8)
        for index, name in enumerate(names, 1):
            image[ids == index] = (200, 60, 50) if name == "ball" else (60, 90, 210)
        noise = rng_for(4, "audited", number).normal(0, 6, image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
        told, told_names = labels.get(number, (ids, names))
        told, instances = instances_in(told, told_names)
        stem = f"p{number:02}"
        write_bytes(folder / "images" / f"{stem}.png", png_bytes(image))
        write_ids(folder / "ids" / f"{stem}.png", told)
        samples.append(Sample(stem, REAL, f"images/{stem}.png", f"ids/{stem}.png", SIZE, instances, "here", "CC0-1.0"))
        predict(folder / "predictions", stem, ids, names)
    write_manifest(folder / "samples.jsonl", samples)
    (folder / "predictions" / "categories.json").write_text(json.dumps(CATEGORIES), encoding="utf-8")
    return folder / "samples.jsonl", folder / "predictions"


def predict(folder: Path, stem: str, ids: IdMap, names: list[str]) -> None:
    masks = [ids == index for index in range(1, len(names) + 1)]
    found = tuple(Found(name, box_of(mask), int(mask.sum()), 0.95) for name, mask in zip(names, masks, strict=True))
    soft = cv2.GaussianBlur((ids > 0).astype(np.float32), (0, 0), 1.5)
    write_bytes(folder / "foreground" / f"{stem}.png", png_bytes((soft * 250).astype(np.uint8)))
    pictures = {"foreground": f"foreground/{stem}.png"}
    record = Prediction("key", f"{stem}.png", SIZE, 0.1, found, tuple(map(rle_of, masks)), pictures)
    (folder / "records").mkdir(parents=True, exist_ok=True)
    (folder / "records" / f"{stem}.json").write_text(json.dumps(dataclasses.asdict(record)), encoding="utf-8")
