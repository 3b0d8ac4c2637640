"""The setting `compose.draw`: in which way a pool's samples are drawn, and by which column of them."""

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from dataset.records import Sample
from dataset.subsets import item_of, ranks
from mix.sampling import Chance, in_proportion, inverses, priorities, reservoir, shuffled, weighted, with_replacement
from pipeline.errors import InputError, shown
from pipeline.seeds import rng_for

WAYS = {"random": False, "stratified": True, "weighted": True, "importance": True, "quota": True, "reservoir": False}
LEAST, MOST = 1e-15, 1e15  # of a weight above 0, so that no sum of them is infinite
CATEGORY = "category"  # of a sample: the one of its categories that the fewest samples of the pool show


@dataclasses.dataclass(frozen=True)
class Draw:
    """How the samples of one pool are drawn. In every way the first k of them are such a sample of size k."""

    how: str  # one of WAYS, which says whether it wants a column
    by: str = ""  # the column: a tag, a range that was drawn for renders, "category", "source" or "group"
    size: int | None = None  # so many are drawn; null = as many as there are
    quota: dict[str, int] = dataclasses.field(default_factory=dict)  # value of the column -> so many of it
    replace: bool = False  # what was drawn may be drawn again

    def __post_init__(self) -> None:
        """Raise ValueError for settings that do not go together."""
        if self.how not in WAYS:
            raise ValueError(f"how is {self.how!r}, wanted one of {', '.join(WAYS)}")
        if WAYS[self.how] != bool(self.by):
            wanted = "the name of a column" if WAYS[self.how] else "none"
            raise ValueError(f"by is {self.by!r}, wanted {wanted} for how: {self.how}")
        if (self.how == "quota") != bool(self.quota) or min(self.quota.values(), default=1) < 1:
            raise ValueError(f"quota is {self.quota}, wanted a whole number above 0 a value for how: quota, else none")
        if (self.size is not None and self.size < 1) or (self.quota and self.size):
            raise ValueError(f"size is {self.size}, wanted at least 1, or null; with a quota null")
        if self.how == "reservoir" and (self.size is None or self.replace):
            raise ValueError(f"size is {self.size} and replace {self.replace}, wanted a number and false for reservoir")


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What was drawn of a pool."""

    ids: list[str]  # in the order in which they were drawn
    inverse: list[float] = dataclasses.field(default_factory=list)  # drawn by importance: 1 / p of each, else none
    never: int = 0  # samples of weight 0


@dataclasses.dataclass(frozen=True)
class Urn:
    """What is drawn from, and whose chance it is."""

    pool: str
    manifest: Path
    seed: int

    @property
    def setting(self) -> str:
        """What the pool's way of drawing is called in a message."""
        return f"compose.draw.{self.pool}"

    @property
    def chance(self) -> Chance:
        """Return a function from ids to numbers in (0, 1)."""
        rank = ranks(self.seed, self.pool)
        return lambda name: ((int.from_bytes(rank("draw", name)[:8], "big") >> 12) + 0.5) / 2**52

    def rng(self, *names: str) -> np.random.Generator:
        """Return the generator of the draws that belong to no single id."""
        return rng_for(self.seed, "draw", self.pool, *names)


def draw(samples: Iterable[Sample], rule: Draw, urn: Urn, most: int | None = None) -> Drawn:
    """Return what is drawn of samples, which are read once; no more than `most`.

    A reservoir alone depends on the order of the samples. Raises InputError for a sample without the column, for a
    column that is no weight, and when more are asked for than there are.
    """
    if rule.how == "reservoir":
        kept = reservoir((sample.id for sample in samples), rule.size or 0, urn.rng())
        return Drawn(enough(kept, rule.size, urn)[:most])
    column = column_of(samples, rule.by, urn)
    if rule.how in {"weighted", "importance"}:
        return by_weight(column, rule, urn, most)
    return Drawn(enough(by_stratum(column, rule, urn), rule.size, urn)[:most])


def enough(order: list[str], size: int | None, urn: Urn) -> list[str]:
    """Return the first `size` ids of an order, all for None; raise InputError when there are fewer."""
    if size and size > len(order):
        raise InputError(f"params.yaml: {urn.setting}.size asks for {size}, only {len(order)} can be drawn; lower it")
    return order[:size]


def column_of(samples: Iterable[Sample], by: str, urn: Urn) -> dict[str, str]:
    """Return id -> text of a column, "" for all where none is named; raise InputError for a sample without it."""
    if by == CATEGORY:
        return rarest({sample.id: item_of(sample).categories for sample in samples})
    return {sample.id: value_of(sample, by, urn) for sample in samples}


def value_of(sample: Sample, by: str, urn: Urn) -> str:
    """Return the text of a sample's column."""
    own = {"": "", "source": sample.source, "group": sample.group}
    for table in (own, sample.tags, sample.draws):
        if by in table:
            return str(table[by])
    known = ", ".join(sorted({*sample.tags, *sample.draws})) or "none"
    raise InputError(
        f"{urn.manifest}: the sample {sample.id} has no tag {shown(by)}, by which {urn.setting} draws, wanted one in "
        f"each; it has: {known}"
    )


def rarest(categories: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return id -> the one of its categories that the fewest ids have, by name at a tie; "" for an id without any."""
    counts = Counter(name for names in categories.values() for name in names)
    return {key: min(names, key=lambda name: (counts[name], name), default="") for key, names in categories.items()}


def by_stratum(column: Mapping[str, str], rule: Draw, urn: Urn) -> list[str]:
    """Return ids drawn evenly within each value of a column, the values in proportion to their counts or quotas."""
    strata = defaultdict[str, list[str]](list)
    for name in shuffled(column, urn.chance):
        strata[column[name]].append(name)
    sizes = quotas(rule, strata, urn) if rule.quota else {value: len(ids) for value, ids in strata.items()}
    if rule.replace:
        rounds = -(-(rule.size or 1) // len(column))  # so that there are `size` of them in the same proportions
        drawn = {value: with_replacement(strata[value], rounds * size, urn.rng(value)) for value, size in sizes.items()}
    else:
        drawn = {value: strata[value][:size] for value, size in sizes.items()}
    names = sorted(drawn)
    return in_proportion([drawn[names[at]] for at in urn.rng().permutation(len(names)).tolist()])


def quotas(rule: Draw, strata: Mapping[str, list[str]], urn: Urn) -> dict[str, int]:
    """Return the quota of each value; raise InputError for one that asks for more than there are."""
    for value, wanted in rule.quota.items():
        there = len(strata.get(value, ()))
        if not there or (wanted > there and not rule.replace):
            known = ", ".join(f"{name or 'nothing'} {len(strata[name])}" for name in sorted(strata))
            raise InputError(
                f"params.yaml: {urn.setting}.quota asks for {wanted} of {shown(value)}, there are: {known}; lower it"
            )
    return rule.quota


def by_weight(column: Mapping[str, str], rule: Draw, urn: Urn, most: int | None) -> Drawn:
    """Return ids drawn by the numbers of a column."""
    weights = {name: weight_of(name, text, rule, urn) for name, text in column.items()}
    never = sum(weight == 0 for weight in weights.values())
    if never == len(weights):
        raise InputError(f"{urn.manifest}: every {rule.by} is 0, wanted a weight above 0 for a sample at least")
    if rule.replace:
        return again_by_weight(weights, rule, urn, most)
    ranked = priorities(weights, urn.chance) if rule.how == "importance" else {}
    order = enough(list(ranked) or weighted(weights, urn.chance), rule.size, urn)[:most]
    return Drawn(order, inverses(weights, ranked, len(order)) if ranked else [], never)


def again_by_weight(weights: Mapping[str, float], rule: Draw, urn: Urn, most: int | None) -> Drawn:
    """Return independent draws in proportion to the weights.

    By importance, the sum of y W / (n w) over the n draws estimates the sum of y over all ids of weight above 0, with W
    the sum of the weights (Hansen and Hurwitz 1943).
    """
    names = sorted(weights)
    order = with_replacement(names, rule.size or len(names), urn.rng(), [weights[name] for name in names])[:most]
    total = math.fsum(weights.values())
    inverse = [total / (len(order) * weights[name]) for name in order] if rule.how == "importance" else []
    return Drawn(order, inverse, sum(weight == 0 for weight in weights.values()))


def weight_of(name: str, text: str, rule: Draw, urn: Urn) -> float:
    """Return a column's text as a weight; raise InputError when it is none."""
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if weight != 0 and not LEAST <= weight <= MOST:
        wanted = f"a weight: 0, or {LEAST:g} to {MOST:g}"
        raise InputError(f"{urn.manifest}: {rule.by} of the sample {name} is {shown(text)}, wanted {wanted}")
    return weight
