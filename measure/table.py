"""The rows of the pick file: what every candidate reached, and how it compares with real only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure.pick import REAL_ONLY, Row, plain
from measure.race.decision import Decision, Ranking
from measure.scoring.differences import Peers, compare, interval, others, overstatement, score_of, spread
from measure.scoring.scores import Scores, read_scores
from measure.trials.candidate import Candidate
from measure.trials.runner import Trials
from measure.trials.trainer import HELD_OUT
from measure.trials.trial import Trial, head_of


def trial_of(each: Candidate, seed: int) -> Trial:
    """Return the training of a candidate and a seed on all samples."""
    return Trial(each.weights, seed, each.schedule)


Runs = dict[int, Scores]  # seed -> val scores of the runs of a candidate that were trained to the end


class PickTable:
    """The rows of pick.json, from what was trained."""

    def __init__(self, trials: Trials, decision: Decision, seeds: Sequence[int], resamples: int):
        self.trials, self.decision, self.seeds, self.resamples = trials, decision, seeds, resamples

    def finished(self, each: Candidate) -> Runs:
        """Return the runs of a candidate that were trained to the end."""
        runs = {seed: self.trials.scores(trial_of(each, seed)) for seed in self.seeds}
        return {seed: scores for seed, scores in runs.items() if scores}

    def rows(self, start: Path) -> list[Row]:
        """Return one row a candidate ascending in ratio. start: the folder that paths of runs are relative to."""
        rankings = self.decision.rankings
        runs = {each.candidate.name: self.finished(each.candidate) for each in rankings}
        lists = {name: list(some.values()) for name, some in runs.items()}
        real = next((each.candidate.name for each in rankings if each.candidate.ratio == REAL_ONLY), None)
        rows: list[Row] = []
        for ranking in rankings:
            name = ranking.candidate.name
            peers = others(lists, name)
            base = lists[real] if real and ranking.candidate.ratio != REAL_ONLY else []
            facts = {
                "picked": name == self.decision.best,
                "against_real": against(lists[name], base, peers),
                "trials": {seed: self.trials.name(trial_of(ranking.candidate, seed), start) for seed in runs[name]},
            }
            rounded = plain(self.head(ranking) | self.scores(ranking, runs[name], peers) | facts)
            rows.append(rounded | {"weights": dict(ranking.candidate.weights)})  # later stages find runs by them
        return rows

    def head(self, ranking: Ranking) -> Row:
        """Return what a candidate is, and what the race has to say of it."""
        each = ranking.candidate
        return head_of(trial_of(each, 0), self.trials.pools) | {
            "name": each.name,
            "stopped": ranking.stopped.why if ranking.stopped else None,
            "p_best": ranking.p_best,
            "as_good": ranking.as_good,
        }

    def scores(self, ranking: Ranking, runs: Runs, peers: Peers) -> Row:
        """Return a candidate's scores: measured if it was trained to the end, else what the race expects of it."""
        if not runs:
            expected = {"iou": ranking.iou, "ci95": ranking.ci95, "seeds": ranking.ious, "share": ranking.share}
            return expected | dict.fromkeys(("sd", "on_renders", "overstates"))
        own = list(runs.values())
        held_out = {seed: self.on_renders(trial_of(ranking.candidate, seed)) for seed in runs}
        known = [(scores, runs[seed]) for seed, scores in held_out.items() if scores]
        return {
            "iou": score_of(own),
            "ci95": interval(own, self.resamples, peers),
            "seeds": {seed: run.iou for seed, run in runs.items()},
            "share": 1.0,
            "sd": spread(own),
            "on_renders": mean([scores.iou for scores, _ in known]),
            "overstates": mean([overstatement(scores, real) for scores, real in known]),
        }

    def on_renders(self, trial: Trial) -> Scores | None:
        """Return a run's scores on the renders kept out of training; None without such renders."""
        path = self.trials.folder(trial) / HELD_OUT
        return read_scores(path) if path.is_file() else None


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None


def against(runs: Sequence[Scores], base: Sequence[Scores], peers: Peers = ()) -> dict[str, Any] | None:
    """Return how runs compare with real only on the same photos; None unless both were trained."""
    if not runs or not base:
        return None
    found = compare(runs, base, peers=peers)
    return {"verdict": found.verdict, "iou": found.iou, "ci95": list(found.ci95)}
