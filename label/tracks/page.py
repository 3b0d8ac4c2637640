"""The page of a clip: its frames with outlines, gone through by keyboard, and the expected IoU over time."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from markupsafe import Markup

from dataset.idmap import IGNORE
from dataset.overlay import COLOURS, jpeg_uri, outline
from label.tracks.clip_files import Clip
from label.tracks.propagating import PERSON, TrackedFrame
from label.tracks.summary import VideoSummary
from pipeline.pages import allowed, rendered

TEMPLATE = Path(__file__).with_name("page.html.j2")
SCRIPT = Path(__file__).with_name("page.js")
SIDE_PX, GREY = 560, 128  # of a frame on the page; of what is ignored


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


def outlined(frame: TrackedFrame, clip: Clip) -> str:
    """Return a frame with the outlines of its objects, each track's in its colour, as a data URI.

    It is made as large as the page shows it before the outlines are drawn, so that they are thin on small frames too.
    """
    image, ids = clip.image(frame.at), frame.ids
    times = SIDE_PX / max(ids.shape)
    size_wh = (max(round(ids.shape[1] * times), 1), max(round(ids.shape[0] * times), 1))
    shown = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA if times < 1 else cv2.INTER_CUBIC)
    numbers = cv2.resize(ids, size_wh, interpolation=cv2.INTER_NEAREST)
    table = np.array(COLOURS, np.uint8)[(np.arange(IGNORE + 1) - 1) % len(COLOURS)]
    table[IGNORE] = GREY
    edge = outline(numbers) & (numbers > 0)
    return jpeg_uri(np.asarray(np.where(edge[..., None], table[numbers], shown), np.uint8))


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
        outlined(frame, clip),
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
    policy = Markup(f"script-src {allowed(script)}")
    limit = round(1000 * (1 - least_iou) / max(1 - low, 1e-6), 1)
    return rendered(
        TEMPLATE, summary=summary, shown=shown, low=low, limit=limit, least_iou=least_iou, script=script, policy=policy
    )
