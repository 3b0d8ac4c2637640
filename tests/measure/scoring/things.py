"""Made-up photos: squares as instances, and probabilities around any category map."""

import numpy as np

from dataset.idmap import instances_in
from dataset.records import Instance

CATEGORIES = ("board", "tile")


def sure_of(predicted: np.ndarray, categories: int = len(CATEGORIES), sureness: float = 0.9) -> np.ndarray:
    """Return (C + 1, H, W) float32: `sureness` for the predicted category, the rest shared by the others."""
    found = np.full((categories + 1, *predicted.shape), (1 - sureness) / categories, np.float32)
    np.put_along_axis(found, predicted[None].astype(int), sureness, axis=0)
    return found


def photo_of(
    squares: list[tuple[int, int, int, str]], size_hw: tuple[int, int] = (60, 80)
) -> tuple[np.ndarray, tuple[Instance, ...]]:
    """Return id map and instances of squares (top, left, side, category); a later one covers an earlier one."""
    ids = np.zeros(size_hw, np.uint16)
    for k, (top, left, side, _) in enumerate(squares, 1):
        ids[top : top + side, left : left + side] = k
    return instances_in(ids, [name for *_, name in squares])


def random_photo(
    rng: np.random.Generator, size_hw: tuple[int, int] = (90, 120)
) -> tuple[np.ndarray, np.ndarray, tuple[Instance, ...]]:
    """Return probabilities, id map and instances of a photo of squares that is predicted with mistakes."""
    squares = [
        (int(rng.integers(0, 70)), int(rng.integers(0, 100)), int(rng.integers(4, 30)), CATEGORIES[rng.integers(2)])
        for _ in range(8)
    ]
    ids, instances = photo_of(squares, size_hw)
    predicted = np.zeros(size_hw, np.uint8)
    for instance in instances:
        shift, number = rng.integers(-3, 4, 2), CATEGORIES.index(instance.category) + 1
        right = number if rng.random() < 0.8 else 3 - number
        predicted[np.roll(ids == instance.index, shift, (0, 1))] = right
    probabilities = sure_of(predicted) * rng.uniform(0.5, 1.5, (3, *size_hw)).astype(np.float32)
    return probabilities / probabilities.sum(axis=0), ids, instances
