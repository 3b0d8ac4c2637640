"""A run on the disk: its weights and its settings, and the network made from them."""

import dataclasses
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json
from train.loop.model import Network, build_from, load_weights

WEIGHTS, SETTINGS = "weights.safetensors", "settings.json"


@dataclasses.dataclass(frozen=True)
class Run:
    """One trained network and what it takes to use it."""

    model: Network
    settings: dict[str, Any]  # settings.json: "fit" (the section), seed, ratio, n_real, n_render, categories
    categories: tuple[str, ...]

    @property
    def img_size(self) -> int:
        """The side of the squares it was trained on, in pixels."""
        return int(self.settings["fit"]["img_size"])


def load_run(folder: Path) -> Run:
    """Return the run that a training wrote; raise InputError when the folder holds no whole run.

    Weights are safetensors, which hold numbers only: nothing in the file is executed.
    """
    settings = read_json(folder / SETTINGS)
    try:
        fit, categories = settings["fit"], tuple(settings["categories"])
        model = build_from(fit, len(categories) + 1)
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / SETTINGS}: not a run's settings ({error!r}); train the run again") from error
    load_weights(model, folder / WEIGHTS)
    return Run(model.eval(), settings, categories)
