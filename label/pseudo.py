"""Command `label pseudo`: what a network is sure of, as a source of training samples that nobody labelled.

``admix label pseudo --predictions OUT --photos FOLDER --on-val OUTVAL --val VAL ...  --out sources/SETUP/pseudo``
writes into the source

samples.jsonl   a sample a photo, with images/ and ids/ beside it; what is unsure is ignored (65535 in the id map)
about.json      the network's checksum, its score on val, the round, and for each category the score from which on its
                objects count, with what the labelled photos certify of them
index.html      the same for people, and why photos were left out

A source has a weight of its own in `sweep.weights`. Photos that a person labelled, and photos of val and test or
nearly the same, are left out. Where val fell since the round before, nothing is written and the source stays as it was.
"""

import dataclasses
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from dataset.folds import refuse_folds
from dataset.guards import no_overlap
from dataset.idmap import IGNORE, IdMap, categories_map, png_bytes, read_ids, read_image, write_ids
from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.pictures import read_photo, upright
from dataset.predictions import Prediction, each_prediction, predicted_categories
from dataset.records import REAL, Sample, read_manifest, write_manifest
from label.known import KnownPhotos, known_photos, why_not
from label.proposals import Certificate, certified, checked_objects, proposed
from label.sightings import iou_of, judged, read_about, unsure_pixels
from pipeline.errors import InputError
from pipeline.files import inside, whole_folder, write_bytes, write_json, write_text
from pipeline.pages import rendered
from pipeline.progress import track
from pipeline.reading import Record, read_bytes, read_typed
from pipeline.stage import run_stage

TEMPLATE = Path(__file__).with_name("pseudo.html.j2")
KIND, ABOUT = "label-pseudo", "about.json"
NOTHING, OPEN_PIXELS = "nothing in it is sure", "too much of it is unsure"
TWICE = "the same bytes as another"
SHOWN = 24  # photos on the page


@dataclasses.dataclass(frozen=True)
class Pseudo:
    """Section `pseudo` of params.yaml."""

    precision: float  # share of the accepted objects of a category that must be right
    confidence: float  # of that, over draws of the labelled photos
    least_iou: float  # with a labelled object, from which on a predicted one is right
    unsure_bits: float  # pixels of a higher entropy are ignored
    most_ignored: float  # a photo of which a larger share is ignored is left out
    near_duplicates: int  # a photo within so many of 64 bits of one of val or test is left out
    fall: float  # val may fall by so much between rounds and they still go on
    licence: str  # of the photos

    def __post_init__(self) -> None:
        """Raise ValueError for a value no source can be made by."""
        for name in ("precision", "confidence", "least_iou"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted a share above 0 and below 1")
        if not 0 <= self.most_ignored <= 1 or self.fall < 0 or self.unsure_bits < 0:
            raise ValueError("most_ignored must be a share from 0 to 1, fall and unsure_bits 0 or more")
        if not 0 <= self.near_duplicates < 32:
            raise ValueError(f"near_duplicates is {self.near_duplicates}, wanted 0 to 31 bits")


@dataclasses.dataclass(frozen=True)
class PseudoRound(Record):
    """What about.json says of a source."""

    round: Annotated[int, Field(ge=1)]
    network: str  # SHA-256 of the weights that labelled the photos
    val_iou: Annotated[float, Field(ge=0, le=1)]  # of this network, all val photos' pixels together
    photos: int
    left_out: dict[str, int]  # why -> photos
    certificates: dict[str, Certificate]
    said: tuple[str, ...]


ROUND = TypeAdapter(PseudoRound)


def earlier_round(out: Path) -> PseudoRound | None:
    """Return what the source says of the round before; None where there is no source yet."""
    path = out / ABOUT
    return read_typed(path, ROUND, "of a pseudo-labelled source", "remove the source") if path.is_file() else None


def stopped(before: PseudoRound | None, network: str, score: float, fall: float) -> str:
    """Return why there is no further round, "" where there is."""
    if before is None or before.network == network or score >= before.val_iou - fall:
        return ""
    return (
        f"stop: val fell from {before.val_iou:.4f} to {score:.4f} since round {before.round}; the source stays as it "
        "was: go back to the network before"
    )


@dataclasses.dataclass(frozen=True)
class Made:
    """What one photo gave: its labels, or why it has none."""

    prediction: Prediction
    ids: IdMap | None
    sample: Sample | None
    why: str
    data: bytes = b""  # of the image that the sample names


def made_of(
    prediction: Prediction, places: tuple[Path, Path, float], head: PseudoRound, known: KnownPhotos, settings: Pseudo
) -> Made:
    """Return what a photo gives. places: the folders of predictions and of photos, and the former's most bits."""
    predictions, photos, bits = places
    data = read_bytes(inside(photos, prediction.file, "a record of a prediction"))
    why = why_not(known, data, prediction.file, settings.near_duplicates)
    if why:
        return Made(prediction, None, None, why)
    unsure = unsure_pixels(predictions, prediction, bits, settings.unsure_bits)
    ids, instances = proposed(prediction, head.certificates, unsure)
    if not instances or float((ids == IGNORE).mean()) > settings.most_ignored:
        return Made(prediction, None, None, OPEN_PIXELS if instances else NOTHING)
    name = f"pseudo-{hashlib.sha256(data).hexdigest()[:16]}"
    suffix, image = as_trainings_read(data, prediction.file)
    tags = {"network": head.network[:16], "round": str(head.round), "file": prediction.file}
    sample = Sample(
        name, REAL, f"images/{name}{suffix}", f"ids/{name}.png", prediction.size_hw, instances, "pseudo",
        settings.licence, tags=tags,
    )  # fmt: skip
    return Made(prediction, ids, sample, "", image)


def lines_of(certificates: dict[str, Certificate], settings: Pseudo) -> tuple[str, ...]:
    """Return for each category which of its objects are taken, in words."""
    said = []
    for name, one in certificates.items():
        if one.score is None:
            said.append(
                f"{name}: none is taken; {one.checked} predicted objects on labelled photos do not certify that "
                f"{settings.precision:.0%} are right. It takes {one.needed} without an error at least."
            )
        else:
            said.append(
                f"{name}: taken from a score of {one.score:.4f} on; of {one.checked} on labelled photos {one.accepted} "
                f"have it, and at least {one.precision:.1%} of such are right ({settings.confidence:.0%} confidence)."
            )
    return tuple(said)


def first_head(settings: Pseudo, on_val: Path, val: Path, before: PseudoRound | None) -> PseudoRound:
    """Return all that is said of a source before its photos are looked at."""
    photos = list(judged(on_val, val))
    checked = [
        one for p in photos for one in checked_objects(p.prediction, p.ids, p.sample.instances, settings.least_iou)
    ]
    found = certified(checked, predicted_categories(on_val), settings.precision, settings.confidence)
    number = before.round + 1 if before else 1
    network = read_about(on_val)["weights_sha256"]
    return PseudoRound(number, network, iou_of(photos), 0, {}, found, lines_of(found, settings))


def as_trainings_read(data: bytes, name: str) -> tuple[str, bytes]:
    """Return suffix and bytes of a photo that trainings read as `predict` saw it: upright, a JPEG or PNG.

    That is the photo's own file where it is one, else a PNG.
    """
    stored, suffix = read_photo(data, name), Path(name).suffix.lower()
    if suffix in {".jpg", ".jpeg", ".png"} and stored.orientation == 1:
        return suffix, data
    return ".png", png_bytes(upright(data, name))


def written(made: Iterator[Made], part: Path) -> tuple[list[Sample], Counter[str]]:
    """Write the photos and id maps of what was made; return the samples, and how many were left out why."""
    samples: list[Sample] = []
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    for one in made:
        if one.sample is None or one.ids is None:
            left_out[one.why] += 1
        elif one.sample.id in seen:
            left_out[TWICE] += 1
        else:
            seen.add(one.sample.id)
            write_bytes(part / one.sample.image, one.data)
            write_ids(part / one.sample.ids, one.ids)
            samples.append(one.sample)
    return samples, left_out


def main(
    settings: Pseudo,
    predictions: Path,
    photos: Path,
    on_val: Path,
    val: Path,
    test: Path,
    out: Path,
    train: Path | None = None,
) -> None:
    """Write the source, unless val fell since the round before.

    predictions: of `photos`, which nobody labelled. on_val: the same network's predictions of the photos of val. val,
    test: manifests; train: that of the photos which people labelled.
    """
    refuse_folds(val)
    before = earlier_round(out)
    head = first_head(settings, on_val, val, before)
    if read_about(predictions)["weights_sha256"] != head.network:
        raise InputError(f"{on_val}: is of another network than {predictions}; predict both with one run")
    why = stopped(before, head.network, head.val_iou, settings.fall)
    if why:
        sys.stderr.write(f"pseudo: {why}\n")
        return
    known = known_photos(train, (val, test))
    each = list(each_prediction(predictions))
    places = predictions, photos, read_about(predictions)["uncertainty_most_bits"]
    made = (made_of(one, places, head, known, settings) for one in track(each, len(each), "pseudo", "photos"))
    with whole_folder(out, KIND) as part:
        samples, left_out = written(made, part)
        no_overlap(pseudo=samples, val=read_manifest(val), test=read_manifest(test))
        if not samples:
            raise InputError(f"{predictions}: no photo is sure enough: {' '.join(head.said)}")
        whole = dataclasses.replace(head, photos=len(samples), left_out=dict(sorted(left_out.items())))
        write_manifest(part / "samples.jsonl", samples)
        write_json(part / ABOUT, dataclasses.asdict(whole))
        write_text(part / "index.html", page_of(whole, samples, part))


def page_of(head: PseudoRound, samples: Sequence[Sample], part: Path) -> str:
    """Return the page: what was taken and left out, and the first photos with their labels."""
    return rendered(TEMPLATE, head=head, pictures=[pictured(sample, part) for sample in samples[:SHOWN]])


def pictured(sample: Sample, folder: Path) -> SetPicture:
    """Return a photo with its labels as the page shows it, what is ignored striped."""
    ids = read_ids(folder / sample.ids)
    names = tuple(dict.fromkeys(one.category for one in sample.instances))
    drawn = overlay(read_image(folder / sample.image), categories_map(ids, sample.instances, names))
    return set_picture(drawn, f"{sample.tags['file']}: {len(sample.instances)} objects")


if __name__ == "__main__":
    run_stage(main)
