"""A candidate: what may be chosen, shares of the sources and the order in which they are seen."""

import dataclasses
from collections.abc import Iterable, Mapping

from dataset.records import REAL, RENDER

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
