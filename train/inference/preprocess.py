"""From photos to the network's logits: scale, padding, the image and its mirror; large photos in overlapping tiles."""

import itertools
import math

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.loader import GREY
from train.model import Network, autocast, device
from train.settings import STRIDE


def fitted_hw(size_hw: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return (height, width) in the same aspect with the longer side `longest`, no side below 1."""
    factor = longest / max(size_hw)
    return max(round(size_hw[0] * factor), 1), max(round(size_hw[1] * factor), 1)


def padded(image: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) resized to `size_hw`, grey added below and right up to multiples of the stride."""
    way = cv2.INTER_AREA if size_hw[0] < image.shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(image, size_hw[::-1], interpolation=way)
    below, right = -size_hw[0] % STRIDE, -size_hw[1] % STRIDE
    return np.pad(small, ((0, below), (0, right), (0, 0)), constant_values=GREY)


def mirrored_logits(network: Network, images: NDArray[np.uint8]) -> Tensor:
    """Return the logits (B, C + 1, H, W) float32 of images and of their mirror images, averaged.

    images: (B, H, W, 3) RGB, H and W multiples of the stride. network: in eval mode.
    """
    batch = torch.from_numpy(images).to(device())
    with torch.inference_mode(), autocast():
        seen, mirrored = network(batch), network(batch.flip(2))
    averaged: Tensor = (seen.float() + mirrored.float().flip(3)) / 2
    return averaged


def whole_logits(network: Network, images: NDArray[np.uint8], longest: int) -> Tensor:
    """Return the logits (B, C + 1, h, w) float32 of whole images (B, H, W, 3), (h, w) as `fitted_hw` says."""
    height, width = fitted_hw(images.shape[1:3], longest)
    logits = mirrored_logits(network, np.stack([padded(image, (height, width)) for image in images]))
    return logits[..., :height, :width]


def vector_of(network: Network, image: NDArray[np.uint8], longest: int) -> list[float]:
    """Return what the encoder makes of a whole image (H, W, 3): its last level, averaged over the image.

    longest: the longer side at which it looks, in pixels. Padding is left out, but for what shares a cell with the
    image. network: in eval mode.
    """
    height, width = fitted_hw(image.shape[:2], longest)
    batch = torch.from_numpy(padded(image, (height, width))[None]).to(device())
    with torch.inference_mode():
        seen = (batch.permute(0, 3, 1, 2) - network.shift) * network.scale
        level = network.body.encoder(seen)[-1].float()
    rows, columns = (
        math.ceil(level.shape[2] * height / batch.shape[1]),
        math.ceil(level.shape[3] * width / batch.shape[2]),
    )
    vector: list[float] = level[0, :, :rows, :columns].mean((1, 2)).tolist()
    return vector


def starts(length: int, side: int, overlap: float) -> list[int]:
    """Return where windows of `side` begin along `length` pixels, evenly spread from border to border.

    overlap: the least share of a window that its neighbour sees too, 0..1 (1 excluded; rounding takes one pixel at
    most). One window, [0], if it covers the length.
    """
    if length <= side:
        return [0]
    steps = math.ceil((length - side) / (side * (1 - overlap)))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def ramp(side: int, overlap: float) -> Tensor:
    """Return the weight (side,) float32 of a window's pixels along one axis, above 0 and at most 1.

    It rises over the overlap as a squared sine, the half of a Hann window, is 1 in the middle, and falls as it rose.
    Two neighbours that overlap just so much have weights that sum to 1.
    """
    width = round(side * overlap)
    away = torch.minimum(torch.arange(side), torch.arange(side - 1, -1, -1)) + 0.5  # pixels from the nearer border
    return torch.sin(torch.pi / 2 * (away / max(width, 0.5)).clamp(max=1)) ** 2


def scaled_hw(own_hw: tuple[int, int], tile: int, side: int) -> tuple[int, int]:
    """Return the photo's (height, width) when `tile` of its pixels are seen as `side` pixels; never more than its own.

    So a tile smaller than `side` is taken as `side`: nothing is enlarged.
    """
    factor = min(side / tile, 1)
    return max(round(own_hw[0] * factor), 1), max(round(own_hw[1] * factor), 1)


def tiled_logits(
    network: Network, image: NDArray[np.uint8], tile: int, side: int, overlap: float, batch: int
) -> Tensor:
    """Return the logits (C + 1, h, w) float32 of one image (H, W, 3), (h, w) as `scaled_hw` says.

    tile: side of a tile in the photo's pixels. side: what the network is shown, in pixels. batch: tiles in one forward
    pass. The logits of tiles are averaged, each weighted by its `ramp` in both directions; they take
    4 (C + 1) h w bytes.
    """
    height, width = scaled_hw(image.shape[:2], tile, side)
    large = padded(image, (height, width))
    window = -(-side // STRIDE) * STRIDE
    window_hw = min(window, large.shape[0]), min(window, large.shape[1])
    places = list(itertools.product(*(starts(n, s, overlap) for n, s in zip(large.shape[:2], window_hw, strict=True))))
    weight = torch.outer(*(ramp(s, overlap if n > s else 0) for n, s in zip(large.shape[:2], window_hw, strict=True)))
    total, weights = torch.zeros(0), torch.zeros(large.shape[:2])
    for first in range(0, len(places), batch):
        parts = [(slice(y, y + window_hw[0]), slice(x, x + window_hw[1])) for y, x in places[first : first + batch]]
        logits = mirrored_logits(network, np.stack([large[part] for part in parts])).cpu()
        if not first:
            total = torch.zeros(logits.shape[1], *large.shape[:2])
        for part, own in zip(parts, logits, strict=True):
            total[:, *part] += own * weight
            weights[part] += weight
    return (total / weights)[:, :height, :width]
