"""From logits at the network's scale to probabilities at a photo's own size, a band of rows at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from train.inference.preprocess import whole_logits
from train.model import Network

BAND = 4_000_000  # probabilities in one band; with what they are made from, some 50 MB


def bands(logits: Tensor, own_hw: tuple[int, int]) -> Iterator[tuple[slice, Tensor]]:
    """Yield from top to bottom the rows of a band and its probabilities (C + 1, rows, W) float32 at the own size.

    logits: (C + 1, h, w). They are enlarged bilinearly as torch's interpolate does (pixels are squares, the border
    is repeated), then the softmax is taken. Only a band exists at a time: 12 megapixels of 20 categories are 1 GB.
    """
    height, width = own_hw
    source = logits.shape[1]
    rows = max(1, BAND // (logits.shape[0] * width))
    place = ((torch.arange(height, device=logits.device) + 0.5) * (source / height) - 0.5).clamp(0, source - 1)
    above = place.long()
    below, share = (above + 1).clamp(max=source - 1), place - above
    for first in range(0, height, rows):
        band = slice(first, min(first + rows, height))
        tall = torch.lerp(logits[:, above[band]], logits[:, below[band]], share[band, None])  # (C + 1, rows, w)
        yield band, functional.interpolate(tall, width, mode="linear").softmax(0)


def probabilities_of(logits: Tensor, own_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Return all bands as one array (C + 1, H, W); they sum to 1 over the first axis."""
    whole = np.empty((logits.shape[0], *own_hw), np.float32)
    for band, part in bands(logits, own_hw):
        whole[:, band] = part.cpu().numpy()
    return whole


def categories_of(logits: Tensor, own_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the most probable category of every pixel, (H, W); 0 = background, which wins a tie."""
    whole = np.empty(own_hw, np.uint8)
    for band, part in bands(logits, own_hw):
        whole[band] = part.argmax(0).cpu().numpy()
    return whole


def probabilities(network: Network, images: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    """Return (B, C + 1, H, W) of images (B, H, W, 3) uint8 RGB: the softmax of image and mirror image averaged.

    network: in eval mode. longest: the longer side at which it looks, in pixels. For photos of many megapixels and
    categories take `bands` in place of this whole array.
    """
    logits = whole_logits(network, images, longest)
    return np.stack([probabilities_of(one, images.shape[1:3]) for one in logits])


def predict(network: Network, images: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return the category maps (B, H, W) of images, 0 = background; parameters as `probabilities`."""
    logits = whole_logits(network, images, longest)
    return np.stack([categories_of(one, images.shape[1:3]) for one in logits])
