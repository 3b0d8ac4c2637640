"""From the labels of a few frames to those of all: tracks named from key frame to key frame, then carried: pure."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from dataset.idmap import IGNORE, IdMap, mask_iou
from label.tracks.carrying import (
    Brought,
    CarriedFrame,
    KeyFrame,
    blended,
    brought,
    distances_of,
)
from label.tracks.flow import Field, Grey, flow

SAME_IOU = 0.2  # an object that was carried to a key frame is one of its own of this IoU or more
Both = tuple[Field, Field]  # from a frame to the one before it, and from that one to it


@dataclasses.dataclass(frozen=True)
class Motion:
    """The frames of a clip, small and grey, and the flow between each and the next."""

    greys: tuple[Grey, ...]  # (h, w)
    flows: tuple[Both, ...]  # of each frame but the first


def motion_of(greys: Sequence[Grey]) -> Motion:
    """Return the flow of a clip, from its frames as small grey pictures of one size."""
    pairs = itertools.pairwise(greys)
    return Motion(tuple(greys), tuple((flow(now, before), flow(before, now)) for before, now in pairs))


def stretch(motion: Motion, start: int, end: int) -> tuple[list[Grey], list[Both]]:
    """Return frames and flows from frame `start` on to frame `end`, both included, forward or backward."""
    if end >= start:
        return list(motion.greys[start : end + 1]), list(motion.flows[start:end])
    greys = motion.greys[end : start + 1][::-1]
    return list(greys), [(there, here) for here, there in motion.flows[end:start]][::-1]


def carried_to(motion: Motion, key: KeyFrame, end: int) -> list[Brought]:
    """Return what a key frame says of the frames from the one beside it to frame `end`, included."""
    return list(brought(key, *stretch(motion, key.at, end)))


@dataclasses.dataclass(frozen=True)
class LabelledFrame:
    """A frame as a person labelled it, its objects numbered by themselves."""

    at: int
    ids: IdMap  # (H, W) 0 = background, k = an object of categories[k - 1], 65535 = ignored
    categories: tuple[str, ...]


def renamed(ids: IdMap, numbers: Sequence[int]) -> IdMap:
    """Return an id map with numbers[k - 1] in place of k; what is ignored stays."""
    table = np.zeros(IGNORE + 1, np.uint16)
    table[1 : len(numbers) + 1] = numbers
    table[IGNORE] = IGNORE
    return table[ids]


def named_keys(motion: Motion, labelled: Sequence[LabelledFrame]) -> list[KeyFrame]:
    """Return the key frames in order of time, objects numbered by tracks: one number means one object in all of them.

    An object is that of the key frame before which, carried along the flow, overlaps it most and has its category.
    """
    keys: list[KeyFrame] = []
    following = 1
    for one in sorted(labelled, key=lambda frame: frame.at):
        numbers = same_objects(motion, keys[-1], one) if keys else {}
        for number in range(1, len(one.categories) + 1):
            if number not in numbers:
                numbers[number] = following
                following += 1
        order = [numbers[number] for number in range(1, len(one.categories) + 1)]
        present = {track: name for track, name in zip(order, one.categories, strict=True)}
        keys.append(KeyFrame(one.at, renamed(one.ids, order), present))
    return keys


def same_objects(motion: Motion, key: KeyFrame, labelled: LabelledFrame) -> dict[int, int]:
    """Return number of an object -> track, for the objects of a frame that the key frame before shows too."""
    last = carried_to(motion, key, labelled.at)[-1]
    frame = blended([(last, distances_of(key))], sorted(key.categories), labelled.ids.shape)
    names = dict(enumerate(labelled.categories, 1))
    tracks = [track for track in sorted(last.kept) if track != IGNORE]
    overlap = np.array([
        [mask_iou(frame.ids == track, labelled.ids == n) * (key.categories[track] == name) for n, name in names.items()]
        for track in tracks
    ]).reshape(len(tracks), len(names))  # fmt: skip
    rows, columns = linear_sum_assignment(-overlap)
    return {int(c) + 1: tracks[r] for r, c in zip(rows, columns, strict=True) if overlap[r, c] >= SAME_IOU}


def each_between(motion: Motion, keys: Sequence[KeyFrame]) -> Iterator[tuple[int, CarriedFrame]]:
    """Yield place and objects of each frame that is no key frame, in order of time."""
    last = len(motion.greys) - 1
    if keys[0].at > 0:
        yield from reversed(list(one_sided(motion, keys[0], 0)))
    for before, behind in itertools.pairwise(keys):
        yield from between(motion, before, behind)
    if keys[-1].at < last:
        yield from one_sided(motion, keys[-1], last)


def one_sided(motion: Motion, key: KeyFrame, end: int) -> Iterator[tuple[int, CarriedFrame]]:
    """Yield place and objects of the frames from beside a key frame to frame `end`, the clip's first or last."""
    known, onward = distances_of(key), 1 if end > key.at else -1
    for side in carried_to(motion, key, end):
        yield key.at + onward * side.steps, blended([(side, known)], sorted(known), key.ids.shape)


def one_between(motion: Motion, before: KeyFrame, behind: KeyFrame, at: int) -> CarriedFrame:
    """Return the objects of one frame between two key frames, as `between` has them."""
    sides = [(carried_to(motion, key, at)[-1], distances_of(key)) for key in (before, behind)]
    return blended(sides, sorted(set(sides[0][1]) | set(sides[1][1])), before.ids.shape)


def between(motion: Motion, before: KeyFrame, behind: KeyFrame) -> Iterator[tuple[int, CarriedFrame]]:
    """Yield place and objects of the frames between two key frames."""
    known = distances_of(before), distances_of(behind)
    tracks = sorted(set(known[0]) | set(known[1]))
    forward, backward = carried_to(motion, before, behind.at), carried_to(motion, behind, before.at)
    for number, side in enumerate(forward[:-1]):
        sides = [(side, known[0]), (backward[-2 - number], known[1])]
        yield before.at + side.steps, blended(sides, tracks, before.ids.shape)
