"""How far labels lie from the pictures' edges, as transfer.json has it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.outline_habit import PhotoOutlines, habits_of, words_of
from measure.worth.ceiling import ceiling_of, not_below
from measure.worth.points import ScoreEstimate


@dataclasses.dataclass(frozen=True)
class MeasuredOutlines:
    """The outlines that were measured."""

    splits: Mapping[str, Sequence[PhotoOutlines]]  # "train" and "val"
    renders: Sequence[PhotoOutlines]  # whose labels are exact


def allowed(found: MeasuredOutlines, reached: float) -> ScoreEstimate | None:
    """Return the score that val labels allow at most, not below what was reached; None where too little is clear."""
    return not_below(ceiling_of(found.splits["val"], found.renders), reached)


def outlines_json(found: MeasuredOutlines, ceiling: ScoreEstimate | None) -> dict[str, Any]:
    """Return `outlines` of transfer.json. ceiling: as of `allowed`."""
    habits = {split: habits_of(photos) for split, photos in found.splits.items()}
    told = {split: words_of(some) for split, some in habits.items()}
    return {
        "sides": [
            {"split": split, "side": row.side, "px": row.px, "ci95": (row.lo, row.hi), "objects": row.objects}
            for split, some in habits.items()
            for row in some
        ],
        "words": [f"{split.capitalize()} {text}." for split, text in told.items() if text],
        "ceiling": ceiling and {"iou": ceiling.iou, "ci95": (ceiling.lo, ceiling.hi)},
    }
