"""A candidate: shares of the sources and the order in which they are seen; and a trial, one training of such a mix.

Both are plain values. A trial adds how many samples of each source, and the seed; what decides it names its folder.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dataset.records import REAL, RENDER, Sample
from dataset.subsets import item_of, nested
from measure.trials.pools import Pool, Pools
from pipeline.errors import InputError
from pipeline.settings import each_once
from train.plan import Phase

MIX, RENDERS_FIRST = "mix", "renders first"
SCHEDULES = (MIX, RENDERS_FIRST)
DIGITS = 4  # of a share in a name
PLAIN = {REAL, RENDER}  # with these alone the ratio says it all


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way to train. Shares of 0 are left out, the others stand in the order of their names."""

    weights: tuple[tuple[str, float], ...]  # source name -> share of what the network sees, sum 1
    schedule: str  # one of SCHEDULES
    ratio: float  # renders / (renders + real), from the domains of the sources

    def __post_init__(self) -> None:
        """Put the shares in order; raise ValueError for shares, a schedule or a ratio that cannot be."""
        object.__setattr__(self, "weights", tuple(sorted((name, share) for name, share in self.weights if share)))
        if len(dict(self.weights)) < len(self.weights) or any(share < 0 for _, share in self.weights):
            raise ValueError(f"weights are {self.weights}, wanted each source once and no share below 0")
        if abs(sum(share for _, share in self.weights) - 1) > 10**-DIGITS:
            raise ValueError(f"weights are {self.weights}, wanted a sum of 1")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule is {self.schedule!r}, wanted one of {', '.join(SCHEDULES)}")
        if not 0 <= self.ratio <= 1:
            raise ValueError(f"ratio is {self.ratio}, wanted 0 to 1")

    @property
    def name(self) -> str:
        """``0.8``, ``0.8 renders first``, or ``pseudo=0.3 real=0.2 render=0.5`` where there are further sources."""
        shares = dict(self.weights)
        words = " ".join(f"{source}={round(share, DIGITS)}" for source, share in self.weights)
        plain = str(round(float(self.ratio), DIGITS)) if shares.keys() <= PLAIN else words
        return plain if self.schedule == MIX else f"{plain} {self.schedule}"


def candidate(weights: Mapping[str, float], domains: Mapping[str, str], schedule: str = MIX) -> Candidate:
    """Return the candidate of shares over sources whose domains ("real" or "render") are given.

    The ratio is the sum of the shares of domain "render". Raises KeyError for a source without a domain, ValueError
    as `Candidate`.
    """
    return Candidate(tuple(weights.items()), schedule, ratio_of(weights.items(), domains))


def ratio_of(weights: Iterable[tuple[str, float]], domains: Mapping[str, str]) -> float:
    """Return renders / (renders + real) in what the network sees, both ends exactly."""
    return round(float(sum(share for source, share in weights if domains[source] == RENDER)), 9)


def distance(a: Candidate, b: Candidate) -> float:
    """Return how much of what the network sees differs, in [0, 1]; for two sources the difference of the ratios."""
    left, right = dict(a.weights), dict(b.weights)
    return sum(abs(left.get(name, 0.0) - right.get(name, 0.0)) for name in sorted(left.keys() | right.keys())) / 2


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Section `sweep` of params.yaml."""

    ratios: tuple[float, ...]  # renders / (renders + real) in what the network sees, each in [0, 1]
    seeds: tuple[int, ...]  # in the order in which they are used
    schedules: tuple[str, ...]  # "mix", "renders first" (half of the steps on renders alone)
    weights: tuple[dict[str, float], ...]  # further candidates: source -> share, for more than two sources

    def __post_init__(self) -> None:
        """Raise ValueError for an empty list, a value named twice, a ratio outside [0, 1] and an unknown schedule."""
        for name in ("ratios", "seeds", "schedules"):
            values = getattr(self, name)
            if not values:
                raise ValueError(f"{name} is empty, wanted one value or more")
            each_once(name, values)
        for ratio in self.ratios:
            if not 0 <= ratio <= 1:
                raise ValueError(f"ratios holds {ratio}, wanted numbers from 0 (real only) to 1 (renders only)")
        for schedule in self.schedules:
            if schedule not in SCHEDULES:
                raise ValueError(f"schedules holds {schedule!r}, wanted {' or '.join(SCHEDULES)}")


def real_only(pools: Pools) -> Candidate:
    """Return the candidate of real photos alone, each seen as often as any other."""
    return at_ratio(0.0, pools, MIX)


def at_ratio(ratio: float, pools: Pools, schedule: str) -> Candidate:
    """Return the candidate of a ratio, as `candidates` shares it out."""
    return candidate(weights_at(ratio, pools), pools.domains, schedule)


def candidates(sweep: Sweep, pools: Pools) -> tuple[Candidate, ...]:
    """Return every candidate once, ascending in ratio and name.

    A ratio shares each domain out among its sources by their size, so that every real photo counts as much as any
    other. At both ends of the ratio there is nothing to put first, so they come with the schedule "mix" alone. Raises
    InputError for a domain that is given weight and has no sample.
    """
    found = [
        at_ratio(ratio, pools, schedule)
        for ratio in sweep.ratios
        for schedule in (sweep.schedules if 0 < ratio < 1 else (MIX,))
    ]
    found += [weighted(weights, pools, schedule) for weights in sweep.weights for schedule in sweep.schedules]
    named = {each.name: each for each in found}
    return tuple(sorted(named.values(), key=lambda each: (each.ratio, each.name)))


def weights_at(ratio: float, pools: Pools) -> dict[str, float]:
    """Return the share of every source at a ratio, exactly as its decimal number says: 0.8 leaves 0.2."""
    found: dict[str, float] = {}
    renders = Fraction(str(ratio))
    for domain, share in ((REAL, 1 - renders), (RENDER, renders)):
        total = pools.count(domain)
        if share and not total:
            raise InputError(f"params.yaml: sweep.ratios holds {ratio:g}, but there is no {domain} sample; make some")
        sources = [source for source in pools.sources if source.domain == domain and source.samples]
        found |= {source.name: float(share * len(source.samples) / total) for source in sources if share}
    return found


def weighted(weights: dict[str, float], pools: Pools, schedule: str) -> Candidate:
    """Return the candidate of weights that a user wrote; raise InputError when they are none."""
    try:
        return candidate({pools.named(name).name: share for name, share in weights.items()}, pools.domains, schedule)
    except ValueError as error:
        raise InputError(f"params.yaml: sweep.weights: {error}") from error


FIRST = 0.5  # share of the steps that "renders first" gives to renders alone


@dataclasses.dataclass(frozen=True)
class Trial:
    """One training. Two trials that are equal, on the same samples and settings, have the same weights."""

    weights: tuple[tuple[str, float], ...]  # source -> share of what the network sees, above 0, summing to 1
    seed: int
    schedule: str = MIX
    n_real: int | None = None  # so many samples of every real source; None = all
    n_render: int | None = None  # so many of every source of renders
    draw: int | None = None  # which so many: the seed of a nested order of its own; None = the first of the source
    without: tuple[str, ...] = ()  # ids of samples left out, sorted
    fold: int | None = None  # whose photos are left out, of `Pools.folds`; None = trained on all


def trials_of(row: Mapping[str, Any], seeds: Iterable[int | str]) -> list[Trial]:
    """Return the trainings of a candidate as pick.json lists it, one a seed."""
    return [Trial(tuple(row["weights"].items()), int(seed), row["schedule"]) for seed in seeds]


@dataclasses.dataclass(frozen=True)
class SourceShare:
    """One source as a trial uses it."""

    pool: Pool
    weight: float
    samples: tuple[Sample, ...]


def shares_of(trial: Trial, pools: Pools) -> tuple[SourceShare, ...]:
    """Return the sources of a trial with their samples; raise InputError when one has weight and no sample."""
    found = []
    for name, weight in trial.weights:
        pool = pools.named(name)
        most = trial.n_real if pool.domain == REAL else trial.n_render
        left_out = set(trial.without)
        held = frozenset(pools.folds[trial.fold]) if trial.fold is not None else frozenset()
        samples = tuple(sample for sample in taken(pool, most, trial.draw, held) if sample.id not in left_out)
        if not samples:
            raise InputError(f"the source {name} has the weight {weight:g} and no sample: make some, or give it 0")
        found.append(SourceShare(pool, weight, samples))
    return tuple(found)


def taken(pool: Pool, most: int | None, draw: int | None, held: Collection[str] = ()) -> Sequence[Sample]:
    """Return so many samples of a source; with a draw the first of another varied order (`nested`), drawn by it.

    held: ids of a fold that is held out. Of `most` the same share is held out as of all, so that a training without a
    fold sees what somebody with so many labels would leave to train on; at least one.
    """
    samples = [sample for sample in pool.samples if sample.id not in held] if held else pool.samples
    if most is not None and held:
        most = max(1, round(most * len(samples) / len(pool.samples)))
    if most is None or draw is None:
        return samples[:most]
    named = {sample.id: sample for sample in samples}  # one that was drawn twice counts once
    return [named[name] for name in nested(map(item_of, named.values()), draw, pool.name)[:most]]


def phases_of(trial: Trial, pools: Pools) -> tuple[Phase, ...]:
    """Return the parts of the training. "renders first" without both domains is one part like any other mix."""
    weights = tuple(weight for _, weight in trial.weights)
    renders = [weight if pools.named(name).domain == RENDER else 0.0 for name, weight in trial.weights]
    if trial.schedule != RENDERS_FIRST or not 0 < sum(renders) < 1:
        return (Phase(weights, 1.0),)
    total = sum(renders)
    return Phase(tuple(weight / total for weight in renders), FIRST), Phase(weights, 1 - FIRST)


def head_of(trial: Trial, pools: Pools) -> dict[str, Any]:
    """Return what a scores file says of the run it scores."""
    shares = shares_of(trial, pools)
    sizes = {
        domain: sum(len(share.samples) for share in shares if share.pool.domain == domain) for domain in (REAL, RENDER)
    }
    return {
        "ratio": ratio_of(trial.weights, pools.domains),
        "seed": trial.seed,
        "n_real": sizes[REAL],
        "n_render": sizes[RENDER],
        "schedule": trial.schedule,
        "weights": dict(trial.weights),
    }
