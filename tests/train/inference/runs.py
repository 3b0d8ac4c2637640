"""Runs whose answers are known: a network that sees colours, and one as training makes it with weights by chance."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.files import write_json
from train.model import build, save_weights
from train.run import SETTINGS, WEIGHTS, Run

FIT = {"encoder": "tf_efficientnet_lite0", "decoder": "FPN", "img_size": 64, "steps": 1}
FACTS = {"seed": 1, "ratio": 0.5, "n_real": 4, "n_render": 4}


class Colours(nn.Module):
    """Sees red as the first category and blue as the second, pixel by pixel; grey is background."""

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, 3, H, W) of images (B, H, W, 3)."""
        red, green, blue = (images[..., k].float() for k in range(3))
        return torch.stack([torch.zeros_like(red), red - (green + blue) / 2 - 60, blue - (red + green) / 2 - 60], 1) / 8


def colour_run() -> Run:
    return Run(Colours().eval(), {"fit": FIT, **FACTS}, ("red", "blue"))


def write_run(folder: Path, categories: tuple[str, ...] = ("board",)) -> Path:
    """Write a run whose weights are drawn by chance, and return its folder."""
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    save_weights(build(FIT["encoder"], FIT["decoder"], len(categories) + 1), folder / WEIGHTS)
    write_json(folder / SETTINGS, {"fit": FIT, **FACTS, "categories": list(categories)})
    return folder
