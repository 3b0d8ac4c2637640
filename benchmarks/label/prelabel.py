"""What proposals save a person, and whether they reach the tools and come back as they are.

The person of the simulation goes through out-of-sample predictions of a set whose labels are known: confirms an object
of `GOOD` IoU or more with a label, corrects one of `POOR` or more, deletes what is less, and draws what was not found.
"""

import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.label.judges import PLANS, JudgePlan, judged
from benchmarks.label.photo_sets import LabelledSet, ingested
from dataset.formats.outlines import mask_of
from dataset.idmap import mask_iou, read_ids
from dataset.predictions import each_prediction
from dataset.records import Sample
from label.prelabel import STYLES, Prelabel, main
from label.prelabels.anchoring import differ
from label.prelabels.coming_back import returned
from label.prelabels.proposals import proposal_of
from label.prelabels.records import mask_in, read_sent
from label.prelabels.rings import ring_of
from label.record import Effect, saving
from pipeline.costs import Costs
from pipeline.seeds import rng_for
from pipeline.settings import read_settings

GOOD, POOR = 0.9, 0.5
EXACT = tuple(style for style in STYLES if style != "label_studio")  # which hands back annotations alone
SEED, RESAMPLES, PLANTS = 1, 1000, 40


@dataclasses.dataclass(frozen=True)
class Work:
    """What a person does with the proposals of one photo."""

    confirmed: int
    corrected: int
    deleted: int
    drawn: int

    def seconds(self, costs: Costs) -> float:
        """Return how long it takes."""
        looked = costs.check_s * (self.confirmed + self.deleted)
        return looked + costs.correction_s * self.corrected + costs.mask_s * self.drawn

    @property
    def objects(self) -> int:
        """Return how many labels come of it."""
        return self.confirmed + self.corrected + self.drawn


def work_on(truth: Sequence[np.ndarray], proposed: Sequence[np.ndarray]) -> Work:
    """Return what a person does with proposals where these are the true masks (H, W)."""
    best = [max((mask_iou(mask, other) for other in proposed), default=0.0) for mask in truth]
    met = [max((mask_iou(mask, other) for other in truth), default=0.0) for mask in proposed]
    good, poor = sum(one >= GOOD for one in best), sum(POOR <= one < GOOD for one in best)
    return Work(good, poor, sum(one < POOR for one in met), len(truth) - good - poor)


def works_in(one: LabelledSet, predictions: Path) -> list[Work]:
    """Return the work on every photo that has a prediction."""
    samples = {sample.image: sample for sample in one.samples}
    works = []
    for found in each_prediction(predictions):
        sample: Sample = samples[found.file]
        ids, proposal = read_ids(one.folder / sample.ids), proposal_of(found)
        truth = [ids == item.index for item in sample.instances]
        works.append(work_on(truth, [proposal.ids == k for k in range(1, len(proposal.categories) + 1)]))
    return works


def per_object(works: Sequence[Work], costs: Costs) -> float:
    """Return the seconds a label takes."""
    return sum(work.seconds(costs) for work in works) / max(sum(work.objects for work in works), 1)


def interval(works: Sequence[Work], costs: Costs) -> tuple[float, float]:
    """Return the 95 % interval of `per_object` over photos."""
    rng, count = rng_for(SEED, "prelabel", "interval"), len(works)
    drawn = (rng.integers(count, size=count).tolist() for _ in range(RESAMPLES))
    low, high = np.quantile([per_object([works[at] for at in rows], costs) for rows in drawn], [0.025, 0.975])
    return float(low), float(high)


def ring_ious(predictions: Path, tolerance_px: float, most_points: int) -> list[float]:
    """Return the IoU that each predicted object keeps as a polygon, of those that one ring tells."""
    kept = []
    for found in each_prediction(predictions):
        proposal = proposal_of(found)
        for k in range(1, len(proposal.categories) + 1):
            ring = ring_of(proposal.ids == k, tolerance_px, most_points)
            if ring is not None:
                kept.append(mask_iou(mask_of([ring], found.size_hw, found.file), proposal.ids == k))
    return kept


def exact_in(style: str, predictions: Path, photos: Path, settings: Prelabel) -> tuple[int, int]:
    """Return how many objects come back from a format's files to the pixel, of how many."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        main(settings, predictions, photos, style, out)
        sent = {photo.name: photo for photo in read_sent(out)[0] if photo.objects}
        back = returned(out / "for_people", out, sent)
        same = total = 0
        for photo in sent.values():
            masks = [mask_in(thing, photo.size_hw) for thing in photo.objects]
            total += len(masks)
            same += sum(bool(((back[photo.name].ids == k) == mask).all()) for k, mask in enumerate(masks, 1))
        return same, total


def told_apart(plants: int = PLANTS, trials: int = 1000, one: float = 0.1, other: float = 0.4) -> float:
    """Return in which share of trials the planted errors tell two people apart who leave these shares of them."""
    rng = rng_for(SEED, "told apart")
    left = rng.binomial(plants, [one, other], (trials, 2)).tolist()
    return sum(differ((a, plants), (b, plants)) < 0.05 for a, b in left) / trials


def measure(one: LabelledSet, plan: JudgePlan, costs: Costs) -> Effect:
    """Return the seconds of a person a label takes with proposals, beside drawing it."""
    works = works_in(one, judged(one, plan))
    objects, took, (low, high) = sum(work.objects for work in works), per_object(works, costs), interval(works, costs)
    how = (
        f"{objects} objects of {len(works)} photos of {one.name}, proposed by networks {plan.words}, and a "
        f"simulated person: confirms an IoU of {GOOD} ({sum(work.confirmed for work in works)} objects), corrects one "
        f"of {POOR} ({sum(work.corrected for work in works)}), draws what is left; minutes: for as many "
        "further objects like these"
    )
    between = round(low, 2), round(high, 2)
    effect = Effect(
        "seconds of a person for a label", round(took, 2), "drawing each", costs.mask_s, between, None, None, how
    )
    saved, least, most = (objects * (costs.mask_s - each) / 60 for each in (took, high, low))
    return saving(effect, saved, (least, most), costs)


def tell(real: Path, work: Path) -> None:
    """Print the numbers of both sets."""
    sys.stdout.write(f"{PLANTS} plants tell 10 % from 40 % in {told_apart():.1%} of trials\n")
    settings = read_settings(Prelabel)
    for name, planned in PLANS.items():
        one = ingested(name, real, work)
        plan = planned(one.samples)
        effect = measure(one, plan, read_settings(Costs))
        sys.stdout.write(f"{name}: {effect.measured:.1f} s a label, {effect.ci95}, {effect.how}\n")
        predictions, photos = judged(one, plan), one.folder
        for tolerance in (0.5, 1.0):
            kept = ring_ious(predictions, tolerance, settings.most_points)
            least, high = min(kept), sum(one >= 0.99 for one in kept) / len(kept)
            words = f"mean IoU {np.mean(kept):.4f}, least {least:.4f}, {high:.1%} at 0.99 or more"
            sys.stdout.write(f"  polygons, {tolerance} px: {words}\n")
        for style in EXACT:
            same, total = exact_in(style, predictions, photos, settings)
            sys.stdout.write(f"  {style}: {same} of {total} to the pixel\n")


if __name__ == "__main__":
    tell(Path(sys.argv[1]), Path(sys.argv[2]))
