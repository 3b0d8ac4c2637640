"""Every score of a candidate with its interval, from flat counts of photos and of kinds of objects."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dataset.sizes import LARGE, SMALL
from measure.scoring.differences import leaves_out
from measure.scoring.intervals import Columns, Counts, Estimate, Statistic, estimate, mean_of_seeds, share, table_of
from measure.scoring.photo import BINS, THRESHOLDS
from measure.scoring.records import FOREGROUND, Details, Errors, PhotoScore, Scores, TrueObject

Kinds = Mapping[str, Callable[[TrueObject], bool]]

SIZES: Kinds = {
    "small": lambda thing: thing.area_share < SMALL,
    "medium": lambda thing: thing.area_share < LARGE,
    "large": lambda _: True,
}
VISIBLE: Kinds = {  # a photo's labels often know nothing of what is hidden: then an object counts as in full view
    "mostly hidden": lambda thing: thing.visible_fraction < 0.5,
    "partly hidden": lambda thing: thing.visible_fraction < 0.95,
    "cut by the edge": lambda thing: thing.border,
    "in full view": lambda _: True,
}


def kind_of(thing: TrueObject, kinds: Kinds) -> str:
    """Return the first kind that holds for an object."""
    return next(name for name, holds in kinds.items() if holds(thing))


def counted(photo: PhotoScore) -> dict[str, float]:
    """Return a photo's counts by name; without details its overlaps alone."""
    found: dict[str, float] = {}
    for name, pixels in photo.pixels.items():
        found |= {f"pixels/{name}/intersection": pixels.intersection, f"pixels/{name}/union": pixels.union}
    return found | (of_details(photo.details) if photo.details else {})


def of_details(details: Details) -> dict[str, float]:
    """Return the counts of boundaries, errors, instances, calibration and objects; the same names for any photo."""
    matches, bins, off = details.matches.values(), details.calibration, details.off_outlines
    found: dict[str, float] = {
        "boundary/intersection": details.boundary.intersection,
        "boundary/union": details.boundary.union,
        "off_outlines/intersection": off.intersection if off else 0,
        "off_outlines/union": off.union if off else 0,
        "errors/outline": details.errors.outline,
        "errors/missed": details.errors.missed,
        "errors/made_up": details.errors.made_up,
        "instances/predicted": sum(match.predicted for match in matches),
        "instances/truth": sum(match.truth for match in matches),
    }
    found |= {f"instances/hits/{t}": sum(match.hits[k] for match in matches) for k, t in enumerate(THRESHOLDS)}
    for k in range(BINS):
        found[f"calibration/pixels/{k}"] = bins.pixels[k]
        found[f"calibration/confidence/{k}"] = bins.confidence[k]
        found[f"calibration/correct/{k}"] = bins.correct[k]
    return found | of_objects(details, "size", SIZES) | of_objects(details, "visible", VISIBLE)


def of_objects(details: Details, family: str, kinds: Kinds) -> dict[str, float]:
    """Return for each kind of object how many there are, how many are found, and the sums of how well."""
    found: dict[str, float] = {}
    for name in kinds:
        own = [thing for thing in details.objects if kind_of(thing, kinds) == name]
        found[f"{family}/{name}/all"] = len(own)
        found[f"{family}/{name}/recall"] = sum(thing.iou >= THRESHOLDS[0] for thing in own)
        found[f"{family}/{name}/iou"] = sum(thing.iou for thing in own)
        found[f"{family}/{name}/covered"] = sum(thing.covered for thing in own)
    return found


DIGITS = 6
RARE = 0.05  # share of all instances below which a category is rare

ERRORS = tuple(field.name for field in dataclasses.fields(Errors))

Measure = Callable[[Statistic], dict[str, Any] | None]


def summary(runs: Sequence[Scores], resamples: int) -> dict[str, Any]:
    """Return all scores of one candidate's runs on the same photos; each is {"value", "ci95"}, None if not known.

    "ci95" is None where one group of photos alone holds what is scored. Scores beyond overlaps are None, and lists of
    them empty, where a file is from before there were details. Errors as `table.table_of`.
    """
    table = table_of(runs, counted)
    drawn = table.drawn(resamples)

    def measure(statistic: Statistic) -> dict[str, Any] | None:
        """Return one score as JSON."""
        return as_json(estimate(table, drawn, statistic))

    photos = runs[0].photos
    detailed = all(photo.details for run in runs for photo in run.photos)
    categories = [name for name in photos[0].pixels if name != FOREGROUND]
    return {
        "run": runs[0].name,
        "leaves_out": leaves_out(runs),
        "iou": measure(iou_over([FOREGROUND])),
        "mean_iou": measure(iou_over([name for name in runs[0].scored if name != FOREGROUND] or categories)),
        **by_category(measure, photos, categories),
        "boundary_iou": measure(ratio("boundary/intersection", "boundary/union")) if detailed else None,
        "off_outlines_iou": measure(ratio("off_outlines/intersection", "off_outlines/union")) if detailed else None,
        "lost": {name: measure(lost_by(name)) for name in ERRORS} if detailed else None,
        "instances": [at_threshold(measure, threshold) for threshold in THRESHOLDS] if detailed else [],
        "calibration_error": measure(CALIBRATION_ERROR) if detailed else None,
        "by_size": by_kind(measure, photos, "size", SIZES) if detailed else [],
        "by_visible": by_kind(measure, photos, "visible", VISIBLE) if detailed else [],
    }


def as_json(found: Estimate) -> dict[str, Any] | None:
    """Return an estimate rounded, None if there was nothing to score."""
    if found.value is None:
        return None
    ci95 = [round(bound, DIGITS) for bound in found.ci95] if found.ci95 else None
    return {"value": round(found.value, DIGITS), "ci95": ci95}


def ratio(top: str, whole: str) -> Statistic:
    """Return the score ``top / whole`` of two names."""
    return Statistic(lambda columns: share(columns[top], columns[whole]), lambda columns: columns[whole])


def lost_by(name: str) -> Statistic:
    """Return how much of the foreground's IoU errors of one kind cost; all kinds together cost 1 - IoU."""
    return ratio(f"errors/{name}", f"pixels/{FOREGROUND}/union")


def iou_over(categories: Sequence[str]) -> Statistic:
    """Return the mean over categories of their pooled IoU; one that is neither there nor predicted is left out."""

    def formula(columns: Columns) -> Counts:
        """Return the score of columns (...)."""
        each = [share(columns[f"pixels/{name}/intersection"], columns[f"pixels/{name}/union"]) for name in categories]
        return mean_of_seeds(np.stack(each, axis=-1))

    return Statistic(formula, lambda columns: np.sum([columns[f"pixels/{name}/union"] for name in categories], axis=0))


def calibration_error(columns: Columns) -> Counts:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) in [0, 1], lower is better."""
    off = [np.abs(columns[f"calibration/confidence/{k}"] - columns[f"calibration/correct/{k}"]) for k in range(BINS)]
    return share(np.sum(off, axis=0), sampled_pixels(columns))


def sampled_pixels(columns: Columns) -> Counts:
    """Return the number of pixels whose confidence was looked at."""
    return np.asarray(np.sum([columns[f"calibration/pixels/{k}"] for k in range(BINS)], axis=0))


CALIBRATION_ERROR = Statistic(calibration_error, sampled_pixels)


def at_threshold(measure: Measure, threshold: float) -> dict[str, Any]:
    """Return precision and recall of instances, all categories together, at a threshold of IoU."""
    hits = f"instances/hits/{threshold}"
    return {
        "iou": threshold,
        "precision": measure(ratio(hits, "instances/predicted")),
        "recall": measure(ratio(hits, "instances/truth")),
    }


def by_category(measure: Measure, photos: Sequence[PhotoScore], categories: Sequence[str]) -> dict[str, Any]:
    """Return the IoU of each category, and the mean over rare ones, None without a rare one.

    Rare: less than `RARE` of all instances on these photos, where there are at least two categories. "photos" are those
    with an instance of it; "photos" and "instances" are None without details.
    """
    held = {name: instances_of(photos, name) for name in categories}
    total = sum(sum(counts) for counts in held.values())
    rows: dict[str, Any] = {}
    for name, counts in held.items():
        rare = len(categories) > 1 and bool(total) and sum(counts) < RARE * total
        numbers = {"photos": len(counts), "instances": sum(counts)} if has_details(photos) else dict.fromkeys(COUNTED)
        rows[name] = (measure(iou_over([name])) or {"value": None, "ci95": None}) | numbers | {"rare": rare}
    few = [name for name, row in rows.items() if row["rare"] and row["value"] is not None]
    found = measure(iou_over(few)) if few else None
    return {"iou_per_category": rows, "rare_iou": {**found, "categories": few} if found else None}


COUNTED = ("photos", "instances")


def has_details(photos: Sequence[PhotoScore]) -> bool:
    """Return whether every photo has details."""
    return all(photo.details for photo in photos)


def instances_of(photos: Sequence[PhotoScore], category: str) -> list[int]:
    """Return how many true instances of a category there are, for each photo that has one."""
    matches = [photo.details.matches.get(category) for photo in photos if photo.details]
    return [match.truth for match in matches if match and match.truth]


def by_kind(measure: Measure, photos: Sequence[PhotoScore], family: str, kinds: Kinds) -> list[dict[str, Any]]:
    """Return one row for each kind of true object that occurs: the share that is found, and how well.

    "recall": found at an IoU of 0.5; "iou": mean of each object's best IoU; "covered": mean share of its pixels.
    """
    rows = []
    for name in kinds:
        counts = [
            sum(kind_of(thing, kinds) == name for thing in photo.details.objects) for photo in photos if photo.details
        ]
        head = {"name": name, "photos": sum(1 for count in counts if count), "instances": sum(counts)}
        of_kind = {
            key: measure(ratio(f"{family}/{name}/{key}", f"{family}/{name}/all"))
            for key in ("recall", "iou", "covered")
        }
        rows.append(head | of_kind)
    return [row for row in rows if row["instances"]]
