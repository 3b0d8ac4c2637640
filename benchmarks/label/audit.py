"""Whether `admix label audit` finds planted errors better than cleanlab's softmin, on the same photos and predictions.

A share of the photos gets one error each, of kinds in turn. An area under the curve is that of telling photos with an
error from those without, in the mean over draws: of all kinds by their suspicion, of one kind by the queue of its kind.
"""

import dataclasses
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.label.judges import PLANS, JudgePlan, judged
from benchmarks.label.photo_sets import LabelledSet, ingested
from dataset.idmap import instances_in
from label.audit import AuditSet, audit_set, photo_at
from label.plants import FIVE, KINDS, PlantedMask, plant, put_in
from label.record import Effect, saving
from label.suspects.features import softmax
from label.suspects.search import Assessment, AuditPhoto, PhotoRows, assess, rows_for, typical_radius
from pipeline.costs import Costs
from pipeline.progress import track
from pipeline.seeds import rng_for

DRAWS, SHARES, SEED = 3, (0.2, 0.05), 1
TEMPERATURE = 0.1  # of softmin, cleanlab's default
RESAMPLES = 200
FOUND = 0.8  # share of the planted errors to which people look, for the minutes

Reals = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class AuditGround:
    """The photos of a set with their predictions, and their numbers as they are."""

    those: AuditSet
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


def ground_of(one: LabelledSet, plan: JudgePlan) -> AuditGround:
    """Return the photos of a set with predictions of networks that did not see them, one in memory at a time."""
    looked_at = {name for _, names in plan.rounds for name in names}
    every = audit_set(one.manifest, judged(one, plan))
    those = dataclasses.replace(every, samples=[sample for sample in every.samples if sample.id in looked_at])
    typical = typical_radius([item for sample in those.samples for item in sample.instances])
    rows, scores, seconds = list[PhotoRows](), list[float](), 0.0
    for sample in track(those.samples, len(those.samples), "audit", "photos"):
        photo = photo_at(those, sample)
        began = time.process_time()
        rows.append(rows_for(photo, those.categories, typical, SEED, planted=True))
        seconds += time.process_time() - began
        scores.append(softmin(photo))
    return AuditGround(those, typical, rows, np.array(scores), 1000 * seconds / len(rows))


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
        made = plant(kind, mask, taken, item.category, ground.those.categories, rng)
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
    count = len(ground.rows)
    chosen = rng_for(SEED, "planted", str(share), draw).permutation(count)[: round(share * count)].tolist()
    planted, rows, scores = [""] * count, list(ground.rows), ground.softmin.copy()
    for turn, at in enumerate(chosen):
        kind = kinds[turn % len(kinds)]
        photo = photo_at(ground.those, ground.those.samples[at])
        wrong = with_error(photo, kind, ground, rng_for(SEED, "planted", str(share), draw, at))
        if wrong is not None:
            planted[at], scores[at] = kind, softmin(wrong)
            rows[at] = rows_for(wrong, ground.those.categories, ground.typical, SEED, planted=True)
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


def redrawn(trials: Sequence[PlantTrial]) -> Iterator[NDArray[np.int64]]:
    """Yield photos drawn anew with replacement, for all trials alike; draws in which a trial has none or only errors
    are left out.
    """
    wrong = np.array([[bool(kind) for kind in trial.kinds] for trial in trials])
    for turn in range(RESAMPLES):
        at: NDArray[np.int64] = rng_for(SEED, "interval", turn).integers(wrong.shape[1], size=(wrong.shape[1],))
        if not np.isin(wrong[:, at].mean(axis=1), (0, 1)).any():
            yield at


def interval(
    trials: Sequence[PlantTrial], worth: Callable[[PlantTrial, NDArray[np.int64]], float]
) -> tuple[float, float]:
    """Return the 95 % interval of a worth, in the mean over trials, over the photos of `redrawn`."""
    values = [statistics.fmean(worth(trial, at) for trial in trials) for at in redrawn(trials)]
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high


def auroc_of(trial: PlantTrial, at: NDArray[np.int64]) -> float:
    """Return the mixed AUROC of some of the photos."""
    wrong = np.array([bool(kind) for kind in trial.kinds])[at]
    return float(roc_auc_score(wrong, trial.ours.photo_scores[at]))


def looks_spared(trial: PlantTrial, at: NDArray[np.int64]) -> float:
    """Return how many fewer photos are looked at in the order of suspicion than by chance until `FOUND` of the errors
    were seen, of some of the photos; below 0 for more.
    """
    wrong = np.array([bool(kind) for kind in trial.kinds])[at]
    wanted = math.ceil(FOUND * wrong.sum())
    ranked = wrong[np.argsort(-trial.ours.photo_scores[at], kind="stable")]
    looks = int(np.flatnonzero(ranked)[wanted - 1]) + 1
    return float(wanted * (len(wrong) + 1) / (wrong.sum() + 1) - looks)  # by chance: in the mean over all orders


def measure(one: LabelledSet, plan: JudgePlan, costs: Costs) -> Effect:
    """Return what the audit does beside cleanlab's softmin: the AUROC of mixed errors in a fifth of the photos.

    The minutes are those of looking for the errors, a look a photo, beside an order of chance.
    """
    ground = ground_of(one, plan)
    trials = [tried(ground, SHARES[0], draw) for draw in range(DRAWS)]
    whole = np.arange(len(ground.rows))
    ours, theirs = mean_of([(auroc_of(trial, whole), trial.auroc(trial.softmin)) for trial in trials])
    least, most = interval(trials, auroc_of)
    effect = Effect(
        "how surely a photo with a planted error ranks before one without (AUROC; 0.5 is chance)",
        round(ours, 4),
        "cleanlab 2.9.0 softmin",
        round(theirs, 4),
        (round(least, 4), round(most, 4)),
        None,
        None,
        f"{DRAWS} draws of errors of five kinds in {SHARES[0]:.0%} of {len(whole)} photos of {one.name}, predicted by "
        f"networks {plan.words}; minutes: looking at photos until {FOUND:.0%} of the errors are found, the suspects "
        "first, beside an order of chance",
    )
    look = costs.check_s / 60
    spared = statistics.fmean(looks_spared(trial, whole) for trial in trials)
    low, high = interval(trials, looks_spared)
    return saving(effect, spared * look, (low * look, high * look), costs)


def main(real: Path, work: Path) -> None:
    """Print the numbers of both sets."""
    for name, planned in PLANS.items():
        one = ingested(name, real, work)
        ground = ground_of(one, planned(one.samples))
        sys.stdout.write(f"{name}: {len(ground.rows)} photos, {ground.ms_a_photo:.0f} ms of CPU a photo\n")
        for share in SHARES:
            trials = [tried(ground, share, draw) for draw in range(DRAWS)]
            for what, (ours, theirs) in numbers(trials).items():
                sys.stdout.write(f"  {share:.0%} {what:26} {ours:.3f}  softmin {theirs:.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
