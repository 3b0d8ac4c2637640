"""What a run says of one photo at its own size: probabilities, categories, how sure it is, instances, and pictures.

Rows are taken a band at a time, so that a photo of any size needs memory for bands only.
"""

import dataclasses
import io
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from dataset.idmap import png_bytes
from dataset.overlay import overlay, small
from dataset.pieces import pieces_of
from dataset.predictions import Found
from train.inference.preprocess import whole_logits
from train.inference.settings import SUFFIX
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


@dataclasses.dataclass(frozen=True)
class Outputs:
    """One photo as a run sees it, every array (H, W)."""

    categories: NDArray[np.uint8]  # 0 = background, c = the c-th category
    confidence: NDArray[np.float32]  # probability of that category, 0..1
    lead: NDArray[np.float32]  # by how much it is above that of the next category, 0..1
    entropy_bits: NDArray[np.float32]  # 0 = sure, `most_bits` = all categories equally likely
    foreground: NDArray[np.float32]  # probability of being any category and no background, 0..1


def most_bits(categories: int) -> float:
    """Return the entropy of knowing nothing: log2 of the number of categories and the background."""
    return math.log2(categories + 1)


def see(logits: Tensor, own_hw: tuple[int, int]) -> Outputs:
    """Return what logits (C + 1, h, w) say at the photo's own size."""
    seen = Outputs(np.empty(own_hw, np.uint8), *(np.empty(own_hw, np.float32) for _ in range(4)))
    for band, part in bands(logits, own_hw):
        confidence, category = part.max(0)
        seen.categories[band] = category.cpu().numpy()
        seen.confidence[band] = confidence.cpu().numpy()
        next_one = part.scatter(0, category[None], -1).amax(0)
        seen.lead[band] = (confidence - next_one).cpu().numpy()
        seen.entropy_bits[band] = torch.special.entr(part).sum(0).cpu().numpy() / math.log(2)
        seen.foreground[band] = (1 - part[0]).cpu().numpy()
    return seen


def doubts_of(seen: Outputs) -> dict[str, float]:
    """Return how unsure a photo's pixels are on average, 0 = sure: by the category's probability, and by its lead.

    Settles 2010, section 3.1: "least confidence" 1 - p1 and "margin" 1 - (p1 - p2). The entropy is told apart, in bits.
    """
    confidence, lead = (float(one.mean(dtype=np.float64)) for one in (seen.confidence, seen.lead))
    return {"least confidence": 1 - confidence, "margin": 1 - lead}


def instances_of(
    seen: Outputs, categories: tuple[str, ...], min_area_px: int
) -> tuple[NDArray[np.int32], tuple[Found, ...]]:
    """Return a map (H, W), 0 = background and k = the k-th instance, and the instances in that order.

    An instance is a connected piece (8 neighbours) of one category of `min_area_px` or more; smaller ones are
    background. Order: by category, then by the top and the left edge. No piece gives zeros and no instance.
    """
    ids = np.zeros(seen.categories.shape, np.int32)
    found: list[Found] = []
    for number, name in enumerate(categories, 1):
        pieces = pieces_of(seen.categories == number)  # the pieces that scores count
        scores = pieces.means(seen.confidence)
        table = np.zeros(len(scores) + 1, np.int32)
        for y0, x0, y1, x1, piece in sorted((y0, x0, y1, x1, at) for at, (x0, y0, x1, y1) in enumerate(pieces.boxes)):
            if pieces.areas[piece] >= min_area_px:
                box = int(x0), int(y0), int(x1), int(y1)
                found.append(Found(name, box, int(pieces.areas[piece]), float(scores[piece])))
                table[piece + 1] = len(found)
        ids += table[pieces.labels]
    return ids, tuple(found)


LOOK_PX = 1600  # longer side of an overlay at most: it is made to be looked at
QUALITY = 85  # of an overlay's JPEG
Pixels = NDArray[np.uint8]


def picture_path(kind: str, stem: str) -> str:
    """Return where a photo's picture of a kind lies, relative to the folder of predictions."""
    return f"{kind}/{stem}.{SUFFIX[kind]}"


def mask_of(seen: Outputs, ids: NDArray[np.int32]) -> Pixels:
    """Return the category map (H, W) in which what belongs to no instance is background."""
    return np.where(ids > 0, seen.categories, np.uint8(0))


def overlay_bytes(image: Pixels, mask: Pixels, ids: NDArray[np.int32]) -> bytes:
    """Return the photo with its mask tinted and its instances outlined, as JPEG, `LOOK_PX` long at most."""
    buffer = io.BytesIO()
    drawn = overlay(small(image, LOOK_PX), small(mask, LOOK_PX), small(ids, LOOK_PX))
    Image.fromarray(drawn).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def uncertainty_bytes(seen: Outputs, most_bits: float) -> bytes:
    """Return the entropy of every pixel as 8-bit PNG: 0 = sure, 255 = `most_bits` bits."""
    return png_bytes((seen.entropy_bits * (255 / most_bits)).round().clip(0, 255).astype(np.uint8))


def foreground_bytes(seen: Outputs) -> bytes:
    """Return how probable it is that a pixel is no background as 8-bit PNG: 255 = certain."""
    return png_bytes((seen.foreground * 255).round().clip(0, 255).astype(np.uint8))


def pictures_of(
    image: Pixels, seen: Outputs, ids: NDArray[np.int32], most_bits: float, kinds: Sequence[str]
) -> dict[str, bytes]:
    """Return kind -> file's bytes for the pictures among `kinds`; other kinds are passed over."""
    mask = mask_of(seen, ids)
    made: dict[str, Callable[[], bytes]] = {
        "masks": lambda: png_bytes(mask),
        "overlays": lambda: overlay_bytes(image, mask, ids),
        "uncertainty": lambda: uncertainty_bytes(seen, most_bits),
        "foreground": lambda: foreground_bytes(seen),
    }
    return {kind: make() for kind, make in made.items() if kind in kinds}
