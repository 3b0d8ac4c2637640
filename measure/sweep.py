"""What `tune` chooses among: the candidates, and the seeds there are for each."""

import dataclasses
from fractions import Fraction

from dataset.records import REAL, RENDER
from measure.trials.candidate import MIX, SCHEDULES, Candidate, candidate
from measure.trials.pools import Pools
from pipeline.errors import InputError


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
            if len(set(values)) < len(values):
                raise ValueError(f"{name} is {list(values)}, wanted each value once")
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
    """Return every candidate once, by rising ratio and name.

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
