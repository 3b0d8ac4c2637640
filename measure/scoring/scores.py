"""The scores file: scores as JSON, one photo a line, every derived number recomputable from the photos."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from measure.scoring.photo import BINS, THRESHOLDS, CategoryMap, count, overlap
from measure.scoring.records import (
    FOREGROUND,
    Calibration,
    Details,
    Errors,
    Matches,
    PhotoScore,
    Pixels,
    Scores,
    TrueObject,
    pooled,
)
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import Count, read_typed

__all__ = [
    "FOREGROUND", "CategoryMap", "PhotoScore", "Pixels", "Scores", "count", "from_json", "overlap", "pooled",
    "read_scores", "to_json", "write_scores",
]  # fmt: skip

FINITE = ConfigDict(strict=True, allow_inf_nan=False)


def to_json(scores: Scores) -> dict[str, Any]:
    """Return the scores as the object of a scores file, derived numbers included."""
    head = {field.name: getattr(scores, field.name) for field in dataclasses.fields(scores) if field.name != "photos"}
    derived = {"iou": scores.iou, "iou_per_category": scores.iou_per_category}
    return head | derived | {"photos": [photo_to_json(photo) for photo in scores.photos]}


def photo_to_json(photo: PhotoScore) -> dict[str, Any]:
    """Return one photo; the key "details" is missing where it has none."""
    pixels = {name: dataclasses.asdict(value) for name, value in photo.pixels.items()}
    head = {"id": photo.id, "group": photo.group, "iou": photo.iou, "pixels": pixels}
    return head | ({"details": details_to_json(photo.details)} if photo.details else {})


def details_to_json(details: Details) -> dict[str, Any]:
    """Return the details; objects are stored as columns, which is half as long as one record each."""
    names = [field.name for field in dataclasses.fields(TrueObject)]
    columns = {name: [getattr(thing, name) for thing in details.objects] for name in names}
    return dataclasses.asdict(details) | {"objects": columns}


class PixelsRow(TypedDict):
    """Of one category on one photo."""

    intersection: Count
    union: Count


class ErrorsRow(TypedDict):
    """As `Errors`."""

    outline: int
    missed: int
    made_up: int


class MatchesRow(TypedDict):
    """As `Matches`."""

    predicted: Count
    truth: Count
    hits: Annotated[list[Count], Field(min_length=len(THRESHOLDS), max_length=len(THRESHOLDS))]


class CalibrationRow(TypedDict):
    """As `Calibration`."""

    pixels: Annotated[list[Count], Field(min_length=BINS, max_length=BINS)]
    confidence: Annotated[list[float], Field(min_length=BINS, max_length=BINS)]
    correct: Annotated[list[Count], Field(min_length=BINS, max_length=BINS)]


class ObjectColumns(TypedDict):
    """As `TrueObject`, a column a field."""

    category: list[str]
    area_share: list[float]
    visible_fraction: list[float]
    border: list[bool]
    iou: list[float]
    covered: list[float]


class DetailsRow(TypedDict):
    """As `Details`."""

    boundary: PixelsRow
    errors: ErrorsRow
    matches: dict[str, MatchesRow]
    calibration: CalibrationRow
    objects: ObjectColumns
    uncertainty: float
    off_outlines: NotRequired[PixelsRow | None]


class PhotoRow(TypedDict):
    """One photo of a scores file."""

    id: str
    group: str
    pixels: dict[str, PixelsRow]
    details: NotRequired[DetailsRow]


@with_config(FINITE)
class ScoresRow(TypedDict):
    """One scores file, as far as it is read."""

    split: str
    ratio: float
    seed: int
    n_real: Count
    n_render: Count
    photos: list[PhotoRow]
    schedule: NotRequired[str]
    weights: NotRequired[dict[str, float]]
    name: NotRequired[str]
    scored: NotRequired[list[str]]


@with_config(FINITE)
class ManyRows(TypedDict):
    """The scores of several runs in one file."""

    runs: list[ScoresRow]


SCORES, MANY = TypeAdapter(ScoresRow), TypeAdapter(ManyRows)
AGAIN = "run the stage that writes it again"


def from_json(value: ScoresRow) -> Scores:
    """Return the scores that `to_json` wrote. Raises ValueError for photos that do not agree with one another.

    Files from before there were candidates have the schedule "mix", no weights, and the ratio for a name; older ones
    the score of the foreground.
    """
    photos = tuple(photo_from_json(photo) for photo in value["photos"])
    names = {tuple(photo.pixels) for photo in photos}
    if len(names) > 1 or any(FOREGROUND not in photo.pixels for photo in photos):
        raise ValueError(f"its photos want the same categories each, and {FOREGROUND!r}")
    scored = tuple(value.get("scored", [FOREGROUND]))
    if not scored or any(not set(scored) <= known for known in map(set, names)):
        raise ValueError(f"its score is the mean of {list(scored)}, wanted categories of its photos")
    return Scores(
        split=value["split"],
        ratio=value["ratio"],
        seed=value["seed"],
        n_real=value["n_real"],
        n_render=value["n_render"],
        photos=photos,
        schedule=value.get("schedule", "mix"),
        weights=dict(value.get("weights", {})),
        name=value.get("name", f"{value['ratio']:g}"),
        scored=scored,
    )


def photo_from_json(value: PhotoRow) -> PhotoScore:
    """Return one photo. Errors as `from_json`."""
    pixels = {name: Pixels(item["intersection"], item["union"]) for name, item in value["pixels"].items()}
    details = details_from_json(value["details"]) if "details" in value else None
    return PhotoScore(value["id"], value["group"], pixels, details)


def details_from_json(value: DetailsRow) -> Details:
    """Return the details of one photo. Errors as `from_json`."""
    columns = value["objects"]
    rows = zip(
        *(columns[name] for name in ("category", "area_share", "visible_fraction", "border", "iou", "covered")),
        strict=True,
    )
    counts, off = value["calibration"], value.get("off_outlines")
    return Details(
        Pixels(**value["boundary"]),
        Errors(**value["errors"]),
        {
            name: Matches(item["predicted"], item["truth"], tuple(item["hits"]))
            for name, item in value["matches"].items()
        },
        Calibration(tuple(counts["pixels"]), tuple(counts["confidence"]), tuple(counts["correct"])),
        tuple(TrueObject(*row) for row in rows),
        value["uncertainty"],
        Pixels(**off) if off else None,
    )


def as_text(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_scores(path: Path, scores: Scores) -> None:
    """Write one scores file whole, one photo a line; a photo takes one or two kB, and 60 bytes for each object."""
    value = to_json(scores)
    photos = ",\n".join(as_text(photo) for photo in value.pop("photos"))
    write_text(path, f'{as_text(value)[:-1]}, "photos": [\n{photos}\n]}}\n')


def read_scores(path: Path) -> Scores:
    """Read one scores file; raise InputError when it is missing or another kind of file."""
    return scores_in(read_typed(path, SCORES, "a scores file", AGAIN), path)


def read_many(path: Path) -> list[Scores]:
    """Read the scores of several runs from one file; raise InputError when it is missing or another kind of file."""
    return [scores_in(run, path) for run in read_typed(path, MANY, "the scores of runs", AGAIN)["runs"]]


def scores_in(row: ScoresRow, path: Path) -> Scores:
    """Return the scores of a file; raise InputError for photos that do not agree with one another."""
    try:
        return from_json(row)
    except ValueError as error:
        raise InputError(f"{path}: not a scores file: {error}; {AGAIN}") from error
