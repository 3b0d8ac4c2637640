"""The runs behind the report: read from their folders, by what they were trained for."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json
from train.cells.trainer import HELD
from train.pick import Row, picked_row
from train.scoring.interval import Peers, interval, score_of
from train.scoring.records import Scores
from train.scoring.scores import from_json, read_scores

Runs = Mapping[str, Sequence[Scores]]  # candidate -> its runs, one a seed


@dataclasses.dataclass(frozen=True)
class Race:
    """What stage tune left: pick.json, and the val scores of the runs it names."""

    pick: Mapping[str, Any]
    runs: Runs  # of the candidates that were trained to the end

    def peers(self, name: str) -> Peers:
        """Return the runs of all other candidates, which lend their spread over seeds to an interval."""
        return [runs for other, runs in self.runs.items() if other != name]

    @property
    def picked(self) -> Row:
        """The row of the picked candidate."""
        return picked_row(dict(self.pick))


def read_race(pick: Mapping[str, Any], root: Path) -> Race:
    """Return the race with its scores. root: the folder of pick.json. Raises InputError for a run that is missing."""
    rows = [row for row in pick["ratios"] if row["cells"]]
    paths = {row["name"]: [root / cell / "val.json" for cell in row["cells"].values()] for row in rows}
    return Race(pick, {name: [named(read_scores(path), name) for path in some] for name, some in paths.items()})


def named(scores: Scores, name: str) -> Scores:
    """Return scores under the name of the candidate that they belong to."""
    return dataclasses.replace(scores, name=name)


def read_held(pick: Mapping[str, Any], root: Path) -> list[Scores]:
    """Return the picked candidate's scores on renders kept out of training; none without such renders."""
    paths = [root / cell / HELD for cell in picked_row(dict(pick))["cells"].values()]
    return [read_scores(path) for path in paths if path.is_file()]


def read_test(folder: Path) -> dict[str, list[Scores]]:
    """Return the test scores that `evaluate` wrote, by candidate; raise InputError for another kind of file."""
    path = folder / "test.json"
    found: dict[str, list[Scores]] = {}
    try:
        for run in read_json(path)["runs"]:
            found.setdefault(run["name"], []).append(from_json(run))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the scores of evaluate ({error!r}); run that stage again") from error
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


def mean_row(runs: Sequence[Scores], peers: Peers, resamples: int) -> dict[str, Any] | None:
    """Return the mean over seeds with its interval over photos and seeds; None without runs."""
    if not runs:
        return None
    return {"ratio": runs[0].ratio, "iou": score_of(runs), "ci95": interval(runs, resamples, peers)}
