"""What pseudo-labels are worth: a network from few labels labels further photos itself.

``python -m benchmarks.label.pseudo --real REAL --work data/bench/label`` prints it; REAL/domino holds the photos. A
network is trained on some labelled photos; its objects on labelled val photos certify a score; its pseudo-labels of
further photos join the mix, once as they are and, where the plan says so, once with a share planted wrong (the labels
shifted by a third of the photo). What people's labels of these photos come to is trained too, so that the gain can be
told in labels. All are scored on test photos.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.labelling import ground_of
from benchmarks.label.nets import SMALL, iou_on, loaded
from benchmarks.label.photo_sets import LabelledSet, ingested
from benchmarks.label.verdict import labels_to, mean_interval
from dataset.idmap import IGNORE, IGNORED, IdMap, categories_map, instances_in
from dataset.pieces import pieces_of
from dataset.predictions import Prediction
from dataset.records import Instance, Sample
from label.proposals import CheckedObject, certified, checked_objects, proposed
from label.record import Effect, saving
from measure.trials.keys import TRAINING_CODE, key_of
from pipeline.costs import Costs
from pipeline.files import write_json
from pipeline.reading import read_json
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from train.data import Photo, read_categories
from train.inference.outputs import Outputs, instances_of, see
from train.inference.preprocess import whole_logits
from train.inference.writers import rles_of
from train.loop import train
from train.model import Network
from train.plan import Phase
from train.settings import side_of

WEIGHTS = (0.4, 0.6)  # in the mix: labelled photos, pseudo-labelled ones
PRECISION, CONFIDENCE, LEAST_IOU, UNSURE_BITS = 0.7, 0.9, 0.5, 0.6
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8)
PARTS = (0.3, 0.3)  # of the photos that are not labelled at the start, near-duplicates together: val, test
CODE = (*TRAINING_CODE, "train.inference", "benchmarks.label.nets", "benchmarks.label.pseudo", "label.proposals")


@dataclasses.dataclass(frozen=True)
class PseudoPlan:
    """How the photos of a set are dealt. Numbers are of photos."""

    labelled: int
    val: int
    test: int
    bare: int  # that nobody labelled
    home: dict[str, tuple[str, ...]]  # tag -> values of the labelled photos, which no others have; {} = any photo
    wrong: float  # share of pseudo-labels that is planted wrong in a further training; 0 = none
    apart: str = "near_dup_group"  # tag of near-duplicates: they lie in one part


DOMINO = PseudoPlan(20, 60, 80, 100, {"collection": ("old",)}, 0.3)


def plan_for(samples: Sequence[Sample]) -> PseudoPlan:
    """Return the plan for a set: as `DOMINO`, with a fourth of fewer photos labelled, and no part from elsewhere."""
    heaps = len(set(ground_of(samples, DOMINO.apart, "", {}).heap.tolist()))
    return dataclasses.replace(DOMINO, labelled=min(DOMINO.labelled, heaps // 4), home={}, wrong=0.0)


@dataclasses.dataclass(frozen=True)
class PseudoDeal:
    """The photos of one run, by their places in the list of samples."""

    labelled: list[int]
    val: list[int]
    test: list[int]
    bare: list[int]


def pseudo_deal(samples: Sequence[Sample], plan: PseudoPlan, seed: int) -> PseudoDeal:
    """Return the photos of a run; near-duplicates lie in one part, and of the labelled ones none is another's."""
    rng = rng_for(seed, "pseudo")
    ground = ground_of(samples, plan.apart, "", plan.home)
    one = rng.permutation(np.flatnonzero(ground.first))
    begin = one[np.sort(np.unique(ground.heap[one], return_index=True)[1])][: plan.labelled]
    free = ~np.isin(ground.heap, ground.heap[begin]) & (~ground.first if plan.home else True)
    other = rng.permutation(np.flatnonzero(free))
    heaps = rng.permutation(np.unique(ground.heap[other]))
    cuts = np.cumsum([round(share * len(heaps)) for share in PARTS])
    val, test, bare = (
        other[np.isin(ground.heap[other], part)][:count].tolist()
        for part, count in zip(np.split(heaps, cuts), (plan.val, plan.test, plan.bare), strict=True)
    )
    return PseudoDeal(begin.tolist(), val, test, bare)


@dataclasses.dataclass(frozen=True)
class PseudoSet:
    """The photos of a set and what they show."""

    one: LabelledSet
    plan: PseudoPlan
    categories: tuple[str, ...]

    def photos(self, rows: Sequence[int]) -> list[Photo]:
        """Return the pixels of photos by their places."""
        return loaded(self.one.folder, (self.one.samples[at] for at in rows), self.categories)


def seen_by(network: Network, photo: Photo, categories: tuple[str, ...]) -> tuple[Prediction, Outputs]:
    """Return what a network sees in a photo, as `admix predict` would write it."""
    hw = photo.image.shape[:2]
    seen = see(whole_logits(network, photo.image[None], side_of(SMALL.img_size))[0], hw)
    ids, found = instances_of(seen, categories, 30)
    return Prediction("", "", hw, 0.0, found, tuple(rles_of(ids, len(found))), {}), seen


def truth_of(photo: Photo, categories: Sequence[str]) -> tuple[IdMap, tuple[Instance, ...]]:
    """Return the labelled pieces of a photo as an id map and instances; what its labels ignore stays ignored."""
    ids, names = np.where(photo.truth == IGNORED, np.uint16(IGNORE), np.uint16(0)), list[str]()
    for number, name in enumerate(categories, 1):
        pieces = pieces_of(photo.truth == number)
        ids = np.where(pieces.labels > 0, pieces.labels.astype(np.uint16) + np.uint16(len(names)), ids)
        names += [name] * len(pieces.areas)
    return instances_in(ids, names)


def trained(pools: Sequence[Sequence[Photo]], categories: tuple[str, ...], seed: int) -> Network:
    """Return the network trained on labelled photos, and on a second pool where there is one."""
    weights = WEIGHTS if len(pools) > 1 else (1.0,)
    return train(SMALL, [Phase(weights, 1.0)], pools, categories, seed, folder=None).network


def checked_on(network: Network, photos: Sequence[Photo], categories: tuple[str, ...]) -> list[CheckedObject]:
    """Return the objects that a network sees in labelled photos, held against the labels."""
    return [
        one
        for photo in photos
        for one in checked_objects(seen_by(network, photo, categories)[0], *truth_of(photo, categories), LEAST_IOU)
    ]


def pseudo_labelled(
    network: Network, photos: Sequence[Photo], checked: Sequence[CheckedObject], categories: tuple[str, ...]
) -> list[Photo]:
    """Return the photos that a network labels. checked: its objects on labelled photos, which certify it."""
    certificates = certified(checked, categories, PRECISION, CONFIDENCE)
    found = []
    for photo in photos:
        prediction, seen = seen_by(network, photo, categories)
        ids, instances = proposed(prediction, certificates, seen.entropy_bits > UNSURE_BITS)
        if instances:
            found.append(Photo(photo.image, categories_map(ids, instances, categories)))
    return found


def planted_wrong(photos: Sequence[Photo], wrong: float, seed: int) -> list[Photo]:
    """Return the photos with a share `wrong` of their labels shifted by a third of the photo."""
    rng = rng_for(seed, "wrong")
    return [Photo(one.image, shifted(one.truth)) if rng.random() < wrong else one for one in photos]


def shifted(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a category map whose labels lie a third of the photo further down and right, around the border."""
    return np.roll(truth, (truth.shape[0] // 3, truth.shape[1] // 3), (0, 1))


def sizes_of(bare: int) -> tuple[int, int]:
    """Return how many further labels of people are trained with: a fourth of the bare photos, and all."""
    return max(bare // 4, 1), bare


def run(photos: PseudoSet, seed: int) -> dict[str, float]:
    """Return the IoU on test of the network without pseudo-labels, with them, and with labels of people beside its own.

    Where nothing is certified there are no pseudo-labels, so the first two are one.
    """
    deal = pseudo_deal(photos.one.samples, photos.plan, seed)
    own, val, test, bare = (photos.photos(rows) for rows in dataclasses.astuple(deal))
    names = photos.categories
    base = trained([own], names, seed)
    found, checked = {"base": iou_on(base, test)}, checked_on(base, val, names)
    made = pseudo_labelled(base, bare, checked, names)
    added = {"pseudo": made}
    if photos.plan.wrong:
        added["wrong"] = planted_wrong(made, photos.plan.wrong, seed)
    for name, pool in added.items():
        found[name] = iou_on(trained([own, pool], names, seed), test) if pool else found["base"]
    found["pseudo photos"] = float(len(made))
    for name, count in zip(("fourth", "all"), sizes_of(len(bare)), strict=True):
        found[name] = iou_on(trained([[*own, *bare[:count]]], names, seed), test)
    return found


def runs(photos: PseudoSet) -> list[dict[str, float]]:
    """Return what each seed gave; a finished one of these photos, settings and code is read."""
    facts = [photos.one.key, dataclasses.asdict(photos.plan), dataclasses.asdict(SMALL), photos.categories]
    work, found = photos.one.work / "pseudo" / key_of(facts, CODE), []
    for seed in SEEDS:
        path = work / f"seed-{seed}.json"
        if not path.is_file():
            write_json(path, run(photos, seed))
        found.append(read_json(path))
    return found


def measure(one: LabelledSet, plan: PseudoPlan, costs: Costs) -> Effect:
    """Return the IoU that pseudo-labels add, and what people's labels to the same IoU would have cost."""
    found = runs(PseudoSet(one, plan, read_categories(one.folder / "categories.json")))
    base, own, photos = (np.array([each[name] for each in found]) for name in ("base", "pseudo", "pseudo photos"))
    people = np.array([[each[name] for name in ("base", "fourth", "all")] for each in found])
    deal = pseudo_deal(one.samples, plan, SEEDS[0])
    low, high = mean_interval(own - base)
    labels, (few, many) = labels_to(own, people, sizes_of(len(deal.bare)))
    wrong = [each["wrong"] for each in found if "wrong" in each]
    planted = f"; with {plan.wrong:.0%} of these planted wrong {np.mean(wrong):.4f}" if wrong else ""
    effect = Effect(
        "IoU with pseudo-labels of photos that nobody labelled",
        round(float(own.mean()), 4),
        "the same network without them",
        round(float(base.mean()), 4),
        (round(float(base.mean()) + low, 4), round(float(base.mean()) + high, 4)),
        None,
        None,
        f"{len(SEEDS)} seeds of {len(deal.labelled)} labels, {len(deal.val)} labelled val photos to certify the "
        f"network, {len(deal.test)} to score on; it labelled {photos.mean():.0f} of {len(deal.bare)} photos{planted}; "
        f"minutes: of {labels:.0f} labels of people ({few:.0f} to {many:.0f} of the {len(deal.bare)} that were tried, "
        f"whose IoU is {people[:, -1].mean():.4f}), which gain as much; below 0 they make up for a loss",
    )
    each = costs.minutes_per_label
    return saving(effect, labels * each, (few * each, many * each), costs)


def main(costs: Costs, real: Path, work: Path) -> None:
    """Print the effect as JSON."""
    effect = measure(ingested("domino", real, work), DOMINO, costs)
    sys.stdout.write(json.dumps(dataclasses.asdict(effect), indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main)
