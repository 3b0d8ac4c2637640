"""From scores after so many labels to what a strategy is worth beside chance, with intervals over draws: pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from label.wins import Win
from pipeline.seeds import rng_for

RESAMPLES = 2000
Scores = NDArray[np.float64]  # (draws, sizes), a row a draw: a starting set, a test set and a seed


def area_over(scores: Scores, chance: Scores, labels: Sequence[int]) -> NDArray[np.float64]:
    """Return for each draw the mean of score minus chance's over the labels, 0 to the last, trapezoids between sizes.

    scores, chance: of the same draws, their first column after no label at all, which both share.
    """
    steps = np.array([0, *labels], float)
    return np.asarray(np.trapezoid(scores - chance, steps, axis=1) / steps[-1])


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a mean by Student's t; endless for fewer than two values."""
    if len(values) < 2:
        return -np.inf, np.inf
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def labels_for(score: float, curve: NDArray[np.float64], labels: Sequence[int]) -> float:
    """Return how many labels of chance come to a score: straight between sizes, the last size where none does.

    curve: mean scores after 0 and after each of `labels`; made to rise, since more labels are not worse.
    """
    rising = np.maximum.accumulate(curve)
    steps = np.array([0, *labels], float)
    if score <= rising[0]:
        return 0.0
    reached = np.flatnonzero(rising >= score)
    if not len(reached):
        return float(steps[-1])
    at = int(reached[0])
    share = (score - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(steps[at - 1] + share * (steps[at] - steps[at - 1]))


def labels_gained(score: float, curve: NDArray[np.float64], labels: Sequence[int]) -> float:
    """Return `labels_for` a score; for one below the curve's start, below 0, how many would make up for the loss."""
    loss = float(curve[0]) - score
    return labels_for(score, curve, labels) if loss <= 0 else -labels_for(float(curve[0]) + loss, curve, labels)


def labels_to(scores: Scores, chance: Scores, labels: Sequence[int]) -> tuple[float, tuple[float, float]]:
    """Return how many labels of chance the mean of scores (draws,) gains, and its 95 % interval (draws redrawn).

    Both sides of a draw are redrawn together, as they share their photos.
    """
    rng = rng_for(1, "factor")
    found = []
    for rows in (np.arange(len(scores)), *rng.integers(len(scores), size=(RESAMPLES, len(scores)))):
        found.append(labels_gained(float(scores[rows].mean()), chance[rows].mean(axis=0), labels))
    low, high = np.quantile(found[1:], (0.025, 0.975))
    return found[0], (float(low), float(high))


def factor_of(scores: Scores, chance: Scores, labels: Sequence[int], at: int) -> tuple[float, tuple[float, float]]:
    """Return labels of chance / labels of the strategy at the same score, and its 95 % interval.

    at: of the strategy's labels, one of `labels`.
    """
    found, (low, high) = labels_to(scores[:, [0, *labels].index(at)], chance, labels)
    return found / at, (low / at, high / at)


def win_of(scores: Scores, chance: Scores, labels: Sequence[int], at: int) -> Win:
    """Return what a strategy is worth beside chance."""
    areas = area_over(scores, chance, labels)
    low, high = mean_interval(areas)
    factor, (least, most) = factor_of(scores, chance, labels, at)
    rounded = tuple(round(float(value), 4) for value in scores.mean(axis=0)[1:])
    area = round(float(areas.mean()), 4)
    return Win(rounded, area, (round(low, 4), round(high, 4)), round(factor, 2), (round(least, 2), round(most, 2)))


def false_wins(chance: Scores, labels: Sequence[int], runs: int, draws: int, seed: int) -> int:
    """Return in how many of `runs` comparisons of chance with chance one side is said to beat the other.

    chance: (draws, sizes) of draws that share nothing; each run takes 2 `draws` of them by chance, without replacement
    within a run, and calls the first half a strategy. Raises ValueError for fewer draws than a run takes.
    """
    if len(chance) < 2 * draws:
        raise ValueError(f"{len(chance)} draws, a run takes {2 * draws}")
    found = 0
    for run in range(runs):
        rows = rng_for(seed, "a/a", run).permutation(len(chance))[: 2 * draws]
        areas = area_over(chance[rows[:draws]], chance[rows[draws:]], labels)
        found += mean_interval(areas)[0] > 0
    return int(found)
