"""The policy: which trainings are worth their steps next.

A race goes in rounds. A round uses the results that earlier rounds requested and nothing else, so the order in which
results come changes nothing, and a race that was killed requests the same again. More training brings no new photos:
which photos there are counts only in what may be said at the end (`measure.race.decision`).
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from measure.race.posterior import Posterior, posterior_of
from measure.race.records import Key, Race, Request, Result, cost, seconds_per_run, spent
from measure.trials.candidate import Candidate
from pipeline.errors import InputError

LEAST_PROBABILITY = 0.001  # that so many draws can tell from none
MIN_PROBABILITY = 0.05  # a candidate with less probability than this to beat the leader is stopped
WORTH_ASKING = 0.5  # what a candidate may bring, against the one that may bring most, to be asked in the same round
SLACK = 1e-9  # of a budget, for sums of shares


@dataclasses.dataclass(frozen=True)
class Stop:
    """Why a candidate was trained no further."""

    round: int  # counted from 1
    why: str


@dataclasses.dataclass(frozen=True)
class State:
    """A race after some whole rounds."""

    candidates: tuple[Candidate, ...]
    results: Mapping[Key, Result] = dataclasses.field(default_factory=dict)  # that were asked for
    stopped: Mapping[str, Stop] = dataclasses.field(default_factory=dict)
    round: int = 1
    why_stopped: str = ""  # of the race; empty while it goes on

    def next_step(self, each: Candidate, race: Race) -> Request | None:
        """Return the training of a candidate that comes next, None if its seeds are used up."""
        for seed in race.seeds:
            if Key(each.name, seed, 1.0) not in self.results:
                return Request(each, seed, 1.0)
        return None


def first_requests(race: Race, candidates: Sequence[Candidate]) -> list[Request]:
    """Return the first look at each candidate: the first seed up to the first rung."""
    return [Request(each, race.seeds[0], race.rung) for each in candidates]


def leader(posterior: Posterior, among: NDArray[np.bool_] | None = None) -> int:
    """Return the index of the highest expected score, of equal ones the first. among: (R,) bool; None = all."""
    return int(np.argmax(np.where(True if among is None else among, np.round(posterior.mean, 9), -np.inf)))


def stops(state: State, posterior: Posterior) -> dict[str, Stop]:
    """Return the candidates that this round stops: those with too small a probability to be better than the leader."""
    drawn, top = posterior.draws(), leader(posterior)
    probabilities = (drawn >= drawn[:, [top]]).mean(axis=0)
    return {
        name: Stop(
            state.round,
            f"expected {posterior.mean[top] - posterior.mean[i]:.3f} IoU behind {posterior.names[top]}, "
            f"with a probability of {max(probabilities[i], LEAST_PROBABILITY):.3f} or less to be chosen over it "
            "after more seeds",
        )
        for i, name in enumerate(posterior.names)
        if name not in state.stopped and probabilities[i] < MIN_PROBABILITY
    }


def wanted(race: Race, state: State, posterior: Posterior) -> tuple[list[Request], str]:
    """Return the requests of a round, the most urgent first, or none and the reason why there are none."""
    top, drawn = leader(posterior), posterior.draws()
    brings = np.maximum(drawn - drawn[:, [top]], 0).mean(axis=0)  # (R,) what choosing it instead would bring
    ahead = state.next_step(state.candidates[top], race)
    if ahead and Key(posterior.names[top], race.seeds[0], 1.0) not in state.results:
        brings[top] = np.inf  # who is chosen must have been trained to the end
    regret = float((drawn.max(axis=1) - drawn[:, top]).mean())
    if regret <= race.close and np.isfinite(brings[top]):
        return [], f"{posterior.names[top]} is best, or behind the best by less than {race.close:g} IoU on average"
    live = [i for i, name in enumerate(posterior.names) if name not in state.stopped]
    steps = {i: step for i in live if (step := state.next_step(state.candidates[i], race))}
    rivals = [i for i in steps if i != top]
    most = max((brings[i] for i in rivals), default=0.0)
    chosen = sorted((i for i in rivals if brings[i] >= WORTH_ASKING * most), key=lambda i: (-brings[i], i))
    requests = ([steps[top]] if top in steps else []) + [steps[i] for i in chosen]
    return requests, "" if requests else "the seeds are used up"


def affordable(race: Race, state: State, requests: Sequence[Request]) -> tuple[list[Request], str]:
    """Return the requests that the budget still pays for, in their order, and the words of the bound that cut them.

    The first is granted in any case while nothing was trained to the end: a race that cannot choose was for nothing.
    """
    bounds = race.budget.bounds(seconds_per_run(state.results))
    if not bounds:
        return list(requests), ""
    words = min(bounds, key=lambda name: (bounds[name], name))
    left = bounds[words] - spent(state.results) + SLACK
    kept: list[Request] = []
    chooses = any(key.share == 1 for key in state.results)
    for request in requests:
        price = cost(request, state.results)
        if price <= left or not (kept or chooses):
            kept.append(request)
            left -= price
    return kept, "" if len(kept) == len(requests) else f"the budget of {words} is spent"


def check_start(race: Race, results: Mapping[Key, Result]) -> None:
    """Raise InputError if the budget does not pay for a first look at all and one training to the end."""
    least = len(race.candidates) * race.rung + 1 - race.rung
    for words, bound in sorted(race.budget.bounds(seconds_per_run(results)).items()):
        if bound + SLACK < least:
            raise InputError(
                f"params.yaml: the budget of {words} pays for {bound:.3g} trainings, wanted {least:g} or more, a first "
                f"look at {len(race.candidates)} candidates and one of them to the end: raise it or name fewer ratios"
            )


def opening(race: Race, state: State) -> list[Request]:
    """Return the requests of the first rounds: one where time counts, to time it, then the rest."""
    if len(state.results) <= 1:  # later the first looks are paid already
        check_start(race, state.results)
    requests = [request for request in first_requests(race, race.candidates) if request.key not in state.results]
    return requests[:1] if race.budget.timed and not state.results else requests


def evaluated(race: Race, state: State) -> tuple[State, list[Request]]:
    """Return the state with this round's verdicts, and its requests; without any the state says why the race ended."""
    posterior = posterior_of(state.candidates, state.results)
    state = dataclasses.replace(state, stopped={**state.stopped, **stops(state, posterior)})
    requests, why = wanted(race, state, posterior)
    paid, bound = affordable(race, state, requests)
    return (state if paid else dataclasses.replace(state, why_stopped=why or bound)), paid


def play(race: Race) -> tuple[State, list[Request]]:
    """Return the race after the rounds whose results are all there, and what the round at hand still waits for."""
    state = State(race.candidates)
    while True:
        requests = opening(race, state)
        if not requests:
            state, requests = evaluated(race, state)
        missing = [request for request in requests if request.key not in race.results]
        if missing or not requests:
            return state, missing
        done = {**state.results, **{request.key: race.results[request.key] for request in requests}}
        state = dataclasses.replace(state, results=done, round=state.round + 1)


def next_requests(race: Race) -> list[Request]:
    """Return the trainings to do next, which may run side by side; none when the race is over.

    The same results give the same requests; while some of a round are missing, those. Raises InputError for a budget
    that does not pay for a start.
    """
    return play(race)[1]
