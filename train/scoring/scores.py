"""The scores file: scores as JSON, one photo a line, every derived number recomputable from the photos."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json, write_text
from train.scoring.overlap import CategoryMap, count, overlap
from train.scoring.records import (
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

__all__ = [
    "FOREGROUND", "CategoryMap", "PhotoScore", "Pixels", "Scores", "count", "from_json", "overlap", "pooled",
    "read_scores", "to_json", "write_scores",
]  # fmt: skip

HEAD = ("split", "ratio", "seed", "n_real", "n_render")


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


def from_json(value: Any) -> Scores:
    """Return the scores that `to_json` wrote. Raises KeyError, TypeError or ValueError for any other object.

    Files from before there were candidates have the schedule "mix", no weights, and the ratio for a name.
    """
    photos = tuple(photo_from_json(photo) for photo in value["photos"])
    return Scores(
        **{key: value[key] for key in HEAD},
        photos=photos,
        schedule=value.get("schedule", "mix"),
        weights=dict(value.get("weights", {})),
        name=value.get("name", f"{value['ratio']:g}"),
    )


def photo_from_json(value: Any) -> PhotoScore:
    """Return one photo. Errors as `from_json`."""
    pixels = {name: Pixels(item["intersection"], item["union"]) for name, item in value["pixels"].items()}
    details = details_from_json(value["details"]) if "details" in value else None
    return PhotoScore(value["id"], value["group"], pixels, details)


def details_from_json(value: Any) -> Details:
    """Return the details of one photo. Errors as `from_json`."""
    names = [field.name for field in dataclasses.fields(TrueObject)]
    rows = zip(*(value["objects"][name] for name in names), strict=True)
    counts = value["calibration"]
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
    try:
        return from_json(read_json(path))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{path}: not a scores file ({error!r}); run the stage that writes it again") from error
