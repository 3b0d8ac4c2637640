"""How good a carried mask is, without its truth: from what both sides and the flow say of it to an IoU: pure.

The error of an outline is told in pixels, d, as a sum of what makes it; a mask of area A and outline length P that is d
pixels off on average has an IoU of about exp(-d P / A). The weights were fitted by benchmarks/label/video.py on clips
rendered with a moving camera, with non-negative least squares; key frames that are hidden and carried from their
neighbours correct the sum for a clip at hand, whose outlines people draw less sharply than a renderer does.
"""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from label.tracks.carrying import Carried

WEIGHTS = (0.073, 0.407, 0.004, 0.036)  # px, and a factor each of what `causes_of` returns after the 1
WORTH = 3.0  # hidden objects after which a clip's own correction counts half
LARGEST_PX = 8.0  # of an error that is told
LOST_IOU = 0.5  # of an object that both neighbours show and this frame does not: hidden, or lost


@dataclasses.dataclass(frozen=True)
class HiddenObject:
    """An object of a key frame that was carried there from the key frames beside it, as if nobody had labelled it."""

    at: int  # the frame
    carried: Carried | None  # None: nothing was carried there, though the person drew it in all three frames
    iou: float  # with the person's mask, 0 where there is none


def causes_of(one: Carried) -> tuple[float, ...]:
    """Return what makes an outline's error: 1, the sides' disagreement, what flow misses, the frames from one side.

    If each side's error grows with the frames to its key frame, a and b of them, the blend's is the sides' distance
    times sqrt(2) a b / ((a + b) sqrt(a^2 + b^2)): none beside a key frame, half of it in the middle.
    """
    a, b = one.steps
    if one.sides < 2:
        return 1.0, 0.0, one.miss_px, math.sqrt(max(a, b))
    share = math.sqrt(2) * a * b / ((a + b) * math.hypot(a, b))
    return 1.0, share * one.apart_px, one.miss_px, 0.0


def error_px(one: Carried, own_px: float = 0.0) -> float:
    """Return by how far an outline is expected to be off, in pixels. own_px: what the clip's hidden key frames add."""
    told = sum(weight * cause for weight, cause in zip(WEIGHTS, causes_of(one), strict=True))
    return min(max(told + own_px, 0.0), LARGEST_PX)


def expected_iou(one: Carried, own_px: float = 0.0) -> float:
    """Return the IoU that a carried mask is expected to have with what a person would draw, 0..1."""
    return math.exp(-error_px(one, own_px) * one.outline_px / one.area_px) if one.area_px else 0.0


def found_px(one: Carried, iou: float) -> float:
    """Return by how far an outline is off, in pixels, whose mask has this IoU with the truth."""
    return min(-math.log(max(iou, 1e-6)) * one.area_px / one.outline_px, LARGEST_PX)


def own_error_px(hidden: Sequence[HiddenObject]) -> float:
    """Return what a clip's hidden objects add to the error told, in pixels: their median, drawn to 0 where few are.

    Not their mean: one object that was lost would speak for all.
    """
    rests = [found_px(one.carried, one.iou) - error_px(one.carried) for one in hidden if one.carried]
    return statistics.median(rests) * len(rests) / (len(rests) + WORTH) if rests else 0.0


def frame_iou(ious: Sequence[float], lost: int) -> float:
    """Return the IoU expected of a frame: the mean over its objects; 1 for a frame without any.

    lost: how many more both neighbouring key frames show.
    """
    told = [*ious, *[LOST_IOU] * lost]
    return sum(told) / len(told) if told else 1.0
