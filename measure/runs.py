"""The runs behind the report: read from their folders, by what they were trained for."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure.pick import Row, picked_row, run_folder
from measure.scoring.differences import interval, others, score_of
from measure.scoring.records import Scores
from measure.scoring.scores import read_many, read_scores

Runs = Mapping[str, Sequence[Scores]]  # candidate -> its runs, one a seed


@dataclasses.dataclass(frozen=True)
class TunedRuns:
    """What stage tune left: pick.json, and the val scores of the runs it names."""

    pick: Mapping[str, Any]
    runs: Runs  # of the candidates that were trained to the end

    @property
    def picked(self) -> Row:
        """The row of the picked candidate."""
        return picked_row(self.pick)


def read_race(pick: Mapping[str, Any], root: Path) -> TunedRuns:
    """Return the race with its scores. root: the folder of pick.json. Raises InputError for a run that is missing."""
    rows = [row for row in pick["ratios"] if row["trials"]]
    paths = {row["name"]: [run_folder(root, trial) / "val.json" for trial in row["trials"].values()] for row in rows}
    return TunedRuns(pick, {name: [named(read_scores(path), name) for path in some] for name, some in paths.items()})


def named(scores: Scores, name: str) -> Scores:
    """Return scores under the name of the candidate that they belong to."""
    return dataclasses.replace(scores, name=name)


def read_test(folder: Path) -> dict[str, list[Scores]]:
    """Return the test scores that `evaluate` wrote, by candidate; raise InputError for another kind of file."""
    path = folder / "test.json"
    found: dict[str, list[Scores]] = {}
    for scores in read_many(path):
        found.setdefault(scores.name, []).append(scores)
    return found


def run_row(run: Scores, kind: str, resamples: int) -> dict[str, Any]:
    """Return one run as transfer.json lists it; its interval is over photos alone."""
    head = {key: getattr(run, key) for key in ("ratio", "seed", "n_real", "n_render", "schedule", "weights")}
    return head | {
        "iou": run.iou,
        "iou_per_category": run.iou_per_category,
        "ci95": interval([run], resamples),
        "split": run.split,
        "kind": kind,
    }


def mean_row(runs: Runs, name: str | None, resamples: int) -> dict[str, Any] | None:
    """Return a candidate's mean over seeds with its interval over photos and seeds; None if it was not run."""
    own = runs.get(name or "")
    if not own:
        return None
    return {"ratio": own[0].ratio, "iou": score_of(own), "ci95": interval(own, resamples, others(runs, name or ""))}
