"""Command `label audit`: labels that are likely wrong, by predictions of a network that was not trained on them.

``admix label audit --samples data/boards/photos/samples.jsonl --predictions P --out AUDIT`` writes into AUDIT:

index.html   the suspects by kind of error; y and n keep a verdict, which the page saves as verdicts.jsonl
audit.json   what each queue is expected to hold, and every suspect in it
"""

import dataclasses
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset.records import Sample, read_manifest
from label.plants import KINDS
from label.suspects.gallery import CONTROL, SuspectCard, cards_of, page
from label.suspects.photos import JudgedPhotos, audit_photo
from label.suspects.search import Assessment, AuditPhoto, PhotoRows, Suspect, assess, rows_for, typical_radius
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json, write_text
from pipeline.progress import track
from pipeline.seeds import rng_for
from pipeline.stage import run_stage

KIND = "audit"
DIGITS = 4


@dataclasses.dataclass(frozen=True)
class Audit:
    """Section `audit` of params.yaml."""

    seed: int
    planted: int  # objects into which errors are planted at most
    precision: float  # a queue ends where the expected share of wrong labels in it falls below this, 0..1
    most: int  # suspects on the page
    control: int  # labels of chance that are shown among them, to see what the search leaves out

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that no audit can have."""
        for name, least in (("planted", 20), ("most", 1), ("control", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted {least} or more")
        if not 0 <= self.precision <= 1:
            raise ValueError(f"precision is {self.precision}, wanted 0 to 1")


@dataclasses.dataclass(frozen=True)
class AuditSet:
    """What is audited: samples that have a prediction."""

    home: Path  # the manifest's folder
    samples: list[Sample]
    judged: JudgedPhotos
    categories: list[str]
    bare: int  # samples without a prediction


def audit_set(manifest: Path, predictions: Path) -> AuditSet:
    """Return the samples of a manifest that have a prediction; raise InputError when none has."""
    samples, judged = read_manifest(manifest), JudgedPhotos.of(predictions)
    kept = [sample for sample in samples if judged.of_sample(sample) is not None]
    if not kept:
        raise InputError(
            f"{predictions}: holds no prediction of a photo of {manifest}; predict the folder images/ beside it with a "
            "run that was not trained on these photos"
        )
    categories = sorted({item.category for sample in samples for item in sample.instances})
    return AuditSet(manifest.parent, kept, judged, categories, len(samples) - len(kept))


def all_rows(those: AuditSet, settings: Audit) -> list[PhotoRows]:
    """Return the numbers of every photo, one photo in memory at a time. Errors are planted into photos of chance."""
    typical = typical_radius([item for sample in those.samples for item in sample.instances])
    order = rng_for(settings.seed, "audit", "photos").permutation(len(those.samples)).tolist()
    chosen, count = set[int](), 0
    for at in order:
        if count < settings.planted:
            chosen.add(at)
            count += len(those.samples[at].instances)
    rows = []
    for at, sample in enumerate(track(those.samples, len(those.samples), "audit", "photos")):
        photo = photo_at(those, sample)
        rows.append(rows_for(photo, those.categories, typical, settings.seed, planted=at in chosen))
    return rows


def photo_at(those: AuditSet, sample: Sample) -> AuditPhoto:
    """Return a sample with its prediction."""
    found = those.judged.of_sample(sample)
    if found is None:
        raise ValueError(f"{sample.id} has no prediction")
    return audit_photo(those.home, sample, those.judged, found, those.categories)


def shortlist(found: Assessment, rows: Sequence[PhotoRows], settings: Audit) -> list[Suspect]:
    """Return the suspects to show: of each queue those up to the last at which it is worth looking, then a control.

    Of more than `most` the ones with the highest precision stay. The control are labelled objects of chance that are in
    no queue.
    """
    kept = list[Suspect]()
    for kind in KINDS:
        queue = [one for one in found.suspects if one.kind == kind]
        good = [at for at, one in enumerate(queue) if one.precision >= settings.precision]
        kept += queue[: good[-1] + 1] if good else []
    kept = sorted(kept, key=lambda one: (-one.precision, -one.score, one.photo, one.index))[: settings.most]
    kept.sort(key=lambda one: (KINDS.index(one.kind), -one.score, one.photo, one.index))
    taken = {(one.photo, one.index) for one in kept}
    rest = [(at, index) for at, photo in enumerate(rows) for index, _ in photo.objects if (at, index) not in taken]
    drawn = rng_for(settings.seed, "audit", "control").permutation(len(rest))[: settings.control].tolist()
    return kept + [Suspect(rest[at][0], rest[at][1], -1, CONTROL, 0.0, 0.0, 0.0) for at in sorted(drawn)]


def summary(kept: Sequence[Suspect], rows: Sequence[PhotoRows]) -> dict[str, dict[str, Any]]:
    """Return what the page says of each queue that has a suspect.

    expected: how many of the listed are wrong, and the standard deviation of that. found: how many of the planted
    errors of the kind a list as long finds, of how many.
    """
    planted = Counter(kind for photo in rows for kind, _ in photo.planted)
    planted["missing"] = sum(len(photo.missing) + photo.unseen for photo in rows)
    queues = {}
    for kind in KINDS:
        listed = [one for one in kept if one.kind == kind]
        if listed:
            share = listed[-1].precision
            queues[kind] = {
                "listed": len(listed),
                "expected": round(share * len(listed), 1),
                "sd": round((len(listed) * share * (1 - share)) ** 0.5, 1),
                "planted": planted[kind],
                "found": round(listed[-1].found * planted[kind]),
            }
    return queues


def line_of(one: Suspect, those: AuditSet) -> dict[str, Any]:
    """Return a suspect as audit.json has it."""
    row = dataclasses.asdict(one) | {"photo": those.samples[one.photo].id}
    return {key: round(value, DIGITS) if isinstance(value, float) else value for key, value in row.items()}


def audit_json(
    photos: int, bare: int, queues: dict[str, dict[str, Any]], suspects: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return audit.json. bare: photos without a prediction."""
    return {"photos": photos, "without_prediction": bare, "queues": queues, "suspects": list(suspects)}


def main(settings: Audit, samples: Path, predictions: Path, out: Path) -> None:
    """Write the audit of a manifest of labelled photos. predictions: of a run that was trained on none of them."""
    those = audit_set(samples, predictions)
    rows = all_rows(those, settings)
    found = assess(rows, settings.seed)
    kept = shortlist(found, rows, settings)
    queues = summary(kept, rows)
    cards = gathered(those, rows, kept)
    with whole_folder(out, KIND) as part:
        suspects = [line_of(one, those) for one in kept if one.kind != CONTROL]
        write_json(part / "audit.json", audit_json(len(those.samples), those.bare, queues, suspects))
        write_text(part / "index.html", page(cards, queues, len(those.samples), those.bare))
    told = ", ".join(f"{row['listed']} {kind} (expected wrong: {row['expected']:g})" for kind, row in queues.items())
    sys.stderr.write(f"audit: {told or 'no suspect'} in {len(those.samples)} photos: {out / 'index.html'}\n")


def gathered(those: AuditSet, rows: Sequence[PhotoRows], kept: Sequence[Suspect]) -> list[SuspectCard]:
    """Return the cards of the suspects in their order; every photo is opened once."""
    cards: dict[Suspect, SuspectCard] = {}
    for at in sorted({one.photo for one in kept}):
        photo = photo_at(those, those.samples[at])
        cards |= cards_of(photo, rows[at], [one for one in kept if one.photo == at])
    return [cards[one] for one in kept]


if __name__ == "__main__":
    run_stage(main)
