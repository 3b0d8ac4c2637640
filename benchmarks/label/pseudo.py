"""What pseudo-labels are worth: a network from few labels of one table labels photos of the other floors itself.

``python -m benchmarks.label.pseudo --real REAL --work data/bench/label`` prints it; REAL/domino holds the photos. A
network is trained on `LABELS` photos of one collection; its objects on labelled val photos of the others certify a
score; its pseudo-labels of further photos of these join the mix, once as they are and once with a share planted wrong
(the labels shifted by a third of the photo). All are scored on test photos of the other floors.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.nets import SMALL
from benchmarks.label.photo_sets import LabelledSet, ingested
from benchmarks.label.verdict import mean_interval
from dataset.idmap import IGNORED, IdMap, categories_map, instances_in
from dataset.pieces import pieces_of
from dataset.predictions import Prediction
from dataset.records import Instance, Sample, read_manifest
from label.proposals import CheckedObject, certified, checked_objects, proposed
from label.record import Effect, saving
from pipeline.costs import Costs
from pipeline.files import write_json
from pipeline.reading import read_json
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from train.data import Mix, Photo, Source, load_pools
from train.inference.outputs import Outputs, instances_of, predict, see
from train.inference.preprocess import whole_logits
from train.inference.writers import rles_of
from train.loop import train
from train.model import Network
from train.plan import Phase
from train.settings import side_of

CATEGORY, HOME = ("domino tile",), "old"  # the collection of which a few photos are labelled
LABELS, VAL, TEST, BARE = 20, 60, 80, 100  # photos: labelled ones of one table, and of the other floors
WEIGHTS = (0.4, 0.6)  # in the mix: labelled photos, pseudo-labelled ones
PRECISION, CONFIDENCE, LEAST_IOU, UNSURE_BITS = 0.7, 0.9, 0.5, 0.6
WRONG, SEEDS = 0.3, (1, 2, 3, 4, 5, 6, 7, 8)


@dataclasses.dataclass(frozen=True)
class PseudoDeal:
    """The photos of one run, by their places in the manifest."""

    labelled: list[int]
    val: list[int]
    test: list[int]
    bare: list[int]  # that nobody labelled


def pseudo_deal(samples: Sequence[Sample], seed: int) -> PseudoDeal:
    """Return the photos of a run; near-duplicates lie in one part, and of the labelled ones none is another's."""
    rng = rng_for(seed, "pseudo")
    heap = np.array([int(sample.tags["near_dup_group"]) for sample in samples])
    home = np.array([sample.tags["collection"] == HOME for sample in samples])
    one, other = rng.permutation(np.flatnonzero(home)), rng.permutation(np.flatnonzero(~home))
    heaps = rng.permutation(np.unique(heap[other]))
    cuts = int(0.2 * len(heaps)), int(0.2 * len(heaps)) + int(0.3 * len(heaps))
    parts = heaps[: cuts[0]], heaps[cuts[0] : cuts[1]], heaps[cuts[1] :]
    val, test, bare = (
        other[np.isin(heap[other], part)][:count].tolist() for part, count in zip(parts, (VAL, TEST, BARE), strict=True)
    )
    first = np.sort(np.unique(heap[one], return_index=True)[1])[:LABELS]
    return PseudoDeal(one[first].tolist(), val, test, bare)


def loaded(folder: Path, samples: Sequence[Sample], rows: Sequence[int]) -> list[Photo]:
    """Return the pixels of photos by their places."""
    source = Source("real", 1.0, folder, tuple(samples[at] for at in rows))
    return load_pools(Mix(0.0, (source,)), CATEGORY, SMALL.img_size)[0]


def seen_by(network: Network, photo: Photo) -> tuple[Prediction, Outputs]:
    """Return what a network sees in a photo, as `admix predict` would write it."""
    hw = photo.image.shape[:2]
    seen = see(whole_logits(network, photo.image[None], side_of(SMALL.img_size))[0], hw)
    ids, found = instances_of(seen, CATEGORY, 30)
    return Prediction("", "", hw, 0.0, found, tuple(rles_of(ids, len(found))), {}), seen


def truth_of(photo: Photo) -> tuple[IdMap, tuple[Instance, ...]]:
    """Return the labelled pieces of a photo as an id map and instances."""
    pieces = pieces_of(photo.truth == 1)
    return instances_in(pieces.labels.astype(np.uint16), CATEGORY * len(pieces.areas))


def iou_on(network: Network, photos: Sequence[Photo]) -> float:
    """Return the IoU over all pixels of photos."""
    both = either = 0
    for photo in photos:
        seen = predict(network, photo.image[None], side_of(SMALL.img_size))[0] == 1
        true, counted = photo.truth == 1, photo.truth != IGNORED
        both += int((seen & true).sum())
        either += int(((seen & counted) | true).sum())
    return both / max(either, 1)


def trained(pools: Sequence[Sequence[Photo]], weights: tuple[float, ...], seed: int) -> Network:
    """Return the network trained on pools, one a source."""
    return train(SMALL, [Phase(weights, 1.0)], pools, CATEGORY, seed, folder=None).network


def checked_on(network: Network, photos: Sequence[Photo]) -> list[CheckedObject]:
    """Return the objects that a network sees in labelled photos, held against the labels."""
    return [one for p in photos for one in checked_objects(seen_by(network, p)[0], *truth_of(p), LEAST_IOU)]


def pseudo_labelled(
    network: Network, photos: Sequence[Photo], checked: Sequence[CheckedObject], wrong: float, seed: int
) -> list[Photo]:
    """Return photos with a network's labels; a share `wrong` of them is shifted by a third of the photo."""
    certificates = certified(checked, CATEGORY, PRECISION, CONFIDENCE)
    rng = rng_for(seed, "wrong")
    found = []
    for photo in photos:
        prediction, seen = seen_by(network, photo)
        ids, instances = proposed(prediction, certificates, seen.entropy_bits > UNSURE_BITS)
        if instances:
            truth = categories_map(ids, instances, CATEGORY)
            found.append(Photo(photo.image, shifted(truth) if rng.random() < wrong else truth))
    return found


def shifted(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a category map whose labels lie a third of the photo further down and right, around the border."""
    return np.roll(truth, (truth.shape[0] // 3, truth.shape[1] // 3), (0, 1))


def run(manifest: Path, samples: Sequence[Sample], seed: int) -> dict[str, float]:
    """Return the IoU on test of the network without pseudo-labels, with them, and with a share of them wrong.

    Where nothing is certified there are no pseudo-labels, so all three are the first.
    """
    deal = pseudo_deal(samples, seed)
    own, val, test, bare = (loaded(manifest.parent, samples, rows) for rows in dataclasses.astuple(deal))
    base = trained([own], (1.0,), seed)
    checked, found = checked_on(base, val), {"base": iou_on(base, test)}
    for name, wrong in (("pseudo", 0.0), ("wrong", WRONG)):
        made = pseudo_labelled(base, bare, checked, wrong, seed)
        found[name] = iou_on(trained([own, made], WEIGHTS, seed), test) if made else found["base"]
        found[f"{name} photos"] = float(len(made))
    return found


def runs(manifest: Path, work: Path) -> list[dict[str, float]]:
    """Return what each seed gave; a finished one is read."""
    samples, found = read_manifest(manifest), []
    for seed in SEEDS:
        path = work / f"seed-{seed}.json"
        if not path.is_file():
            write_json(path, run(manifest, samples, seed))
        found.append(read_json(path))
    return found


def measure(one: LabelledSet, costs: Costs) -> Effect:
    """Return the IoU that pseudo-labels add, and what labels of the same photos would have cost."""
    found = runs(one.manifest, one.work / "pseudo")
    base, own, wrong = (np.array([each[name] for each in found]) for name in ("base", "pseudo", "wrong"))
    low, high = mean_interval(own - base)
    photos = np.array([each["pseudo photos"] for each in found])
    few, many = np.clip(mean_interval(photos), 0, BARE)
    effect = Effect(
        "IoU on floors of which nothing is labelled, with pseudo-labels of such photos",
        round(float(own.mean()), 4),
        "the same network without them",
        round(float(base.mean()), 4),
        (round(float(base.mean()) + low, 4), round(float(base.mean()) + high, 4)),
        None,
        None,
        f"{len(SEEDS)} seeds; {LABELS} labels of one domino table, {photos.mean():.0f} of {BARE} photos of other "
        f"floors labelled by the network, {VAL} labelled val photos to certify it; with {WRONG:.0%} of them planted "
        f"wrong {wrong.mean():.4f}; minutes: what people would have taken for them",
    )
    each = costs.minutes_per_label
    return saving(effect, float(photos.mean()) * each, (float(few) * each, float(many) * each), costs)


def main(costs: Costs, real: Path, work: Path) -> None:
    """Print the effect as JSON."""
    sys.stdout.write(json.dumps(dataclasses.asdict(measure(ingested("domino", real, work), costs)), indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main)
