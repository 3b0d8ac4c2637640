"""The pick file: which mix was chosen, the table that it was chosen from, and the runs behind it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from dataset.records import RelativePath
from measure.scoring.differences import interval, score_of
from measure.scoring.records import Score, Scores, scored_by
from measure.scoring.scores import read_many, read_scores
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import OPEN, Count, read_typed

DIGITS = 6


def plain(value: Any) -> Any:
    """Return plain JSON, its keys text and its floats rounded to `DIGITS`, at any depth.

    Raises ValueError for NaN and infinity.
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a number of the report is {value}")
    return round(value, DIGITS) if isinstance(value, float) else value


REAL_ONLY, RENDER_ONLY = 0.0, 1.0  # the two ends of the ratio

Row = dict[str, Any]  # one of "ratios" in pick.json, as transfer.json repeats it, and "trials": seed -> folder


@with_config(OPEN)
class PickRow(TypedDict):
    """What is read of one candidate."""

    name: str
    ratio: float
    schedule: str
    weights: dict[str, float]
    n_real: Count
    n_render: Count
    iou: float
    ci95: Annotated[list[float], Field(min_length=2, max_length=2)]
    seeds: dict[str, float]
    picked: bool
    trials: dict[str, RelativePath]
    on_renders: float | None


@with_config(OPEN)
class SpentRow(TypedDict):
    """What is read of the race."""

    spent: float
    trained: NotRequired[float]
    folds: NotRequired[Count]


@with_config(OPEN)
class PickFile(TypedDict):
    """What stage tune writes, as far as it is read."""

    name: str
    ratio: float
    schedule: str
    seed: int
    iou: float
    ci95: Annotated[list[float], Field(min_length=2, max_length=2)]
    trial: RelativePath
    score: NotRequired[Score]
    weights: NotRequired[dict[str, float]]
    ratios: list[PickRow]
    race: SpentRow


@with_config(OPEN)
class PickedRun(TypedDict):
    """What the page reads of it."""

    name: str
    seed: int


PICK, PICKED_RUN = TypeAdapter(PickFile), TypeAdapter(PickedRun)
AGAIN = "run stage tune again"


def read_pick(path: Path) -> dict[str, Any]:
    """Return what stage tune wrote; raise InputError for another kind of file, or one in which no row is picked."""
    found = read_typed(path, PICK, "a pick", AGAIN)
    value: dict[str, Any] = dict(found)
    if sum(row["picked"] for row in found["ratios"]) != 1:
        raise InputError(f"{path}: not a pick: wanted one row of its ratios that is picked; {AGAIN}")
    return value


def read_picked_run(path: Path) -> PickedRun:
    """Return name and seed of the picked run; raise InputError for another kind of file."""
    return read_typed(path, PICKED_RUN, "a pick", AGAIN)


def run_folder(root: Path, trial: str) -> Path:
    """Return the folder of a run that pick.json or curves.json names; InputError when it leaves `root`, theirs."""
    return inside(root, trial, str(root))


def picked_row(pick: Mapping[str, Any]) -> Row:
    """Return the row of the picked candidate. Raises ValueError without one."""
    found: Row = next((row for row in pick["ratios"] if row["picked"]), {})
    if not found:
        raise ValueError("no row is picked")
    return found


def end_row(pick: Mapping[str, Any], ratio: float) -> Row | None:
    """Return the row of real only (0.0) or renders only (1.0) if it was trained to the end, best first; else None."""
    found = [row for row in pick["ratios"] if row["ratio"] == ratio and row["trials"]]
    return max(found, key=lambda row: (row["iou"], row["name"]), default=None)


def attributed_row(pick: Mapping[str, Any]) -> Row | None:
    """Return the row of the pick file to attribute: the picked one if it saw renders, else the best that did.

    A mix of real and renders goes before renders only. None if no run with renders was trained to the end.
    """
    rows = [row for row in pick["ratios"] if row["ratio"] > 0 and row["trials"]]
    return max(rows, key=lambda row: (row["picked"], row["ratio"] < 1, row["iou"], row["name"]), default=None)


def compared(pick: Mapping[str, Any]) -> list[Row]:
    """Return the rows that are scored on the test photos: the picked one and both ends, ascending, each once."""
    rows = [picked_row(pick), end_row(pick, REAL_ONLY), end_row(pick, RENDER_ONLY)]
    named = {row["name"]: row for row in rows if row}
    return sorted(named.values(), key=lambda row: (row["ratio"], row["name"]))


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

    @property
    def folds(self) -> int:
        """How many folds of the labelled photos val is in turn; 0 where it has photos of its own."""
        return int(self.pick["race"].get("folds", 0))


def read_race(pick: Mapping[str, Any], root: Path) -> TunedRuns:
    """Return the race with its scores. root: the folder of pick.json. Raises InputError for a run that is missing."""
    rows = [row for row in pick["ratios"] if row["trials"]]
    paths = {row["name"]: [run_folder(root, trial) / "val.json" for trial in row["trials"].values()] for row in rows}
    score = score_in(pick)
    runs = {name: [scored_by(score, named(read_scores(path), name)) for path in some] for name, some in paths.items()}
    return TunedRuns(pick, runs)


def score_in(pick: Mapping[str, Any]) -> Score:
    """Return what the mix was chosen by; a pick from before there was a choice went by the foreground."""
    found: Score = pick.get("score", "foreground")
    return found


def named(scores: Scores, name: str) -> Scores:
    """Return scores under the name of the candidate that they belong to."""
    return dataclasses.replace(scores, name=name)


def read_test(folder: Path) -> dict[str, list[Scores]]:
    """Return the test scores that `evaluate` wrote, by candidate; raise InputError for another kind of file."""
    return by_candidate(folder / "test.json")


def read_home(folder: Path) -> dict[str, list[Scores]]:
    """Return the scores of the same runs on photos of the training photos' places, by candidate; none without such."""
    return by_candidate(folder / "home.json")


def read_more_val(folder: Path) -> dict[str, Runs]:
    """Return the scores of the same runs on each further validation set, by its name; none without such."""
    return {path.stem: by_candidate(path) for path in sorted((folder / "more_val").glob("*.json"))}


def by_candidate(path: Path) -> dict[str, list[Scores]]:
    """Return the scores of several runs by candidate."""
    found: dict[str, list[Scores]] = {}
    for scores in read_many(path):
        found.setdefault(scores.name, []).append(scores)
    return found


def read_rivals(folder: Path) -> list[Scores]:
    """Return the test scores of other tools that `evaluate` wrote; raise InputError for another kind of file."""
    return read_many(folder / "rivals.json")


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
    return {"ratio": own[0].ratio, "iou": score_of(own), "ci95": interval(own, resamples)}
