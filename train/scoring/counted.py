"""One photo's counts as flat names and numbers, and the kinds of objects they are told apart by."""

from collections.abc import Callable, Mapping

from train.scoring.calibration import BINS
from train.scoring.instances import THRESHOLDS
from train.scoring.records import Details, PhotoScore, TrueObject

Kinds = Mapping[str, Callable[[TrueObject], bool]]

# COCO's bounds, 32 and 96 pixels squared, as shares of a photo of 640 x 480: pixels mean little across cameras
SMALL, LARGE = 32**2 / (640 * 480), 96**2 / (640 * 480)  # 0.33 % and 3 % of the photo

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
    matches, bins = details.matches.values(), details.calibration
    found: dict[str, float] = {
        "boundary/intersection": details.boundary.intersection,
        "boundary/union": details.boundary.union,
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
