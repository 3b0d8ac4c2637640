"""What no list of samples may hold: renders where scores are taken, and a photo in two splits."""

from collections.abc import Iterable

from dataset.records import REAL, Sample
from pipeline.errors import InputError

MEASURED = ("val", "test", "home")


def only_real(samples: Iterable[Sample], split: str) -> None:
    """Raise InputError if `split` is val or test and a sample of it is not real: scores are taken on photos only."""
    for sample in samples:
        if split in MEASURED and sample.domain != REAL:
            raise InputError(
                f"{split}: the sample {sample.id} is a {sample.domain}, wanted real photos only; "
                "run the stage 'split' again"
            )


def no_overlap(**splits: Iterable[Sample]) -> None:
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
