"""Command `label video`: labels of a few frames of a clip carried to all others, and which frame to label next.

``admix label video --frames FOLDER --keys LABELS --out TRACKS`` writes into TRACKS:

labels/      samples.jsonl, images/ and ids/ of all frames; the tags say who made a frame's labels, person or
             propagated, and what IoU is expected of the latter
source/      of the propagated frames alone that are expected to be good enough: a source of the mix
cvat/        all frames for CVAT, "CVAT for images 1.1": masks, an object's group_id the same in all frames
video.json   tracks, frames, which frame to label next, where to look again
index.html   the frames with their outlines, by keyboard, and what IoU is expected over time

Propagated labels are no person's: nothing here is in a form that ingest reads, so that none comes into val or test.
"""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from dataset.formats import cvat
from dataset.formats.source import read_source
from dataset.idmap import instances_in, write_ids
from dataset.predictions import Prediction, each_prediction
from dataset.records import REAL, Sample, write_manifest
from label.prelabels.coming_back import put
from label.pseudo import as_trainings_read
from label.tracks import page
from label.tracks.clip_files import LABELS, MANIFEST, Clip, read_clip, read_labels
from label.tracks.for_cvat import grouped
from label.tracks.network import mixed, skill
from label.tracks.propagating import PERSON, PROPAGATED, TrackedFrame, hidden_objects, propagated
from label.tracks.summary import VideoSummary, hidden_keys, to_label_next, to_look_at, words_of
from label.tracks.tracking import motion_of, named_keys
from label.tracks.trust import HiddenObject, own_error_px
from pipeline.files import whole_folder, write_bytes, write_json, write_text
from pipeline.progress import track
from pipeline.reading import Record, read_bytes, read_typed
from pipeline.stage import run_stage

KIND = "tracks"


@dataclasses.dataclass(frozen=True)
class Video:
    """Section `video` of params.yaml."""

    seed: int
    side_px: int  # longer side of the pictures on which motion is measured
    least_iou: float  # expected; frames below are to be looked at again, and are not in the source
    next: int  # frames to label next that are named
    control: float  # share of these that chance draws
    pictures: int  # frames on the page
    licence: str  # of the frames

    def __post_init__(self) -> None:
        """Raise ValueError for a value nothing can be made by."""
        if not 0 <= self.least_iou <= 1 or not 0 <= self.control < 1:
            raise ValueError(f"least_iou is {self.least_iou}, control {self.control}, wanted 0 to 1 and less than 1")
        if self.side_px < 64 or self.next < 0 or self.pictures < 1:
            raise ValueError("side_px must be 64 or more, next 0 or more, pictures 1 or more")


@dataclasses.dataclass(frozen=True)
class AskedFrame(Record):
    """A line of keyframes.json."""

    file: str
    control: bool
    change: float
    reason: str


@dataclasses.dataclass(frozen=True)
class AskedFrames(Record):
    """keyframes.json."""

    head: dict[str, Any]
    frames: tuple[AskedFrame, ...]


ASKED = TypeAdapter(AskedFrames)


def controls_in(path: Path | None, clip: Clip) -> frozenset[int]:
    """Return the frames of keyframes.json that chance drew; none without the file."""
    if path is None:
        return frozenset()
    asked = read_typed(path, ASKED, "what `admix label keyframes` wrote", "name its keyframes.json")
    names = {PurePosixPath(one.file).stem for one in asked.frames if one.control}
    return frozenset(place for name, place in clip.places.items() if name in names)


def seen_in(predictions: Path | None, clip: Clip) -> dict[int, Prediction]:
    """Return frame -> what a network found in it."""
    found = each_prediction(predictions) if predictions else ()
    by_name = {PurePosixPath(one.file).stem: one for one in found}
    return {place: by_name[name] for name, place in clip.places.items() if name in by_name}


def sample_of(frame: TrackedFrame, clip: Clip, licence: str, folder: Path) -> Sample:
    """Write a frame and its id map into a folder, and return its sample."""
    path, name = clip.files[frame.at], clip.folder.resolve().name
    suffix, data = as_trainings_read(read_bytes(path), str(path))
    numbers = {one.track: one.category for one in frame.objects}
    ids, instances = instances_in(frame.ids, [numbers.get(n, "") for n in range(1, max(numbers, default=0) + 1)])
    tags = {LABELS: frame.labels, "file": path.name} | ({} if frame.iou is None else {"iou": f"{frame.iou:.4f}"})
    write_bytes(folder / "images" / f"{path.stem}{suffix}", data)
    write_ids(folder / "ids" / f"{path.stem}.png", ids)
    return Sample(
        f"{name}-{path.stem}", REAL, f"images/{path.stem}{suffix}", f"ids/{path.stem}.png", clip.size_hw, instances,
        "video", licence, group=f"clip {name}", tags=tags,
    )  # fmt: skip


def summary_of(
    settings: Video,
    clip: Clip,
    frames: Sequence[TrackedFrame],
    hidden: Sequence[HiddenObject],
    controls: frozenset[int],
) -> VideoSummary:
    """Return what is said of a clip. hidden: of `hidden_objects`; controls: the labelled frames that chance drew."""
    names = clip.names
    ious = [frame.iou for frame in frames if frame.iou is not None]
    bare = VideoSummary(
        frames=len(frames),
        labelled=sum(frame.labels == PERSON for frame in frames),
        tracks=len({one.track for frame in frames for one in frame.objects}),
        iou=round(sum(ious) / len(ious), 4) if ious else None,
        own_px=round(own_error_px(hidden), 4),
        hidden=hidden_keys(hidden),
        control=hidden_keys([one for one in hidden if one.at in controls]),
        next=tuple(to_label_next(frames, names, settings.next, settings.control, settings.seed)),
        look_again=tuple(to_look_at(frames, names, settings.least_iou)),
        said=(),
    )
    return dataclasses.replace(bare, said=words_of(bare, settings.least_iou))


def row_of(frame: TrackedFrame, clip: Clip) -> dict[str, Any]:
    """Return one frame as video.json names it; `instance` is the object's number in the frame's id map."""
    objects = [{"instance": number} | rounded(dataclasses.asdict(one)) for number, one in enumerate(frame.objects, 1)]
    iou = None if frame.iou is None else round(frame.iou, 4)
    return {
        "file": clip.files[frame.at].name,
        "labels": frame.labels,
        "iou": iou,
        "lost": frame.lost,
        "objects": objects,
    }


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with four digits."""
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}


def write_labels(frames: Sequence[TrackedFrame], clip: Clip, settings: Video, part: Path) -> int:
    """Write labels/, source/ and cvat/; return how many frames the source has. No source is written without any."""
    samples = [sample_of(frame, clip, settings.licence, part / "labels") for frame in frames]
    write_manifest(part / "labels" / MANIFEST, samples)
    sure = [
        sample
        for sample, frame in zip(samples, frames, strict=True)
        if frame.labels == PROPAGATED and frame.objects and frame.iou is not None and frame.iou >= settings.least_iou
    ]
    for sample in sure:
        for file in (sample.image, sample.ids):
            put(part / "labels" / file, part / "source" / file)
    if sure:
        write_manifest(part / "source" / MANIFEST, sure)
    (part / "cvat").mkdir()
    cvat.write(read_source(part / "labels" / MANIFEST, None), part / "cvat")
    grouped(part / "cvat" / "annotations.xml", frames)
    return len(sure)


def main(
    settings: Video, frames: Path, keys: Path, out: Path, asked: Path | None = None, predictions: Path | None = None
) -> None:
    """Carry the labels of some frames to all.

    frames: a folder of photos, in the order of their names. keys: the labels of some of them, a manifest or any format
    that is read. asked: keyframes.json, by which frames of chance are known. predictions: what `admix predict` wrote of
    the frames; its masks are taken where they are expected to be better.
    """
    clip = read_clip(frames, settings.side_px)
    labelled, controls, seen = read_labels(keys, clip), controls_in(asked, clip), seen_in(predictions, clip)
    motion = motion_of(clip.greys)
    named = named_keys(motion, labelled)
    hidden = list(hidden_objects(motion, named))
    carried = track(propagated(motion, named, own_error_px(hidden)), len(clip.files), "video", "frames")
    found = list(mixed(carried, seen, skill(named, seen)))
    summary = summary_of(settings, clip, found, hidden, controls)
    with whole_folder(out, KIND) as part:
        count = write_labels(found, clip, settings, part)
        head = {"video": dataclasses.asdict(settings)} | dataclasses.asdict(summary)
        write_json(part / "video.json", {"head": head, "frames": [row_of(frame, clip) for frame in found]})
        write_text(part / "index.html", page.page(summary, found, clip, (settings.least_iou, settings.pictures)))
    sys.stderr.write(f"video: {len(found) - summary.labelled} frames labelled, {count} of them for the mix, in {out}\n")


if __name__ == "__main__":
    run_stage(main)
