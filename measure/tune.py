"""Stage `tune`: choose the mix by racing on real val photos, within a budget."""

import dataclasses
import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure.convergence import rise_of, training_curve
from measure.pick import REAL_ONLY, RENDER_ONLY, Row, picked_row, plain
from measure.race.decision import Decision, Ranking, finish
from measure.race.policy import next_requests
from measure.race.records import Budget, Key, Race, Request, Result, result_of, spent
from measure.scoring.differences import against, interval, optimism, overstatement, score_of, spread
from measure.scoring.evaluation import evaluate
from measure.scoring.records import PhotoScore, Score, scored_by
from measure.scoring.scores import Scores, read_scores, write_scores
from measure.trials.candidate import Candidate, Sweep, Trial, candidates, head_of, trials_of
from measure.trials.job import HELD_OUT, watched_ids
from measure.trials.runner import Machine, Trials, open_trials
from pipeline.costs import Costs
from pipeline.files import check_free, whole_folder, write_json
from pipeline.stage import run_stage
from train.plan import looks_of
from train.run import SETTINGS, WEIGHTS, load_run
from train.settings import Fit

KIND = "picked run"
AT_LEAST = 3  # seeds of what the report compares: two leave an interval three times as wide


@dataclasses.dataclass(frozen=True)
class Tune:
    """Section `tune` of params.yaml."""

    resamples: int  # how often the bootstrap draws photos and seeds anew
    score: Score  # what mixes are chosen by, and curves and advice go by: IoU, mean over categories or of all together
    runs: float | None  # bounds of the race; null = none but the seeds of the sweep
    minutes: float | None  # of training, summed over runs
    money: float | None  # at costs.machine_per_hour

    def __post_init__(self) -> None:
        """Raise ValueError if there is nothing to draw, and for an empty budget."""
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")
        Budget(self.runs, self.minutes, self.money, money_per_hour=1.0)


def race_of(settings: Tune, sweep: Sweep, costs: Costs, trials: Trials) -> Race:
    """Return the race before its first result."""
    return Race(
        candidates=candidates(sweep, trials.pools),
        seeds=sweep.seeds,
        budget=Budget(settings.runs, settings.minutes, settings.money, money_per_hour=costs.machine_per_hour),
    )


def run_race(race: Race, trials: Trials, score: Score) -> Race:
    """Train what the race requests, round by round; return it with all results."""
    number = 0
    while requests := next_requests(race):
        number += 1
        trials.train([(trial_of(each.candidate, each.seed), each.share) for each in requests], f"tune, round {number}")
        new = {each.key: found(each, trials, score) for each in requests}
        race = dataclasses.replace(race, results={**race.results, **new})
    return race


def found(request: Request, trials: Trials, score: Score) -> Result:
    """Return the result of a training that was asked for and done."""
    trial = trial_of(request.candidate, request.seed)
    return result_of(scored_by(score, trials.trained(trial, request.share)), trials.seconds(trial, request.share))


def to_compare(decision: Decision) -> list[Candidate]:
    """Return what the report compares: the pick, real only and renders only."""
    everyone = [each.candidate for each in decision.rankings]
    return [each for each in everyone if each.name == decision.best or each.ratio in {REAL_ONLY, RENDER_ONLY}]


def keep_picked(trial: Trial, trials: Trials, train: Path, picked: Path) -> None:
    """Copy the picked run to a folder of its own, with predictions on val and its scores on training photos.

    With folds the predictions are those of the trainings that did not see the photo.
    """
    folder = trials.folder(trial)
    run = load_run(folder.parent)
    with whole_folder(picked, KIND) as part:
        for path in (folder.parent / WEIGHTS, folder.parent / SETTINGS, folder / HELD_OUT):
            if path.is_file():
                shutil.copyfile(path, part / path.name)
        write_scores(part / "train.json", evaluate(run, train, "train", "train photos", None))
        found = [
            evaluate(load_run(network), trials.ground.val, "val", "val photos", part / "val", frozenset(ids))
            for network, ids in trials.networks(trial)
        ]
        scored = trials.trained(trial).scored  # a fold may lack a category
        write_scores(part / "val.json", dataclasses.replace(trials.joined(trial, found), scored=scored))


def main(
    settings: Tune,
    sweep: Sweep,
    fit: Fit,
    costs: Costs,
    machine: Machine,
    pools: Path,
    val: Path,
    train: Path,
    categories: Path,
    race: Path,
    picked: Path,
    out: Path,
) -> None:
    """Write pick.json and the picked run. race: the folder of the runs, in which finished ones stay."""
    check_free(picked, KIND)  # before hours of training
    race.mkdir(parents=True, exist_ok=True)
    trials = open_trials(machine, fit, pools, val, categories, race)
    raced = run_race(race_of(settings, sweep, costs, trials), trials, settings.score)
    decision = finish(raced)
    again = [(each, seed) for each in to_compare(decision) for seed in sweep.seeds[:AT_LEAST]]
    trials.train([(trial_of(each, seed), 1.0) for each, seed in again], "tune, for the report")
    keys = [*raced.results, *(Key(each.name, seed, 1.0) for each, seed in again)]
    table = PickTable(trials, decision, sweep.seeds, settings)
    on_all = [trial_of(each, seed) for each in to_compare(decision) for seed in table.runs[each.name]]
    trials.train_on_all(on_all, "tune, on all labelled photos")
    trained = trainings(keys, raced.candidates, trials) + sum(trials.parts(trial) != [trial] for trial in on_all)
    rows = table.rows(out.parent)
    pick = summary(decision, rows, settings, trained, table.optimism())
    pick["race"]["folds"] = len(trials.pools.folds)
    keep_picked(trials_of(picked_row(pick), [pick["seed"]])[0], trials, train, picked)
    write_json(out, pick)


def trainings(keys: Sequence[Key], candidates: Sequence[Candidate], trials: Trials) -> float:
    """Return how many whole trainings of candidates were done; one that has its val scores by folds is several."""
    found = [(each, spent(key for key in keys if key.name == each.name)) for each in candidates]
    return sum(runs * len(trials.parts(trial_of(each, 0))) for each, runs in found)


def summary(
    decision: Decision, rows: Sequence[Row], settings: Tune, trained: float, flattered: float
) -> dict[str, Any]:
    """Return pick.json: the picked mix and its best seed on val, the table, and what the race cost.

    trained: whole trainings, those that were trained on for the report included. flattered: as `optimism`.
    """
    row = next(row for row in rows if row["picked"])
    seed = max(row["seeds"], key=lambda name: (row["seeds"][name], -int(name)))
    bounds = [f"{value:g} {name}" for name in ("runs", "minutes", "money") if (value := getattr(settings, name))]
    race = {
        "spent": decision.spent,
        "trained": trained,
        "full_grid": decision.full_grid,
        "trials": decision.trials,
        "budget": ", ".join(bounds) or "none but the seeds of the sweep",
        "why_stopped": decision.why_stopped,
        "words": decision.words,
        "optimism": flattered,
        "rule": " ".join(decision.why_not_the_front),
    }
    head = {key: row[key] for key in ("name", "ratio", "schedule", "weights", "iou", "ci95")}
    return head | {
        "score": settings.score,
        "seed": int(seed),
        "trial": row["trials"][seed],
        "ratios": list(rows),
        "race": plain(race),
    }


def trial_of(each: Candidate, seed: int) -> Trial:
    """Return the training of a candidate and a seed on all samples."""
    return Trial(each.weights, seed, each.schedule)


Runs = dict[int, Scores]  # seed -> val scores of the runs of a candidate that were trained to the end


class PickTable:
    """The rows of pick.json, from what was trained."""

    def __init__(self, trials: Trials, decision: Decision, seeds: Sequence[int], settings: Tune):
        self.trials, self.decision, self.seeds, self.settings = trials, decision, seeds, settings

    def finished(self, each: Candidate) -> Runs:
        """Return the runs of a candidate that were trained to the end."""
        runs = {seed: self.trials.scores(trial_of(each, seed)) for seed in self.seeds}
        return {seed: self.chosen_by(scores) for seed, scores in runs.items() if scores}

    def chosen_by(self, scores: Scores) -> Scores:
        """Return scores as the settings want them."""
        return scored_by(self.settings.score, scores)

    @functools.cached_property
    def runs(self) -> dict[str, Runs]:
        """The runs of every candidate that were trained to the end, read once."""
        return {each.candidate.name: self.finished(each.candidate) for each in self.decision.rankings}

    def optimism(self) -> float:
        """Return by how much having been chosen on these val photos flatters the pick."""
        return optimism([list(runs.values()) for runs in self.runs.values() if runs], self.settings.resamples)

    def rows(self, start: Path) -> list[Row]:
        """Return one row a candidate ascending in ratio. start: the folder that paths of runs are relative to."""
        rankings = self.decision.rankings
        lists = {name: list(some.values()) for name, some in self.runs.items()}
        real = next((each.candidate.name for each in rankings if each.candidate.ratio == REAL_ONLY), None)
        rows: list[Row] = []
        for ranking in rankings:
            name = ranking.candidate.name
            base = lists[real] if real and ranking.candidate.ratio != REAL_ONLY else []
            facts = self.learning(ranking.candidate, self.runs[name]) | {
                "picked": name == self.decision.best,
                "against_real": against(lists[name], base),
                "trials": {
                    seed: self.trials.name(trial_of(ranking.candidate, seed), start) for seed in self.runs[name]
                },
            }
            rounded = plain(self.head(ranking) | self.scores(ranking, self.runs[name]) | facts)
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

    def scores(self, ranking: Ranking, runs: Runs) -> Row:
        """Return a candidate's scores: measured if it was trained to the end, else what the race expects of it."""
        if not runs:
            expected = {"iou": ranking.iou, "ci95": ranking.ci95, "seeds": ranking.ious, "share": ranking.share}
            return expected | dict.fromkeys(("sd", "on_renders", "overstates"))
        own = list(runs.values())
        held_out = {seed: self.on_renders(trial_of(ranking.candidate, seed)) for seed in runs}
        known = [
            (dataclasses.replace(scores, scored=runs[seed].scored), runs[seed])
            for seed, scores in held_out.items()
            if scores
        ]
        return {
            "iou": score_of(own),
            "ci95": interval(own, self.settings.resamples),
            "seeds": {seed: run.iou for seed, run in runs.items()},
            "share": 1.0,
            "sd": spread(own),
            "on_renders": mean([scores.iou for scores, _ in known]),
            "overstates": mean([overstatement(scores, real) for scores, real in known]),
        }

    def learning(self, each: Candidate, runs: Runs) -> Row:
        """Return a candidate's training curve and its last rise, of its finished runs or else of the one begun."""
        trials = [part for seed in runs or self.seeds[:1] for part in self.trials.parts(trial_of(each, seed))]
        whole = [self.trials.trained(trial) for trial in trials] if runs else []  # scored as they were watched
        watched = [dataclasses.replace(run, photos=on_the_way(run.photos)) for run in whole]
        ends = [(self.trials.steps(trial), run.iou) for trial, run in zip(trials, watched, strict=False)]
        curve = training_curve([self.trials.watched(trial) for trial in trials], ends)
        return {"training_curve": curve, "rise": rise_of(curve, looks_of(self.trials.ground.fit.steps))}

    def on_renders(self, trial: Trial) -> Scores | None:
        """Return a run's scores on the renders kept out of training; None without such renders."""
        path = self.trials.folder(trial) / HELD_OUT
        return read_scores(path) if path.is_file() else None


def on_the_way(photos: Sequence[PhotoScore]) -> tuple[PhotoScore, ...]:
    """Return those of the val photos that trainings are scored on while they go on."""
    ids = watched_ids([photo.id for photo in photos])
    return tuple(photo for photo in photos if photo.id in ids)


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None


if __name__ == "__main__":
    run_stage(main)
