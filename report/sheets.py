"""Pictures of the page as JPEG inside it: samples with their masks, and real photos beside prediction and truth."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from dataset.idmap import categories_map, ignores, read_ids, read_image
from dataset.overlay import RGB, jpeg_uri, overlay, small
from dataset.records import Sample
from pipeline.errors import InputError
from pipeline.reading import OPEN, read_typed


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture of the page."""

    uri: str  # the image itself, as a data URI
    alt: str
    caption: str
    size_wh: tuple[int, int]
    ignoring: bool = False  # whether it shows what the labels ignore


def picture(image: RGB, alt: str, caption: str, ignoring: bool = False) -> Picture:
    """Return an image (H, W, 3) as a picture of the page."""
    return Picture(jpeg_uri(image), alt, caption, (image.shape[1], image.shape[0]), ignoring)


SHEET_PX = 280  # longest side of a picture on a sheet of many
PHOTO_PX = 420


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """One val photo as the picked run's val.json lists it."""

    id: str
    iou: float
    uncertainty: float | None  # mean entropy over its pixels in bits; None where it was not measured


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One val photo, what the picked run said, and the truth."""

    title: str
    pictures: tuple[Picture, ...]


def spread(samples: Sequence[Any], wanted: int) -> list[Any]:
    """Return at most `wanted` samples, evenly spaced over the list and in its order."""
    count = min(wanted, len(samples))
    return [samples[i * len(samples) // count] for i in range(count)]


def labelled(folder: Path, sample: Sample, categories: Sequence[str], caption: str = "") -> Picture:
    """Return a sample with its masks laid over it. folder: the manifest's."""
    image = small(read_image(folder / sample.image), SHEET_PX)
    ids = small(read_ids(folder / sample.ids), SHEET_PX)
    drawn, ignoring = overlay(image, categories_map(ids, sample.instances, tuple(categories)), ids), ignores(ids)
    names = ", ".join(sorted({instance.category for instance in sample.instances})) or "nothing"
    words = f"{sample.domain} sample {sample.id} with its masks: {names}{', a part ignored' if ignoring else ''}"
    return picture(drawn, words, caption or sample.id, ignoring)


class EvaluatedDetails(TypedDict):
    """What is read of a photo's details."""

    uncertainty: NotRequired[float | None]


class EvaluatedPhoto(TypedDict):
    """What is read of a photo."""

    id: str
    iou: float
    details: NotRequired[EvaluatedDetails | None]


@with_config(OPEN)
class EvaluatedFile(TypedDict):
    """What is read of a scores file."""

    photos: list[EvaluatedPhoto]


EVALUATED = TypeAdapter(EvaluatedFile)


def read_evaluated(path: Path) -> list[Evaluated]:
    """Return the photos of a scores file; raise InputError for another kind of file."""
    found = read_typed(path, EVALUATED, "a scores file", "run the stage that writes it again")
    return [
        Evaluated(photo["id"], photo["iou"], (photo.get("details") or {}).get("uncertainty"))
        for photo in found["photos"]
    ]


def worst_of(photos: Sequence[Evaluated], wanted: int) -> list[Evaluated]:
    """Return the `wanted` photos of the lowest IoU, worst first; of equals the first by id."""
    return sorted(photos, key=lambda photo: (photo.iou, photo.id))[:wanted]


def typical_of(photos: Sequence[Evaluated], wanted: int) -> list[Evaluated]:
    """Return the photos in the middle of `wanted` equal parts of all, from the highest IoU to the lowest."""
    order = sorted(photos, key=lambda photo: (-photo.iou, photo.id))
    count = min(wanted, len(order))
    return [order[(2 * part + 1) * len(order) // (2 * count)] for part in range(count)]


def unsure_of(photos: Sequence[Evaluated], wanted: int) -> list[Evaluated]:
    """Return the `wanted` most uncertain photos, most uncertain first; none where it was not measured."""
    known = [photo for photo in photos if photo.uncertainty is not None]
    return sorted(known, key=lambda photo: (-(photo.uncertainty or 0), photo.id))[:wanted]


def prediction(trial: Path, sample: Sample) -> Any:
    """Return a trial's prediction (H, W) of a val photo; raise InputError if it has another size than the photo."""
    path = trial / "val" / f"{sample.id}.png"
    predicted = read_ids(path)
    if predicted.shape != sample.size_hw:
        raise InputError(
            f"{path}: found a size of {predicted.shape}, wanted {sample.size_hw}: run the stage tune again"
        )
    return predicted


def mistake(trial: Path, folder: Path, sample: Sample, title: str, categories: Sequence[str]) -> Mistake:
    """Return one val photo beside prediction and truth. trial: the run's folder; folder: the val manifest's."""
    predicted, ids, image = prediction(trial, sample), read_ids(folder / sample.ids), read_image(folder / sample.image)
    image, ids, predicted = (small(array, PHOTO_PX) for array in (image, ids, predicted))
    truth = overlay(image, categories_map(ids, sample.instances, tuple(categories)), ids)
    drawn = (("photo", image), ("prediction", overlay(image, predicted.astype("uint8"))))
    shown = (picture(array, f"{name} of {sample.id}", name) for name, array in drawn)
    return Mistake(title, (*shown, picture(truth, f"truth of {sample.id}", "truth", ignores(ids))))


def seen(
    trial: Path, folder: Path, chosen: Sequence[Evaluated], samples: Mapping[str, Sample], categories: Sequence[str]
) -> list[Mistake]:
    """Return the chosen val photos as `mistakes`: prediction and truth alone, without captions."""
    found = mistakes(trial, folder, chosen, samples, categories)
    pairs = [tuple(dataclasses.replace(one, caption="") for one in row.pictures[1:]) for row in found]
    return [dataclasses.replace(row, pictures=pair) for row, pair in zip(found, pairs, strict=True)]


def mistakes(
    trial: Path, folder: Path, chosen: Sequence[Evaluated], samples: Mapping[str, Sample], categories: Sequence[str]
) -> list[Mistake]:
    """Return the chosen val photos with what the run said of them. samples: those of the val manifest, by id."""
    return [mistake(trial, folder, samples[one.id], title_of(one), categories) for one in chosen]


def title_of(photo: Evaluated) -> str:
    """Return the title of a photo."""
    unsure = "" if photo.uncertainty is None else f", uncertainty {photo.uncertainty:.2f} bits"
    return f"{photo.id}: IoU {photo.iou:.2f}{unsure}"
