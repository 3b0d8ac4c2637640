"""What video.json says of a clip: its tracks and frames, what to label next, where to look again, and that in words."""

import dataclasses
from collections.abc import Sequence

from label.tracks.moments import gains, next_frames
from label.tracks.propagating import PERSON, TrackedFrame
from label.tracks.trust import LOST_IOU, HiddenObject, expected_iou
from pipeline.seeds import rng_for

CHANCE, GAIN = "by chance, as a control", "adds most to the frames around it"


@dataclasses.dataclass(frozen=True)
class NextFrame:
    """A frame to label next."""

    file: str
    control: bool  # drawn by chance
    gain: float  # in IoU, summed over the frames that are not labelled; what is expected
    reason: str


@dataclasses.dataclass(frozen=True)
class HiddenKeys:
    """Labelled frames that were hidden once, and carried from the labelled frames beside them."""

    frames: int
    objects: int
    iou: float  # mean over the objects
    expected: float  # the mean that was expected of them without what they tell themselves


@dataclasses.dataclass(frozen=True)
class VideoSummary:
    """All that is said of a clip."""

    frames: int
    labelled: int
    tracks: int
    iou: float | None  # expected of the propagated frames, the mean; None: there are none
    own_px: float  # what the hidden key frames add to the error of an outline that flow tells
    hidden: HiddenKeys | None  # of all labelled frames but the first and last; None: there are none
    control: HiddenKeys | None  # of those that chance drew
    next: tuple[NextFrame, ...]
    look_again: tuple[str, ...]  # files, the worst first
    said: tuple[str, ...]


def hidden_keys(hidden: Sequence[HiddenObject]) -> HiddenKeys | None:
    """Return what hidden objects tell, None for none."""
    if not hidden:
        return None
    told = [expected_iou(one.carried) if one.carried else LOST_IOU for one in hidden]
    iou = sum(one.iou for one in hidden) / len(hidden)
    return HiddenKeys(len({one.at for one in hidden}), len(hidden), round(iou, 4), round(sum(told) / len(told), 4))


def to_label_next(
    frames: Sequence[TrackedFrame], names: Sequence[str], count: int, control: float, seed: int
) -> list[NextFrame]:
    """Return the frames to label next, what adds most first and then those of chance, which are drawn beforehand."""
    loss = {frame.at: 1 - frame.iou for frame in frames if frame.iou is not None}
    keys = [frame.at for frame in frames if frame.labels == PERSON]
    open_ones = sorted(loss)
    drawn = [open_ones[at] for at in rng_for(seed, "next").permutation(len(loss))[: int(count * control)]]
    worth = gains(loss, keys)
    chosen = [at for at in next_frames(loss, keys, count) if at not in drawn][: count - len(drawn)]
    rows = [(at, False, GAIN) for at in chosen] + [(at, True, CHANCE) for at in drawn]
    return [NextFrame(names[at], chance, round(worth[at], 4), reason) for at, chance, reason in rows]


def to_look_at(frames: Sequence[TrackedFrame], names: Sequence[str], least_iou: float) -> list[str]:
    """Return the files of the frames that are expected to be worse than allowed, the worst first."""
    bad = [(frame.iou, frame.at) for frame in frames if frame.iou is not None and frame.iou < least_iou]
    return [names[at] for _, at in sorted(bad)]


def words_of(summary: VideoSummary, least_iou: float) -> tuple[str, ...]:
    """Return what is to be said, in words."""
    said = [
        f"{summary.labelled} of {summary.frames} frames were labelled by a person; they show {summary.tracks} objects."
    ]
    if summary.iou is not None:
        said.append(
            f"The others are expected to have an IoU of {summary.iou:.3f} with what a person would draw; "
            f"{len(summary.look_again)} are below {least_iou:g}: look at them again."
        )
    if summary.control:
        said.append(
            f"{summary.control.frames} labelled frames were drawn by chance. Hidden, and carried from the labelled "
            f"frames beside them, their objects came to an IoU of {summary.control.iou:.3f}."
        )
    elif summary.hidden:
        said.append(
            f"{summary.hidden.frames} labelled frames, hidden and carried from those beside them, came to an IoU of "
            f"{summary.hidden.iou:.3f}; none was drawn by chance."
        )
    else:
        said.append("With fewer than three labelled frames nothing was checked against a person's mask in this clip.")
    if summary.next:
        said.append(f"Label next: {summary.next[0].file}.")
    return tuple(said)
