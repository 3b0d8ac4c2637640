"""The pool that labels are picked from: folders of predictions of the same photos, read and put side by side."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dataset.likeness import mirrored, near_pairs, photo_hash
from dataset.pictures import upright
from dataset.predictions import Prediction, each_prediction, predicted_categories
from dataset.records import Sample
from dataset.shards import read_bytes as read_packed
from label.doubt import agreement, map_of, scores_of
from label.strategies import Candidates
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.progress import track
from pipeline.reading import read_bytes


@dataclasses.dataclass(frozen=True)
class PoolPhoto:
    """What is known of one photo of a pool before anybody labels it."""

    file: str
    sha256: str
    look: int  # perceptual hash
    found: int  # objects, of the network that found most
    scores: dict[str, float]
    features: tuple[float, ...]
    settled: float | None  # share of the object pixels that an earlier round saw as this one does


def photos_of(folders: Sequence[Path], photos: Path, before: Path | None) -> list[PoolPhoto]:
    """Return the photos of folders of predictions, in the order of their paths.

    folders: of the same photos, one a network. before: an earlier round's folder, which may lack photos. Raises
    InputError where the folders differ in their photos or categories, or a photo is not there.
    """
    names = predicted_categories(folders[0])
    other = next((folder for folder in folders if predicted_categories(folder) != names), None)
    if other:
        raise InputError(f"{other}: its categories are not those of {folders[0]}; predict both with runs of one set")
    every = [by_file(folder) for folder in folders]
    for folder, found in zip(folders, every, strict=True):
        if found.keys() != every[0].keys():
            lacks = sorted(found.keys() ^ every[0].keys())[0]
            raise InputError(f"{folder}: {lacks} is not in all folders; predict the same photos with every run")
    earlier = by_file(before) if before else {}
    files = sorted(every[0])
    return [
        pool_photo([found[file] for found in every], names, photos, earlier.get(file))
        for file in track(files, len(files), "pick", "photos")
    ]


def by_file(folder: Path) -> dict[str, Prediction]:
    """Return photo -> its prediction; raise InputError for a folder that is none."""
    return {one.file: one for one in each_prediction(folder)}


def pool_photo(
    predictions: Sequence[Prediction], categories: Sequence[str], photos: Path, earlier: Prediction | None
) -> PoolPhoto:
    """Return one photo as all networks see it; raise InputError when its file is missing or broken."""
    first = predictions[0]
    data = read_bytes(inside(photos, first.file, "a record of a prediction"))
    maps = [map_of(one, categories) for one in predictions] if len(predictions) > 1 or earlier else []
    return PoolPhoto(
        first.file,
        hashlib.sha256(data).hexdigest(),
        int(photo_hash(upright(data, first.file))),
        max(len(one.instances) for one in predictions),
        scores_of(predictions, maps if len(predictions) > 1 else []),
        first.features,
        agreement(map_of(earlier, categories), maps[0]) if earlier else None,
    )


@dataclasses.dataclass(frozen=True)
class LabelledMark:
    """By what a photo that is labelled already is known again."""

    sha256: str
    look: int  # as of `PoolPhoto`


def marks_of(manifest: Path, samples: Sequence[Sample]) -> list[LabelledMark]:
    """Return the marks of the photos of a manifest; raise InputError for one that cannot be read."""
    found = []
    for sample in track(samples, len(samples), "read labelled photos", "photos"):
        data = read_packed(manifest.parent / sample.image)
        found.append(LabelledMark(hashlib.sha256(data).hexdigest(), int(photo_hash(upright(data, sample.image)))))
    return found


def candidates_of(photos: Sequence[PoolPhoto], labelled: Sequence[LabelledMark], bits: int | None) -> Candidates:
    """Return the pool as arrays. bits: photos whose hashes differ in so many of 64 at most are near-duplicates;
    None = only the same bytes are. A photo of the pool that is labelled already, or near to one that is, is taken.
    """
    heap = heaps_of([*(p.look for p in photos), *(mark.look for mark in labelled)], sums(photos, labelled), bits)
    closed = set(heap[len(photos) :].tolist())
    own = heap[: len(photos)]
    names = [name for name in photos[0].scores if all(name in photo.scores for photo in photos)]
    return Candidates(
        {name: np.array([photo.scores[name] for photo in photos]) for name in names},
        vectors_of(photos),
        own,
        [PurePosixPath(photo.file).parent.as_posix() for photo in photos],
        np.array([at for at, one in enumerate(own.tolist()) if one in closed], np.int64),
    )


def vectors_of(photos: Sequence[PoolPhoto]) -> NDArray[np.float32]:
    """Return the encoder's vectors (N, D); (N, 0) where a photo has none, or they are of several lengths."""
    lengths = {len(photo.features) for photo in photos}
    if len(lengths) != 1:
        return np.empty((len(photos), 0), np.float32)
    return np.array([photo.features for photo in photos], np.float32).reshape(len(photos), -1)


def sums(photos: Sequence[PoolPhoto], labelled: Sequence[LabelledMark]) -> list[str]:
    """Return the checksums of both, in their order."""
    return [photo.sha256 for photo in photos] + [mark.sha256 for mark in labelled]


def heaps_of(hashes: Sequence[int], checksums: Sequence[str], bits: int | None) -> NDArray[np.int64]:
    """Return for each photo the number of its heap of near-duplicates, those by way of others and mirrors included."""
    count = len(hashes)
    first: dict[str, int] = {}
    pairs = [(first.setdefault(one, at), at) for at, one in enumerate(checksums)]
    if bits is not None and count:
        known = np.array(hashes, np.uint64)
        pairs += [tuple(pair) for right in (known, mirrored(known)) for pair in near_pairs(known, right, bits).tolist()]
    ends = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(pairs), bool), (ends[0], ends[1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
