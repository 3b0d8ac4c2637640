"""The arithmetic of the benchmark: from times to rates, from scores to a difference with its interval."""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from benchmarks.render.studio import Lap
from pipeline.errors import InputError
from pipeline.reading import Count
from pipeline.seeds import rng_for

RESAMPLES = 2000
SEED = 1  # of the bootstrap

Counts = NDArray[np.float64]


def images_per_s(laps: Sequence[Lap]) -> float:
    """Return pictures by wall time, from the first one's start to the last one's end."""
    return len(laps) / (max(lap.ended_s for lap in laps) - min(lap.began_s for lap in laps))


def limit_fraction(laps: Sequence[Lap]) -> float:
    """Return the share of the workers' wall time that lies inside Blender's render call.

    A worker's wall time goes from its first picture's start to its last one's end, what it waits for between them
    included.
    """
    wall_s = 0.0
    for worker in {lap.worker for lap in laps}:
        own = [lap for lap in laps if lap.worker == worker]
        wall_s += max(lap.ended_s for lap in own) - min(lap.began_s for lap in own)
    return sum(lap.render_s for lap in laps) / wall_s


def render_s(laps: Sequence[Lap]) -> float:
    """Return the mean seconds of a picture inside Blender's render call."""
    return statistics.fmean(lap.render_s for lap in laps)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the least, the median and the most of some values."""
    return {"min": rounded(min(values)), "median": rounded(statistics.median(values)), "max": rounded(max(values))}


def rounded(value: float) -> float:
    """Return a number with four digits that count."""
    return float(f"{value:.4g}")


@dataclasses.dataclass(frozen=True)
class BenchPixels:
    """Foreground pixels that S runs judged on the same photos, summed over each of G groups of photos."""

    groups: tuple[str, ...]
    intersection: Counts  # (S, G)
    union: Counts  # (S, G)

    def iou(self, weights: Counts | None = None) -> Counts:
        """Return (B, S): the pooled IoU of each run for each row of group weights (B, G); None = one row of ones.

        Where nothing is labelled and nothing found it is 1.
        """
        drawn = np.ones((1, len(self.groups))) if weights is None else weights
        intersection, union = drawn @ self.intersection.T, drawn @ self.union.T
        return np.divide(intersection, union, out=np.ones_like(union), where=union > 0)


class BenchPixelsRow(TypedDict):
    """Of one category on one photo."""

    intersection: Count
    union: Count


PixelsRows = TypedDict("PixelsRows", {"*": BenchPixelsRow})  # of any category; others are not read


class BenchPhotoRow(TypedDict):
    """Of a photo, as far as it is read here."""

    id: str
    group: str
    pixels: PixelsRows


class ScoresFile(TypedDict):
    """Of one run, as far as it is read here."""

    photos: Annotated[list[BenchPhotoRow], Field(min_length=1)]


SCORES = TypeAdapter(ScoresFile)


def pixels_of(runs: Sequence[ScoresFile]) -> BenchPixels:
    """Return what scores files say, one a seed; a photo without a group is a group of its own.

    Raises InputError when the runs were scored on other photos.
    """
    keys = [[photo["group"] or photo["id"] for photo in run["photos"]] for run in runs]
    if any(key != keys[0] for key in keys):
        raise InputError("the seeds were scored on other photos; remove the benchmark's folder, then run it again")
    groups = tuple(dict.fromkeys(keys[0]))
    counts = np.zeros((2, len(runs), len(groups)))
    for number, run in enumerate(runs):
        for key, photo in zip(keys[number], run["photos"], strict=True):
            seen = photo["pixels"]["*"]
            counts[:, number, groups.index(key)] += (seen["intersection"], seen["union"])
    return BenchPixels(groups, counts[0], counts[1])


def compare(ours: BenchPixels, peer: BenchPixels) -> dict[str, Any]:
    """Return both mean IoU over seeds, their difference, and its 95 % interval over groups of photos and over seeds.

    Photos are redrawn for both alike, seeds for each by itself (Efron and Tibshirani 1993, chapter 6). Raises
    InputError if the two were judged on other photos.
    """
    if ours.groups != peer.groups:
        raise InputError("the two sides were scored on other val photos; remove the benchmark's folder, then run again")
    count = len(ours.groups)
    photos = rng_for(SEED, "bench", "photos").multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)
    drawn = [redrawn(side, photos, name) for side, name in ((ours, "ours"), (peer, "peer"))]
    lo, hi = np.percentile(drawn[0] - drawn[1], (2.5, 97.5))
    means = [float(side.iou().mean()) for side in (ours, peer)]
    return {
        "iou": rounded(means[0]),
        "peer_iou": rounded(means[1]),
        "difference": rounded(means[0] - means[1]),
        "ci95": [rounded(lo), rounded(hi)],
    }


def redrawn(side: BenchPixels, photos: Counts, name: str) -> Counts:
    """Return (B,) mean IoU of a side over redrawn photos (B, G) and redrawn seeds."""
    seeds = len(side.union)
    weights = rng_for(SEED, "bench", "seeds", name).multinomial(seeds, np.full(seeds, 1 / seeds), len(photos)) / seeds
    return np.asarray((side.iou(photos) * weights).sum(axis=1))
