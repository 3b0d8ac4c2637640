"""How seeds of one training differ where few were run: by a share of the error, 1 - IoU, that all candidates share.

On the recorded grids (`benchmarks/grids`) seeds that end at 0.45 differ by 0.08, those at 0.95 by 0.001 to 0.008: one
spread in IoU for both is too small for the first and too large for the second. One share of the error fits both.
"""

from collections.abc import Iterable, Sequence

USUAL_SPREAD = 0.1  # of the error: what seeds do while none was repeated; the recorded grids show 0.01 to 0.25
LEAST_ERROR = 0.05  # seeds that are all but right differ a little still


def error_of(iou: float) -> float:
    """Return what a score in IoU lacks to 1, and `LEAST_ERROR` at least."""
    return max(1 - iou, LEAST_ERROR)


def squared_spread(runs: Iterable[Sequence[float]]) -> tuple[float, int]:
    """Return the sum of squared differences of runs from their mean, as shares of its error, and how many are free.

    runs: the IoU of each seed, one list a candidate or size; a list of one says nothing.
    """
    squares, freedom = 0.0, 0
    for ious in runs:
        middle = sum(ious) / len(ious)
        squares += sum((iou - middle) ** 2 for iou in ious) / error_of(middle) ** 2
        freedom += len(ious) - 1
    return squares, freedom
