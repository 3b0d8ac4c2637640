"""All of a clip from the labels of some frames: carried masks, what hidden key frames tell, a network's masks."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from dataset.idmap import IdMap, mask_iou
from label.tracks.carrying import CarriedFrame, KeyFrame
from label.tracks.tracking import Motion, each_between, one_between
from label.tracks.trust import HiddenObject, expected_iou, frame_iou

PERSON, PROPAGATED = "person", "propagated"


@dataclasses.dataclass(frozen=True)
class TrackedObject:
    """One object in one frame."""

    track: int
    category: str
    iou: float | None  # that its mask is expected to have; None: a person drew it
    sides: int  # key frames that it was carried from; 0: a person drew it
    agreement: float | None  # IoU of the masks from before and from behind
    kept: float | None  # share of its pixels that the flow finds again


@dataclasses.dataclass(frozen=True)
class TrackedFrame:
    """One frame with its labels."""

    at: int
    labels: str  # person or propagated
    ids: IdMap  # (H, W) numbers of tracks; 65535 = ignored
    objects: tuple[TrackedObject, ...]
    lost: int  # objects that the key frames before and behind show and this frame does not
    iou: float | None  # expected of the frame; None: a person labelled it


def hidden_objects(motion: Motion, keys: Sequence[KeyFrame]) -> Iterator[HiddenObject]:
    """Yield the objects of each key frame but the first and last, carried there from the key frames beside it.

    That is those that a key frame beside it shows; one that both show and that was not carried there has no facts.
    """
    for before, key, behind in zip(keys, keys[1:], keys[2:], strict=False):
        frame = one_between(motion, before, behind, key.at)
        for one in frame.objects:
            yield HiddenObject(key.at, one, mask_iou(frame.ids == one.track, key.ids == one.track))
        known = set(before.categories) & set(key.categories) & set(behind.categories)
        for _ in known - {one.track for one in frame.objects}:
            yield HiddenObject(key.at, None, 0.0)


def neighbours(keys: Sequence[KeyFrame], at: int) -> list[KeyFrame]:
    """Return the last key frame before a frame and the first behind it, of those that there are."""
    return [key for key in keys if key.at < at][-1:] + [key for key in keys if key.at > at][:1]


def propagated(motion: Motion, keys: Sequence[KeyFrame], own_px: float) -> Iterator[TrackedFrame]:
    """Yield all frames in order of time. own_px: of `own_error_px`."""
    drawn = {key.at: key for key in keys}
    found = each_between(motion, keys)
    names = {track: name for key in keys for track, name in key.categories.items()}
    for at in range(len(motion.greys)):
        yield by_person(drawn[at]) if at in drawn else carried_frame(*next(found), keys, names, own_px)


def by_person(key: KeyFrame) -> TrackedFrame:
    """Return a key frame."""
    objects = (TrackedObject(track, name, None, 0, None, None) for track, name in sorted(key.categories.items()))
    return TrackedFrame(key.at, PERSON, key.ids, tuple(objects), 0, None)


def carried_frame(
    at: int, frame: CarriedFrame, keys: Sequence[KeyFrame], names: Mapping[int, str], own_px: float
) -> TrackedFrame:
    """Return a frame between key frames with what is expected of it."""
    objects = tuple(
        TrackedObject(
            one.track, names[one.track], expected_iou(one, own_px), one.sides,
            one.agreement if one.sides == 2 else None, one.kept,
        )
        for one in frame.objects
    )  # fmt: skip
    beside = [set(key.categories) for key in neighbours(keys, at)]
    lost = len((beside[0] & beside[-1]) - {one.track for one in objects}) if len(beside) == 2 else 0
    ious = [one.iou for one in objects if one.iou is not None]
    return TrackedFrame(at, PROPAGATED, frame.ids, objects, lost, frame_iou(ious, lost))
