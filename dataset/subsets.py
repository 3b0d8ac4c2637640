"""The nested order of a pool: its first k samples are the subset of size k, and each subset is as varied as it can be.

A sample's place follows from the seed, the pool's name and the samples themselves, never from the order they are
listed in. When samples come or go, those of other groups keep their order, but for the few that open the pool.
"""

import hashlib
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from dataset.records import Sample, SampleHead

Rank = Callable[..., bytes]  # of a few names


class Item(NamedTuple):
    """What decides a sample's place in its pool; a tuple, since it travels between processes a million times."""

    id: str
    group: str  # photos of one group are alike
    categories: tuple[str, ...]  # of its instances, each once, sorted; none for a photo of the background alone


def item_of(sample: Sample | SampleHead) -> Item:
    """Return the sample's item; without a group it is a group of its own."""
    categories = sorted({sys.intern(instance.category) for instance in sample.instances})  # one text for all samples
    group = sample.id if sample.group in {"", sample.id} else sys.intern(sample.group)
    return Item(sample.id, group, tuple(categories))


def ranks(seed: int, pool: str) -> Rank:
    """Return a function from names to the 32 bytes that rank them among others, drawn evenly for seed and pool.

    A digest in place of a generator from `rng_for`, which takes ten times as long to make for each of many samples.
    """
    return lambda *names: hashlib.sha256(repr((seed, "pool", pool, *names)).encode()).digest()


def nested(items: Iterable[Item], seed: int, pool: str) -> list[str]:
    """Return the ids of a pool in nested order; no items give an empty list. Ids must differ.

    First come as few samples as show every category, the rarest first (`opening`): k samples show all categories from
    k = their number on. Then groups take turns (`turns`): no group comes again before every other one was there.
    """
    rank = ranks(seed, pool)
    shuffled = sorted(items, key=lambda item: rank("sample", item.id))
    first = opening(shuffled)
    known = {item.id for item in first}
    rest = [item for item in shuffled if item.id not in known]
    return [item.id for item in first] + turns(rest, Counter(item.group for item in first), rank)


def opening(items: Sequence[Item]) -> list[Item]:
    """Return items that show every category there is, at most one a category, those of rare categories first.

    For each category that is not seen yet: the first item that shows it, from a group that was taken least.
    """
    showing = Counter(itertools.chain.from_iterable(item.categories for item in items))  # each at most once an item
    taken, seen, groups = list[Item](), set[str](), Counter[str]()
    for category in sorted(showing, key=lambda name: (showing[name], name)):
        if category not in seen:
            item = least_taken((item for item in items if category in item.categories), groups)
            taken.append(item)
            seen.update(item.categories)
            groups[item.group] += 1
    return taken


def least_taken(items: Iterable[Item], groups: Mapping[str, int]) -> Item:
    """Return the first of the items whose group was taken least; one whose group never was ends the search."""
    best: Item | None = None
    for item in items:
        if groups.get(item.group, 0) == 0:
            return item
        if best is None or groups[item.group] < groups[best.group]:
            best = item
    if best is None:
        raise ValueError("there is no item")
    return best


def turns(items: Iterable[Item], taken: Counter[str], rank: Rank) -> list[str]:
    """Return the ids, one of each group in turn: a round's order is drawn, and a group's own is the order of `items`.

    taken: how often a group had its turn already; it is counted on.
    """
    places = []
    for item in items:
        places.append((taken[item.group], rank("round", taken[item.group], item.group), item.id))
        taken[item.group] += 1
    return [name for _, _, name in sorted(places)]
