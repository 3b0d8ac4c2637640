"""The training loss: cross entropy plus soft Dice."""

import torch
from torch import Tensor
from torch.nn import functional


def soft_dice(logits: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - Dice (Milletari et al. 2016, with sums for squares), averaged over categories without background.

    logits: (B, C + 1, H, W). truth: (B, H, W) int64. Pixels are summed over the batch, so that a photo without the
    object counts by its false pixels alone; a category that is neither there nor predicted costs nothing.
    """
    chance = logits.softmax(1)[:, 1:]  # (B, C, H, W)
    there = functional.one_hot(truth, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:]  # (B, C, H, W)
    over = (0, 2, 3)
    dice = (2 * (chance * there).sum(over) + 1) / (chance.sum(over) + there.sum(over) + 1)
    return 1 - dice.mean()


def loss_of(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the loss of logits (B, C + 1, H, W) against a truth (B, H, W) uint8, as a scalar in float32."""
    logits, target = logits.float(), truth.to(torch.int64)  # bfloat16 cannot count the pixels of a batch
    return functional.cross_entropy(logits, target) + soft_dice(logits, target)
