"""A run on the disk: its weights and its settings, and the network made from them."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from dataset.idmap import MOST_CATEGORIES
from pipeline.reading import OPEN, Count, read_typed

if TYPE_CHECKING:
    from train.model import Network

WEIGHTS, SETTINGS = "weights.safetensors", "settings.json"


@dataclasses.dataclass(frozen=True)
class Run:
    """One trained network and what it takes to use it."""

    model: "Network"
    settings: dict[str, Any]  # settings.json: "fit" (the section), seed, ratio, n_real, n_render, categories
    categories: tuple[str, ...]

    @property
    def img_size(self) -> int:
        """The side of the squares it was trained on, in pixels."""
        return int(self.settings["fit"]["img_size"])


@with_config(OPEN)
class FitRow(TypedDict):
    """What is read of the section `fit` that a run was trained by."""

    encoder: str
    decoder: str
    img_size: Annotated[int, Field(ge=32, le=8192)]
    steps: Annotated[int, Field(ge=1, le=2**53)]
    decoder_channels: NotRequired[Annotated[int, Field(ge=1, le=4096)] | None]


@with_config(OPEN)
class RunSettings(TypedDict):
    """What is read of a run's settings."""

    fit: FitRow
    categories: Annotated[list[str], Field(min_length=1, max_length=MOST_CATEGORIES)]
    seed: int
    ratio: float
    n_real: NotRequired[Count]
    n_render: NotRequired[Count]


RUN_SETTINGS = TypeAdapter(RunSettings)


def read_run_settings(path: Path) -> RunSettings:
    """Return the settings that a run was trained by; raise InputError for another kind of file."""
    return read_typed(path, RUN_SETTINGS, "a run's settings", "train the run again")


def load_run(folder: Path) -> Run:
    """Return the run that a training wrote; raise InputError when the folder holds no whole run.

    Weights are safetensors, which hold numbers only: nothing in the file is executed.
    """
    from train.model import build_from, load_weights  # here: torch takes seconds to load, and pages read settings alone

    found = read_run_settings(folder / SETTINGS)
    settings: dict[str, Any] = dict(found)
    categories = tuple(found["categories"])
    model = build_from(settings["fit"], len(categories) + 1)
    load_weights(model, folder / WEIGHTS)
    return Run(model.eval(), settings, categories)
