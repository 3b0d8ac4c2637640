"""Real training photos that may stand behind a scene."""

import functools
import hashlib
from pathlib import Path

from dataset.records import REAL, Sample, read_manifest
from dataset.shards import read_bytes
from pipeline.errors import InputError
from render.scenes.draw import winner
from render.spec import Plate


class Photos:
    """The real photos of a manifest of training samples; renders in it never stand behind renders."""

    def __init__(self, manifest: Path) -> None:
        """Read the manifest; raise InputError when it holds no real photo."""
        self.folder = manifest.parent
        self.samples = [sample for sample in read_manifest(manifest) if sample.domain == REAL]
        if not self.samples:
            raise InputError(f"{manifest}: no real photo in it, but the recipe wants photos behind the scene (plate)")

    def plate(self, *slot: str | int) -> Plate:
        """Return the photo that wins this slot: another photo changes only the scenes that it takes over."""
        sample: Sample = winner(self.samples, slot, lambda sample: sample.id, lambda _: 1.0)
        return Plate(sample.id, fingerprint(self.folder / sample.image, self.folder / sample.ids))


@functools.cache
def fingerprint(image: Path, ids: Path) -> str:
    """Return the SHA-256 of an image's bytes followed by those of its id map."""
    return hashlib.sha256(read_bytes(image) + read_bytes(ids)).hexdigest()
