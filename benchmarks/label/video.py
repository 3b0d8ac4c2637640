"""How good labels of a clip are that were carried from a few frames, and whether the IoU told of them is right.

`python -m benchmarks.label.video CLIPS REAL [CLIP ...]` takes the folder that `benchmarks.label.clips` rendered and
that of the measured sets; without names it measures all clips. `fit` in place of REAL prints the weights for
label/tracks/trust.py from the clips of the set "fitted".
"""

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.label.clips import SETS, KnownClip, burst_clip, panned_clips, rendered_clip
from benchmarks.label.polygons import linear
from dataset.idmap import IdMap, instances_in, mask_iou
from label.record import Effect
from label.tracks.carrying import KeyFrame
from label.tracks.clip_files import small_grey
from label.tracks.moments import change_of, first_frames, next_frames
from label.tracks.propagating import PERSON, TrackedFrame, hidden_objects, propagated
from label.tracks.tracking import LabelledFrame, Motion, each_between, motion_of, named_keys
from label.tracks.trust import causes_of, found_px, own_error_px
from pipeline.costs import Costs

SIDE_PX, SHARE, TARGET = 384, 0.1, 0.95
TRIED = (1, 2, 3, 4, 5, 6, 8, 10, 13)  # numbers of key frames
PANS = 4  # windows over photos of balloon


@dataclasses.dataclass(frozen=True)
class ClipResult:
    """One way of labelling one clip with so many key frames."""

    keys: tuple[int, ...]
    iou: float  # mean over the frames without a label, of the mean over a frame's objects
    told: float | None = None  # the mean IoU that was expected of them
    off: float | None = None  # mean of the distance between both, a frame


def objects_iou(found: IdMap, truth: IdMap) -> float:
    """Return the mean IoU of a frame's objects, those of either id map; 1 where there is none."""
    numbers = [k for k in np.union1d(found, truth) if k]
    return float(np.mean([mask_iou(found == k, truth == k) for k in numbers])) if numbers else 1.0


def spaced(frames: int, count: int) -> list[int]:
    """Return equally spaced frames, the first and the last among them."""
    return sorted(set(np.linspace(0, frames - 1, count).round().astype(int).tolist())) if count > 1 else [0]


def copied(truth: Sequence[IdMap], keys: Sequence[int]) -> dict[int, IdMap]:
    """Return place -> the id map of the nearest key frame."""
    return {at: truth[min(keys, key=lambda k: (abs(k - at), k))] for at in range(len(truth)) if at not in keys}


def plain(clip: KnownClip, keys: Sequence[int], way: Callable[..., Mapping[int, IdMap]]) -> ClipResult:
    """Return what a way without flow comes to."""
    found = way(clip.truth, keys)
    return ClipResult(tuple(keys), float(np.mean([objects_iou(ids, clip.truth[at]) for at, ids in found.items()])))


def labels_at(clip: KnownClip, keys: Sequence[int]) -> list[LabelledFrame]:
    """Return the truth of key frames as a person would hand it in: objects numbered anew in every frame."""
    found = []
    for at in keys:
        ids, instances = instances_in(clip.truth[at], ["object"] * int(clip.truth[at].max()))
        found.append(LabelledFrame(at, ids, tuple(item.category for item in instances)))
    return found


def true_numbers(clip: KnownClip, keys: Sequence[KeyFrame]) -> NDArray[np.uint16]:
    """Return track -> number in the truth, by the first key frame that shows the track."""
    table = np.zeros(65536, np.uint16)
    for key in keys:
        for track in key.categories:
            if not table[track]:
                table[track] = np.bincount(clip.truth[key.at][key.ids == track]).argmax()
    return table


def carried(
    clip: KnownClip, motion: Motion, places: Sequence[int], checked: bool = False
) -> tuple[list[TrackedFrame], list[KeyFrame]]:
    """Return all frames as the command labels them from the truth of some.

    checked: hide key frames once, as the command does; it changes what is told, not the labels.
    """
    keys = named_keys(motion, labels_at(clip, places))
    own_px = own_error_px(list(hidden_objects(motion, keys))) if checked else 0.0
    return list(propagated(motion, keys, own_px)), keys


def result_of(clip: KnownClip, frames: Sequence[TrackedFrame], keys: Sequence[KeyFrame]) -> ClipResult:
    """Return what the command's labels come to, and what it told of them."""
    table = true_numbers(clip, keys)
    open_ones = [frame for frame in frames if frame.labels != PERSON]
    true = np.array([objects_iou(table[frame.ids], clip.truth[frame.at]) for frame in open_ones])
    told = np.array([frame.iou for frame in open_ones], float)
    return ClipResult(
        tuple(key.at for key in keys), float(true.mean()), float(told.mean()), float(np.abs(told - true).mean())
    )


def ours(clip: KnownClip, motion: Motion, places: Sequence[int], checked: bool = False) -> ClipResult:
    """Return what the command comes to with these key frames. checked: as of `carried`."""
    return result_of(clip, *carried(clip, motion, places, checked))


def chosen(motion: Motion, count: int) -> list[int]:
    """Return the key frames that `admix label keyframes` names, without a control."""
    return list(first_frames(change_of(motion), count, 0.0, 1))


def asked_for(clip: KnownClip, motion: Motion, count: int) -> list[int]:
    """Return key frames of which half are chosen first, and each further one is what the command asks for next."""
    places = chosen(motion, max(count // 2, 1))
    while len(places) < count:
        frames, _ = carried(clip, motion, places)
        loss = {frame.at: 1 - frame.iou for frame in frames if frame.iou is not None}
        places = sorted([*places, *next_frames(loss, places, 1)])
    return places


def motion_in(clip: KnownClip) -> Motion:
    """Return the flow of a clip as the command finds it."""
    return motion_of([small_grey(image, SIDE_PX) for image in clip.images])


def ways(clip: KnownClip, motion: Motion) -> dict[str, ClipResult]:
    """Return what each way comes to with one key frame in ten."""
    frames = len(clip.images)
    count = max(int(SHARE * frames), 1)
    even = spaced(frames, count)
    return {
        "copy of the nearest": plain(clip, even, copied),
        "linear polygons": plain(clip, even, linear),
        "ours, equal spacing": ours(clip, motion, even),
        "ours, chosen": ours(clip, motion, chosen(motion, count), checked=True),
        "ours, asked for": ours(clip, motion, asked_for(clip, motion, count)),
    }


def needed(frames: int, way: Callable[[int], ClipResult]) -> int:
    """Return how many key frames a way needs for the target; where none suffice, one more than the most tried."""
    tried = [count for count in TRIED if count < frames]
    return next((count for count in tried if way(count).iou >= TARGET), tried[-1] + 1)


def needs(clip: KnownClip, motion: Motion) -> dict[str, int]:
    """Return the key frames that linear polygons with equal spacing need for the target, and ours."""
    frames = len(clip.images)
    return {
        "linear polygons": needed(frames, lambda count: plain(clip, spaced(frames, count), linear)),
        "ours, chosen": needed(frames, lambda count: ours(clip, motion, chosen(motion, count))),
    }


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval over clips, 2,000 draws."""
    rng = np.random.default_rng(1)
    found = np.array(values)
    draws = found[rng.integers(0, len(found), (2000, len(found)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(found.mean()), float(low), float(high)


def clips_in(folder: Path, real: Path, names: Sequence[str]) -> Iterator[tuple[str, KnownClip]]:
    """Yield kind and clip of those of these names, or of all: rendered, panned, burst."""
    for recipe, seed in SETS["measured"]:
        if not names or f"{recipe}-{seed}" in names or "rendered" in names:
            yield "rendered", rendered_clip(folder / f"{recipe}-{seed}")
    if not names or "panned" in names:
        yield from (("panned", clip) for clip in panned_clips(real / "balloon", PANS))
    if not names or "burst" in names:
        yield "burst", burst_clip(real / "domino")


def measure(real: Path, costs: Costs) -> Effect:
    """Return the effect for label.json, of what needs no renders: windows over photos, and a burst."""
    clips = [*panned_clips(real / "balloon", PANS), burst_clip(real / "domino")]
    motions = [motion_in(clip) for clip in clips]
    count = {clip.name: max(int(SHARE * len(clip.images)), 1) for clip in clips}
    found = [
        ours(clip, motion, chosen(motion, count[clip.name])).iou for clip, motion in zip(clips, motions, strict=True)
    ]
    beside = [plain(clip, spaced(len(clip.images), count[clip.name]), linear).iou for clip in clips]
    middle, low, high = interval(found)
    needed_by = [needs(clip, motion) for clip, motion in zip(clips, motions, strict=True)]
    spared = [one["linear polygons"] - one["ours, chosen"] for one in needed_by]
    objects = [float(np.mean([len(np.unique(ids)) - 1 for ids in clip.truth])) for clip in clips]
    minutes = sum(keys * number for keys, number in zip(spared, objects, strict=True)) * costs.mask_s / 60
    return Effect(
        what=f"mean IoU of the frames that nobody labelled in {len(clips)} clips, one key frame in ten",
        measured=round(middle, 3),
        beside_what="polygons interpolated between as many equally spaced key frames",
        beside=round(float(np.mean(beside)), 3),
        ci95=(round(low, 3), round(high, 3)),
        minutes=round(minutes, 1),
        money=round(minutes / 60 * costs.labeller_per_hour, 2),
        how=f"{PANS} moving windows over balloon photos, a burst of dominoes; minutes: fewer masks to reach {TARGET}",
    )


def fit(folder: Path) -> None:
    """Print the weights of an outline's error, least squares without negative ones, a row an object and frame."""
    rows, errors, worth = list[tuple[float, ...]](), list[float](), list[float]()
    for recipe, seed in SETS["fitted"]:
        clip = rendered_clip(folder / f"{recipe}-{seed}")
        motion = motion_in(clip)
        for count in (2, 4):
            keys = named_keys(motion, labels_at(clip, chosen(motion, count)))
            table = true_numbers(clip, keys)
            for at, frame in each_between(motion, keys):
                for one in frame.objects:
                    iou = mask_iou(frame.ids == one.track, clip.truth[at] == table[one.track])
                    rows.append(causes_of(one))
                    errors.append(found_px(one, iou))
                    worth.append(min(one.outline_px / one.area_px, 0.5))
    weight = np.array(worth)
    found, _ = nnls(np.array(rows) * weight[:, None], np.array(errors) * weight)
    sys.stdout.write(f"WEIGHTS = {tuple(round(float(one), 3) for one in found)}  # {len(rows)} objects\n")


def main(words: list[str]) -> None:
    """Print what each way comes to for each clip, and the means by kind of clip."""
    if words[1] == "fit":
        fit(Path(words[0]))
        return
    table: dict[str, dict[str, list[ClipResult]]] = {}
    counts: dict[str, list[dict[str, int]]] = {}
    for kind, clip in clips_in(Path(words[0]), Path(words[1]), words[2:]):
        motion = motion_in(clip)
        found, count = ways(clip, motion), needs(clip, motion)
        counts.setdefault(kind, []).append(count)
        for way, result in found.items():
            table.setdefault(kind, {}).setdefault(way, []).append(result)
            told = "" if result.told is None else f"  told {result.told:.3f}, off by {result.off:.3f} a frame"
            sys.stdout.write(f"{clip.name:24.24} {way:20} {len(result.keys)} keys  IoU {result.iou:.3f}{told}\n")
        sys.stdout.write(f"{clip.name:24.24} keys for {TARGET}: {count}\n")
        sys.stdout.flush()
    for kind, by_way in table.items():
        for way, results in by_way.items():
            middle, low, high = interval([result.iou for result in results])
            line = f"{kind}: {way}: {middle:.3f} ({low:.3f} to {high:.3f})"
            if results[0].told is not None:
                off = float(np.mean([result.off for result in results if result.off is not None]))
                bias = float(np.mean([result.told - result.iou for result in results if result.told is not None]))
                line += f", told is off by {off:.3f} a frame, {bias:+.3f} in the mean"
            sys.stdout.write(line + "\n")
        ratio = np.exp(np.mean([np.log(one["linear polygons"] / one["ours, chosen"]) for one in counts[kind]]))
        sys.stdout.write(f"{kind}: linear polygons need {ratio:.1f} times as many key frames (geometric mean)\n")


if __name__ == "__main__":
    main(sys.argv[1:])
