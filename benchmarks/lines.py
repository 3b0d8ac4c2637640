"""What the trainings of a backtest counted on val, photo by photo: forecasts are made anew from it without training."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from benchmarks.replay import numbered
from measure.evidence import Lines
from measure.race.records import result_of
from measure.scoring.intervals import refuse_other_photos
from measure.scoring.records import PhotoScore, Pixels, Scores
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import Count, read_typed

LineName = Literal["real", "mixed", "renders", "label", "render", "architecture"]
STEPS_TAKEN: tuple[LineName, ...] = ("label", "render", "architecture")  # what was carried out, by the advice's names


@dataclasses.dataclass(frozen=True)
class StudyRun:
    """One training: with how many labels somebody began, which line of theirs it belongs to, and its size there."""

    labels: int  # those that are seen; all others are hidden
    line: LineName  # a curve, or a step that was carried out
    n: int  # labels, of "renders" renders, that it was trained with
    scores: Scores


@dataclasses.dataclass(frozen=True)
class LabelStudy:
    """All trainings of the backtests of one set."""

    set: str
    renders: int  # that are seen
    target: float  # IoU that is asked for
    trainings: tuple[StudyRun, ...]

    def runs(self, labels: int, line: LineName, n: int | None = None) -> list[Scores]:
        """Return the runs of a line, of one size or of all, one a seed."""
        return [t.scores for t in self.trainings if t.labels == labels and t.line == line and n in {None, t.n}]

    def lines(self, labels: int) -> Lines:
        """Return the curves of somebody with so many labels."""
        return Lines(self.line(labels, "real"), self.line(labels, "mixed"), self.line(labels, "renders"))

    def line(self, labels: int, name: LineName) -> dict[int, list[Scores]]:
        """Return the runs of a line by size, rising."""
        sizes = sorted({t.n for t in self.trainings if t.labels == labels and t.line == name})
        return {n: self.runs(labels, name, n) for n in sizes}

    def begun(self) -> list[int]:
        """Return the numbers of labels from which something is forecast, rising; the others only come true."""
        return sorted({t.labels for t in self.trainings if t.line in STEPS_TAKEN})

    def truths(self, name: LineName) -> dict[int, list[Scores]]:
        """Return the runs with all of each number of labels, rising."""
        return {n: self.runs(n, name, n) for n in sorted({t.labels for t in self.trainings})}


@with_config(ConfigDict(strict=True, allow_inf_nan=False))
class TrainingRow(TypedDict):
    """The pixels of one training, by category and photo."""

    labels: Count
    line: LineName
    n: Count
    seed: int
    intersection: list[list[Count]]
    union: list[list[Count]]


@with_config(ConfigDict(strict=True, allow_inf_nan=False))
class StudyFile(TypedDict):
    """What `write_study` writes."""

    set: str
    renders: Count
    target: float
    groups: list[int]  # of each val photo
    trainings: list[TrainingRow]


STUDY = TypeAdapter(StudyFile)


def write_study(path: Path, study: LabelStudy) -> None:
    """Write one set whole, in one line: photos, groups and categories by number alone.

    Raises ValueError for trainings that were scored on different photos.
    """
    refuse_other_photos([training.scores for training in study.trainings])
    results = [numbered(result_of(training.scores)) for training in study.trainings]
    rows = [
        {"labels": t.labels, "line": t.line, "n": t.n, "seed": t.scores.seed}
        | {"intersection": result.intersection.astype(int).tolist(), "union": result.union.astype(int).tolist()}
        for t, result in zip(study.trainings, results, strict=True)
    ]
    facts = {"set": study.set, "renders": study.renders, "target": study.target}
    groups = [int(group) for group in results[0].groups]
    write_text(path, json.dumps(facts | {"groups": groups, "trainings": rows}, separators=(",", ":")) + "\n")


def read_study(path: Path) -> LabelStudy:
    """Return what `write_study` wrote; raise InputError for another kind of file."""
    found = read_typed(path, STUDY, "the trainings of a backtest", "run make backtest again")
    groups = found["groups"]
    try:
        trainings = tuple(
            StudyRun(row["labels"], row["line"], row["n"], scores_of(row, groups)) for row in found["trainings"]
        )
    except ValueError as error:
        raise InputError(f"{path}: {error}; run make backtest again") from None
    return LabelStudy(found["set"], found["renders"], found["target"], trainings)


def scores_of(row: TrainingRow, groups: Sequence[int]) -> Scores:
    """Return a row as scores; raise ValueError where it has not each photo once."""
    hits, unions = row["intersection"], row["union"]
    if any(len(photos) != len(groups) for photos in (*hits, *unions)) or len(hits) != len(unions):
        raise ValueError(f"{row['line']} of {row['n']} does not have the pixels of {len(groups)} photos")
    photos = [
        PhotoScore(str(i), str(group), {str(k): Pixels(hits[k][i], unions[k][i]) for k in range(len(hits))})
        for i, group in enumerate(groups)
    ]
    return Scores("val", 0.0, row["seed"], 0, 0, tuple(photos), scored=tuple(map(str, range(len(hits)))))
