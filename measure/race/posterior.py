"""What the results so far say about the score each candidate would reach, over seeds, on these val photos.

A Gaussian model with few parts, all of one size fixed beforehand but the noise of a seed, which is learned as a share
of the error (`measure.scoring.seed_spread`):

    score of (candidate, seed) at the end = level[candidate] + seed noise
    score at the first rung               = level[candidate] - lag - lag[candidate] + seed noise

Levels of candidates that train on nearly the same are alike (Rasmussen and Williams 2006, eq. 2.23 for the update,
4.18 for the exponential kernel). The noise of the two scores of one training is correlated.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from measure.race.records import Key, Result
from measure.scoring.seed_spread import USUAL_SPREAD, error_of, squared_spread
from measure.trials.candidate import Candidate, distance
from pipeline.seeds import rng_for

DRAWS = 2000
SEED_TRUST = 4.0  # degrees of freedom that `USUAL_SPREAD` is worth
LEVEL_SD = 1.0  # IoU: of the mean over candidates, so wide that it says nothing
LAG_SD = 0.3  # IoU: by how much all are behind at the first rung; as wide
LAG_SPREAD_SD = 0.015  # IoU: by how much candidates differ in that
KEPT = 0.5  # correlation of the seed noise at the rung with that at the end
LEAST_SPREAD_SD = 0.02  # IoU: candidates differ by this at least, before any is seen
ALIKE = 0.5  # share of a candidate's own level that its neighbours know
REACH = 0.3  # distance at which the correlation with a neighbour has fallen to exp(-1)
OTHER_SCHEDULE = 0.3  # a schedule is as far as this difference of the ratio

Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Joint normal (in truth Student's t) of the levels of R candidates, in their order."""

    names: tuple[str, ...]
    mean: Array  # (R,) IoU
    covariance: Array  # (R, R)
    seed_spread: float  # of the error, pooled over candidates
    freedom: float  # degrees of freedom of `seed_spread`

    def draws(self) -> Array:
        """Return (DRAWS, R) levels, the same for the same posterior; heavier tails while seeds are few."""
        rng = rng_for(1, "race", "belief", len(self.names))
        normal = rng.standard_normal((DRAWS, len(self.names)))
        heavy = np.sqrt(self.freedom / rng.chisquare(self.freedom, (DRAWS, 1)))
        return np.asarray(self.mean + heavy * (normal @ root(self.covariance).T))


def root(covariance: Array) -> Array:
    """Return a matrix A with A A^T = covariance, also where that is singular but for rounding."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)))


def seed_noise(results: Mapping[Key, Result]) -> tuple[float, float]:
    """Return the pooled standard deviation over seeds of whole trainings, a share of the error, and what it rests on.

    Without a repeated candidate this is the guess `USUAL_SPREAD` alone; later it is worth `SEED_TRUST` repeats.
    """
    whole = [key for key in sorted(results) if key.share == 1]
    names = sorted({key.name for key in whole})
    squares, freedom = squared_spread([results[key].iou for key in whole if key.name == name] for name in names)
    total = freedom + SEED_TRUST
    return float(np.sqrt((squares + SEED_TRUST * USUAL_SPREAD**2) / total)), total


def errors(results: Mapping[Key, Result]) -> Array:
    """Return (N,) the error of each result, as the mean over the seeds of its candidate at its share of the steps."""
    runs = defaultdict[tuple[str, float], list[float]](list)
    for key, result in results.items():
        runs[key.name, key.share].append(result.iou)
    means = {place: sum(ious) / len(ious) for place, ious in runs.items()}
    return np.array([error_of(means[key.name, key.share]) for key in sorted(results)])


def kernel(candidates: Sequence[Candidate]) -> Array:
    """Return (R, R) correlations of the levels before anything is seen, but for the mean over candidates."""
    apart = np.array([
        [distance(a, b) + OTHER_SCHEDULE * (a.schedule != b.schedule) for b in candidates] for a in candidates
    ])
    return np.asarray(ALIKE * np.exp(-apart / REACH) + (1 - ALIKE) * np.eye(len(candidates)))


def noise(keys: Sequence[Key], seed_sd: Array) -> Array:
    """Return the (N, N) covariance of what is not level in N results: lag at the rung and seed noise.

    seed_sd: (N,) IoU, of each.
    """
    name = np.array([key.name for key in keys])
    seed = np.array([key.seed for key in keys])
    early = np.array([key.share < 1 for key in keys])
    same = name[:, None] == name
    both = early[:, None] & early
    kept = np.where(early[:, None] == early, 1.0, KEPT)
    lag = both * (LAG_SD**2 + same * LAG_SPREAD_SD**2)
    return np.asarray(lag + np.outer(seed_sd, seed_sd) * kept * (same & (seed[:, None] == seed)))


def posterior_of(candidates: Sequence[Candidate], results: Mapping[Key, Result]) -> Posterior:
    """Return the posterior after `results`, in any order; their names are all among the candidates'.

    Raises ValueError without results.
    """
    if not results:
        raise ValueError("a posterior needs a result")
    keys, names = sorted(results), [each.name for each in candidates]
    ious = np.array([results[key].iou for key in keys])
    seed_spread, freedom = seed_noise(results)
    spread = max(LEAST_SPREAD_SD, float(np.std([results[key].iou for key in keys])))
    prior = LEVEL_SD**2 + spread**2 * kernel(candidates)  # (R, R)
    at = np.array([names.index(key.name) for key in keys])
    gain = np.linalg.solve(prior[np.ix_(at, at)] + noise(keys, seed_spread * errors(results)), prior[at]).T  # (R, N)
    middle = float(ious.mean())
    mean = middle + gain @ (ious - middle)
    covariance = prior - gain @ prior[at]
    return Posterior(tuple(names), mean, (covariance + covariance.T) / 2, seed_spread, freedom)
