"""What makes a learning curve one that no law may be drawn through, in plain sentences (Viering and Loog 2021)."""

import itertools
from collections.abc import Sequence

import numpy as np
from scipy import stats

from train.worth.points import Measured, Point

FEWEST = 3  # sizes; two points lie on every law
SURE = 0.95  # how sure a fall or a rise has to be
ODD = 0.99  # how sure it has to be that no family fits


def problems(points: Sequence[Point], measured: Measured, misfit: float | None, free: int) -> list[str]:
    """Return why the curve is not trusted beyond its points, one sentence each; [] if it is.

    points and measured: the same points by rising n. misfit: of the family that fits best, `free` numbers fitted; None
    if none was fitted.
    """
    found = count_problems(points)
    if len(points) > 1:
        found += [*falls(measured), *flatness(measured)]
    if misfit is not None and len(points) > free and not found and jumps(measured, misfit, free):
        found.append(
            "The points jump: no law that falls and flattens passes within chance of them; measure the sizes again "
            "with more seeds."
        )
    return found


def count_problems(points: Sequence[Point]) -> list[str]:
    """Return sentences about too few sizes, and about sizes without a second seed."""
    found = []
    if len(points) < FEWEST:
        sizes = " and ".join(str(point.n) for point in points)
        found.append(f"Too few sizes were trained ({sizes}), wanted {FEWEST} or more.")
    if all(len(point.scores) == 1 for point in points):
        found.append("Every size was trained with one seed, so that chance cannot be told from learning.")
    return found


def difference_sd(measured: Measured, first: int, second: int) -> float:
    """Return the standard deviation of the difference of two points."""
    return float(np.hypot(measured.sd[first], measured.sd[second]))


def falls(measured: Measured) -> list[str]:
    """Return a sentence about the deepest fall of the score beyond chance, [] if there is none.

    Student's t over all pairs of sizes, Bonferroni's correction for their number.
    """
    pairs = list(itertools.combinations(range(len(measured.n)), 2))
    limit = stats.t.ppf(1 - (1 - SURE) / len(pairs), measured.freedom)
    depth = [(measured.iou[a] - measured.iou[b]) / difference_sd(measured, a, b) for a, b in pairs]
    deepest = int(np.argmax(depth))
    if depth[deepest] <= limit:
        return []
    a, b = pairs[deepest]
    return [
        f"The score falls from {measured.iou[a]:.3f} at {measured.n[a]:.0f} to {measured.iou[b]:.3f} at "
        f"{measured.n[b]:.0f}, more than chance explains."
    ]


def flatness(measured: Measured) -> list[str]:
    """Return a sentence if the last size is not shown to be better than the first, [] if it is."""
    rise = float(measured.iou[-1] - measured.iou[0]) / difference_sd(measured, 0, -1)
    if rise >= stats.t.ppf(SURE, measured.freedom):
        return []
    return [
        f"No rise is shown between {measured.n[0]:.0f} ({measured.iou[0]:.3f}) and {measured.n[-1]:.0f} "
        f"({measured.iou[-1]:.3f}): all sizes score the same within chance."
    ]


def jumps(measured: Measured, misfit: float, free: int) -> bool:
    """Return whether the misfit is beyond chance, by the F test of what is left against the noise between seeds."""
    left = len(measured.n) - free
    return bool(misfit / left > stats.f.ppf(ODD, left, measured.freedom))
