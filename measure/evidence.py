"""Learning curves, what the renders are worth, what all of it costs, and what to do next."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from dataset.records import RelativePath, Sample
from measure.attribution.record import IOU, AttributionRecord
from measure.pick import TunedRuns, run_folder
from measure.scoring.differences import on_redrawn_photos
from measure.scoring.records import Score, Scores, scored_by
from measure.scoring.scores import read_scores
from measure.worth.curve import Curve, fit_curve
from measure.worth.families import FAMILIES, Family
from measure.worth.points import Floats, Point, ScoreEstimate
from measure.worth.records import Evidence, Lost, WeakKind
from measure.worth.tried import ProbeFile, TriedChange, leaving_out
from pipeline.reading import Count, Record, read_typed
from train.settings import side_of


@dataclasses.dataclass(frozen=True)
class Lines:
    """The curves as they were trained: for each size the runs of all seeds, by rising size."""

    real: Mapping[int, Sequence[Scores]]  # real labels alone
    mixed: Mapping[int, Sequence[Scores]]  # real labels with renders
    renders: Mapping[int, Sequence[Scores]]  # renders, at all real labels
    trials: frozenset[str] = frozenset()  # of all points, as curves.json names them


@dataclasses.dataclass(frozen=True)
class LinePoint(Record):
    """One training of a curve."""

    n: Count
    seed: int
    trial: RelativePath


@dataclasses.dataclass(frozen=True)
class LinesFile(Record):
    """What stage curves writes."""

    real: tuple[LinePoint, ...]
    mixed: tuple[LinePoint, ...]
    renders: tuple[LinePoint, ...]


LINES = TypeAdapter(LinesFile)


def read_lines(path: Path, score: Score) -> Lines:
    """Return what stage curves trained; raise InputError for another kind of file, or a run that is missing."""
    found: dict[str, dict[int, list[Scores]]] = {"real": {}, "mixed": {}, "renders": {}}
    value = read_typed(path, LINES, "the points of curves", "run stage curves again")
    points = [(name, point.n, point.trial) for name in found for point in getattr(value, name)]
    for name, n, trial in sorted(points):
        found[name].setdefault(n, []).append(scored_by(score, read_scores(run_folder(path.parent, trial) / "val.json")))
    return Lines(**found, trials=frozenset(trial for _, _, trial in points))


def photo_draws(runs: Sequence[Scores], resamples: int) -> Floats:
    """Return (B,) the mean over runs of their IoU on redrawn photos; two calls on the same photos redraw the same."""
    return np.asarray(on_redrawn_photos(runs, resamples).mean(axis=1))


def point(n: int, runs: Sequence[Scores], resamples: int) -> Point:
    """Return one size of a curve."""
    return Point(n, {str(run.seed): run.iou for run in runs}, photo_draws(runs, resamples))


def points_of(line: Mapping[int, Sequence[Scores]], resamples: int) -> list[Point]:
    """Return the sizes of a line, rising; one without samples has no place on a curve."""
    return [point(n, runs, resamples) for n, runs in sorted(line.items()) if n]


def curve(
    line: Mapping[int, Sequence[Scores]], name: str, resamples: int, families: Sequence[Family] = FAMILIES
) -> Curve | None:
    """Return the curve over the sizes of a line, None if nothing was trained for it."""
    points = points_of(line, resamples)
    return fit_curve(points, name, resamples, families) if points else None


def estimate(row: Mapping[str, Any] | None) -> ScoreEstimate | None:
    """Return a row with iou and ci95 as an estimate."""
    return None if row is None else ScoreEstimate(row["iou"], *row["ci95"])


def fewest_assets(renders: Sequence[Sample]) -> int | None:
    """Return how many different assets the scarcest category is shown by; None without labelled renders."""
    shown = Counter(
        category for category, _ in {(i.category, i.asset) for sample in renders for i in sample.instances if i.asset}
    )
    return min(shown.values(), default=None)


def failures(scores: Mapping[str, Any]) -> tuple[WeakKind, ...]:
    """Return the kinds of objects with the share that is found. scores: `summary` of the picked runs on val."""
    rows = [*scores["by_size"], *scores["by_visible"]]
    return tuple(WeakKind(row["name"], row["recall"]["value"]) for row in rows if row["recall"])


def lost(scores: Mapping[str, Any]) -> Lost | None:
    """Return where the picked runs lose their score, None where it was not counted. scores: as of `failures`."""
    parts = scores["lost"]
    return None if parts is None else Lost(**{name: part["value"] if part else 0.0 for name, part in parts.items()})


def detail_of(photos: Sequence[Sample], img_size: int) -> float | None:
    """Return how many times the pixels a side that a network is shown the usual photo has; None without photos."""
    return float(np.median([max(photo.size_hw) for photo in photos])) / side_of(img_size) if photos else None


def left_out(attribution: AttributionRecord | None) -> tuple[TriedChange, ...]:
    """Return what leaving each group of renders out brought that attribute trained without; an estimate is no gain."""
    rows = attribution.groups if attribution else ()
    return tuple(
        TriedChange(*leaving_out(row.kind, row.name), -row.help, (-row.ci95[1], -row.ci95[0]), 1.0)
        for row in rows
        if row.unit == IOU
    )


def evidence(
    race: TunedRuns,
    curves: Mapping[str, Curve | None],
    ends: Sequence[Mapping[str, Any] | None],
    on_training: Scores | None,
    scores: Mapping[str, Any],
    attribution: AttributionRecord | None,
    renders: Sequence[Sample],
    detail: float | None = None,
    probes: ProbeFile | None = None,
    steps: int = 0,
) -> Evidence:
    """Return all that the advice may use. ends: the rows of real only and renders only on val. detail: `Evidence`'s."""
    row = race.picked
    return Evidence(
        score=ScoreEstimate(row["iou"], *row["ci95"]),
        n_real=row["n_real"],
        n_render=row["n_render"],
        real=curves["real"],
        mixed=curves["mixed"],
        renders=curves["renders"],
        real_only=estimate(ends[0]),
        render_only=estimate(ends[1]),
        on_training=on_training.iou if on_training else None,
        on_renders=row["on_renders"],
        assets=fewest_assets(renders),
        failures=failures(scores),
        lost=lost(scores),
        detail=detail,
        # attribute speaks of another mix where the picked one has no renders
        tried=(*(probes.changes if probes else ()), *(left_out(attribution) if row["n_render"] else ())),
        untried=probes.untried if probes else (),
        steps=steps,
    )
