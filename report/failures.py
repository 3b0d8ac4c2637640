"""Why a run loses score on a photo, object by object, from masks alone.

Objects the network sees are connected parts of one category (8-connected). The limits 0.1 and 0.5 are those of TIDE
(Bolya et al. 2020, arXiv 2008.08115): overlap below 0.1 is none, from 0.5 it is the same object.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, ignores, read_ids, read_image, without_ignored
from dataset.overlay import outline, overlay, small, striped
from dataset.pieces import pieces_of
from dataset.records import Instance, Sample
from dataset.sizes import SMALL
from report.sheets import SHEET_PX, Picture, picture, prediction

NONE, SAME = 0.1, 0.5
LOOSE = 0.75  # an object that was found, but with a lower IoU than this, has a loose outline
HIDDEN = 0.5  # an object of which less than this share is in view
SPECK = 0.0002  # share of the photo; smaller parts of a prediction are no objects

CAUSES = {  # in the order of the page
    "Not found: hidden": "Objects more than half hidden that were not found",
    "Not found: small": f"Objects under {SMALL:.1%} of the photo that were not found",
    "Not found: at the border": "Objects cut by the photo's border that were not found",
    "Not found: in plain view": "Objects that were not found, though large, whole and in view",
    "Wrong category": "Objects seen as another category",
    "False alarm": "Objects seen where none is",
    "Merged": "Objects that stand together and were seen as one",
    "Split": "Objects seen as several pieces",
    "Loose outline": f"Objects found with an IoU below {LOOSE}",
}

Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class Failure:
    """One object that was not found, made up, or not well outlined."""

    cause: str  # a key of CAUSES
    box: Box  # x0, y0, x1, y1 in pixels of the photo, x1 and y1 exclusive
    area_px: int


@dataclasses.dataclass(frozen=True)
class Overlaps:
    """Pixels that true and seen objects share."""

    shared: NDArray[np.int64]  # (T + 1, S + 1): row 0 and column 0 are the background
    true: tuple[Instance, ...]  # T
    kinds: tuple[int, ...]  # category number of each true object, 1, 2, ...
    seen: tuple[tuple[int, Box], ...]  # S: category number and box
    ignored_px: NDArray[np.int64]  # (S,) pixels of seen objects that the labels ignore, and that are not in `shared`
    size_hw: tuple[int, int]  # of the photo

    @property
    def true_px(self) -> NDArray[np.int64]:
        """Area of each true object (T,)."""
        return np.asarray(self.shared[1:].sum(axis=1))

    @property
    def seen_px(self) -> NDArray[np.int64]:
        """Area of each seen object (S,)."""
        return np.asarray(self.shared[:, 1:].sum(axis=0))


def overlaps(
    predicted: NDArray[np.integer], ids: NDArray[np.uint16], instances: Sequence[Instance], categories: Sequence[str]
) -> Overlaps:
    """Return how a predicted category map (H, W) and an id map (H, W) overlap where this is not ignored.

    True objects of other categories than `categories` are background, as in the score. Raises ValueError if the sizes
    differ.
    """
    if predicted.shape != ids.shape:
        raise ValueError(f"the prediction is {predicted.shape}, the truth {ids.shape}")
    true = tuple(one for one in instances if one.category in categories)
    numbers = np.zeros(IGNORE + 1, np.int64)
    numbers[[one.index for one in true]] = np.arange(1, len(true) + 1)
    seen, boxes = parts(predicted, len(categories))
    counted = ids != IGNORE
    pairs = numbers[ids] * (len(boxes) + 1) + seen * counted
    ignored = np.bincount(seen[~counted], minlength=len(boxes) + 1)[1:]
    shared = np.bincount(pairs.ravel(), minlength=(len(true) + 1) * (len(boxes) + 1))
    kinds = tuple(list(categories).index(one.category) + 1 for one in true)
    return Overlaps(shared.reshape(len(true) + 1, len(boxes) + 1), true, kinds, tuple(boxes), ignored, ids.shape)


def parts(predicted: NDArray[np.integer], count: int) -> tuple[NDArray[np.int64], list[tuple[int, Box]]]:
    """Return the seen objects: a map (H, W) of their numbers, 0 = none, and category number and box of each.

    count: how many categories there are.
    """
    found, boxes = np.zeros(predicted.shape, np.int64), list[tuple[int, Box]]()
    for kind in range(1, count + 1):
        pieces = pieces_of(predicted == kind).downwards()
        for number, (box, area) in enumerate(zip(pieces.boxes.tolist(), pieces.areas, strict=True), 1):
            if area >= SPECK * predicted.size:
                x0, y0, x1, y1 = box
                boxes.append((kind, (x0, y0, x1, y1)))
                found[y0:y1, x0:x1][pieces.labels[y0:y1, x0:x1] == number] = len(boxes)
    return found, boxes


def failures(found: Overlaps) -> list[Failure]:
    """Return what went wrong: of each true object at most one failure, then the false alarms.

    A seen object of which more than half is ignored is no false alarm.
    """
    lost = []
    for at, one in enumerate(found.true):
        cause = cause_of(found, at) if found.true_px[at] else None
        if cause:
            lost.append(Failure(cause, one.box, int(found.true_px[at])))
    hit = found.shared[1:, 1:].sum(axis=0)  # (S,) pixels of a seen object that lie on any true one
    return lost + [
        Failure("False alarm", box, int(area))
        for (_, box), area, on, ignored in zip(found.seen, found.seen_px, hit, found.ignored_px, strict=True)
        if on < NONE * area and ignored <= area
    ]


def cause_of(found: Overlaps, at: int) -> str | None:
    """Return why the true object at a place was not found well, or None where it was."""
    area, row = found.true_px[at], found.shared[at + 1, 1:]
    mine = np.array([kind == found.kinds[at] for kind, _ in found.seen], bool)
    if row[mine].sum() < NONE * area:
        return "Wrong category" if row[~mine].sum() >= SAME * area else f"Not found: {why_not_found(found, at)}"
    main = int(np.where(mine, row, -1).argmax())
    if together(found, at, main):
        return "Merged"
    if (row[mine] >= NONE * area).sum() > 1:
        return "Split"
    iou = row[main] / (area + found.seen_px[main] - row[main])
    return "Loose outline" if iou < LOOSE else None


def why_not_found(found: Overlaps, at: int) -> str:
    """Return the first reason that holds for an object that was not found."""
    one, (height, width) = found.true[at], found.size_hw
    x0, y0, x1, y1 = one.box
    if one.visible_fraction < HIDDEN:
        return "hidden"
    if found.true_px[at] < SMALL * height * width:
        return "small"
    return "at the border" if x0 <= 0 or y0 <= 0 or x1 >= width or y1 >= height else "in plain view"


def together(found: Overlaps, at: int, main: int) -> bool:
    """Return whether the seen object that covers most of a true one also covers half of another of its category."""
    covered = found.shared[1:, main + 1] >= SAME * np.maximum(found.true_px, 1)
    same = np.array([kind == found.kinds[at] for kind in found.kinds], bool)
    return bool(covered[at] and (covered & same).sum() > 1)


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
    """Return the part of the photo where a failure lies: what was predicted in colour, the truth's outline in white.

    What the labels ignore has grey stripes.
    """
    y, x = around(failure.box, sample.size_hw)
    predicted = small(prediction(trial, sample)[y, x].astype(np.uint8), SHEET_PX)
    image, ids = (
        small(read_image(folder / sample.image)[y, x], SHEET_PX),
        small(read_ids(folder / sample.ids)[y, x], SHEET_PX),
    )
    drawn = striped(overlay(image, predicted), ids == IGNORE)
    edge = outline(ids) & (without_ignored(ids) > 0)
    drawn[outline(edge.astype(np.uint8)) & ~edge] = BLACK  # so that white shows on a white object
    drawn[edge] = WHITE
    return picture(
        drawn, f"{failure.cause} in {sample.id}: prediction in colour, truth outlined", sample.id, ignores(ids)
    )


def around(box: Box, size_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Return rows and columns of a photo around a box, within the photo."""
    x0, y0, x1, y1 = box
    margin = max(AROUND * max(x1 - x0, y1 - y0), (LEAST_PX - max(x1 - x0, y1 - y0)) / 2)
    height, width = size_hw
    rows = slice(max(round(y0 - margin), 0), min(round(y1 + margin), height))
    return rows, slice(max(round(x0 - margin), 0), min(round(x1 + margin), width))
