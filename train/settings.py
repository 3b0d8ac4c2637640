"""The settings of a training: section `fit` of params.yaml."""

import dataclasses
import math

STRIDE = 32  # an encoder halves five times
CLOSER = 1.25  # longer side of a photo to predict / img_size: the middle of the sizes that training shows
LOSSES = ("ce", "focal", "dice")  # a loss is a sum of these, such as "ce+dice"
CLASS_WEIGHTS = ("none", "root", "inverse")
SAMPLINGS = ("even", "by category")


@dataclasses.dataclass(frozen=True)
class Fit:
    """Section `fit` of params.yaml; what has a default here is off unless the file turns it on."""

    encoder: str  # a timm name
    decoder: str  # an architecture of segmentation-models-pytorch
    img_size: int  # side of a training crop, in pixels
    steps: int  # of the optimiser, the same for every ratio
    batch: int  # images a step, over all processes
    epoch_steps: int  # steps within which the ratio is kept exactly
    learning_rate: float  # its peak
    weight_decay: float
    decoder_channels: int | None = None  # width of the decoder; null = the library's own
    accumulate: int = 1  # parts in which a process takes its images of a step, for less memory
    freeze: int = 0  # levels of the encoder, from the image on, that keep their pretrained weights
    keep_norms: bool = False  # the encoder's batch norms keep their pretrained statistics
    ema: float | None = None  # decay of the running average of weights that is scored; null = the last weights
    object_crops: float = 0.0  # share of the training crops that are made to hold a part of an object
    loss: str = "ce+dice"
    class_weights: str = "none"  # in cross entropy and focal: none, root or inverse of a category's share of pixels
    sampling: str = "even"  # within a source: even, or by category, so that photos of rare ones come more often
    patience: int | None = None  # epochs without a better score on val before a training stops; null = never
    checkpoint_steps: int = 100  # steps from one checkpoint to the next
    threads: int | None = None  # of torch; null = as the machine has it. Other numbers round otherwise
    compile: bool = False  # torch.compile: pays on a GPU, and not on a CPU

    def __post_init__(self) -> None:
        """Raise ValueError for a value no training can use."""
        for name in ("steps", "batch", "epoch_steps", "learning_rate", "accumulate", "checkpoint_steps"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted more than 0")
        for name in ("decoder_channels", "patience", "threads"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted null, or 1 or more")
        self.check_ranges()
        self.check_words()

    def check_ranges(self) -> None:
        """Raise ValueError for a number outside its range."""
        if self.img_size < STRIDE or self.img_size % STRIDE:
            raise ValueError(f"img_size is {self.img_size}, wanted a multiple of {STRIDE}")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay is {self.weight_decay}, wanted 0 or more")
        if self.ema is not None and not 0 < self.ema < 1:
            raise ValueError(f"ema is {self.ema}, wanted null, or a decay between 0 and 1 such as 0.999")
        if not 0 <= self.object_crops <= 1:
            raise ValueError(f"object_crops is {self.object_crops}, wanted a share from 0 to 1")
        if self.freeze < 0:
            raise ValueError(f"freeze is {self.freeze}, wanted 0 or more")

    def check_words(self) -> None:
        """Raise ValueError for a word that names nothing, or a batch that does not come out even."""
        parts = self.loss.split("+")
        if len(set(parts)) < len(parts) or not set(parts) <= set(LOSSES):
            raise ValueError(
                f"loss is {self.loss!r}, wanted a sum of {', '.join(LOSSES)}, each once, such as 'ce+dice'"
            )
        for name, known in (("class_weights", CLASS_WEIGHTS), ("sampling", SAMPLINGS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, wanted one of: {', '.join(known)}")
        if self.batch % self.accumulate:
            raise ValueError(f"batch is {self.batch}, wanted a multiple of accumulate, {self.accumulate}")


def side_of(img_size: int) -> int:
    """Return the longer side, in pixels, at which a network trained on squares of `img_size` is shown a photo."""
    return round(img_size * CLOSER)
