"""Section `click` of params.yaml: how a network for clicks is taught."""

import dataclasses
import math

from train.settings import STRIDE, Fit

STARTS = ("click", "box", "earlier mask")


@dataclasses.dataclass(frozen=True)
class Click:
    """Section `click` of params.yaml; encoder, decoder and all that is not here are of the section `fit`."""

    seed: int
    img_size: int  # side of the square that it sees, in pixels
    steps: int
    batch: int
    decoder_channels: int
    learning_rate: float
    starts: dict[str, float]  # what the user begins with, and how often: click, box, earlier mask
    most_rounds: int  # further clicks into errors of the network's own, 0 to so many
    astray: float  # share of the clicks that hit any place of an error instead of its middle

    def __post_init__(self) -> None:
        """Raise ValueError for a value no training can use."""
        for name in ("steps", "batch", "decoder_channels", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted more than 0")
        if self.img_size < STRIDE or self.img_size % STRIDE:
            raise ValueError(f"img_size is {self.img_size}, wanted a multiple of {STRIDE}")
        if (
            set(self.starts) != set(STARTS)
            or min(self.starts.values()) < 0
            or abs(sum(self.starts.values()) - 1) > 1e-6
        ):
            raise ValueError(f"starts is {self.starts}, wanted shares of {', '.join(STARTS)} that sum to 1")
        if not 0 <= self.most_rounds <= 20:
            raise ValueError(f"most_rounds is {self.most_rounds}, wanted 0 to 20")
        if not 0 <= self.astray <= 1:
            raise ValueError(f"astray is {self.astray}, wanted a share from 0 to 1")


def fit_of(click: Click, fit: Fit) -> Fit:
    """Return the settings of the training loop: those of `fit` with what clicks need otherwise."""
    return dataclasses.replace(
        fit,
        img_size=click.img_size,
        steps=click.steps,
        batch=click.batch,
        decoder_channels=click.decoder_channels,
        learning_rate=click.learning_rate,
        epoch_steps=min(fit.epoch_steps, click.steps),
        accumulate=1,
        freeze=0,  # the first convolution learns what clicks are
        class_weights="none",
        sampling="even",
        patience=None,
    )
