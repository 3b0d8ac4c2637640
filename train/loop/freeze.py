"""The part of a pretrained encoder that training leaves as it is."""

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from pipeline.errors import InputError
from train.loop.model import Network


def freeze(network: Network, levels: int, img_size: int) -> None:
    """Take the encoder's first `levels` levels out of training; 0 takes none.

    A level is all that comes before one of the encoder's outputs, from the finest on: level 1 of most encoders ends at
    half the image's size, level 2 at a quarter. What belongs to a level is asked of the gradients and not of names, so
    that any timm encoder can be frozen that gives its levels as a list. img_size: a side that it takes, in pixels.
    Raises InputError for more levels than there are, or an encoder without.
    """
    if not levels:
        return
    parameters = list(network.body.encoder.parameters())
    outputs = levels_of(network, img_size)
    if levels > len(outputs):
        raise InputError(
            f"params.yaml: fit.freeze is {levels}, wanted 0 to {len(outputs)}: so many levels has this encoder"
        )
    below = torch.stack([output.sum() for output in outputs[:levels]]).sum()
    slopes = torch.autograd.grad(below, parameters, allow_unused=True)
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.requires_grad_(slope is None)


def levels_of(network: Network, img_size: int) -> list[torch.Tensor]:
    """Return the encoder's outputs for a black image, finest first; raise InputError when it gives no such list."""
    inner: Any = network.body.encoder.model
    device = network.shift.device
    outputs = inner.eval()(torch.zeros(1, 3, img_size, img_size, device=device))
    if not isinstance(outputs, (list, tuple)):
        raise InputError("params.yaml: fit.freeze is above 0, but this encoder has no levels: set it to 0")
    return list(outputs)


def to_training(network: Network, keep_norms: bool) -> None:
    """Set the network to training mode, but what is frozen to eval mode: no dropout there, no new statistics.

    keep_norms: every batch norm of the encoder normalises by its pretrained statistics and leaves them as they are.
    """
    network.train()
    encoder: nn.Module = network.body.encoder
    for module in encoder.modules():
        parameters = list(module.parameters())
        frozen = bool(parameters) and not any(parameter.requires_grad for parameter in parameters)
        if frozen or (keep_norms and isinstance(module, _BatchNorm)):
            module.eval()
