"""Photos that no pseudo-label may be made for: those that people labelled, and those on which scores are taken."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset.likeness import Hashes, mirrored, near_pairs, photo_hash
from dataset.pictures import upright
from dataset.records import read_manifest
from label.pool import marks_of

LABELLED, MEASURED = "labelled by people", "of val or test, or nearly the same as one"


@dataclasses.dataclass(frozen=True)
class KnownPhotos:
    """Photos that no pseudo-label may be made for."""

    labelled: frozenset[str]  # checksums
    measured: frozenset[str]
    hashes: Hashes  # perceptual, of the measured ones


def known_photos(labelled: Path | None, measured: Sequence[Path]) -> KnownPhotos:
    """Return the photos of a manifest of labelled ones, and of those on which scores are taken."""
    own = marks_of(labelled, read_manifest(labelled)) if labelled else []
    others = [mark for path in measured for mark in marks_of(path, read_manifest(path))]
    hashes = np.array([mark.look for mark in others], np.uint64)
    return KnownPhotos(frozenset(m.sha256 for m in own), frozenset(m.sha256 for m in others), hashes)


def why_not(known: KnownPhotos, data: bytes, name: str, bits: int) -> str:
    """Return why a photo takes no pseudo-label, "" where it may. name: for a message where it cannot be read."""
    checksum = hashlib.sha256(data).hexdigest()
    if checksum in known.measured:
        return MEASURED
    if checksum in known.labelled:
        return LABELLED
    own = np.array([photo_hash(upright(data, name))], np.uint64)
    near = len(known.hashes) and any(len(near_pairs(side, known.hashes, bits)) for side in (own, mirrored(own)))
    return MEASURED if near else ""
