"""Whether trainings had converged: what they scored on val on the way, and what the last doubling of steps brought.

The rate is constant up to the last look, so its two last points are what trainings of half and of all these steps
score there. What the fall of the rate brings comes on top, to either.
"""

from collections.abc import Mapping, Sequence

FLAT = 0.005  # IoU: a doubling that brings less leaves nothing to wait for

Curve = list[tuple[int, float]]  # steps done and the mean IoU on val over seeds, rising in steps


def training_curve(ways: Sequence[Mapping[int, float]], ends: Sequence[tuple[int, float]]) -> Curve:
    """Return the mean training curve of a candidate's runs.

    ways: a run's steps done -> IoU on the way; points that not all runs have are left out. ends: steps and IoU of the
    finished runs, whose mean is the last point where all ended after the same number of steps. Empty without runs.
    """
    shared = set.intersection(*(set(way) for way in ways)) if ways else set()
    points = {steps: sum(way[steps] for way in ways) / len(ways) for steps in shared}
    if len({steps for steps, _ in ends}) == 1:
        points[ends[0][0]] = sum(iou for _, iou in ends) / len(ends)
    return sorted(points.items())


def rise_of(curve: Curve, looks: Sequence[int]) -> float | None:
    """Return by how much the IoU rose from the last but one look to the last; None where either is missing.

    looks: steps, rising, as of `train.loop.looks_of`.
    """
    known = dict(curve)
    before, after = (known.get(steps) for steps in looks[-2:])
    return None if before is None or after is None else after - before
