"""Where each pixel of a frame lies in another frame: dense optical flow, chained from frame to frame and mended."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (H, W)
Field = NDArray[np.float32]  # (H, W, 2): x and y
Map = NDArray[np.float32]  # (H, W)

SMOOTH_PX = 2.0  # deviation of the blur before brightness is compared
LOOKS_ALIKE = 28.0  # grey levels by which a pixel may differ from the one it came from
RETURN_PX = 2.0  # by how far the way there and back may miss, and a share of the way's length
RETURN_SHARE = 0.05
LEAST_SIDE_PX = 16  # DIS takes patches of 8 pixels on a picture of half the size
FINEST, REFINED = 1, 5  # DIS works on half the size, and refines so many times: finer took three times as long


@dataclasses.dataclass(frozen=True)
class FlowWay:
    """From each pixel of one frame to the place in another, the key frame, that shows the same, and back."""

    to: Field  # (H, W, 2) of a frame's pixels: places in the key frame, in its pixels; centres are whole numbers
    back: Field  # (H, W, 2) of the key frame's pixels: places in the frame
    seen: NDArray[np.bool_]  # (H, W) of the frame: the place is in the key frame, and was in all frames on the way
    inside: NDArray[np.bool_]  # (H, W) of the key frame: its place is in the frame
    kept: NDArray[np.bool_]  # (H, W) of the key frame: the place is in the frame, leads back, and looks alike
    miss_px: Map  # (H, W) of the key frame: by how far there and back misses


def grid(size_hw: tuple[int, int]) -> Field:
    """Return (H, W, 2): each pixel's own place, x and y."""
    height, width = size_hw
    return np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))


def still(size_hw: tuple[int, int]) -> FlowWay:
    """Return the way of a frame to itself."""
    everywhere = np.ones(size_hw, bool)
    return FlowWay(grid(size_hw), grid(size_hw), everywhere, everywhere, everywhere, np.zeros(size_hw, np.float32))


def sampled(values: Map | Field | Grey, places: Field) -> NDArray[np.float32]:
    """Return `values` (H, W) or (H, W, 2) at places (H', W', 2), linear between pixels, the edge's beyond the edge."""
    found = cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def within(places: Field, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (H, W) whether places lie on a picture of that size."""
    x, y = places[..., 0], places[..., 1]
    return np.asarray((x >= -0.5) & (y >= -0.5) & (x <= size_hw[1] - 0.5) & (y <= size_hw[0] - 0.5))


def length(vectors: Field) -> Map:
    """Return (H, W) the lengths of vectors (H, W, 2)."""
    return np.asarray(np.hypot(vectors[..., 0], vectors[..., 1]), np.float32)


def flow(one: Grey, other: Grey) -> Field:
    """Return (H, W, 2) by how far each pixel of `one` lies elsewhere in `other` (DIS, Kroeger et al. 2016)."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(FINEST)
    dis.setVariationalRefinementIterations(REFINED)
    return np.asarray(dis.calc(one, other, None), np.float32)


def blurred(image: Grey) -> Map:
    """Return a grey picture without its noise and finest detail, as brightness is compared."""
    return np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), SMOOTH_PX), np.float32)


def step(way: FlowWay, flows: tuple[Field, Field], key: Grey, now: Grey) -> FlowWay:
    """Return the way from frame `now` to the key frame, given that of the frame beside it.

    flows: from `now` to that frame, and from that frame to `now`.
    """
    size_hw = (now.shape[0], now.shape[1])
    there = grid(size_hw) + flows[0]
    seen = within(there, size_hw) & (sampled(way.seen.astype(np.float32), there) > 0.5)
    to, back = sampled(way.to, there), way.back + sampled(flows[1], way.back)
    return judged(*mended(to, back, key, now), seen, key, now)


def mended(to: Field, back: Field, key: Grey, now: Grey) -> tuple[Field, Field]:
    """Return both directions without what the chain has drifted: the flow from the frame to the key frame warped."""
    shown = sampled(key, to).round().astype(np.uint8)
    off = flow(now, shown)
    return sampled(to, grid((now.shape[0], now.shape[1])) + off), back - sampled(off, back)


def judged(to: Field, back: Field, seen: NDArray[np.bool_], key: Grey, now: Grey) -> FlowWay:
    """Return the way with what is known of its trust."""
    size_hw = (now.shape[0], now.shape[1])
    miss = length(sampled(to, back) - grid(size_hw))
    allowed = RETURN_PX + RETURN_SHARE * length(back - grid(size_hw))
    apart = sampled(blurred(now), back) - blurred(key)
    alike = np.abs(apart - np.median(apart)) < LOOKS_ALIKE
    inside = within(back, size_hw)
    return FlowWay(to, back, seen & within(to, size_hw), inside, np.asarray((miss < allowed) & inside & alike), miss)


def larger(field: Field, size_hw: tuple[int, int]) -> Field:
    """Return places (h, w, 2) in a small picture, for its pixels, as those of the picture itself, (H, W, 2)."""
    height, width = field.shape[:2]
    if (height, width) == size_hw:
        return field
    times = np.array([size_hw[1] / width, size_hw[0] / height], np.float32)
    grown = cv2.resize(field, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray((grown + 0.5) * times - 0.5, np.float32)
