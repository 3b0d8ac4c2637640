"""Intervals of scores: a bootstrap over groups of photos and over seeds, IoU pooled anew each time."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.seeds import rng_for
from train.scoring.scores import FOREGROUND, Scores

SEED = 1  # not a setting: nobody should be able to choose an interval
LEVEL = (2.5, 97.5)  # percentiles of a 95 % interval

Counts = NDArray[np.float64]  # whole numbers of pixels, as floats for matrix products


@dataclasses.dataclass(frozen=True)
class Pool:
    """Foreground pixels of S runs that judged the same photos, summed over each of G groups of photos."""

    intersection: Counts  # (S, G)
    union: Counts  # (S, G)


def pool(runs: Sequence[Scores]) -> Pool:
    """Return the pixels of runs of one ratio, by group of photos; a photo without a group is a group of its own.

    Raises ValueError without runs, InputError if there is no photo or the runs judged different photos.
    """
    if not runs:
        raise ValueError("an interval needs a run")
    keys = [(photo.group, "" if photo.group else photo.id) for photo in runs[0].photos]
    if not keys:
        raise InputError(f"the {runs[0].split} split has no photo to score: give it one in the set-up's split section")
    for run in runs:
        if [photo.id for photo in run.photos] != [photo.id for photo in runs[0].photos]:
            raise InputError(
                f"run {run.ratio}-{run.seed} was scored on other {run.split} photos than run "
                f"{runs[0].ratio}-{runs[0].seed}: run the pipeline again, so that all judge the same photos"
            )
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    member = np.zeros((len(keys), len(number)))  # (P, G)
    member[np.arange(len(keys)), [number[key] for key in keys]] = 1
    pixels = [[photo.pixels[FOREGROUND] for photo in run.photos] for run in runs]
    intersection = np.array([[p.intersection for p in row] for row in pixels], float)  # (S, P)
    union = np.array([[p.union for p in row] for row in pixels], float)
    return Pool(intersection @ member, union @ member)


def score_of(runs: Sequence[Scores]) -> float:
    """Return the mean over runs (seeds) of their pooled IoU. Raises ValueError without runs."""
    if not runs:
        raise ValueError("a score needs a run")
    return sum(run.iou for run in runs) / len(runs)


def draws(total: int, resamples: int, *names: str) -> Counts:
    """Return how often each of `total` things is drawn when `total` are drawn with replacement: (resamples, total)."""
    rng = rng_for(SEED, "bootstrap", *names)
    return rng.multinomial(total, np.full(total, 1 / total), size=resamples).astype(float)


def resampled(runs: Sequence[Scores], resamples: int) -> NDArray[np.float64]:
    """Return (resamples,) scores of redrawn photos and redrawn seeds (Efron and Tibshirani 1993, chapter 6).

    Photos of one group are drawn together. Two calls on the same photos draw the same ones, so that the difference
    of two results is the bootstrap of a paired difference. With one group the photos, with one run the seeds,
    add no spread. Errors as `pool`.
    """
    pixels = pool(runs)
    seeds, groups = pixels.union.shape
    photos = draws(groups, resamples, "photos")  # (B, G)
    intersection, union = photos @ pixels.intersection.T, photos @ pixels.union.T  # (B, S)
    iou = np.divide(intersection, union, out=np.ones_like(union), where=union > 0)
    weights = draws(seeds, resamples, "seeds", str(float(runs[0].ratio))) / seeds  # (B, S)
    return np.asarray((iou * weights).sum(axis=1))


def percentiles(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the bounds (lo, hi) of the middle 95 % of resampled scores."""
    lo, hi = np.percentile(values, LEVEL)
    return float(lo), float(hi)


def interval(runs: Sequence[Scores], resamples: int) -> tuple[float, float]:
    """Return the 95 % interval (lo, hi) of `score_of`; one photo and one run give lo = hi. Errors as `pool`."""
    return percentiles(resampled(runs, resamples))


def gain_interval(runs: Sequence[Scores], base: Sequence[Scores], resamples: int) -> tuple[float, float]:
    """Return the 95 % interval of ``score_of(runs) - score_of(base)``, paired by photo. Errors as `pool`."""
    return percentiles(resampled(runs, resamples) - resampled(base, resamples))
