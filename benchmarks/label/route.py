"""What routing saves on domino: minutes of people for 100 objects, with a certificate, beside drawing every mask.

`python -m benchmarks.label.route FOLDER` takes the folder of the measured sets. A model of colours, learned from every
26th photo, finds objects in all others; a person's answer is whether some labelled object has an IoU of 0.75 with it.
"""

import sys
from pathlib import Path

import numpy as np

from benchmarks.label.certificates import ERROR, Right, Scores, ours
from benchmarks.label.colour_model import fitted, judged
from benchmarks.label.photo_sets import each_photo
from label.record import Effect
from label.routing.costs import Effort, all_by_hand, effort_of
from pipeline.costs import Costs
from pipeline.seeds import rng_for
from pipeline.settings import read_settings

LEARNED = 26  # every such photo is learned from
RIGHT_IOU = 0.75
TARGET, CHECKS, DRAWS = 0.95, 300, 40


def objects_of(real: Path) -> tuple[Scores, Right]:
    """Return score and rightness (N,) of every object that the model of colours finds in domino."""
    photos = [(image, mask) for _, image, mask in each_photo(real / "domino")]
    model = fitted(photos[::LEARNED])
    found = list(judged(model, (one for at, one in enumerate(photos) if at % LEARNED), RIGHT_IOU))
    return np.array([score for score, _ in found]), np.array([right for _, right in found])


def minutes_for(scores: Scores, right: Right, number: int, effort: Effort) -> tuple[float, float | None]:
    """Return the minutes of one draw: checks, further checks below the threshold, and a mask for each that is rejected.

    And how right the accepted part is in truth, None where nothing is certified.
    """
    checked = np.zeros(len(scores), bool)
    checked[rng_for(number, "checks").choice(len(scores), CHECKS, replace=False)] = True
    limit = ours(scores, scores[checked], right[checked], TARGET)
    alone = scores >= limit if limit is not None else np.zeros(len(scores), bool)
    seen = checked | ~alone
    seconds = seen.sum() * effort.check_s + (seen & ~right).sum() * effort.mask_s
    return float(seconds) / 60, float(right[alone].mean()) if alone.any() else None


def measure(real: Path, costs: Costs) -> Effect:
    """Return the effect for label.json. real: the folder of the measured sets."""
    effort, (scores, right) = effort_of(costs), objects_of(real)
    found = [minutes_for(scores, right, number, effort) for number in range(DRAWS)]
    minutes = np.array([each for each, _ in found]) / len(scores) * 100
    kept = [share for _, share in found if share is not None]
    false = sum(share < TARGET for share in kept)
    by_hand = all_by_hand(100, effort)
    low, high = np.percentile(minutes, (2.5, 97.5))
    saved = by_hand - float(minutes.mean())
    return Effect(
        what=f"minutes of people for 100 objects, those taken alone right at {TARGET:g} or more",
        measured=round(float(minutes.mean()), 1),
        beside_what="drawing every mask",
        beside=round(by_hand, 1),
        ci95=(round(float(low), 1), round(float(high), 1)),
        minutes=round(saved, 1),
        money=round(saved / 60 * costs.labeller_per_hour, 2),
        how=f"{DRAWS} draws of {CHECKS} checks among {len(scores)} objects of domino, found by a model of colours of "
        f"which {right.mean():.0%} are right; {len(kept)} draws certified a part, {false} falsely, at {1 - ERROR:.0%}",
    )


if __name__ == "__main__":
    sys.stdout.write(f"{measure(Path(sys.argv[1]), read_settings(Costs))}\n")
