"""The search for wrong labels: numbers of every photo's objects, with errors planted among them, and what they say."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IGNORE, IdMap, Mask
from dataset.records import Instance
from label.plants import KINDS, MISSING, SPURIOUS, plant
from label.suspects.features import Place, Row, features_of, places_of
from label.suspects.judge import CLEAN, Expected, expected, highest, rows_of, scores
from label.suspects.views import LabelledObject, Reals, View, objects_in, small, view_of
from pipeline.seeds import rng_for

SHAPES = tuple(kind for kind in KINDS if kind != MISSING)  # errors of something that is labelled
MET = 0.3  # share of a missing object that a place must cover, to be the place where it is missing


@dataclasses.dataclass(frozen=True)
class AuditPhoto:
    """A labelled photo and what a network that was not trained on it says. Arrays are (H, W) but for the image."""

    id: str
    image: NDArray[np.uint8]  # (H, W, 3)
    ids: IdMap
    instances: tuple[Instance, ...]
    inside: Reals  # probability of any category
    seen: NDArray[np.uint8]  # predicted category, 0 = background


@dataclasses.dataclass(frozen=True)
class PhotoRows:
    """The numbers of one photo: of its labels and places as they are, and of the errors planted there."""

    objects: tuple[tuple[int, Row], ...]  # index of the instance and its numbers
    places: tuple[Place, ...]
    planted: tuple[tuple[str, Row], ...]  # kind and numbers of objects with errors
    missing: tuple[Row, ...]  # numbers of places where an object was taken away
    unseen: int  # objects that were taken away where nothing is seen


@dataclasses.dataclass(frozen=True)
class Suspect:
    """One suspect: a labelled object, or a place without a label."""

    photo: int  # its number
    index: int  # of the instance in its photo; 0 for a place
    place: int  # number of the place in its photo; -1 for an object
    kind: str
    score: float  # probability of this kind of error, by classifiers that take errors and right labels as even
    precision: float  # expected share of wrong ones in the list that ends here
    found: float  # share of planted errors of this kind that the list would find


@dataclasses.dataclass(frozen=True)
class Assessment:
    """What the search says of a set."""

    suspects: tuple[Suspect, ...]  # by queue, the most suspicious first
    queues: dict[str, Expected]  # kind -> what its queue is worth, candidates in the order of `candidates`
    photo_scores: NDArray[np.float64]  # (N,) suspicion of each photo, any kind
    photo_kinds: NDArray[np.float64]  # (N, K) by kind of KINDS


def typical_radius(instances: Sequence[Instance]) -> float:
    """Return the median radius of a set's objects in pixels; 1 without any."""
    areas = [item.area_px for item in instances if item.area_px]
    return float(np.sqrt(np.median(areas) / np.pi)) if areas else 1.0


def rows_for(photo: AuditPhoto, categories: Sequence[str], typical: float, seed: int, *, planted: bool) -> PhotoRows:
    """Return the numbers of one photo. typical: as of `features_of`. planted: whether errors are planted too."""
    view = view_of(photo.image, photo.inside, photo.seen, photo.ids)
    things = objects_in(photo.ids, photo.instances, categories)
    at = [k for k, thing in enumerate(things) if thing.mask.any()]
    objects = tuple((photo.instances[k].index, features_of(view, things[k], typical)) for k in at)
    labelled = small((photo.ids > 0) & (photo.ids != IGNORE))
    rows, taken, unseen = list[tuple[str, Row]](), list[Row](), 0
    for k in at if planted else []:
        rng = rng_for(seed, "audit", photo.id, photo.instances[k].index)
        rows += planted_rows(view, things[k], categories, typical, rng)
        gap = place_without(view, labelled, things[k].mask, typical)
        taken, unseen = ([*taken, gap.row], unseen) if gap else (taken, unseen + 1)
    return PhotoRows(objects, tuple(places_of(view, labelled, typical)), tuple(rows), tuple(taken), unseen)


def planted_rows(
    view: View, thing: LabelledObject, categories: Sequence[str], typical: float, rng: np.random.Generator
) -> list[tuple[str, Row]]:
    """Return kind and numbers of an object with each error that can be planted into it."""
    rows = []
    for kind in SHAPES:
        made = plant(kind, thing.mask, thing.others, categories[thing.category - 1], categories, rng)
        if made is not None and made.mask is not None:
            others = thing.others | thing.mask if kind == SPURIOUS else thing.others
            wrong = LabelledObject(made.mask, others, categories.index(made.category) + 1)
            rows.append((kind, features_of(view, wrong, typical)))
    return rows


def place_without(view: View, labelled: Mask, gone: Mask, typical: float) -> Place | None:
    """Return the place where an object would be missed if its label were gone; None where nothing is seen there."""
    places = places_of(view, labelled & ~gone, typical)
    covered = [float((place.mask & gone).sum()) / gone.sum() for place in places]
    best = int(np.argmax(covered)) if covered else 0
    return places[best] if covered and covered[best] >= MET else None


def assess(photos: Sequence[PhotoRows], seed: int) -> Assessment:
    """Return the suspects of a set, photos by their numbers."""
    objects = [(row, at, CLEAN) for at, photo in enumerate(photos) for _, row in photo.objects]
    planted = [(row, at, kind) for at, photo in enumerate(photos) for kind, row in photo.planted]
    places = [(place.row, at, CLEAN) for at, photo in enumerate(photos) for place in photo.places]
    gone = [(row, at, MISSING) for at, photo in enumerate(photos) for row in photo.missing]
    width = max((len(row) for row, _, _ in [*objects, *planted]), default=1)
    things = rows_of([*objects, *planted], width)
    gaps = rows_of([*places, *gone], max((len(row) for row, _, _ in [*places, *gone]), default=1))
    by_kind, by_gap = scores(things, SHAPES, seed), scores(gaps, (MISSING,), seed)
    n, m = len(objects), len(places)
    queues = {}
    for k, kind in enumerate(SHAPES, 1):
        queues[kind] = expected(by_kind[:n, k], by_kind[n:][things.kind[n:] == kind, k])
    unseen = np.zeros(sum(photo.unseen for photo in photos))
    queues[MISSING] = expected(by_gap[:m, 1], np.concatenate([by_gap[m:, 1], unseen]))
    names = [(at, index, -1) for at, photo in enumerate(photos) for index, _ in photo.objects]
    names += [(at, 0, place) for at, photo in enumerate(photos) for place in range(len(photo.places))]
    suspects = queued(names, by_kind[:n, 1:], by_gap[:m, 1], queues)
    total, count = 1 - by_kind[:n, 0], len(photos)
    columns = [highest(by_kind[:n, k], things.photo[:n], count) for k in range(1, len(SHAPES) + 1)]
    gap_top = highest(by_gap[:m, 1], gaps.photo[:m], count)
    mixed = np.maximum(highest(total, things.photo[:n], count), gap_top)
    return Assessment(suspects, queues, mixed, np.stack([gap_top, *columns], axis=1))


def queued(
    names: Sequence[tuple[int, int, int]],
    kinds: NDArray[np.float64],
    gaps: NDArray[np.float64],
    queues: dict[str, Expected],
) -> tuple[Suspect, ...]:
    """Return every candidate in the queue of its likeliest kind, queues in the order of KINDS."""
    n = len(kinds)
    found = []
    for at, (photo, index, place) in enumerate(names):
        k = int(kinds[at].argmax()) if at < n else 0
        kind, row = (SHAPES[k], at) if at < n else (MISSING, at - n)
        score, worth = float(kinds[at, k] if at < n else gaps[at - n]), queues[kind]
        found.append(Suspect(photo, index, place, kind, score, float(worth.precision[row]), float(worth.found[row])))
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), -one.score, one.photo, one.index, one.place)))
