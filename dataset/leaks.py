"""What the search for leaks found, as one frozen record: leaks.json, written by stage `leaks` and read by the page."""

import dataclasses
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from dataset.records import RelativePath
from pipeline.files import way_to, write_json
from pipeline.reading import Count, Record, read_typed

Share = Annotated[float, Field(ge=0, le=1)]


@dataclasses.dataclass(frozen=True)
class LeakedPhoto(Record):
    """One photo of a pair."""

    part: str  # train, val, test, or a further source's name
    id: str
    image: RelativePath  # from the folder of leaks.json


@dataclasses.dataclass(frozen=True)
class Leak(Record):
    """A photo that scores are taken on, and a photo to train on that shows the same."""

    measured: LeakedPhoto
    trained: LeakedPhoto
    mirrored: bool  # left for right
    agreement: Share  # of what the two have in common


@dataclasses.dataclass(frozen=True)
class Planted(Record):
    """How the same search fared on copies of the user's own training photos that were planted for it."""

    found: Share
    false_alarms: Share  # of the training photos themselves, looked for among those of other groups
    found_per_kind: dict[str, Share]  # kind of copy -> share
    photos: Count  # that copies were made of


@dataclasses.dataclass(frozen=True)
class LeaksRecord(Record):
    """leaks.json."""

    planted: Planted
    hits: tuple[Leak, ...]  # at most one for a photo of val or test, in the order of the manifests
    searched: dict[str, Count]  # part -> photos


LEAKS = TypeAdapter(LeaksRecord)


def read_leaks(path: Path) -> LeaksRecord:
    """Return what leaks.json holds; raise InputError for another kind of file."""
    return read_typed(path, LEAKS, "what stage leaks found", "run stage leaks again")


def write_leaks(path: Path, found: LeaksRecord, home: Path) -> None:
    """Write leaks.json whole. home: the folder from which the record names its images."""
    hits = tuple(
        dataclasses.replace(hit, measured=moved(hit.measured, home, path), trained=moved(hit.trained, home, path))
        for hit in found.hits
    )
    write_json(path, dataclasses.asdict(dataclasses.replace(found, hits=hits)))


def moved(photo: LeakedPhoto, home: Path, path: Path) -> LeakedPhoto:
    """Return a photo as a file at `path` names it."""
    return dataclasses.replace(photo, image=way_to(home / photo.image, path.parent))
