"""Further candidates near the promising ones, proposed by optuna on the simplex of the sources' shares."""

import functools
import itertools
import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from pipeline.seeds import seed_for
from train.race.belief import Belief
from train.race.candidate import Candidate, candidate
from train.race.records import Race

STEP = 0.05  # shares are proposed in whole steps: finer ones cannot be told apart, and names stay short
NOTHING_LEFT = (0.0, 0.5, 1.0)  # stand for any place
SCHEDULE = "schedule"


class Seen(NamedTuple):
    """What is believed of one candidate, as optuna takes it."""

    places: tuple[float, ...]  # as `places_of`
    schedule: str
    iou: float


def places_of(shares: Sequence[float]) -> list[tuple[float, ...]]:
    """Return K - 1 numbers in [0, 1] for K shares with sum 1: each the part broken off what the former ones left.

    The part is given as the quantile it has where shares are spread evenly over the simplex (Devroye 1986, chapter 5),
    so that no corner is favoured. `shares_of` undoes it. Where nothing is left the further numbers say nothing: then
    several places come back, `NOTHING_LEFT` of them, lest a search believe that some of these are new.
    """
    left = 1.0
    found: list[float] = []
    for k, share in enumerate(shares[:-1]):
        if left < STEP / 100:
            rest = len(shares) - 1 - k
            return [(*found, *[place] * rest) for place in NOTHING_LEFT]
        found.append(1 - (1 - min(max(share / left, 0.0), 1.0)) ** (len(shares) - 1 - k))
        left -= share
    return [tuple(found)]


def shares_of(places: Sequence[float]) -> tuple[float, ...]:
    """Return the K shares, with sum 1, of K - 1 places."""
    left, found = 1.0, []
    for k, place in enumerate(places):
        share = left * (1 - (1 - place) ** (1 / (len(places) - k)))
        found.append(share)
        left -= share
    return (*found, max(left, 0.0))


@functools.lru_cache(maxsize=8)
def in_steps(sources: int) -> tuple[tuple[float, ...], ...]:
    """Return all shares of so many sources in whole numbers of `STEP`, sum 1: 231 of three, 1771 of four sources."""
    total = round(1 / STEP)
    found = []
    for bars in itertools.combinations(range(total + sources - 1), sources - 1):  # stars and bars
        edges = (-1, *bars, total + sources - 1)
        found.append(tuple(round((b - a - 1) * STEP, 10) for a, b in itertools.pairwise(edges)))
    return tuple(found)


def space(sources: int, schedules: Sequence[str]) -> dict[str, BaseDistribution]:
    """Return what optuna searches: the places of the sources, and the schedule where there is a choice."""
    places: dict[str, BaseDistribution] = {f"place {k}": FloatDistribution(0, 1) for k in range(sources - 1)}
    return places | ({SCHEDULE: CategoricalDistribution(tuple(schedules))} if len(schedules) > 1 else {})


@functools.lru_cache(maxsize=1024)  # a race is played anew for every answer; the same question has the same answer
def ask(seen: tuple[Seen, ...], sources: int, schedules: tuple[str, ...]) -> tuple[tuple[float, ...], str]:
    """Return the shares and the schedule that a Gaussian process over `seen` finds most promising to try next.

    Expected improvement, by optuna's GPSampler. It is told everything anew each time, so it needs no memory.
    """
    searched = space(sources, schedules)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.GPSampler(seed=seed_for(1, "explore", len(seen)), n_startup_trials=1)
        study = optuna.create_study(direction="maximize", sampler=sampler)
    for each in seen:
        values = {f"place {k}": place for k, place in enumerate(each.places)} | {SCHEDULE: each.schedule}
        known = {name: values[name] for name in searched}
        study.add_trial(optuna.create_trial(params=known, distributions=searched, value=each.iou))
    found = study.ask(searched).params
    places = [float(found[f"place {k}"]) for k in range(sources - 1)]
    return shares_of(places), str(found.get(SCHEDULE, schedules[0]))


def seen_of(race: Race, candidates: Sequence[Candidate], belief: Belief) -> list[Seen]:
    """Return what optuna is told of the candidates whose schedule is searched, in their order."""
    iou = dict(zip(belief.names, belief.mean.tolist(), strict=True))
    return [
        Seen(places, each.schedule, round(iou[each.name], 6))
        for each in candidates
        if each.schedule in race.schedules
        for places in places_of([dict(each.weights).get(name, 0.0) for name in sorted(race.domains)])
    ]


def propose(race: Race, candidates: Sequence[Candidate], belief: Belief) -> list[Candidate]:
    """Return the next candidate to try, as a list of one; none if `race.explore` were proposed or all are there.

    It is the one nearest to what optuna asks for, in whole steps of `STEP`, that is not among the candidates.
    """
    if len(candidates) >= len(race.candidates) + race.explore or len(race.domains) < 2:
        return []
    sources, names = sorted(race.domains), {each.name for each in candidates}
    asked, schedule = ask(tuple(seen_of(race, candidates, belief)), len(sources), race.schedules)
    for shares in sorted(in_steps(len(sources)), key=lambda each: (math.dist(each, asked), each)):
        new = candidate(dict(zip(sources, shares, strict=True)), race.domains, schedule)
        if new.name not in names:
            return [new]
    return []
