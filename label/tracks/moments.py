"""Which frames of a clip are worth a label: first by how much changes, then by what labels have not made sure: pure."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from label.tracks.flow import length
from label.tracks.tracking import Motion
from pipeline.seeds import rng_for

EVEN = 0.25  # of the change of a clip is taken as spread evenly, so that a still stretch is not left without a label
ENDS = 0.25  # of a gap lies before the first key frame and behind the last: from one side labels carry less far

Changes = NDArray[np.float64]  # (N,) of each frame against the one before it; the first one's is 0


def change_of(motion: Motion, vectors: NDArray[np.float32] | None = None) -> Changes:
    """Return (N,) how much changes from frame to frame, 1 in the mean over a clip.

    By the mean length of the flow, and the share of pixels that are not found again; with vectors (N, D) of an encoder
    by their distance as much. A clip in which nothing moves changes evenly.
    """
    side = max(motion.greys[0].shape)
    moved = [float(length(here).mean()) / side + lost_share(here, there) / 10 for here, there in motion.flows]
    parts = [scaled(np.array(moved))]
    if vectors is not None:
        parts.append(scaled(np.linalg.norm(np.diff(vectors.astype(np.float64), axis=0), axis=1)))
    return np.concatenate([[0.0], np.mean(parts, axis=0)])


def lost_share(here: NDArray[np.float32], there: NDArray[np.float32]) -> float:
    """Return the share of pixels whose flow there and back ends more than a pixel away, taken at the same pixel."""
    return float((length(here + there) > 1 + 0.5 * length(here)).mean())


def scaled(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers whose mean is 1; ones where all are 0."""
    mean = float(steps.mean())
    return steps / mean if mean > 0 else np.ones(len(steps))


def spread_over(changes: Changes, count: int) -> list[int]:
    """Return `count` frames that lie evenly along the change of a clip, in order of time; all where there are fewer.

    On a line the k-centre problem is solved by even spacing; the first and last frames are drawn nearer than by that,
    since between two key frames labels come from both sides.
    """
    frames = len(changes)
    if count >= frames:
        return list(range(frames))
    way = np.cumsum((1 - EVEN) * changes + EVEN * (np.arange(frames) > 0))
    wanted = way[-1] * ((np.arange(count) + ENDS) / (count - 1 + 2 * ENDS) if count > 1 else np.array([0.5]))
    chosen: list[int] = []
    for place in wanted:
        free = np.array([at for at in range(frames) if at not in chosen])
        chosen.append(int(free[np.abs(way[free] - place).argmin()]))
    return sorted(chosen)


def first_frames(changes: Changes, count: int, control: float, seed: int) -> dict[int, bool]:
    """Return frame -> whether it is a control, of `count` frames to label first, in order of time.

    control: the share of them that chance draws, rounded down; they are drawn first, from all frames.
    """
    count = min(count, len(changes))
    drawn = rng_for(seed, "control").permutation(len(changes))[: int(count * control)].tolist()
    chosen = [at for at in spread_over(changes, count) if at not in drawn]
    while len(chosen) + len(drawn) > count:  # each control frees the place nearest to it
        nearest = min(chosen, key=lambda at: min(abs(at - one) for one in drawn))
        chosen.remove(nearest)
    return dict(sorted({**dict.fromkeys(chosen, False), **dict.fromkeys(drawn, True)}.items()))


def gains(loss: Mapping[int, float], keys: Sequence[int]) -> dict[int, float]:
    """Return frame -> what a label of it is expected to add in IoU, summed over the frames that are not labelled.

    loss: frame -> 1 - its estimated IoU. keys: the labelled frames. A frame's loss is taken to grow in proportion to
    the frames between it and the nearest label.
    """
    total = sum(loss.values())
    return {at: total - sum(after(loss, keys, at).values()) for at in loss}


def next_frames(loss: Mapping[int, float], keys: Sequence[int], count: int) -> list[int]:
    """Return up to `count` frames to label next, the one that adds most first, each chosen as if those before were.

    loss, keys: as of `gains`.
    """
    left, known, chosen = dict(loss), list(keys), list[int]()
    while left and len(chosen) < count:
        worth = gains(left, known)
        best = max(worth, key=lambda at: (worth[at], -at))
        chosen.append(best)
        left = after(left, known, best)
        known.append(best)
    return chosen


def after(loss: Mapping[int, float], keys: Sequence[int], label: int) -> dict[int, float]:
    """Return the loss that is left, by `gains`, when one more frame is labelled."""
    far = {at: min(abs(at - key) for key in keys) for at in loss}
    parted = {at: any(min(at, label) < key < max(at, label) for key in keys) for at in loss}
    return {
        at: lost if parted[at] else lost * min(1.0, abs(at - label) / far[at])
        for at, lost in loss.items()
        if at != label
    }
