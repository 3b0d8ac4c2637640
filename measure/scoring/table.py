"""Counts of runs that evaluated the same photos, summed over groups of photos: what every interval starts from."""

import dataclasses
import functools
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from measure.scoring.records import FOREGROUND, PhotoScore, Scores
from pipeline.errors import InputError
from pipeline.seeds import rng_for

SEED = 1  # not a setting: nobody should be able to choose an interval

Counts = NDArray[np.float64]  # whole numbers of pixels, as floats for matrix products
Columns = Mapping[str, Counts]  # name of what is counted -> counts of one shape


@dataclasses.dataclass(frozen=True)
class CountTable:
    """What S runs counted on the same photos, summed over each of G groups of photos, for K names."""

    names: tuple[str, ...]  # (K,)
    counts: Counts  # (S, G, K)

    def columns(self, counts: Counts) -> dict[str, Counts]:
        """Return the last axis of counts (..., K) by name: (...) each."""
        return {name: counts[..., k] for k, name in enumerate(self.names)}

    def drawn(self, resamples: int) -> dict[str, Counts]:
        """Return the sums over redrawn groups, (resamples, S) by name; tables of the same photos draw the same."""
        seeds, groups, names = self.counts.shape
        flat = self.counts.transpose(1, 0, 2).reshape(groups, seeds * names)
        return self.columns((draws(groups, resamples, "photos") @ flat).reshape(resamples, seeds, names))


def foreground_of(photo: PhotoScore) -> dict[str, float]:
    """Return the pixels of a photo's foreground, by name."""
    pixels = photo.pixels[FOREGROUND]
    return {"intersection": pixels.intersection, "union": pixels.union}


def table_of(
    runs: Sequence[Scores], counted: Callable[[PhotoScore], Mapping[str, float]] = foreground_of
) -> CountTable:
    """Return what `counted` says of each photo, by run and group; a photo without a group is a group of its own.

    Groups stand in the order of their first photo. `counted` has the same names for each photo of a run. Raises
    ValueError without runs, InputError if there is no photo or the runs evaluated different photos.
    """
    member = members(runs)
    rows = [[counted(photo) for photo in run.photos] for run in runs]
    names = tuple(rows[0][0])
    counts = np.array([[[row[name] for name in names] for row in photos] for photos in rows], float)  # (S, P, K)
    return CountTable(names, np.asarray(member.T @ counts))


def members(runs: Sequence[Scores]) -> Counts:
    """Return (P, G): 1 where a photo belongs to a group. Errors as `table_of`."""
    if not runs:
        raise ValueError("an interval needs a run")
    refuse_other_photos(runs)
    return membership([(photo.group, "" if photo.group else photo.id) for photo in runs[0].photos])


def membership(keys: Sequence[Hashable]) -> Counts:
    """Return (P, G): 1 where one of P things has one of G different keys, those in the order of their first thing."""
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    member = np.zeros((len(keys), len(number)))
    member[np.arange(len(keys)), [number[key] for key in keys]] = 1
    return member


def refuse_other_photos(runs: Sequence[Scores]) -> None:
    """Raise InputError if the first run evaluated no photo, or another one evaluated other photos than it."""
    photos = [photo.id for photo in runs[0].photos]
    if not photos:
        raise InputError(f"the {runs[0].split} split has no photo to score: give it one in the set-up's split section")
    for run in runs:
        if [photo.id for photo in run.photos] != photos:
            raise InputError(
                f"run {run.ratio}-{run.seed} was scored on other {run.split} photos than run "
                f"{runs[0].ratio}-{runs[0].seed}: run the pipeline again, so that all evaluate the same photos"
            )


@functools.lru_cache(maxsize=16)
def draws(total: int, resamples: int, *names: str) -> Counts:
    """Return how often each of `total` things is drawn when `total` are drawn with replacement: (resamples, total).

    The array is read only, since the same one is given out again.
    """
    rng = rng_for(SEED, "bootstrap", *names)
    found = rng.multinomial(total, np.full(total, 1 / total), size=resamples).astype(float)
    found.flags.writeable = False
    return found
