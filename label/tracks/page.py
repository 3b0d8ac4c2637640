"""The page of a clip: its frames with outlines, gone through by keyboard, and the expected IoU over time."""

import base64
import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from dataset.idmap import IGNORE, IGNORED
from dataset.overlay import jpeg_uri, overlay, small
from label.tracks.clip_files import Clip
from label.tracks.propagating import PERSON, TrackedFrame
from label.tracks.summary import VideoSummary
from pipeline.pages import rendered

TEMPLATE = Path(__file__).with_name("page.html.j2")
SCRIPT = Path(__file__).with_name("page.js")
SIDE_PX = 480
COLOURS = 200  # of tracks, before they repeat


@dataclasses.dataclass(frozen=True)
class ShownFrame:
    """A frame on the page."""

    uri: str
    name: str
    person: bool
    iou: str  # in words
    look: bool  # again
    x: float  # its place in time, 0..1000
    y: float  # 1 - its expected IoU, in heights of the chart: 0..1000, 0 at the top


def shown_places(frames: Sequence[TrackedFrame], wanted: Sequence[int], most: int) -> list[int]:
    """Return up to `most` frames in order of time: the labelled ones, `wanted` ones, then others evenly."""
    first = [frame.at for frame in frames if frame.labels == PERSON]
    even = np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int).tolist()
    return sorted(list(dict.fromkeys([*first, *wanted, *even, *range(len(frames))]))[:most])


def tinted(frame: TrackedFrame, clip: Clip) -> str:
    """Return a frame with its objects, each track in its colour, as a data URI."""
    image = small(clip.image(frame.at), SIDE_PX)
    ids = small(frame.ids, SIDE_PX)
    colours = np.where(ids == IGNORE, IGNORED, np.where(ids > 0, (ids - 1) % COLOURS + 1, 0)).astype(np.uint8)
    return jpeg_uri(overlay(image, colours, ids))


def floor_of(frames: Sequence[TrackedFrame], least_iou: float) -> float:
    """Return the IoU at the bottom of the chart: a tenth below the worst frame or the limit."""
    return max(min([least_iou, *(frame.iou for frame in frames if frame.iou is not None)]) - 0.05, 0.0)


def shown_frame(frame: TrackedFrame, clip: Clip, low: float, least_iou: float) -> ShownFrame:
    """Return a frame as the page shows it. low: the IoU at the bottom of the chart."""
    count = f"{len(frame.objects)} object{'' if len(frame.objects) == 1 else 's'}"
    lost = f", {frame.lost} that the labels around it show may be hidden or lost" if frame.lost else ""
    iou = 1.0 if frame.iou is None else frame.iou
    said = f"labelled by a person, {count}" if frame.iou is None else f"expected IoU {frame.iou:.3f}, {count}{lost}"
    return ShownFrame(
        tinted(frame, clip),
        clip.files[frame.at].name,
        frame.labels == PERSON,
        said,
        iou < least_iou,
        round(1000 * frame.at / max(len(clip.files) - 1, 1), 1),
        round(1000 * (1 - iou) / max(1 - low, 1e-6), 1),
    )


def page(summary: VideoSummary, frames: Sequence[TrackedFrame], clip: Clip, limits: tuple[float, int]) -> str:
    """Return the page, whole in one file. limits: the IoU below which a frame is to be looked at, and most frames."""
    least_iou, most = limits
    places, low = clip.names, floor_of(frames, least_iou)
    wanted = [places.index(name) for name in [*summary.look_again, *(one.file for one in summary.next)]]
    shown = [shown_frame(frames[at], clip, low, least_iou) for at in shown_places(frames, wanted, most)]
    script = Markup(SCRIPT.read_text(encoding="utf-8").strip())
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = Markup(f"script-src 'sha256-{digest}'")
    limit = round(1000 * (1 - least_iou) / max(1 - low, 1e-6), 1)
    return rendered(
        TEMPLATE, summary=summary, shown=shown, low=low, limit=limit, least_iou=least_iou, script=script, policy=policy
    )
