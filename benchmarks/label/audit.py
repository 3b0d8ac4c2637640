"""Whether `admix label audit` finds planted errors better than cleanlab's softmin, on the same photos and predictions.

A share of the photos gets one error each, of kinds in turn. An area under the curve is that of telling photos with an
error from those without, in the mean over draws: of all kinds by their suspicion, of one kind by the queue of its kind.
"""

import dataclasses
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.label.judges import JudgePlan, folds, judged, other_floors, photos_of
from dataset.idmap import instances_in
from dataset.records import Sample, read_manifest
from label.plants import FIVE, KINDS, PlantedMask, plant, put_in
from label.record import Effect
from label.suspects.features import softmax
from label.suspects.photos import JudgedPhotos, each_judged
from label.suspects.search import Assessment, AuditPhoto, PhotoRows, assess, rows_for, typical_radius
from pipeline.seeds import rng_for

SETS: dict[str, Callable[[Sequence[Sample]], JudgePlan]] = {"domino": other_floors, "balloon": folds}
DRAWS, SHARES, SEED = 3, (0.2, 0.05), 1
TEMPERATURE = 0.1  # of softmin, cleanlab's default
RESAMPLES = 200

Reals = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class AuditGround:
    """The photos of a set with their predictions, and their numbers as they are."""

    photos: list[AuditPhoto]
    categories: list[str]
    typical: float
    rows: list[PhotoRows]
    softmin: Reals
    ms_a_photo: float


@dataclasses.dataclass(frozen=True)
class PlantTrial:
    """One draw of planted errors, and what both sides say of it."""

    kinds: list[str]  # of each photo, "" = none planted
    ours: Assessment
    softmin: Reals

    def auroc(self, scores: Reals, kind: str = "") -> float:
        """Return how well scores tell the photos with an error (of one kind; "": any) from those without."""
        kept, wrong = self.rows(kind)
        return float(roc_auc_score(wrong, scores[kept]))

    def recall(self, scores: Reals, precision: float) -> float:
        """Return the share of the errors in the longest list of that precision."""
        wrong = np.array([bool(kind) for kind in self.kinds])
        order = np.argsort(-scores, kind="stable")
        hits = np.cumsum(wrong[order])
        good = hits / np.arange(1, len(hits) + 1) >= precision
        return float(hits[good].max(initial=0) / max(wrong.sum(), 1))

    def rows(self, kind: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which photos count, and of those which have the error."""
        wrong = np.array([name == kind if kind else bool(name) for name in self.kinds])
        kept = wrong | np.array([not name for name in self.kinds])
        return kept, wrong[kept]

    def precision(self, scores: Reals) -> float:
        """Return the average precision, any kind."""
        return float(average_precision_score([bool(kind) for kind in self.kinds], scores))


def ground_of(name: str, real: Path, work: Path) -> AuditGround:
    """Return the photos of a set with predictions of networks that did not see them."""
    manifest = photos_of(real / name, work)
    samples = read_manifest(manifest)
    plan = SETS[name](samples)
    found = JudgedPhotos.of(judged(manifest, plan, work))
    wanted = {id_ for _, look_at in plan.rounds for id_ in look_at}
    categories = sorted({item.category for sample in samples for item in sample.instances})
    chosen = [sample for sample in samples if sample.id in wanted]
    photos = [photo for _, photo in each_judged(chosen, manifest.parent, found, categories)]
    typical = typical_radius([item for photo in photos for item in photo.instances])
    began = time.process_time()
    rows = [rows_for(photo, categories, typical, SEED, planted=True) for photo in photos]
    each = 1000 * (time.process_time() - began) / len(photos)
    return AuditGround(photos, categories, typical, rows, np.array([softmin(photo) for photo in photos]), each)


def softmin(photo: AuditPhoto) -> float:
    """Return how right a photo's label is by Lad and Mueller 2023 (arXiv 2307.05080), as cleanlab 2.9.0 computes it."""
    labelled = (photo.ids > 0) & (photo.ids < 65535)
    right = np.where(labelled, photo.inside, 1 - photo.inside).ravel()
    return float((softmax(1 - right, TEMPERATURE) * right).sum())


def with_error(photo: AuditPhoto, kind: str, ground: AuditGround, rng: np.random.Generator) -> AuditPhoto | None:
    """Return a photo with one error in one of its objects, None where none of them takes it."""
    for at in rng.permutation(len(photo.instances)).tolist():
        item = photo.instances[at]
        mask = photo.ids == item.index
        taken = (photo.ids > 0) & ~mask
        made = plant(kind, mask, taken, item.category, ground.categories, rng)
        if made is not None:
            return relabelled(photo, item.index, made)
    return None


def relabelled(photo: AuditPhoto, index: int, made: PlantedMask) -> AuditPhoto:
    """Return a photo with an error written into its labels."""
    names = [item.category for item in photo.instances] + [made.category]
    ids, instances = instances_in(put_in(photo.ids, index, made), names)
    return dataclasses.replace(photo, ids=ids, instances=instances)


def tried(ground: AuditGround, share: float, draw: int, kinds: Sequence[str] = FIVE) -> PlantTrial:
    """Return one draw of errors, judged."""
    count = len(ground.photos)
    chosen = rng_for(SEED, "planted", str(share), draw).permutation(count)[: round(share * count)].tolist()
    planted, rows, scores = [""] * count, list(ground.rows), ground.softmin.copy()
    for turn, at in enumerate(chosen):
        kind = kinds[turn % len(kinds)]
        wrong = with_error(ground.photos[at], kind, ground, rng_for(SEED, "planted", str(share), draw, at))
        if wrong is not None:
            planted[at], scores[at] = kind, softmin(wrong)
            rows[at] = rows_for(wrong, ground.categories, ground.typical, SEED, planted=True)
    return PlantTrial(planted, assess(rows, SEED), 1 - scores)


def numbers(trials: Sequence[PlantTrial]) -> dict[str, tuple[float, float]]:
    """Return ours and softmin's numbers, means over draws, by what they measure."""
    found = {}
    for kind in FIVE:
        pairs = [(t.auroc(t.ours.photo_kinds[:, KINDS.index(kind)], kind), t.auroc(t.softmin, kind)) for t in trials]
        found[f"AUROC {kind}"] = mean_of(pairs)
    found["AUROC mixed"] = mean_of([(t.auroc(t.ours.photo_scores), t.auroc(t.softmin)) for t in trials])
    found["AP mixed"] = mean_of([(t.precision(t.ours.photo_scores), t.precision(t.softmin)) for t in trials])
    for level in (0.5, 0.8):
        pairs = [(t.recall(t.ours.photo_scores, level), t.recall(t.softmin, level)) for t in trials]
        found[f"recall at precision {level}"] = mean_of(pairs)
    return found


def mean_of(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the means of both sides."""
    return statistics.fmean(one for one, _ in pairs), statistics.fmean(other for _, other in pairs)


def interval(trials: Sequence[PlantTrial]) -> tuple[float, float]:
    """Return the 95 % interval of the mixed AUROC over photos, drawn anew with replacement in all draws alike."""
    count = len(trials[0].kinds)
    values = []
    for turn in range(RESAMPLES):
        at = rng_for(SEED, "interval", turn).integers(count, size=count)
        values.append(statistics.fmean(auroc_of(trial, at) for trial in trials))
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high


def auroc_of(trial: PlantTrial, at: NDArray[np.int64]) -> float:
    """Return the mixed AUROC of some of the photos."""
    wrong = np.array([bool(kind) for kind in trial.kinds])[at]
    return float(roc_auc_score(wrong, trial.ours.photo_scores[at]))


def measure(real: Path, work: Path, name: str = "domino") -> Effect:
    """Return what the audit does on a set beside cleanlab's softmin: the AUROC of mixed errors in a fifth of photos.

    real: the folder of sets. work: where trainings and predictions are kept.
    """
    ground = ground_of(name, real, work / name)
    trials = [tried(ground, SHARES[0], draw) for draw in range(DRAWS)]
    ours, theirs = numbers(trials)["AUROC mixed"]
    how = f"{DRAWS} draws of errors in 20 % of {len(ground.photos)} photos of {name}, five kinds"
    what = "AUROC of telling photos with a planted error from those without"
    return Effect(what, ours, "cleanlab 2.9.0 softmin", theirs, interval(trials), None, None, how)


def main(real: Path, work: Path) -> None:
    """Print the numbers of both sets."""
    for name in SETS:
        ground = ground_of(name, real, work / name)
        sys.stdout.write(f"{name}: {len(ground.photos)} photos, {ground.ms_a_photo:.0f} ms of CPU a photo\n")
        for share in SHARES:
            trials = [tried(ground, share, draw) for draw in range(DRAWS)]
            for what, (ours, theirs) in numbers(trials).items():
                sys.stdout.write(f"  {share:.0%} {what:26} {ours:.3f}  softmin {theirs:.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
