"""The rows of the pick file: what every candidate reached, and how it compares with real only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.cells.cell import Cell, head_of
from train.cells.runner import Cells
from train.cells.trainer import HELD
from train.gather.plain import plain
from train.pick import REAL_ONLY, Row
from train.race.candidate import Candidate
from train.race.decision import Decision, Standing
from train.scoring.compare import compare, spread
from train.scoring.interval import Peers, interval, score_of
from train.scoring.scores import Scores, read_scores


def cell_of(each: Candidate, seed: int) -> Cell:
    """Return the training of a candidate and a seed on all samples."""
    return Cell(each.weights, seed, each.schedule)


class Table:
    """The rows of pick.json, from what was trained."""

    def __init__(self, cells: Cells, decision: Decision, seeds: Sequence[int], resamples: int):
        self.cells, self.decision, self.seeds, self.resamples = cells, decision, seeds, resamples

    def finished(self, each: Candidate) -> dict[int, Scores]:
        """Return seed -> val scores of the runs of a candidate that were trained to the end."""
        runs = {seed: self.cells.scores(cell_of(each, seed)) for seed in self.seeds}
        return {seed: scores for seed, scores in runs.items() if scores}

    def rows(self, start: Path) -> list[Row]:
        """Return one row a candidate by rising ratio. start: the folder that paths of runs are relative to."""
        runs = {each.candidate.name: list(self.finished(each.candidate).values()) for each in self.decision.standings}
        real = [each.candidate.name for each in self.decision.standings if each.candidate.ratio == REAL_ONLY]
        rows: list[Row] = []
        for standing in self.decision.standings:
            name = standing.candidate.name
            peers = [some for other, some in runs.items() if other != name and some]
            base = runs[real[0]] if real and name not in real else []
            paths = self.paths(standing.candidate, start)
            facts = {
                "picked": name == self.decision.best,
                "against_real": against(runs[name], base, peers),
                "cells": paths,
            }
            rounded = plain(self.head(standing) | self.scores(standing, runs[name], peers) | facts)
            rows.append(rounded | {"weights": dict(standing.candidate.weights)})  # later stages find runs by them
        return rows

    def head(self, standing: Standing) -> Row:
        """Return what a candidate is, and what the race has to say of it."""
        each = standing.candidate
        head = head_of(cell_of(each, 0), self.cells.pools)
        return (
            {"name": each.name}
            | {key: value for key, value in head.items() if key != "seed"}
            | {
                "stopped": standing.stopped.why if standing.stopped else None,
                "p_best": standing.p_best,
                "as_good": standing.as_good,
            }
        )

    def scores(self, standing: Standing, runs: Sequence[Scores], peers: Peers) -> Row:
        """Return a candidate's scores: measured if it was trained to the end, else what the race expects of it."""
        if not runs:
            expected = {"iou": standing.iou, "ci95": standing.ci95, "seeds": standing.ious, "share": standing.share}
            return expected | dict.fromkeys(("sd", "on_renders", "overstates"))
        held = mean([run.iou for run in self.on_renders(standing.candidate)])
        return {
            "iou": score_of(runs),
            "ci95": interval(runs, self.resamples, peers),
            "seeds": {run.seed: run.iou for run in runs},
            "share": 1.0,
            "sd": spread(runs),
            "on_renders": held,
            "overstates": None if held is None else held - score_of(runs),
        }

    def paths(self, each: Candidate, start: Path) -> dict[int, str]:
        """Return seed -> folder of the runs of a candidate that were trained to the end."""
        return {seed: self.cells.name(cell_of(each, seed), start) for seed in self.finished(each)}

    def on_renders(self, each: Candidate) -> list[Scores]:
        """Return the scores of a candidate's runs on the renders kept out of training; none without such renders."""
        paths = [self.cells.folder(cell_of(each, seed)) / HELD for seed in self.finished(each)]
        return [read_scores(path) for path in paths if path.is_file()]


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None


def against(runs: Sequence[Scores], base: Sequence[Scores], peers: Peers = ()) -> dict[str, Any] | None:
    """Return how runs compare with real only on the same photos; None unless both were trained."""
    if not runs or not base:
        return None
    found = compare(runs, base, peers=peers)
    return {"verdict": found.verdict, "iou": found.iou, "ci95": list(found.ci95)}
