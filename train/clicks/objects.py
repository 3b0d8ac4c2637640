"""From manifests to photos whose pixels say which object they belong to: what clicks are taught on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, IGNORED, IdMap
from dataset.pieces import pieces_of
from dataset.records import Sample, read_manifest
from pipeline.errors import InputError
from pipeline.progress import track
from train.data import Photo, load_labelled, shrunk

ROOMY = 2.5  # longer side of a photo that is kept / side of what the network sees, so that close crops stay sharp


def object_pool(manifest: Path, img_size: int) -> list[Photo]:
    """Return the photos of a manifest, small enough to stay in memory, with numbers of objects for their truth.

    A photo in which objects of a category touch comes twice: each for itself, and what hangs together as one, since
    people mean the one or the other. Raises InputError for a manifest without an object.
    """
    samples = read_manifest(manifest)
    longest = round(ROOMY * img_size)
    pool = [
        shrunk(photo, longest)
        for sample in track(samples, len(samples), "read", "photos")
        for photo in photos_of(manifest.parent, sample)
    ]
    if not any(sample.instances for sample in samples):
        raise InputError(f"{manifest}: shows no object, wanted labelled photos or renders; name another manifest")
    return pool


def photos_of(folder: Path, sample: Sample) -> Iterator[Photo]:
    """Yield a sample with its objects one by one, and once more with touching ones joined where there are any."""
    image, ids = load_labelled(folder, sample)
    yield Photo(image, numbers_of(ids))
    whole = joined(ids, sample)
    if whole.max(initial=0) < len(sample.instances):
        whole[ids == IGNORE] = IGNORE
        yield Photo(image, numbers_of(whole))


def numbers_of(ids: IdMap) -> NDArray[np.uint8]:
    """Return the numbers (H, W) of objects, 0 = background; those from 255 on are `IGNORED`, as `IGNORE` is."""
    return np.minimum(ids, IGNORED).astype(np.uint8)


def joined(ids: IdMap, sample: Sample) -> IdMap:
    """Return an id map (H, W) in which all that touches and is of one category has one number."""
    made = np.zeros_like(ids)
    for category in sorted({item.category for item in sample.instances}):
        own = np.isin(ids, [item.index for item in sample.instances if item.category == category])
        made[own] = pieces_of(own).downwards().labels[own] + made.max(initial=0)
    return made
