"""Groups of photos that never part: what a photo's place hangs on, and which photos are tied to each other."""

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dataset.likeness import Hashes, Pairs, mirrored, near_pairs
from dataset.records import Sample
from mix.strata import strata_of


@dataclasses.dataclass(frozen=True, slots=True)
class GroupedPhoto:
    """What decides in which split a photo lands; small, since a million of them are held at once."""

    id: str
    domain: str
    tags: Mapping[str, str]
    strata: tuple[str, ...]  # of its objects, as `strata_of` gives them
    group: str = ""


Groups = dict[str, list[GroupedPhoto]]
NO_PAIRS: Pairs = np.empty((0, 2), np.int64)
ROWS = 128  # of vectors, held against all others at once


def photo_of(sample: Sample) -> GroupedPhoto:
    """Return what of a sample decides its place."""
    tags = {sys.intern(tag): sys.intern(value) for tag, value in sample.tags.items()}
    return GroupedPhoto(sample.id, sample.domain, tags, strata_of(sample))


def group(
    photos: Sequence[GroupedPhoto], sums: Sequence[str], keep_together: Sequence[str], alike: Pairs = NO_PAIRS
) -> Groups:
    """Return the groups of photos by name: those that share a tag's value or all their bytes, also by way of others.

    sums: the checksum of each photo. alike: pairs of places in `photos` that are tied for another reason. A photo
    without the tag stands alone in it. A group is named by the first of its tags, such as ``burst=7``, else by its
    first photo; groups and their photos are in the order of their names and ids. No photos give no groups.
    """
    shared = np.array([*ties(photos, sums, keep_together)], np.int64).reshape(-1, 2)
    parts = connected(len(photos), np.concatenate([shared, alike]))
    names: dict[int, tuple[int, str]] = {}
    for part, photo in zip(parts, photos, strict=True):
        for name in names_of(photo, keep_together):
            names[part] = min(names.get(part, name), name)
    groups: Groups = defaultdict(list)
    for part, photo in sorted(zip(parts, photos, strict=True), key=lambda pair: pair[1].id):
        groups[names[part][1]].append(dataclasses.replace(photo, group=names[part][1]))
    return dict(sorted(groups.items()))


def pairs_alike(hashes: Hashes, most_bits: int) -> Pairs:
    """Return pairs of places that tie all photos whose perceptual hashes differ in at most so many bits.

    A photo and another one's mirror image are alike too. Many equal hashes are tied in a row, not each to each.
    """
    known, first, places = np.unique(hashes, return_index=True, return_inverse=True)
    near = np.concatenate([near_pairs(known, other, most_bits) for other in (known, mirrored(known))])
    same = np.column_stack([first[places], np.arange(len(hashes))])
    return np.concatenate([same, first[near]])


def pairs_seen_alike(vectors: NDArray[np.float32], least: float) -> Pairs:
    """Return pairs of places that tie all photos whose vectors have a cosine of at least `least`.

    vectors: (N, D), each of length 1. As many pairs as photos come back: each is tied to the first of its part. Of N
    photos all N**2 / 2 cosines are looked at, some rows at a time.
    """
    parts = np.arange(len(vectors))
    for begin in range(0, len(vectors), ROWS):
        rows, columns = np.nonzero(vectors[begin : begin + ROWS] @ vectors[begin:].T >= least)
        ties = np.unique(np.column_stack([parts[begin + rows], parts[begin + columns]]), axis=0)
        parts = firsts(connected(len(parts), np.concatenate([ties, np.column_stack([np.arange(len(parts)), parts])])))
    return np.column_stack([np.arange(len(parts)), parts])


def firsts(parts: Sequence[int]) -> NDArray[np.int64]:
    """Return for each place the first place of its part, (N,)."""
    _, first, numbers = np.unique(np.array(parts, np.int64), return_index=True, return_inverse=True)
    return np.asarray(first[numbers], np.int64)


def connected(count: int, pairs: Pairs) -> list[int]:
    """Return for each of 0..count - 1 the number of its part: what pairs tie, directly or not, is one part."""
    rows, columns = pairs.T
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(count, count))
    numbers: list[int] = connected_components(graph, directed=False)[1].tolist() if count else []
    return numbers


def ties(
    photos: Sequence[GroupedPhoto], sums: Sequence[str], keep_together: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of places: each photo with the first one that shares a tag's value or all bytes with it."""
    first: dict[tuple[str, str], int] = {}
    for at, (photo, sha) in enumerate(zip(photos, sums, strict=True)):
        shared = [(f"tag {tag}", photo.tags[tag]) for tag in keep_together if tag in photo.tags]
        for tie in (*shared, ("bytes", sha)):
            if (other := first.setdefault(tie, at)) != at:
                yield other, at


def names_of(photo: GroupedPhoto, keep_together: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield what a photo's group may be called by, sortable so that tags come before the photo's own name."""
    yield from ((n, f"{tag}={photo.tags[tag]}") for n, tag in enumerate(keep_together) if tag in photo.tags)
    yield len(keep_together), f"photo={photo.id}"


def known_tags(photos: Iterable[GroupedPhoto], most: int = 6) -> str:
    """Return the tags there are with a few of their values, e.g. ``camera (cam01, cam02)``."""
    values: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        for tag, value in photo.tags.items():
            values[tag].add(value)
    shown = {tag: sorted(found)[:most] + ["..."] * (len(found) > most) for tag, found in sorted(values.items())}
    return "; ".join(f"{tag} ({', '.join(found)})" for tag, found in shown.items()) or "no tags"
