"""The certificate as a file: what was shown, of which network, on which objects, and what the photos looked like."""

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from label.routing.drift import Traits
from pipeline.files import sha256_of
from pipeline.reading import Record, read_typed

FORMAT = 1
Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]


@dataclasses.dataclass(frozen=True)
class Certified(Record):
    """What is certified of one category, or of all together ("")."""

    category: str
    score: float | None  # objects of this score or more may be taken without a person; None = none of them
    objects: Whole  # of the set that are above it
    of: Whole  # objects of the set
    checked: Whole  # above it, or of all where nothing is certified
    wrong: Whole
    bound: Share  # lower bound of the share that is right, at the level tested
    missing: Whole  # further checks without a wrong one until something is certified, at the least; 0 if it is
    among: Whole = 0  # objects of the set that checks were drawn among; 0 in certificates that do not say it


@dataclasses.dataclass(frozen=True)
class RouteCertificate(Record):
    """A certificate. It holds for this network, and for photos that look like these."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    model: str  # SHA-256 of the predictions' about.json: weights and settings
    set: str  # SHA-256 of the keys of the predictions
    photos: Whole
    objects: Whole
    unit: str  # what was drawn: object or photo
    target: Share
    confidence: Share
    looks: tuple[int, ...]
    checks: Whole  # that were used
    categories: tuple[Certified, ...]
    reference: Traits  # sorted, by trait: of the photos of the set


CERTIFICATE = TypeAdapter(RouteCertificate)


def read_certificate(path: Path) -> RouteCertificate:
    """Return a certificate; raise InputError for another kind of file."""
    return read_typed(path, CERTIFICATE, "a certificate of `admix label route`", "make it again")


def model_of(predictions: Path) -> str:
    """Return the key of the network and its settings; raise InputError for a folder without about.json."""
    return sha256_of(predictions / "about.json")


def set_of(keys: Iterable[str]) -> str:
    """Return the key of a set of predictions, whatever their order."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
