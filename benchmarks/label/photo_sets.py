"""Labelled photos for the benches of the label room, as a manifest or as a folder in the described layout."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dataset.idmap import read_ids, read_image
from dataset.records import Sample, read_manifest
from mix import ingest
from mix.labelled import Ingest
from pipeline.errors import InputError
from pipeline.files import sha256_of
from pipeline.seeds import rng_for


@dataclasses.dataclass(frozen=True)
class LabelledSet:
    """Photos whose labels a bench hides and reveals again."""

    name: str
    manifest: Path  # of all photos of the set
    samples: tuple[Sample, ...]  # that are measured on
    work: Path  # where trainings and predictions are kept

    @property
    def folder(self) -> Path:
        """Return what the paths of the samples are relative to."""
        return self.manifest.parent

    @property
    def objects(self) -> int:
        """Return how many objects are labelled."""
        return sum(len(sample.instances) for sample in self.samples)

    @functools.cached_property
    def key(self) -> str:
        """The hash of what the photos and their labels are, so that nothing is kept for other ones."""
        files = [path for sample in self.samples for path in (sample.image, sample.ids)]
        return hashlib.sha256("".join(sha256_of(self.folder / path) for path in files).encode()).hexdigest()


def set_of(name: str, manifest: Path, work: Path, most: int | None = None) -> LabelledSet:
    """Return the photos of a manifest; of more than `most` so many by chance, in the manifest's order."""
    samples = read_manifest(manifest)
    chosen = np.sort(rng_for(1, "labelled set").permutation(len(samples))[:most])
    return LabelledSet(name, manifest, tuple(samples[at] for at in chosen.tolist()), work)


def ingested(name: str, real: Path, work: Path) -> LabelledSet:
    """Return a measured set, read into the folder of work unless it is there. real: the folder of the sets."""
    out = work / name / "photos"
    if not (out / "samples.jsonl").is_file():
        ingest.main(Ingest(), real / name, out)
    return set_of(name, out / "samples.jsonl", work / name)


def each_photo(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.bool_]]]:
    """Yield name, image (H, W, 3) and mask (H, W) of all objects of each photo, by name.

    folder: of images/ and masks/. Raises InputError when there are none.
    """
    paths = sorted((folder / "images").glob("*.jpg"))
    if not paths:
        raise InputError(f"{folder}: found no photos in images/, wanted the measured set; name the folder of the sets")
    for path in paths:
        mask = read_ids(folder / "masks" / f"{path.stem}.png")
        yield path.stem, read_image(path), mask > 0


def pieces(mask: NDArray[np.bool_], least_px: int = 30) -> list[NDArray[np.bool_]]:
    """Return the connected pieces of a mask (H, W) of at least so many pixels, as masks (H, W)."""
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    found = (numbers == number for number in range(1, count + 1))
    return [piece for piece in found if piece.sum() >= least_px]


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the IoU of two masks (H, W); 1 where both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0
