"""Training without a group: which trials that takes, and what their scores say."""

import dataclasses
from collections.abc import Mapping, Sequence

from dataset.records import RENDER
from measure.attribution.estimate import GroupEstimate
from measure.attribution.groups import Group
from measure.scoring.differences import compare
from measure.scoring.records import Scores
from measure.trials.pools import Pools
from measure.trials.trial import Trial


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
    photo, and all these trainings together say how much seeds differ. Errors as `compare`.
    """
    evaluated = [group for group in groups if group in lacking]
    peers = [lacking[group] for group in evaluated]
    found = [compare(full, lacking[group], resamples, peers) for group in evaluated]
    each = [by_seed(full, lacking[group]) for group in evaluated]
    return [
        MeasuredHelp(group, item.iou, item.ci95, some) for group, item, some in zip(evaluated, found, each, strict=True)
    ]


def by_seed(full: Sequence[Scores], lacking: Sequence[Scores]) -> tuple[float, ...]:
    """Return the IoU with a group less that without it for each seed that both were trained with, by rising seed."""
    other = {run.seed: run.iou for run in lacking}
    return tuple(run.iou - other[run.seed] for run in sorted(full, key=lambda run: run.seed) if run.seed in other)
