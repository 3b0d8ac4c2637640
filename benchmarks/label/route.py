"""What routing saves: minutes of people for 100 labelled objects, with a certificate, beside drawing every mask.

`python -m benchmarks.label.route FOLDER` takes the folder of the measured sets. A model of colours, learned from every
26th photo of domino, finds objects in all others; a person's answer is whether some labelled object has an IoU of 0.75
with it. `make label` takes what networks find in photos that they did not see.
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.certificates import ERROR, Right, Scores, ours
from benchmarks.label.colour_model import fitted, judged_in
from benchmarks.label.judges import JudgePlan, judged
from benchmarks.label.photo_sets import LabelledSet, each_photo, pieces
from dataset.idmap import read_ids
from dataset.predictions import each_prediction
from label.certificate import least_checks
from label.proposals import checked_objects
from label.record import Effect, saving
from label.routing.costs import Effort, all_by_hand, effort_of
from pipeline.costs import Costs
from pipeline.seeds import rng_for
from pipeline.settings import read_settings

LEARNED = 26  # every such photo is learned from
COLOURS = "a model of colours found in domino"
RIGHT_IOU = 0.75
TARGET, CHECKS, DRAWS = 0.95, 300, 200  # checks: or half of the objects, where these are fewer


@dataclasses.dataclass(frozen=True)
class RoutedPhoto:
    """What was found in one photo, held against its labels."""

    labelled: int  # objects
    scores: tuple[float, ...]  # of the objects that were found
    right: tuple[bool, ...]  # of the same ones


@dataclasses.dataclass(frozen=True)
class RouteDraw:
    """What one draw of photos and checks came to."""

    minutes: float  # of people, for 100 labelled objects
    right: float | None  # share of what is taken alone that is right in truth, None where nothing is


def by_colours(real: Path) -> list[RoutedPhoto]:
    """Return what the model of colours finds in domino. real: the folder of the measured sets."""
    photos = [(image, mask) for _, image, mask in each_photo(real / "domino")]
    model = fitted(photos[::LEARNED])
    others = [one for at, one in enumerate(photos) if at % LEARNED]
    found = [(mask, list(judged_in(model, image, mask, RIGHT_IOU))) for image, mask in others]
    return [
        RoutedPhoto(len(pieces(mask)), tuple(s for s, _ in each), tuple(r for _, r in each)) for mask, each in found
    ]


def by_networks(one: LabelledSet, plan: JudgePlan) -> list[RoutedPhoto]:
    """Return what networks find in the photos of a set that they did not see."""
    samples, found = {sample.image: sample for sample in one.samples}, []
    for prediction in each_prediction(judged(one, plan)):
        sample = samples[prediction.file]
        objects = checked_objects(prediction, read_ids(one.folder / sample.ids), sample.instances, RIGHT_IOU)
        scores, right = (item.score for item in objects), (item.right for item in objects)
        found.append(RoutedPhoto(len(sample.instances), tuple(scores), tuple(right)))
    return found


def checks_for(photos: Sequence[RoutedPhoto]) -> int:
    """Return how many objects are checked at random: `CHECKS`, or half of them where they are fewer."""
    return min(CHECKS, sum(len(photo.scores) for photo in photos) // 2)


def joined(photos: Sequence[RoutedPhoto]) -> tuple[Scores, Right]:
    """Return score and rightness (N,) of every object that was found."""
    scores = np.array([score for photo in photos for score in photo.scores], float)
    return scores, np.array([right for photo in photos for right in photo.right], bool)


def taken_alone(scores: Scores, right: Right, checked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (N,) which objects a certificate from the checked ones lets through."""
    limit = ours(scores, scores[checked], right[checked], TARGET)
    return scores >= limit if limit is not None else np.zeros(len(scores), bool)


def drawn(photos: Sequence[RoutedPhoto], number: int, effort: Effort) -> RouteDraw:
    """Return what one draw comes to: photos drawn anew with replacement, and of their objects those to check.

    People look at what is checked and at what is not let through, and draw each labelled object that nothing right was
    found for, even where nobody is sent to look for it.
    """
    rows = rng_for(number, "route photos").integers(len(photos), size=len(photos)).tolist()
    these = [photos[at] for at in rows]
    (scores, right), labelled = joined(these), sum(photo.labelled for photo in these)
    checked = np.zeros(len(scores), bool)
    checked[rng_for(number, "checks").choice(len(scores), checks_for(these), replace=False)] = True
    alone = taken_alone(scores, right, checked)
    seconds = int((checked | ~alone).sum()) * effort.check_s + (labelled - int(right.sum())) * effort.mask_s
    return RouteDraw(seconds / 60 / max(labelled, 1) * 100, float(right[alone].mean()) if alone.any() else None)


def measure(photos: Sequence[RoutedPhoto], finder: str, costs: Costs) -> Effect:
    """Return the effect for label.json. finder: what found the objects and where, in words."""
    effort, labelled = effort_of(costs), sum(photo.labelled for photo in photos)
    draws = [drawn(photos, number, effort) for number in range(DRAWS)]
    minutes, by_hand = np.array([draw.minutes for draw in draws]), all_by_hand(100, effort)
    low, high = np.percentile(minutes, (2.5, 97.5)).tolist()
    effect = Effect(
        what=f"minutes of people for 100 labelled objects, what is taken alone right at {TARGET:g} or more",
        measured=round(float(minutes.mean()), 1),
        beside_what="drawing every mask",
        beside=round(by_hand, 1),
        ci95=(round(low, 1), round(high, 1)),
        minutes=None,
        money=None,
        how=how(photos, finder, [draw.right for draw in draws if draw.right is not None]),
    )
    share = labelled / 100
    saved = (by_hand - float(minutes.mean())) * share
    return saving(effect, saved, ((by_hand - high) * share, (by_hand - low) * share), costs)


def how(photos: Sequence[RoutedPhoto], finder: str, certified: Sequence[float]) -> str:
    """Return what is behind the numbers. certified: how right the part is that is let through, of draws with one."""
    scores, right = joined(photos)
    false, checks = sum(share < TARGET for share in certified), checks_for(photos)
    said = (
        f"{DRAWS} draws of the photos and of {checks} checks among {len(scores)} objects that {finder}; "
        f"{right.sum() / max(len(right), 1):.0%} of them are right (IoU {RIGHT_IOU} with a label); minutes: for "
        "as many further objects like these; "
    )
    if certified:
        return f"{said}{len(certified)} draws certified a part, {false} falsely, at {1 - ERROR:.0%}"
    return (
        f"{said}nothing is certified ({TARGET:g} takes {least_checks(TARGET, ERROR)} checks, and more where some are "
        "wrong): people look at every object, and what is saved comes of looking in place of drawing"
    )


if __name__ == "__main__":
    sys.stdout.write(f"{measure(by_colours(Path(sys.argv[1])), COLOURS, read_settings(Costs))}\n")
