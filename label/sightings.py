"""Folders of predictions beside what they were predicted of: labelled photos found by name, the network by its file."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from dataset.idmap import IGNORE, IdMap, read_ids
from dataset.pictures import decode
from dataset.predictions import Prediction, each_prediction, mask_at
from dataset.records import Sample, read_manifest
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import OPEN, read_typed

AGAIN = "predict again"


@with_config(OPEN)
class About(TypedDict):
    """What is read of a folder's about.json."""

    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    uncertainty_most_bits: Annotated[float, Field(gt=0)]


ABOUT = TypeAdapter(About)


@dataclasses.dataclass(frozen=True)
class JudgedPhoto:
    """A prediction of a labelled photo, and its labels."""

    prediction: Prediction
    sample: Sample
    ids: IdMap


def read_about(folder: Path) -> About:
    """Return which network predicted a folder; raise InputError when its about.json is missing or another file."""
    return read_typed(folder / "about.json", ABOUT, "what `admix predict` says of itself", AGAIN)


def judged(folder: Path, manifest: Path) -> Iterator[JudgedPhoto]:
    """Yield the predictions of a folder with the labels of their photos, one at a time.

    A photo is known by its path: that of the manifest is the folder's, or ends in it. Predictions of photos that the
    manifest lacks are passed over. Raises InputError where none is left, or sizes differ.
    """
    samples = by_ending(read_manifest(manifest))
    found = False
    for one in each_prediction(folder):
        sample = samples.get(one.file)
        if sample is None:
            continue
        ids = read_ids(manifest.parent / sample.ids)
        if ids.shape != one.size_hw:
            raise InputError(f"{folder}: {one.file} is {one.size_hw}, its labels {ids.shape}; {AGAIN}")
        found = True
        yield JudgedPhoto(one, sample, ids)
    if not found:
        raise InputError(f"{folder}: holds no photo of {manifest}; predict the folder in which these photos lie")


def by_ending(samples: Sequence[Sample]) -> Mapping[str, Sample]:
    """Return every ending of a photo's path -> its sample; an ending that two photos share leads to none."""
    found: dict[str, Sample | None] = {}
    for sample in samples:
        parts = PurePosixPath(sample.image).parts
        for at in range(len(parts)):
            ending = "/".join(parts[at:])
            found[ending] = None if ending in found else sample
    return {ending: sample for ending, sample in found.items() if sample}


def overlap_of(one: JudgedPhoto) -> tuple[int, int]:
    """Return the pixels that both prediction and labels see as object, and that either does; ignored ones apart."""
    seen = np.zeros(one.ids.shape, bool)
    for number in range(len(one.prediction.rles)):
        seen |= mask_at(one.prediction, number)
    counted, true = one.ids != IGNORE, (one.ids > 0) & (one.ids != IGNORE)
    return int((seen & true).sum()), int(((seen & counted) | true).sum())


def iou_of(photos: Sequence[JudgedPhoto]) -> float:
    """Return the IoU of predicted and labelled foreground, over the pixels of all photos; 0.0 where none has any."""
    both, either = np.sum([overlap_of(one) for one in photos], axis=0)
    return round(float(both / either), 4) if either else 0.0


def unsure_pixels(folder: Path, prediction: Prediction, most_bits: float, bits: float) -> NDArray[np.bool_]:
    """Return (H, W) the pixels whose entropy is above `bits`, by the folder's picture of it.

    Raises InputError where the folder has no such picture, or one of another size.
    """
    name = prediction.pictures.get("uncertainty")
    if name is None:
        raise InputError(f"{folder}: holds no uncertainty of {prediction.file}; put it in predict.formats, {AGAIN}")
    drawn = decode(inside(folder, name, f"{folder}: the record of {prediction.file}"), None)
    if drawn.shape != prediction.size_hw:
        raise InputError(f"{folder / name}: is {drawn.shape}, wanted {prediction.size_hw}; {AGAIN}")
    return np.asarray(drawn.astype(float) * (most_bits / 255) > bits)
