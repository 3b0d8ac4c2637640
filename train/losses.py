"""The training loss: a sum of cross entropy, focal loss and soft Dice.

Not segmentation_models_pytorch.losses: its Dice leaves out a category that no photo of the batch shows, so that what is
made up on photos without the object costs nothing, and its focal loss takes each category by itself (sigmoid).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

GAMMA = 2.0  # gamma of the focal loss, as its paper recommends


def cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Return the mean cross entropy of logits (B, C, H, W) against truth (B, H, W) int64, pixels weighted by category.

    weights: (C,) float32; the mean is over weights, not pixels.
    """
    return functional.cross_entropy(logits, truth, weights)


def focal(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Return the focal loss (Lin et al. 2017, eq. 5): cross entropy, each pixel times (1 - its probability) ** `GAMMA`.

    Arguments and mean as of `cross_entropy`, whose value a gamma of 0 gives; weights are the paper's alpha.
    """
    surprise = functional.cross_entropy(logits, truth, reduction="none")  # (B, H, W), -log p
    weight = weights[truth]
    return (weight * (1 - torch.exp(-surprise)) ** GAMMA * surprise).sum() / weight.sum()


def soft_dice(logits: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - Dice (Milletari et al. 2016, with sums for squares), averaged over categories without background.

    logits: (B, C + 1, H, W). truth: (B, H, W) int64. Pixels are summed over the batch, so that a photo without the
    object counts by its false pixels alone; a category that is neither there nor predicted costs nothing.
    """
    probability = logits.softmax(1)[:, 1:]  # (B, C, H, W)
    there = functional.one_hot(truth, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:]  # (B, C, H, W)
    over = (0, 2, 3)
    dice = (2 * (probability * there).sum(over) + 1) / (probability.sum(over) + there.sum(over) + 1)
    return 1 - dice.mean()


def unweighted_dice(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:  # noqa: ARG001 - one signature for all
    """Return `soft_dice`, which weighs every category the same as it is."""
    return soft_dice(logits, truth)


PARTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "ce": cross_entropy,
    "focal": focal,
    "dice": unweighted_dice,
}


def loss_of(logits: Tensor, truth: Tensor, loss: str = "ce+dice", weights: Tensor | None = None) -> Tensor:
    """Return the loss of logits (B, C + 1, H, W) against a truth (B, H, W) uint8, as a scalar in float32.

    loss: names of `PARTS` joined by "+". weights: (C + 1,) float32, of a pixel by its category; None = 1 each.
    """
    logits, target = logits.float(), truth.to(torch.int64)  # bfloat16 cannot count the pixels of a batch
    of_class = torch.ones(logits.shape[1], device=logits.device) if weights is None else weights
    terms = [PARTS[name](logits, target, of_class) for name in loss.split("+")]
    return torch.stack(terms).sum()
