"""The network: a timm encoder under a segmentation-models-pytorch decoder, its weights, and what of it is frozen."""

import contextlib
import difflib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from segmentation_models_pytorch.base.model import SegmentationModel
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dataset.encoder import load_packaged, packaged
from pipeline.errors import InputError
from pipeline.files import write_bytes
from train.layers import multiplies_bf16, with_added, with_depthwise, with_float_norms, with_halving, with_pointwise

NARROWEST = 16  # channels of a stage of a decoder
WIDTHS = ("decoder_channels", "decoder_pyramid_channels", "decoder_segmentation_channels")  # as the library calls them


class Network(nn.Module):
    """Images as they are in, logits out; it carries the encoder's own normalisation."""

    body: Any  # of segmentation-models-pytorch: encoder, decoder and segmentation_head
    shift: Tensor
    scale: Tensor

    def __init__(self, body: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        """mean, std: per channel, of RGB in 0..1."""
        super().__init__()
        self.body = body
        self.register_buffer("shift", torch.tensor(mean).view(1, -1, 1, 1) * 255, persistent=False)
        self.register_buffer("scale", 1 / (torch.tensor(std).view(1, -1, 1, 1) * 255), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, num_classes, H, W) of images (B, H, W, 3) uint8 RGB; H and W multiples of 32.

        After `widen` images have more channels.

        Under `autocast` the encoder stays in float32 on a CPU, where depthwise convolutions are slower in bfloat16; its
        1x1 convolutions are `Pointwise` where that pays.
        """
        seen = (images.permute(0, 3, 1, 2) - self.shift) * self.scale
        if type(self.body).forward is not SegmentationModel.forward or images.device.type != "cpu":
            return self.body(seen)  # type: ignore[no-any-return]
        with torch.autocast("cpu", enabled=False):
            features = self.body.encoder(seen)
        return self.body.segmentation_head(self.body.decoder(features))  # type: ignore[no-any-return]


def widen(network: Network, channels: int) -> None:
    """Let the network take `channels` more channels of images, uint8 as the others, shown to it as 0 to 1.

    The first convolution gets weights of 0 for them, so the network answers as before until it has learned.
    """
    stem = next(module for module in network.body.encoder.modules() if isinstance(module, nn.Conv2d))
    more = stem.weight.new_zeros(len(stem.weight), channels, *stem.kernel_size)
    stem.weight = nn.Parameter(torch.cat([stem.weight.detach(), more], 1).to(memory_format=torch.channels_last))
    stem.in_channels += channels
    zeros, ones = network.shift.new_zeros(1, channels, 1, 1), network.scale.new_ones(1, channels, 1, 1)
    network.shift, network.scale = torch.cat([network.shift, zeros], 1), torch.cat([network.scale, ones / 255], 1)


def build_from(settings: Mapping[str, Any], num_classes: int, *, pretrained: bool = False) -> Network:
    """Return the network that a section `fit` asks for, such as the one of a run's settings.json, as fast as it can be.

    settings: encoder, decoder and, where it is there, decoder_channels. Raises KeyError without the first two, and
    InputError as `build`.
    """
    channels = settings.get("decoder_channels")
    network = build(settings["encoder"], settings["decoder"], num_classes, pretrained=pretrained, channels=channels)
    if device().type == "cpu":
        with_depthwise(network.body.encoder)
        with_halving(network.body.encoder)
        with_added(network.body)
        if multiplies_bf16():
            with_pointwise(network.body.encoder)
            with_float_norms(network.body)
    return network


def build(
    encoder: str, decoder: str, num_classes: int, *, pretrained: bool = True, channels: int | None = None
) -> Network:
    """Return a network on the machine's device, in channels_last order.

    encoder: any timm name. decoder: an architecture of segmentation-models-pytorch. num_classes: background included.
    channels: the decoder's width (`widths`); None = the library's own.
    Raises InputError for a name that neither library knows, or when pretrained weights cannot be had.
    """
    package = packaged(encoder) if pretrained else None
    config = encoder_config(encoder)
    options = {} if channels is None else widths(decoder, channels)
    body = assemble(encoder, decoder, num_classes, options, download=pretrained and package is None)
    if package:
        load_packaged(body.encoder.model, encoder, package)
    network = Network(body, config.mean, config.std)
    return network.to(memory_format=torch.channels_last).to(device())


def encoder_config(encoder: str) -> Any:
    """Return timm's facts about a pretrained encoder (mean, std); raise InputError for an unknown name."""
    if not timm.is_model(encoder):
        close = difflib.get_close_matches(encoder, timm.list_models(), n=3) or ["resnet18"]
        raise InputError(f"params.yaml: fit.encoder is {encoder!r}, wanted a timm name, such as {' or '.join(close)}")
    return timm.models.get_pretrained_cfg(encoder) or timm.models.PretrainedCfg()


def architecture(decoder: str) -> Any:
    """Return the library's class of an architecture; raise InputError for an unknown name."""
    known = smp.MODEL_ARCHITECTURES_MAPPING
    if decoder.lower() not in known:
        raise InputError(f"params.yaml: fit.decoder is {decoder!r}, wanted one of {', '.join(sorted(known))}")
    return known[decoder.lower()]


def widths(decoder: str, channels: int) -> dict[str, Any]:
    """Return the arguments that make a decoder `channels` wide at its widest.

    A decoder with one width per stage halves it from stage to stage, down to `NARROWEST`; FPN's segmentation blocks get
    half. Raises InputError for an unknown decoder, or one that has no such argument.
    """
    parameters = inspect.signature(architecture(decoder).__init__).parameters
    taken = [name for name in WIDTHS if name in parameters]
    if not taken:
        raise InputError(
            f"params.yaml: fit.decoder_channels is {channels}, which {decoder} does not take: set it to null"
        )
    if isinstance(parameters[taken[0]].default, tuple):
        stages = len(parameters[taken[0]].default)
        return {taken[0]: tuple(max(channels // 2**stage, NARROWEST) for stage in range(stages))}
    return {name: max(channels // 2**place, 1) for place, name in enumerate(taken)}


def assemble(encoder: str, decoder: str, num_classes: int, options: Mapping[str, Any], *, download: bool) -> Any:
    """Return the bare segmentation network, its encoder's weights downloaded or drawn by chance.

    options: further arguments of the decoder's class.
    """
    architecture(decoder)  # an unknown name is said before a wrong pair is
    try:
        return smp.create_model(
            decoder, f"tu-{encoder}", encoder_weights=download or None, classes=num_classes, **options
        )
    except (OSError, RuntimeError) as error:  # hub, proxy and connection errors are OSError or RuntimeError
        if not download:
            raise
        raise InputError(
            f"params.yaml: fit.encoder is {encoder!r}, whose weights could not be downloaded ({error}): go online, "
            "or take tf_efficientnet_lite0, whose weights are installed"
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        said = "".join(f", {name} {value}" for name, value in options.items())
        raise InputError(
            f"params.yaml: fit.decoder {decoder!r} does not take fit.encoder {encoder!r}{said} ({error}); "
            "choose another one"
        ) from error


def device() -> torch.device:
    """Return this process's CUDA device, or the CPU."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def autocast() -> contextlib.AbstractContextManager[Any]:
    """Return the context of mixed precision: bfloat16 where it is multiplied; `Network` says what it spares.

    On a CPU with AVX2 alone a decoder in bfloat16 makes a training step three times as long.
    """
    kind = device().type
    able = multiplies_bf16() if kind == "cpu" else torch.cuda.is_bf16_supported()
    return torch.autocast(kind, torch.bfloat16, enabled=able)


def save_weights(network: Network, path: Path) -> None:
    """Write the network's tensors as safetensors."""
    write_bytes(path, save({name: tensor.cpu().contiguous() for name, tensor in network.body.state_dict().items()}))


def load_weights(network: Network, path: Path) -> None:
    """Fill the network from what `save_weights` wrote; raise InputError when the file is another one."""
    try:
        network.body.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path}: not this network's weights ({error}); train it again") from error


def freeze(network: Network, levels: int, img_size: int) -> None:
    """Take the encoder's first `levels` levels out of training; 0 takes none.

    A level is all that comes before one of the encoder's outputs, from the finest on: level 1 of most encoders ends at
    half the image's size, level 2 at a quarter. What belongs to a level is asked of the gradients: timm.utils.freeze
    wants the names of modules, which differ from encoder to encoder. img_size: a side that it takes, in pixels.
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
    black = torch.zeros(1, network.shift.shape[1], img_size, img_size, device=network.shift.device)
    outputs = inner.eval()(black)
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
