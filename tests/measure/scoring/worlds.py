"""Simulated candidates whose true score is known: groups of photos that differ, and seeds that differ."""

import dataclasses

import numpy as np

from measure.scoring.intervals import CountTable

NAMES = ("intersection", "union")


@dataclasses.dataclass(frozen=True)
class World:
    """Where simulated scores come from; spreads are standard deviations."""

    groups: int
    burst: int  # a group has 1 to so many photos, which resemble each other
    seeds: int
    iou: float
    seed_sd: float  # of IoU
    photo_sd: float = 0.8  # between groups, in logits; a third of it within
    size_sd: float = 0.8  # of the logarithm of a group's pixels
    unlike: tuple[float, ...] = ()  # spread over seeds of each candidate; () = `seed_sd` of all


def spread_of(
    world: World, trials: int, rng: np.random.Generator, candidates: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return intersection and union, (trials, candidates * seeds, groups) each.

    Candidates share photos, and what makes a photo hard; a run has its own luck on all photos, and on each group.
    """
    shape = (trials, 1, world.groups, world.burst)
    there = np.arange(world.burst) < rng.integers(1, world.burst + 1, shape[:3])[..., None]
    size = there * np.exp(rng.normal(0, world.size_sd, (*shape[:3], 1)) + rng.normal(0, world.size_sd / 3, shape))
    hard = rng.normal(0, world.photo_sd, (*shape[:3], 1)) + rng.normal(0, world.photo_sd / 3, shape)
    runs, per_logit = candidates * world.seeds, world.iou * (1 - world.iou)
    seed_sd = np.repeat(world.unlike or (world.seed_sd,) * candidates, world.seeds)[:, None, None] / per_logit
    luck = rng.normal(0, seed_sd, (trials, runs, 1, 1))
    own = rng.normal(0, seed_sd / 2 + 0.1 * world.photo_sd, (trials, runs, world.groups, 1))
    share = 1 / (1 + np.exp(-(np.log(world.iou / (1 - world.iou)) + hard + luck + own)))
    union = np.broadcast_to(size, share.shape)
    return (share * size).sum(axis=-1), union.sum(axis=-1)


def true_score(world: World) -> float:
    """Return the pooled IoU over very many groups and seeds."""
    many = dataclasses.replace(world, groups=400, seeds=20)
    intersection, union = spread_of(many, 60, np.random.default_rng(3))
    return float(intersection.sum() / union.sum())


def tables(world: World, trials: int, seed: int, candidates: int = 1) -> list[list[CountTable]]:
    """Return for each trial the table of each candidate."""
    counts = np.stack(spread_of(world, trials, np.random.default_rng(seed), candidates), axis=-1)
    runs = world.seeds
    return [[CountTable(NAMES, trial[c * runs : (c + 1) * runs]) for c in range(candidates)] for trial in counts]
