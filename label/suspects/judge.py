"""The judge: learns from errors planted into the user's own photos which numbers tell a wrong label, kind by kind.

Every photo is judged by classifiers that saw neither it nor the errors planted into it. What stands as it is counts as
right while they learn, though some of it is wrong: that moves no label before another, since it bends every score in
the same way.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from label.suspects.features import Row

CLEAN = ""
TREES, LEAF = 200, 3
FOLDS = 5


@dataclasses.dataclass(frozen=True)
class FeatureRows:
    """Numbers of objects, or of places, of all photos: what stands as it is, and what was planted."""

    values: NDArray[np.float64]  # (N, F)
    photo: NDArray[np.int64]  # (N,) the photo's number
    kind: NDArray[np.str_]  # (N,) the kind of error that was planted, `CLEAN` for what stands as it is


def rows_of(rows: Sequence[tuple[Row, int, str]], width: int) -> FeatureRows:
    """Return rows of numbers, photo and kind together. width: how many numbers a row has, for none of them."""
    values = np.array([row for row, _, _ in rows], float).reshape(len(rows), width)
    return FeatureRows(
        values, np.array([at for _, at, _ in rows], np.int64), np.array([kind for _, _, kind in rows], str)
    )


def scores(rows: FeatureRows, kinds: Sequence[str], seed: int) -> NDArray[np.float64]:
    """Return (N, K + 1) the probability of being right, then of each kind, by classifiers that saw no such photo.

    Kinds of which nothing was planted have zeros; without anything planted, or with a single photo, all is right.
    """
    result = np.zeros((len(rows.photo), len(kinds) + 1))
    result[:, 0] = 1.0
    for learn, judge in folds(rows.photo):
        if judge.any() and len(set(rows.kind[learn])) > 1 and (rows.kind[learn] == CLEAN).any():
            result[judge] = judged(rows, learn, judge, kinds, seed)
    return result


def folds(photo: NDArray[np.int64]) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Return what is learned from and what is judged, fold by fold; the rows of a photo stay together."""
    place = photo % FOLDS
    return [(place != fold, place == fold) for fold in range(FOLDS)]


def judged(
    rows: FeatureRows, learn: NDArray[np.bool_], judge: NDArray[np.bool_], kinds: Sequence[str], seed: int
) -> NDArray[np.float64]:
    """Return (n, K + 1) the probabilities of the rows to judge. Right and planted rows weigh the same in all."""
    forest = ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, max_features=0.4, random_state=seed, n_jobs=1)
    clean = rows.kind[learn] == CLEAN
    weights = np.where(clean, 1 / max(clean.sum(), 1), 1 / max((~clean).sum(), 1))
    forest.fit(rows.values[learn], rows.kind[learn], weights / weights.mean())
    found = forest.predict_proba(rows.values[judge])
    columns = {name: at for at, name in enumerate(forest.classes_.tolist())}
    return np.stack(
        [found[:, columns[name]] if name in columns else np.zeros(len(found)) for name in (CLEAN, *kinds)], axis=1
    )


def highest(values: NDArray[np.float64], photo: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return (count,) the highest value of each photo; 0 for one without a row."""
    top = np.zeros(count)
    np.maximum.at(top, photo, values)
    return top


@dataclasses.dataclass(frozen=True)
class Expected:
    """What a queue is worth, told from the errors that were planted."""

    share: float  # of what was judged that is estimated to be wrong in this way, 0..1
    found: NDArray[np.float64]  # (N,) for each candidate: share of planted errors that score at least as high
    precision: NDArray[np.float64]  # (N,) of the list that ends with this candidate: share expected to be wrong


def expected(as_is: NDArray[np.float64], planted: NDArray[np.float64], least: float = 0.3) -> Expected:
    """Return what lists of the highest scores are worth. as_is: (N,) scores of what stands; planted: (P,) of errors.

    What stands is a mixture of right ones and a share of errors like the planted ones. So no threshold passes fewer of
    it than share times what it passes of the planted; the share is the least such ratio over thresholds that pass
    `least` of the planted or more (Blanchard, Lee and Scott 2010, the "mixture proportion"). Without a planted error
    it is 0.
    """
    if not planted.size or not as_is.size:
        return Expected(0.0, np.zeros(as_is.size), np.zeros(as_is.size))
    ordered = np.sort(planted)
    found = 1 - np.searchsorted(ordered, as_is, side="left") / planted.size
    passed = np.array([(as_is >= score).sum() for score in as_is])
    levels = np.quantile(planted, np.linspace(0, 1 - least, 41))
    over = np.array([(as_is >= level).mean() for level in levels])
    hit = np.array([(planted >= level).mean() for level in levels])
    share = float(np.clip((over / np.maximum(hit, 1e-9)).min(), 0, 1))
    precision = np.clip(share * as_is.size * found / np.maximum(passed, 1), 0, 1)
    return Expected(share, found, precision)
