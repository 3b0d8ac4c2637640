"""The records of scoring: what is counted on one photo, so that every score can be pooled anew from photos."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

FOREGROUND = "*"  # in place of a category: any category


@dataclasses.dataclass(frozen=True)
class Pixels:
    """How prediction and truth overlap, in pixels of the photo."""

    intersection: int
    union: int

    @property
    def iou(self) -> float:
        """Intersection over union in [0, 1]; 1.0 where the union is empty, since nothing was there and nothing said."""
        return self.intersection / self.union if self.union else 1.0


@dataclasses.dataclass(frozen=True)
class Errors:
    """What a photo's intersection lacks to its union, in pixels: the three add up to the difference."""

    outline: int  # near the outline of an object that was seen
    missed: int  # of objects that were not seen, and holes in others
    made_up: int  # away from any object


@dataclasses.dataclass(frozen=True)
class Matches:
    """The instances of one category on one photo: how many were predicted, how many are there, how many of them meet.

    predicted: without those that lie mostly in ignored pixels and meet nothing.
    hits: true instances met by a prediction, for each of `instances.THRESHOLDS`, falling.
    """

    predicted: int
    truth: int
    hits: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Sampled pixels by the probability of the predicted category, one entry for each of `calibration.BINS` bins."""

    pixels: tuple[int, ...]
    confidence: tuple[float, ...]  # sum of the probabilities
    correct: tuple[int, ...]  # pixels whose category is right


@dataclasses.dataclass(frozen=True)
class TrueObject:
    """One labelled instance and what became of it."""

    category: str
    area_share: float  # its pixels / the pixels of the photo
    visible_fraction: float  # as the label says; 1.0 if unknown
    border: bool  # touches the edge of the photo
    iou: float  # with the best predicted instance of its category; 0.0 without one
    covered: float  # share of its pixels that carry its category, in [0, 1]


@dataclasses.dataclass(frozen=True)
class Details:
    """What a photo's score holds beyond overlaps."""

    boundary: Pixels  # pixels near the outline of the foreground
    errors: Errors
    matches: dict[str, Matches]  # by category; one that is neither there nor predicted is left out
    calibration: Calibration
    objects: tuple[TrueObject, ...]  # in the order of the labels
    uncertainty: float  # mean entropy of the sampled pixels' probabilities, in bits
    off_outlines: Pixels | None = None  # of the foreground, without a band along outlines; None in older files


@dataclasses.dataclass(frozen=True)
class PhotoScore:
    """One photo's pixels, per category name and for `FOREGROUND`."""

    id: str
    group: str
    pixels: dict[str, Pixels]
    details: Details | None = None  # None in files from before there were details

    @property
    def iou(self) -> float:
        """The foreground's IoU on this photo alone."""
        return self.pixels[FOREGROUND].iou


@dataclasses.dataclass(frozen=True)
class Scores:
    """What one run reached on one split: real photos, or renders that took no part in its training."""

    split: str  # "val" or "test"; "held_out" for renders
    ratio: float  # renders / (renders + real) in what the network saw
    seed: int
    n_real: int  # photos in the mix
    n_render: int  # renders in the mix
    photos: tuple[PhotoScore, ...]
    schedule: str = "mix"
    weights: dict[str, float] = dataclasses.field(default_factory=dict)  # source -> share; empty if unknown
    name: str = ""  # of the candidate or trial
    scored: tuple[str, ...] = (FOREGROUND,)  # what the score is the mean of: categories that the labels show

    @property
    def iou(self) -> float:
        """The mean over `scored` of their IoU, each pooled over the pixels of all photos; see `mean_iou`."""
        return mean_iou([pooled(self.photos, name) for name in self.scored])

    @property
    def iou_per_category(self) -> dict[str, float]:
        """Pooled IoU of each category, by name; empty without photos."""
        names = self.photos[0].pixels if self.photos else {}
        return {name: pooled(self.photos, name).iou for name in names if name != FOREGROUND}


def pooled(photos: Iterable[PhotoScore], category: str = FOREGROUND) -> Pixels:
    """Return the sum over photos of one category's pixels; no photo gives an empty union."""
    counts = [photo.pixels[category] for photo in photos]
    return Pixels(sum(c.intersection for c in counts), sum(c.union for c in counts))


def mean_iou(pixels: Sequence[Pixels]) -> float:
    """Return the mean IoU of those with a pixel in their union; 1.0 where none has one."""
    known = [each for each in pixels if each.union]
    return sum(each.iou for each in known) / len(known) if known else 1.0


Score = Literal["mean", "foreground"]  # over categories; of any category


def scored_on(labelled: Collection[str], categories: Sequence[str]) -> tuple[str, ...]:
    """Return what the score of photos is the mean of: the categories that their labels show, all of them if none is.

    A category without a photo is left out: one false pixel of it would take away as much as a category of which nothing
    is found. labelled: the categories of all instances on the photos.
    """
    return tuple(name for name in categories if name in labelled) or tuple(categories) or (FOREGROUND,)


def scored_by(score: Score, scores: Scores) -> Scores:
    """Return scores whose `iou` is the mean over categories, as they were evaluated, or that of the foreground."""
    return scores if score == "mean" else dataclasses.replace(scores, scored=(FOREGROUND,))
