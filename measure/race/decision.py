"""The end of a race: which candidate is best, how sure that is, which others are as good, and what it cost."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from measure.race.policy import State, Stop, leader, play
from measure.race.posterior import DRAWS, Posterior, posterior_of
from measure.race.records import Key, Race, Result, spent
from measure.scoring.intervals import mean_of_seeds, membership, share
from measure.trials.candidate import Candidate
from pipeline.seeds import rng_for

LEVEL = (2.5, 97.5)  # percentiles of a 95 % interval

Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Ranking:
    """One candidate at the end of a race."""

    candidate: Candidate
    share: float  # of its steps, the furthest it was trained
    ious: dict[int, float]  # seed -> IoU at that share; fewer seeds where the race stopped earlier
    iou: float  # expected at the end of training, over seeds
    ci95: tuple[float, float]  # of `iou`, over photos and seeds, within [0, 1]
    p_best: float  # probability to be the best of all, over photos and seeds
    as_good: bool  # not shown to be worse than the chosen one, on the same photos
    stopped: Stop | None


@dataclasses.dataclass(frozen=True)
class Decision:
    """What a race came to."""

    best: str  # name of the chosen candidate
    front: str  # name of the one with the highest expected score
    rankings: tuple[Ranking, ...]  # ascending in ratio, then name
    spent: float  # in whole trainings
    full_grid: float  # what all candidates with all seeds would have cost
    trials: int  # trainings begun
    why_stopped: str  # one line

    @property
    def chosen(self) -> Ranking:
        """The best candidate's ranking."""
        return next(each for each in self.rankings if each.candidate.name == self.best)

    @property
    def why_not_the_front(self) -> list[str]:
        """Return in a sentence why a candidate is chosen that is not expected to score highest; none where it is."""
        if self.front == self.best:
            return []
        ahead = next(each.iou for each in self.rankings if each.candidate.name == self.front) - self.chosen.iou
        return [
            f"{self.front} is expected {ahead:.3f} ahead, which is less than one standard error: "
            "of mixes that cannot be told apart, the one with the fewest renders is chosen."
        ]

    @property
    def words(self) -> list[str]:
        """The decision in plain sentences."""
        top = self.chosen
        others = [each.candidate.name for each in self.rankings if each.as_good and each is not top]
        lines = [
            f"{self.best} is chosen: IoU {top.iou:.3f} (95 % interval {top.ci95[0]:.3f} to {top.ci95[1]:.3f}), "
            f"best of all with probability {top.p_best:.2f}.",
            *self.why_not_the_front,
            f"Not shown to be worse: {', '.join(others)}." if others else "All others are shown to be worse.",
            f"The race cost {self.spent:g} of the {self.full_grid:g} trainings of the full grid; "
            f"it ended because {self.why_stopped}.",
        ]
        stops = [(each.candidate.name, each.stopped) for each in self.rankings if each.stopped]
        return lines + [f"{name} was stopped in round {stop.round}: {stop.why}." for name, stop in stops]


def latest(results: Mapping[Key, Result], name: str) -> dict[int, Result]:
    """Return seed -> result of a candidate at the furthest share that any of its seeds reached."""
    furthest = max(key.share for key in results if key.name == name)
    return {key.seed: results[key] for key in sorted(results) if (key.name, key.share) == (name, furthest)}


def pooled(counts: Sequence[Result], drawn: Array, member: Array) -> Array:
    """Return (DRAWS,) the mean over results of their score pooled over redrawn groups of photos."""
    hits = np.stack([np.atleast_2d(each.intersection) for each in counts]) @ member @ drawn.T  # (S, K, DRAWS)
    union = np.stack([np.atleast_2d(each.union) for each in counts]) @ member @ drawn.T
    each = mean_of_seeds(np.moveaxis(share(hits, union), 1, -1))  # (S, DRAWS)
    return np.asarray(np.nan_to_num(each, nan=1.0).mean(axis=0))


def photo_noise(state: State) -> Array:
    """Return (DRAWS, R) by how much each candidate's IoU moves when groups of photos are drawn anew, the same for all.

    Widened by sqrt(G / (G - 1)) for G groups, since a bootstrap of few is too narrow (Davison and Hinkley 1997,
    section 2.3). One group alone says nothing of its spread, which is then left out.
    """
    any_result = next(iter(state.results.values()))
    member = membership(any_result.groups)
    groups = member.shape[1]
    even = np.full(groups, 1 / groups)
    drawn = rng_for(1, "race", "photos").multinomial(groups, even, size=DRAWS).astype(float)  # (DRAWS, G)
    columns = [pooled(list(latest(state.results, each.name).values()), drawn, member) for each in state.candidates]
    moved = np.stack(columns, axis=1)
    return np.asarray((moved - moved.mean(axis=0)) * np.sqrt(groups / max(groups - 1, 1)))


def front_of(state: State, posterior: Posterior) -> int:
    """Return the index of the highest expected score among candidates trained to the end; ValueError without any."""
    done = trained_to_the_end(state, posterior.names)
    if not done.any():
        raise ValueError("no candidate was trained to the end yet: go on with next_requests")
    return leader(posterior, done)


def trained_to_the_end(state: State, names: Sequence[str]) -> NDArray[np.bool_]:
    """Return (R,) whether a seed of each candidate was."""
    return np.array([any(key.name == name and key.share == 1 for key in state.results) for name in names])


def one_standard_error(state: State, posterior: Posterior, drawn: Array, front: int) -> int:
    """Return the index of the chosen candidate: `front`, or a mix with fewer renders that cannot be told from it.

    The rule of one standard error (Breiman et al. 1984, section 3.4.3): of what lies within one standard error of the
    best take the simplest, here the mix that leans least on renders. It speaks of mixes alone: real only and renders
    only are chosen where they lead, and nowhere else. drawn: (DRAWS, R) scores over photos and seeds.
    """
    behind = posterior.mean[front] - posterior.mean
    near = behind <= (drawn - drawn[:, [front]]).std(axis=0)
    done = trained_to_the_end(state, posterior.names)
    ratios = [each.ratio for each in state.candidates]
    mixes = [i for i in range(len(ratios)) if done[i] and near[i] and 0 < ratios[i] < 1]
    return min(mixes, key=lambda i: (ratios[i], behind[i])) if front in mixes else front


def rankings(state: State, posterior: Posterior, drawn: Array, top: int) -> list[Ranking]:
    """Return every candidate's ranking, in the order of the candidates.

    drawn: (DRAWS, R) scores over photos and seeds. top: the index of the chosen one.
    """
    best = np.bincount(drawn.argmax(axis=1), minlength=len(posterior.names)) / len(drawn)
    lo, hi = np.clip(np.percentile(drawn, LEVEL, axis=0), 0, 1)
    behind = np.percentile(drawn - drawn[:, [top]], LEVEL[1], axis=0)
    found = []
    for i, each in enumerate(state.candidates):
        results = latest(state.results, each.name)
        share = max(key.share for key in state.results if key.name == each.name)
        ious = {seed: result.iou for seed, result in results.items()}
        bounds = (float(lo[i]), float(hi[i]))
        iou = float(np.clip(posterior.mean[i], 0, 1))
        good = i == top or bool(behind[i] >= 0)
        found.append(Ranking(each, share, ious, iou, bounds, float(best[i]), good, state.stopped.get(each.name)))
    return found


def finish(race: Race, photos: float = 1.0) -> Decision:
    """Return the decision from the results that the race asked for so far; asked too early it holds for now.

    photos: how often the chance of which photos there are counts. 1 = what is stated holds for all photos of the kind;
    2 = for another sample of as many, on which the chance of these is added.
    Raises ValueError while no candidate was trained to the end.
    """
    state, requests = play(race)
    if not state.results:
        raise ValueError("no candidate was trained to the end yet: go on with next_requests")
    started = tuple(each for each in state.candidates if any(key.name == each.name for key in state.results))
    state = dataclasses.replace(state, candidates=started)
    posterior = posterior_of(started, state.results)
    drawn = posterior.draws() + np.sqrt(photos) * photo_noise(state)
    front = front_of(state, posterior)
    top = one_standard_error(state, posterior, drawn, front)
    rows = sorted(rankings(state, posterior, drawn, top), key=lambda row: (row.candidate.ratio, row.candidate.name))
    return Decision(
        best=posterior.names[top],
        front=posterior.names[front],
        rankings=tuple(rows),
        spent=spent(state.results),
        full_grid=float(len(started) * len(race.seeds)),
        trials=len({(key.name, key.seed) for key in state.results}),
        why_stopped="it is not over yet" if requests else state.why_stopped,
    )
