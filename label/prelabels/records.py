"""What was sent to people, and what was planted among it: the files that what comes back is held against."""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dataset.formats.outlines import mask_of
from dataset.idmap import Mask
from pipeline.files import write_json, write_text
from pipeline.reading import Record, lines_of, parse_typed, read_typed

SENT, PLANTED, TASK = "sent.jsonl", "planted.json", "for_people"


@dataclasses.dataclass(frozen=True)
class SentObject(Record):
    """One proposal as people got it."""

    id: str
    category: str
    score: float
    rle: dict[str, Any]  # COCO's compressed RLE of the mask as its tool draws it


@dataclasses.dataclass(frozen=True)
class SentPhoto(Record):
    """The proposals of one photo."""

    name: str  # of the photo among those sent, without its suffix
    file: str  # the photo, relative to the folder of photos
    size_hw: tuple[int, int]
    objects: tuple[SentObject, ...]


@dataclasses.dataclass(frozen=True)
class PlantedError(Record):
    """One error that was planted into the proposals."""

    photo: str  # its name among those sent
    id: str  # of the proposal that carries it; of a missing one the id it would have had
    kind: str
    category: str  # before
    rle: dict[str, Any] | None  # before; None = there was no such object


PHOTO, PLANTS = TypeAdapter(SentPhoto), TypeAdapter(tuple[PlantedError, ...])


def write_sent(folder: Path, photos: Iterable[SentPhoto], plants: Iterable[PlantedError]) -> None:
    """Write sent.jsonl and planted.json whole."""
    rows = (json.dumps(dataclasses.asdict(photo), ensure_ascii=False) + "\n" for photo in photos)
    write_text(folder / SENT, "".join(rows))
    write_json(folder / PLANTED, [dataclasses.asdict(plant) for plant in plants])


def read_sent(folder: Path) -> tuple[list[SentPhoto], tuple[PlantedError, ...]]:
    """Return what was sent and what was planted; raise InputError for another kind of folder."""
    again = "name the folder that `admix label prelabel` wrote"
    lines = enumerate(lines_of(folder / SENT), 1)
    photos = [
        parse_typed(line, PHOTO, f"{folder / SENT}:{number}: no photo that was sent", again) for number, line in lines
    ]
    return photos, read_typed(folder / PLANTED, PLANTS, "a list of planted errors", again)


def mask_in(sent: SentObject | PlantedError, size_hw: tuple[int, int]) -> Mask:
    """Return the mask (H, W) of a proposal, or of what a planted error replaced; raise InputError for a broken RLE."""
    return mask_of(sent.rle, size_hw, f"{SENT}: {sent.id}")
