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
from train.scoring.compare import compare, overstatement, spread
from train.scoring.interval import Peers, interval, others, score_of
from train.scoring.scores import Scores, read_scores


def cell_of(each: Candidate, seed: int) -> Cell:
    """Return the training of a candidate and a seed on all samples."""
    return Cell(each.weights, seed, each.schedule)


Runs = dict[int, Scores]  # seed -> val scores of the runs of a candidate that were trained to the end


class Table:
    """The rows of pick.json, from what was trained."""

    def __init__(self, cells: Cells, decision: Decision, seeds: Sequence[int], resamples: int):
        self.cells, self.decision, self.seeds, self.resamples = cells, decision, seeds, resamples

    def finished(self, each: Candidate) -> Runs:
        """Return the runs of a candidate that were trained to the end."""
        runs = {seed: self.cells.scores(cell_of(each, seed)) for seed in self.seeds}
        return {seed: scores for seed, scores in runs.items() if scores}

    def rows(self, start: Path) -> list[Row]:
        """Return one row a candidate by rising ratio. start: the folder that paths of runs are relative to."""
        standings = self.decision.standings
        runs = {each.candidate.name: self.finished(each.candidate) for each in standings}
        lists = {name: list(some.values()) for name, some in runs.items()}
        real = next((each.candidate.name for each in standings if each.candidate.ratio == REAL_ONLY), None)
        rows: list[Row] = []
        for standing in standings:
            name = standing.candidate.name
            peers = others(lists, name)
            base = lists[real] if real and standing.candidate.ratio != REAL_ONLY else []
            facts = {
                "picked": name == self.decision.best,
                "against_real": against(lists[name], base, peers),
                "cells": {seed: self.cells.name(cell_of(standing.candidate, seed), start) for seed in runs[name]},
            }
            rounded = plain(self.head(standing) | self.scores(standing, runs[name], peers) | facts)
            rows.append(rounded | {"weights": dict(standing.candidate.weights)})  # later stages find runs by them
        return rows

    def head(self, standing: Standing) -> Row:
        """Return what a candidate is, and what the race has to say of it."""
        each = standing.candidate
        return head_of(cell_of(each, 0), self.cells.pools) | {
            "name": each.name,
            "stopped": standing.stopped.why if standing.stopped else None,
            "p_best": standing.p_best,
            "as_good": standing.as_good,
        }

    def scores(self, standing: Standing, runs: Runs, peers: Peers) -> Row:
        """Return a candidate's scores: measured if it was trained to the end, else what the race expects of it."""
        if not runs:
            expected = {"iou": standing.iou, "ci95": standing.ci95, "seeds": standing.ious, "share": standing.share}
            return expected | dict.fromkeys(("sd", "on_renders", "overstates"))
        own = list(runs.values())
        held = {seed: self.on_renders(cell_of(standing.candidate, seed)) for seed in runs}
        known = [(scores, runs[seed]) for seed, scores in held.items() if scores]
        return {
            "iou": score_of(own),
            "ci95": interval(own, self.resamples, peers),
            "seeds": {seed: run.iou for seed, run in runs.items()},
            "share": 1.0,
            "sd": spread(own),
            "on_renders": mean([scores.iou for scores, _ in known]),
            "overstates": mean([overstatement(scores, real) for scores, real in known]),
        }

    def on_renders(self, cell: Cell) -> Scores | None:
        """Return a run's scores on the renders kept out of training; None without such renders."""
        path = self.cells.folder(cell) / HELD
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
