"""From photos to the network's logits: the scale it looks at, the padding it needs, the image and its mirror."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.augment import GREY
from train.model import Network, autocast, device
from train.settings import STRIDE

CLOSER = 1.25  # longer side of a photo to predict / img_size: the middle of the sizes that training shows


def side_of(img_size: int) -> int:
    """Return the longer side, in pixels, at which a network trained on squares of `img_size` looks at a photo."""
    return round(img_size * CLOSER)


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
