"""Grids whose truth is known: levels of a stated shape, noise of seeds, of photos and of the first rung."""

import numpy as np

from benchmarks.replay import Grid
from measure.race.records import Key, Result
from measure.trials.candidate import Candidate, candidate
from pipeline.seeds import rng_for

DOMAINS = {"real": "real", "render": "render"}
RATIOS = (0.0, 0.2, 0.5, 0.7, 0.8, 1.0)
LIMITS = (0.02, 0.999)  # of the IoU of one photo
SHAPES = {  # level against the ratio
    "rising": lambda r: 0.75 + 0.12 * r,
    "peaked": lambda r: 0.88 - 0.25 * (r - 0.6) ** 2 - 0.08 * (r == 1),
    "flat": lambda r: 0.85 + 0 * r,
    "falling": lambda r: 0.96 - 0.03 * r,
    "steep at the ends": lambda r: 0.8 - 0.15 * (r == 0) - 0.3 * (r == 1),
}


def ratio_of(ratio: float) -> Candidate:
    """The candidate of real photos and renders at a ratio."""
    return candidate({"real": 1 - ratio, "render": ratio}, DOMAINS)


def result(ious: np.ndarray, union: np.ndarray, groups: np.ndarray) -> Result:
    """The counts of photos with these IoUs, rounded to whole pixels."""
    hits = np.round(np.clip(ious, *LIMITS) * union)
    return Result(hits, union, tuple(str(i) for i in range(len(union))), tuple(str(g) for g in groups))


def simulated(number: int, shape: str, seeds: int = 3) -> tuple[Grid, dict[str, float]]:
    """Return a grid of one shape, and the level of each candidate over all photos and seeds there could be.

    The noise is drawn from what was measured: seeds 0.005 to 0.03, 13 to 120 photos in bursts, a first rung that is
    behind by 0.005 to 0.06, by more for some candidates, and whose seed noise is half that of the end.
    """
    rng = rng_for(7, "grid", shape, number)
    chosen = sorted(rng.choice(RATIOS, size=int(rng.integers(5, 7)), replace=False))
    candidates = [ratio_of(float(ratio)) for ratio in chosen]
    level = np.array([SHAPES[shape](ratio) for ratio in chosen]) + rng.normal(0, 0.004, len(chosen))
    photos, seed_sd, lag = int(rng.integers(13, 121)), rng.uniform(0.005, 0.03), rng.uniform(0.005, 0.06)
    groups = np.sort(rng.integers(0, max(photos // int(rng.integers(1, 4)), 2), photos))
    union = np.round(rng.uniform(500, 8000, photos))
    hard = rng.normal(0, 0.08, photos)  # some photos are hard for all
    taste = rng.normal(0, 0.03, (len(chosen), photos))  # and some for one candidate
    lags = lag * rng.uniform(0.7, 1.3, len(chosen))
    results = {}
    for i, each in enumerate(candidates):
        for seed in range(1, seeds + 1):
            shared, late, early = rng.normal(0, seed_sd * np.sqrt(0.5), 3)
            at_end = level[i] + hard + taste[i] + rng.normal(0, 0.01, photos)
            results[Key(each.name, seed, 1.0)] = result(at_end + shared + late, union, groups)
            results[Key(each.name, seed, 0.5)] = result(at_end - lags[i] + shared + early, union, groups)
    spread = np.sqrt(0.08**2 + 0.03**2 + 0.01**2 + seed_sd**2)  # of one photo: some are cut at the highest IoU
    cut = np.clip(level + spread * rng.standard_normal((20000, 1)), *LIMITS).mean(axis=0)
    truth = {each.name: float(cut[i]) for i, each in enumerate(candidates)}
    return Grid(tuple(candidates), tuple(range(1, seeds + 1)), 240, results, {}), truth
