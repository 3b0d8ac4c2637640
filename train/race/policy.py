"""The policy: which trainings are worth their steps next.

A race goes in rounds. A round looks at what the rounds before it asked for and at nothing else, so results decide and
not the order in which they come, and a race that was killed asks for the same again. Photos are given, training more
brings no new ones: so they have no part here, only in what may be said at the end (`train.race.decision`).
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.errors import InputError
from train.race.belief import Array, Belief, believe
from train.race.candidate import Candidate
from train.race.explore import propose
from train.race.records import Ask, Key, Race, Result, cost, favours, seconds_per_run, spent

LEAST_CHANCE = 0.001  # that so many draws can tell from none
CHANCE = 0.05  # a candidate with less chance than this to beat the leader is stopped
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

    def next_step(self, each: Candidate, race: Race) -> Ask | None:
        """Return the training of a candidate that comes next, None if its seeds are used up."""
        for seed in race.seeds:
            if Key(each.name, seed, 1.0) not in self.results:
                return Ask(each, seed, 1.0)
        return None


def first_asks(race: Race, candidates: Sequence[Candidate]) -> list[Ask]:
    """Return the first look at each candidate: the first seed up to the first rung."""
    return [Ask(each, race.seeds[0], race.rung) for each in candidates]


def leader(belief: Belief, favour: Array) -> int:
    """Return the index of the highest expected score, favour (R,) included; of equal ones the first."""
    return int(np.argmax(np.round(belief.mean + favour, 9)))


def stops(state: State, belief: Belief, favour: Array) -> dict[str, Stop]:
    """Return the candidates that this round stops: those with too small a chance to be better than the leader."""
    drawn, top = belief.draws() + favour, leader(belief, favour)
    chances = (drawn >= drawn[:, [top]]).mean(axis=0)
    return {
        name: Stop(
            state.round,
            f"expected {belief.mean[top] - belief.mean[i]:.3f} IoU behind {belief.names[top]}, with a chance of "
            f"{max(chances[i], LEAST_CHANCE):.3f} or less to be chosen over it after more seeds",
        )
        for i, name in enumerate(belief.names)
        if name not in state.stopped and chances[i] < CHANCE
    }


def wanted(race: Race, state: State, belief: Belief, favour: Array) -> tuple[list[Ask], str]:
    """Return the asks of a round, the most urgent first, or none and the reason why there is nothing left to ask."""
    top, drawn = leader(belief, favour), belief.draws() + favour
    brings = np.maximum(drawn - drawn[:, [top]], 0).mean(axis=0)  # (R,) what choosing it instead would bring
    ahead = state.next_step(state.candidates[top], race)
    if ahead and Key(belief.names[top], race.seeds[0], 1.0) not in state.results:
        brings[top] = np.inf  # who is chosen must have been trained to the end
    regret = float((drawn.max(axis=1) - drawn[:, top]).mean())
    if regret <= race.close and np.isfinite(brings[top]):
        return [], f"{belief.names[top]} is best, or behind the best by less than {race.close:g} IoU on average"
    live = [i for i, name in enumerate(belief.names) if name not in state.stopped]
    steps = {i: step for i in live if (step := state.next_step(state.candidates[i], race))}
    rivals = [i for i in steps if i != top]
    most = max((brings[i] for i in rivals), default=0.0)
    chosen = sorted((i for i in rivals if brings[i] >= WORTH_ASKING * most), key=lambda i: (-brings[i], i))
    asks = ([steps[top]] if top in steps else []) + [steps[i] for i in chosen]
    return asks, "" if asks else "the seeds are used up"


def affordable(race: Race, state: State, asks: Sequence[Ask]) -> tuple[list[Ask], str]:
    """Return the asks that the budget still pays for, in their order, and the words of the bound that cut them.

    The first is granted in any case while nothing was trained to the end: a race that cannot choose was for nothing.
    """
    bounds = race.budget.bounds(seconds_per_run(state.results))
    if not bounds:
        return list(asks), ""
    words = min(bounds, key=lambda name: (bounds[name], name))
    left = bounds[words] - spent(state.results) + SLACK
    kept: list[Ask] = []
    chooses = any(key.share == 1 for key in state.results)
    for ask in asks:
        price = cost(ask, state.results)
        if price <= left or not (kept or chooses):
            kept.append(ask)
            left -= price
    return kept, "" if len(kept) == len(asks) else f"the budget of {words} is spent"


def check_start(race: Race, results: Mapping[Key, Result]) -> None:
    """Raise InputError if the budget does not pay for a first look at all and one training to the end."""
    least = len(race.candidates) * race.rung + 1 - race.rung
    for words, bound in sorted(race.budget.bounds(seconds_per_run(results)).items()):
        if bound + SLACK < least:
            raise InputError(
                f"params.yaml: the budget of {words} pays for {bound:.3g} trainings, wanted {least:g} or more, a first "
                f"look at {len(race.candidates)} candidates and one of them to the end: raise it or name fewer ratios"
            )


def opening(race: Race, state: State) -> list[Ask]:
    """Return the asks of the first rounds: one to see how long a training takes where time counts, then all others."""
    if len(state.results) <= 1:  # later the first looks are paid already
        check_start(race, state.results)
    asks = [ask for ask in first_asks(race, race.candidates) if ask.key not in state.results]
    return asks[:1] if race.budget.timed and not state.results else asks


def judged(race: Race, state: State) -> tuple[State, list[Ask]]:
    """Return the state with this round's verdicts, and its asks; without asks the state says why the race ended."""
    belief, favour = believe(state.candidates, state.results), favours(race, state.candidates)
    state = dataclasses.replace(state, stopped={**state.stopped, **stops(state, belief, favour)})
    asks, why = wanted(race, state, belief, favour)
    new = first_asks(race, propose(race, state.candidates, belief))
    paid, bound = affordable(race, state, asks + new)
    if not paid:
        return dataclasses.replace(state, why_stopped=why or bound), []
    joined = tuple(ask.candidate for ask in new if ask in paid)
    return dataclasses.replace(state, candidates=(*state.candidates, *joined)), paid


def play(race: Race) -> tuple[State, list[Ask]]:
    """Return the race after the rounds whose results are all there, and what the round at hand still waits for."""
    state = State(race.candidates)
    while True:
        asks = opening(race, state)
        if not asks:
            state, asks = judged(race, state)
        missing = [ask for ask in asks if ask.key not in race.results]
        if missing or not asks:
            return state, missing
        done = {**state.results, **{ask.key: race.results[ask.key] for ask in asks}}
        state = dataclasses.replace(state, results=done, round=state.round + 1)


def next_asks(race: Race) -> list[Ask]:
    """Return the trainings to do next, which may run side by side; none when the race is over.

    The same results give the same asks, and while some of a round are missing the answer is those. Raises InputError
    for a budget that does not pay for a start.
    """
    return play(race)[1]
