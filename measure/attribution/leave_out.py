"""Training without a group: which trials that takes, what they show, and whether the estimate ranks as they do."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from dataset.records import RENDER, Sample
from measure.attribution.groups import Group, GroupEstimate
from measure.scoring.differences import compare
from measure.scoring.records import Scores
from measure.trials.candidate import Trial
from measure.trials.pools import Pools
from pipeline.seeds import rng_for


@dataclasses.dataclass(frozen=True)
class MeasuredHelp:
    """What a group is worth, by training with it and without it."""

    group: Group
    help: float  # IoU on val with the group less that without it
    ci95: tuple[float, float]
    each: tuple[float, ...] = ()  # the same of every seed, in their order


def to_leave_out(found: Sequence[GroupEstimate], count: int) -> list[Group]:
    """Return the `count` groups whose estimate is surest, for better or worse, the surest first; at a tie by name."""
    ordered = sorted(found, key=lambda item: (-item.certainty, item.group.kind, item.group.name))
    return [item.group for item in ordered[:count]]


Place = tuple[Path, Sample]  # the folder of a sample's manifest, and the sample


def renders_of(sources: Iterable[str], pools: Pools) -> list[Place]:
    """Return the renders that a mix trains on, source by source; sources: names, in the order of its weights."""
    named = [pools.named(name) for name in sources]
    return [(pool.folder, sample) for pool in named if pool.domain == RENDER for sample in pool.samples]


def without(trial: Trial, group: Group, pools: Pools) -> Trial | None:
    """Return the trial that trains on the same, but for a group's renders; None if no render would be left.

    The network sees as many renders as before. A source that would be left empty gives its weight to the other
    sources of renders, in proportion.
    """
    gone = set(group.ids) | set(trial.without)
    kept = {name: weight for name, weight in trial.weights if is_left(name, gone, trial, pools)}
    lost = sum(weight for name, weight in trial.weights if name not in kept)
    renders = sum(weight for name, weight in kept.items() if pools.named(name).domain == RENDER)
    if renders <= 0:
        return None
    factor = {name: (renders + lost) / renders if pools.named(name).domain == RENDER else 1.0 for name in kept}
    weights = tuple((name, weight * factor[name]) for name, weight in kept.items())
    return dataclasses.replace(trial, weights=weights, without=tuple(sorted(gone)))


def is_left(name: str, gone: set[str], trial: Trial, pools: Pools) -> bool:
    """Return whether a source of the trial keeps a sample."""
    pool = pools.named(name)
    most = trial.n_render if pool.domain == RENDER else trial.n_real
    return any(sample.id not in gone for sample in pool.samples[:most])


def measure(
    full: Sequence[Scores], groups: Sequence[Group], lacking: Mapping[Group, Sequence[Scores]], resamples: int
) -> list[MeasuredHelp]:
    """Return what each group is worth, in the given order; groups that `lacking` does not hold are left out.

    full: val scores of the mix, a seed each. lacking: group -> scores of the mix without it. The interval is paired by
    photo. Errors as `compare`.
    """
    evaluated = [group for group in groups if group in lacking]
    found = [compare(full, lacking[group], resamples) for group in evaluated]
    each = [by_seed(full, lacking[group]) for group in evaluated]
    return [
        MeasuredHelp(group, item.iou, item.ci95, some) for group, item, some in zip(evaluated, found, each, strict=True)
    ]


def by_seed(full: Sequence[Scores], lacking: Sequence[Scores]) -> tuple[float, ...]:
    """Return the IoU with a group less that without it for each seed that both were trained with, by rising seed."""
    other = {run.seed: run.iou for run in lacking}
    return tuple(run.iou - other[run.seed] for run in sorted(full, key=lambda run: run.seed) if run.seed in other)


SEED = 1  # not a setting: nobody should be able to choose an interval
FEWEST = 4  # groups: three can be put in order by chance once in six times
LEVEL = (2.5, 97.5)
ALIKE = 0.5  # rank correlation below which trainings are said to disagree

Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How alike two orders of the same groups are."""

    spearman: float  # -1 = reversed, 0 = nothing in common, 1 = the same
    ci95: tuple[float, float]  # over groups
    groups: int


def rank_agreement(expected: Sequence[float], measured: Sequence[float], resamples: int) -> Agreement | None:
    """Return Spearman's rank correlation of two lists of one length; None for fewer than `FEWEST`, or without order.

    The interval is a percentile bootstrap over groups; redrawings in which a list is constant say nothing and are
    passed over. Raises ValueError if the lengths differ.
    """
    if len(expected) != len(measured):
        raise ValueError(f"{len(expected)} estimates for {len(measured)} measurements")
    first, second = np.asarray(expected, float), np.asarray(measured, float)
    if len(first) < FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    rng = rng_for(SEED, "attribution", "check")
    drawn = rng.integers(len(first), size=(resamples, len(first)))
    again = [rank_correlation(first[row], second[row]) for row in drawn]
    known = [value for value in again if np.isfinite(value)]
    lo, hi = np.percentile(known, LEVEL) if known else (-1.0, 1.0)
    return Agreement(rank_correlation(first, second), (float(lo), float(hi)), len(first))


def rank_correlation(first: Array, second: Array) -> float:
    """Return Spearman's rho of two (K,) lists; nan when one is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(spearmanr(first, second).statistic)


def steadiness(each: Sequence[Sequence[float]]) -> float | None:
    """Return how alike seeds rank the groups: the mean of Spearman's rho over pairs of seeds, None if it has none.

    each: (K, S), what every group is worth by the trainings of every seed. No estimate can be expected to rank groups
    as training does where training itself ranks them by chance. None too for fewer than `FEWEST` groups, or if groups
    were trained with different numbers of seeds.
    """
    if len(each) < FEWEST or len({len(row) for row in each}) > 1:
        return None
    pairs = [rank_correlation(a, b) for a, b in combinations(np.asarray(each, float).T, 2)]
    known = [value for value in pairs if np.isfinite(value)]
    return float(np.mean(known)) if known else None


def sentence(check: Agreement | None, steady: float | None, trained: int) -> str | None:
    """Return what the check says, in words; None when no group was left out of a training."""
    if not trained:
        return None
    if check is None:
        return f"Training without {trained} of the groups is too little to say whether the estimate ranks them right."
    lo, hi = check.ci95
    verdict = (
        "the estimate ranks as training does" if lo > 0 else "that the estimate ranks as training does is not shown"
    )
    text = (
        f"Over the {check.groups} groups that were left out of a training, {verdict} "
        f"(Spearman {check.spearman:+.2f}, {lo:+.2f} to {hi:+.2f})."
    )
    return text if steady is None or lo > 0 else f"{text} {of_seeds(steady)}"


def of_seeds(steady: float) -> str:
    """Return what the steadiness of trainings says of a check that shows nothing."""
    if steady >= ALIKE:
        return f"Trainings with different seeds do rank them alike ({steady:+.2f}), so the estimate is to be doubted."
    return (
        f"But trainings with different seeds do not rank them alike either ({steady:+.2f}): these groups do too little "
        f"for any order of them to be seen."
    )
