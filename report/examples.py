"""Failures of a run over all val photos: how many of each cause, and a picture of one."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset.idmap import read_ids, read_image
from dataset.overlay import outline, overlay, small
from dataset.records import Sample
from report.failures import CAUSES, Box, Failure, failures, overlaps
from report.pictures import Picture, picture
from report.sheets import SHEET_PX, prediction

AROUND = 0.4  # of the box's longer side, what an example shows beyond it
LEAST_PX = 160  # an example shows at least this much of the photo
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclasses.dataclass(frozen=True)
class Cause:
    """One kind of failure, with its largest example."""

    name: str
    words: str
    count: int
    photos: int  # in how many photos it happens
    example: Picture


def causes(trial: Path, folder: Path, samples: Sequence[Sample], categories: Sequence[str]) -> list[Cause]:
    """Return the causes that occur, in the order of CAUSES. trial: the run's folder; folder: the val manifest's."""
    found: dict[str, list[tuple[Failure, Sample]]] = {}
    for sample in samples:
        seen = overlaps(prediction(trial, sample), read_ids(folder / sample.ids), sample.instances, categories)
        for failure in failures(seen):
            found.setdefault(failure.cause, []).append((failure, sample))
    return [cause(name, found[name], trial, folder) for name in CAUSES if name in found]


def cause(name: str, cases: Sequence[tuple[Failure, Sample]], trial: Path, folder: Path) -> Cause:
    """Return one cause with the picture of its largest case; of equals the first."""
    failure, sample = max(cases, key=lambda case: case[0].area_px)
    photos = len({sample.id for _, sample in cases})
    return Cause(name, CAUSES[name], len(cases), photos, example(failure, sample, trial, folder))


def example(failure: Failure, sample: Sample, trial: Path, folder: Path) -> Picture:
    """Return the part of the photo where a failure lies: what was predicted in colour, the truth's outline in white."""
    y, x = around(failure.box, sample.size_hw)
    predicted = small(prediction(trial, sample)[y, x].astype(np.uint8), SHEET_PX)
    image, ids = (
        small(read_image(folder / sample.image)[y, x], SHEET_PX),
        small(read_ids(folder / sample.ids)[y, x], SHEET_PX),
    )
    drawn = overlay(image, predicted)
    edge = outline(ids) & (ids > 0)
    drawn[outline(edge.astype(np.uint8)) & ~edge] = BLACK  # so that white shows on a white object
    drawn[edge] = WHITE
    return picture(drawn, f"{failure.cause} in {sample.id}: prediction in colour, truth outlined", sample.id)


def around(box: Box, size_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Return rows and columns of a photo around a box, within the photo."""
    x0, y0, x1, y1 = box
    margin = max(AROUND * max(x1 - x0, y1 - y0), (LEAST_PX - max(x1 - x0, y1 - y0)) / 2)
    height, width = size_hw
    rows = slice(max(round(y0 - margin), 0), min(round(y1 + margin), height))
    return rows, slice(max(round(x0 - margin), 0), min(round(x1 + margin), width))
