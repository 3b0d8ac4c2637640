"""Scores on real photos: pixels counted per photo, IoU pooled over photos, and the scores file."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import read_json, write_json

FOREGROUND = "*"  # in place of a category: any category

CategoryMap = NDArray[np.uint8]  # (H, W), 0 = background, c = categories[c - 1]


@dataclasses.dataclass(frozen=True)
class Pixels:
    """How prediction and truth overlap, in pixels of the photo."""

    intersection: int
    union: int

    @property
    def iou(self) -> float:
        """Intersection over union in [0, 1]; 1.0 where the union is empty, since nothing was there and nothing said."""
        return self.intersection / self.union if self.union else 1.0


@dataclasses.dataclass(frozen=True)
class PhotoScore:
    """One photo's pixels, per category name and for `FOREGROUND`."""

    id: str
    group: str
    pixels: dict[str, Pixels]

    @property
    def iou(self) -> float:
        """The foreground's IoU on this photo alone."""
        return self.pixels[FOREGROUND].iou


@dataclasses.dataclass(frozen=True)
class Scores:
    """What one run reached on one split of real photos."""

    split: str  # "val" or "test"
    ratio: float  # renders / (renders + real) in what the network saw
    seed: int
    n_real: int  # photos in the mix
    n_render: int  # renders in the mix
    photos: tuple[PhotoScore, ...]

    @property
    def iou(self) -> float:
        """The foreground's IoU, pooled over the pixels of all photos."""
        return pooled(self.photos).iou

    @property
    def iou_per_category(self) -> dict[str, float]:
        """Pooled IoU of each category, by name; empty without photos."""
        names = self.photos[0].pixels if self.photos else {}
        return {name: pooled(self.photos, name).iou for name in names if name != FOREGROUND}


def overlap(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Pixels:
    """Return how two masks (H, W) of one size overlap."""
    return Pixels(int((predicted & truth).sum()), int((predicted | truth).sum()))


def count(predicted: CategoryMap, truth: CategoryMap, categories: Sequence[str]) -> dict[str, Pixels]:
    """Return the overlap per category name, and for `FOREGROUND`, of two category maps (H, W) uint8.

    A pixel of the wrong category is foreground to `FOREGROUND`. Raises ValueError if the sizes differ.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"the prediction is {predicted.shape}, the truth {truth.shape}")
    found = {name: overlap(predicted == c, truth == c) for c, name in enumerate(categories, 1)}
    return found | {FOREGROUND: overlap(predicted > 0, truth > 0)}


def pooled(photos: Iterable[PhotoScore], category: str = FOREGROUND) -> Pixels:
    """Return the sum over photos of one category's pixels; no photo gives an empty union."""
    counts = [photo.pixels[category] for photo in photos]
    return Pixels(sum(c.intersection for c in counts), sum(c.union for c in counts))


def to_json(scores: Scores) -> dict[str, Any]:
    """Return the scores as the object of a scores file, derived numbers included."""
    photos = [
        {"id": p.id, "group": p.group, "iou": p.iou, "pixels": {k: dataclasses.asdict(v) for k, v in p.pixels.items()}}
        for p in scores.photos
    ]
    head = {field.name: getattr(scores, field.name) for field in dataclasses.fields(scores) if field.name != "photos"}
    return head | {"iou": scores.iou, "iou_per_category": scores.iou_per_category, "photos": photos}


def from_json(value: Any) -> Scores:
    """Return the scores that `to_json` wrote. Raises KeyError or TypeError for any other object."""
    photos = tuple(
        PhotoScore(p["id"], p["group"], {k: Pixels(v["intersection"], v["union"]) for k, v in p["pixels"].items()})
        for p in value["photos"]
    )
    head = ("split", "ratio", "seed", "n_real", "n_render")
    return Scores(**{key: value[key] for key in head}, photos=photos)


def write_scores(path: Path, scores: Scores) -> None:
    """Write one scores file whole."""
    write_json(path, to_json(scores))


def read_scores(path: Path) -> Scores:
    """Read one scores file; raise InputError when it is missing or another kind of file."""
    try:
        return from_json(read_json(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a scores file ({error!r}); run the stage that writes it again") from error
