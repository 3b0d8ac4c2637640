"""Folders of photos and masks for tests, written file by file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from dataset.formats.listed import PhotoSet

HEIGHT, WIDTH = 6, 8
ONE = np.zeros((HEIGHT, WIDTH), np.uint8)
ONE[1:4, 1:3] = 1
TWO = np.zeros((HEIGHT, WIDTH), np.uint8)
TWO[2:5, 5:8] = 1
BOTH = ONE + TWO  # of one category, apart
PAIR = np.zeros((HEIGHT, WIDTH), np.uint8)  # two objects that touch
PAIR[1:3, 1:4], PAIR[3:5, 1:4] = 1, 2


def save(path: Path, array: np.ndarray, palette: list[int] | None = None) -> Path:
    """Write a picture; of indices if there is a palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    if palette:
        image.putpalette(palette)
    image.save(path)
    return path


def photo(path: Path) -> Path:
    """Write a photo."""
    return save(path, np.random.default_rng(len(path.name)).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8))


def build(root: Path, photos: tuple[str, ...], masks: Mapping[str, np.ndarray], texts: Mapping[str, str] = {}) -> Path:
    """Write photos, masks and texts, each by its path in the folder `root`, and return it."""
    for name in photos:
        photo(root / name)
    for name, array in masks.items():
        save(root / name, array)
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def drawn(found: PhotoSet) -> dict[str, tuple[list[list[int]], list[str]]]:
    """Return id map and categories of each photo by its stem."""
    labels = {each.file.stem: each.label.draw((HEIGHT, WIDTH)) for each in found.photos}
    return {stem: (ids.tolist(), names) for stem, (ids, names) in labels.items()}
