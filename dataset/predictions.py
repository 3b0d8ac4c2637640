"""What a run found in each photo: the records of a folder of predictions, as `admix predict` writes it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from dataset.formats.outlines import mask_of
from pipeline.errors import InputError
from pipeline.reading import Record, read_typed

RECORDS = "records"
CATEGORIES = TypeAdapter(tuple[str, ...])


@dataclasses.dataclass(frozen=True)
class Found:
    """One predicted instance: a connected piece of one category."""

    category: str
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    area_px: int
    score: float  # mean probability of its category over its pixels, 0..1


@dataclasses.dataclass(frozen=True)
class Prediction(Record):
    """What is known of one predicted photo. Paths are POSIX, those of pictures relative to the folder written."""

    key: str  # of the photo's bytes, the run and the settings: what the prediction is a function of
    file: str  # the photo, relative to the folder of photos
    size_hw: tuple[int, int]  # upright
    uncertainty_bits: float  # mean entropy over all pixels
    instances: tuple[Found, ...]
    rles: tuple[dict[str, Any], ...]  # COCO's compressed RLE of each instance, in their order
    pictures: dict[str, str]  # kind -> file: masks, overlays, uncertainty, foreground, as far as asked for
    doubts: dict[str, float] = dataclasses.field(default_factory=dict)  # by `doubts_of`, means over all pixels
    features: tuple[float, ...] = ()  # the encoder's vector of the whole photo, if it was asked for


PREDICTION = TypeAdapter(Prediction)


def read_record(path: Path) -> Prediction:
    """Return the record of one photo; raise InputError when it is missing or another kind of file."""
    return read_typed(path, PREDICTION, "a record of a prediction", "delete it and predict again")


def each_prediction(folder: Path) -> Iterator[Prediction]:
    """Yield the records of a folder of predictions in the order of their paths, one at a time.

    Raises InputError for a folder without any, and for a record that cannot be read.
    """
    paths = sorted((folder / RECORDS).rglob("*.json"))
    if not paths:
        raise InputError(f"{folder}: no folder of predictions; name one that `admix predict` wrote")
    yield from map(read_record, paths)


def predicted_categories(folder: Path) -> tuple[str, ...]:
    """Return the names of a folder of predictions: the value k in a mask is the k-th of them."""
    return read_typed(folder / "categories.json", CATEGORIES, "a list of categories", "predict again")


def mask_at(prediction: Prediction, number: int) -> NDArray[np.bool_]:
    """Return the mask (H, W) of the instance `number`, counted from 0; raise InputError for an RLE that is none."""
    return mask_of(prediction.rles[number], prediction.size_hw, f"{prediction.file}: prediction {number}")
