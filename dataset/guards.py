"""What no list of samples may hold: renders where scores are taken, and a photo in two splits."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from dataset.records import REAL
from pipeline.errors import InputError

MORE_VAL = "more_val."  # before the name of a further validation set, as in the settings
MEASURED = ("val", "test", "home")


class Listed(Protocol):
    """What a guard looks at: a sample, or what stands for one."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def domain(self) -> str:
        """real or render."""

    @property
    def group(self) -> str:
        """What it must not be parted from; empty: nothing."""


def more_val_in(folder: Path) -> dict[str, Path]:
    """Return split -> manifest of the further validation sets in a folder, by name; {} where there are none."""
    return {MORE_VAL + path.stem: path for path in sorted(folder.glob("*.jsonl"))}


def is_measured(split: str) -> bool:
    """Return whether scores are taken on a split."""
    return split in MEASURED or split.startswith(MORE_VAL)


def only_real(samples: Iterable[Listed], split: str) -> None:
    """Raise InputError if scores are taken on `split` and a sample of it is not real: they are of photos only."""
    for sample in samples:
        if is_measured(split) and sample.domain != REAL:
            raise InputError(
                f"{split}: the sample {sample.id} is a {sample.domain}, wanted real photos only; "
                "run the stage 'split' again"
            )


def no_overlap(**splits: Iterable[Listed]) -> None:
    """Raise InputError if a sample, or a group of samples, is in two of the splits given by name.

    E.g. ``no_overlap(train=train, val=val)``. An empty group is a group of its own.
    """
    seen: dict[tuple[str, str], str] = {}
    for split, samples in splits.items():
        for sample in samples:
            for what, name in (("sample", sample.id), ("group", sample.group)):
                first = seen.setdefault((what, name), split) if name else split
                if first != split:
                    raise InputError(
                        f"{split}: the {what} {name} is in {first} too, so {split} would not measure what is new; "
                        "run the stage 'split' again"
                    )
