"""Groups of renders that are evaluated together: an asset, a recipe, a part of a range."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dataset.records import Sample

ASSET, RECIPE, RANGE = "asset", "recipe", "range"
PARTS = 3  # a range of numbers is split into so many parts of as many renders each


@dataclasses.dataclass(frozen=True)
class Group:
    """Renders that have one thing in common."""

    name: str  # the asset's id, the recipe, or the part of the range in words
    kind: str  # "asset", "recipe" or "range"
    ids: tuple[str, ...]  # of its samples, in the order they were given


@dataclasses.dataclass(frozen=True)
class GroupEstimate:
    """What is expected of one group, without training."""

    group: Group
    share: float  # of the renders, in (0, 1)
    help: float  # agreement of its renders less that of all others, in standard deviations of one render's
    ci95: tuple[float, float]  # holds for all groups at once

    @property
    def pull(self) -> float:
        """How far the mean agreement of all renders would fall without the group: comparable to training without it.

        With m the mean of the group, r that of the others and f the share, f m + (1 - f) r - r = f (m - r).
        """
        return self.share * self.help

    @property
    def certainty(self) -> float:
        """How many half widths of its interval the estimate is away from nothing; above 1 it is shown."""
        half = (self.ci95[1] - self.ci95[0]) / 2
        return abs(self.help) / half if half > 0 else 0.0


def groups_of(samples: Sequence[Sample]) -> list[Group]:
    """Return all groups of these renders: assets, then recipes, then ranges, each kind by name; none without samples.

    A render is in as many groups as it shows assets and draws ranges.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for sample in samples:
        found.setdefault((RECIPE, sample.source), []).append(sample.id)
        for asset in sample.assets:
            found.setdefault((ASSET, asset), []).append(sample.id)
    plain = [Group(name, kind, tuple(ids)) for (kind, name), ids in sorted(found.items())]
    ranges = sorted({name for sample in samples for name in sample.draws})
    return plain + [part for name in ranges for part in parts_of(name, samples)]


def parts_of(name: str, samples: Sequence[Sample]) -> list[Group]:
    """Return the parts of one range: a group a word, and thirds of the numbers; samples that lack it are left out."""
    drawn = [(sample.id, sample.draws[name]) for sample in samples if name in sample.draws]
    words = sorted({value for _, value in drawn if isinstance(value, str)})
    found = [Group(f"{name} = {word}", RANGE, tuple(i for i, value in drawn if value == word)) for word in words]
    return found + thirds(name, [(i, float(value)) for i, value in drawn if not isinstance(value, str)])


def thirds(name: str, drawn: Sequence[tuple[str, float]]) -> list[Group]:
    """Return the groups of the lowest, middle and highest third of the numbers, by rising number.

    Equal numbers stay together, so that there may be fewer parts; numbers that are all equal give one. A part's name
    says the lowest and the highest number in it.
    """
    values = np.array([value for _, value in drawn])
    if not values.size:
        return []
    inner = np.quantile(values, np.arange(1, PARTS) / PARTS)
    edges = [-np.inf, *np.unique(inner), np.inf]
    found = []
    for low, high in pairwise(edges):
        inside = [(i, value) for i, value in drawn if low < value <= high]
        if inside:
            least, most = min(value for _, value in inside), max(value for _, value in inside)
            found.append(Group(f"{name} {least:.3g} to {most:.3g}", RANGE, tuple(i for i, _ in inside)))
    return found


def evaluated(groups: Sequence[Group], ids: Sequence[str], least: int) -> tuple[list[Group], list[Group]]:
    """Return the groups that can be evaluated from the renders `ids`, and the others, both in the given order.

    A group is evaluated when `least` of these renders or more are in it, and as many are not. Of groups that hold the
    same renders the first is evaluated, since nothing could tell them apart.
    """
    seen = set(ids)
    fit: dict[frozenset[str], Group] = {}
    for group in groups:
        inside = seen.intersection(group.ids)
        if least <= len(inside) <= len(seen) - least:
            fit.setdefault(frozenset(inside), group)
    kept = set(fit.values())
    return list(fit.values()), [group for group in groups if group not in kept]
