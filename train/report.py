"""Stage `report`: write the one page with the answer."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dataset.idmap import categories_map, read_ids, read_image
from dataset.records import Sample, read_manifest
from pipeline.errors import InputError
from pipeline.files import read_json, write_text
from pipeline.stage import run_stage
from train.page.answer import answer, assets, notes, refused, sources, table
from train.page.pictures import colour_of, curve_svg, jpeg_uri, overlay, small
from train.scoring.scores import PhotoScore, Scores, read_scores

TEMPLATE = Path(__file__).with_name("page") / "page.html.j2"
SHEET_PX = 280  # longest side of a picture on the sheet
WORST_PX = 420


@dataclasses.dataclass(frozen=True)
class Report:
    """Section `report` of params.yaml."""

    renders: int  # pictures on the sheet of renders, and of real photos beside it
    worst: int  # val photos on the sheet of mistakes

    def __post_init__(self) -> None:
        """Raise ValueError for a number of pictures below 0."""
        for name in ("renders", "worst"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 0 or more")


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture of the page."""

    uri: str  # the image itself, as a data URI
    alt: str
    caption: str = ""


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One val photo, what the picked run said, and the truth."""

    title: str
    pictures: tuple[Picture, Picture, Picture]


def spread(samples: Sequence[Sample], wanted: int) -> list[Sample]:
    """Return at most `wanted` samples, evenly spaced over the list and in its order."""
    count = min(wanted, len(samples))
    return [samples[i * len(samples) // count] for i in range(count)]


def labelled(folder: Path, sample: Sample, categories: Sequence[str]) -> Picture:
    """Return a sample with its masks laid over it. folder: the manifest's."""
    image = small(read_image(folder / sample.image), SHEET_PX)
    ids = small(read_ids(folder / sample.ids), SHEET_PX)
    drawn = overlay(image, categories_map(ids, sample.instances, tuple(categories)), ids)
    names = ", ".join(sorted({instance.category for instance in sample.instances})) or "nothing"
    return Picture(jpeg_uri(drawn), f"{sample.domain} sample {sample.id} with its masks: {names}", sample.id)


def sheet(manifest: Path, wanted: int, categories: Sequence[str]) -> list[Picture]:
    """Return pictures of at most `wanted` samples of a manifest."""
    return [labelled(manifest.parent, sample, categories) for sample in spread(read_manifest(manifest), wanted)]


def worst_of(scores: Scores, wanted: int) -> list[PhotoScore]:
    """Return the `wanted` photos of the lowest IoU, worst first; of equals the first by id."""
    return sorted(scores.photos, key=lambda photo: (photo.iou, photo.id))[:wanted]


def mistake(run: Path, folder: Path, sample: Sample, iou: float, categories: Sequence[str]) -> Mistake:
    """Return one val photo beside prediction and truth; raise InputError if the prediction has another size.

    run: the run's folder; folder: the val manifest's.
    """
    path = run / "val" / f"{sample.id}.png"
    predicted, ids, image = read_ids(path), read_ids(folder / sample.ids), read_image(folder / sample.image)
    if predicted.shape != ids.shape:
        raise InputError(f"{path}: found a size of {predicted.shape}, wanted {ids.shape}: run the stage fit again")
    image, ids, predicted = (small(array, WORST_PX) for array in (image, ids, predicted))
    truth = overlay(image, categories_map(ids, sample.instances, tuple(categories)), ids)
    drawn = (("photo", image), ("prediction", overlay(image, predicted.astype("uint8"))), ("truth", truth))
    pictures = [Picture(jpeg_uri(array), f"{name} of {sample.id}", name) for name, array in drawn]
    return Mistake(f"{sample.id}: IoU {iou:.2f}", (pictures[0], pictures[1], pictures[2]))


def mistakes(run: Path, val: Path, wanted: int) -> list[Mistake]:
    """Return the worst val photos of a run; raise InputError if the manifest lacks one of them."""
    scores, samples = read_scores(run / "val.json"), {sample.id: sample for sample in read_manifest(val)}
    found = []
    for photo in worst_of(scores, wanted):
        if photo.id not in samples:
            raise InputError(f"{val}: has no photo {photo.id}, which {run / 'val.json'} scores: run 'make repro'")
        found.append(mistake(run, val.parent, samples[photo.id], photo.iou, list(scores.iou_per_category)))
    return found


def page(**parts: Any) -> str:
    """Return the page; every text in it is escaped, the curve alone is trusted."""
    source = TEMPLATE.read_text(encoding="utf-8")
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(source).render(parts) + "\n"


def main(settings: Report, transfer: Path, pick: Path, runs: Path, renders: Path, split: Path, out: Path) -> None:
    """Write the page, whole in one file."""
    found, chosen = read_json(transfer), read_json(pick)
    run, manifest = runs / chosen["run"], renders / "samples.jsonl"
    categories = list(read_scores(run / "val.json").iou_per_category)
    made = read_manifest(manifest)
    real = {f"{name} photos": read_manifest(split / f"{name}.jsonl") for name in ("train", "val")}
    text = page(
        answer=answer(found),
        notes=notes(found, len(chosen["ratios"][0]["seeds"])),
        curve=Markup(curve_svg(chosen["ratios"])),  # drawn here from numbers alone
        table=table(found, chosen),
        test=found["test"],
        renders=sheet(manifest, settings.renders, categories),
        photos=sheet(split / "train.jsonl", settings.renders, categories),
        worst=mistakes(run, split / "val.jsonl", settings.worst),
        legend=[(name, colour_of(number)) for number, name in enumerate(categories, 1)],
        sources=sources(real | {"renders": made}),
        assets=assets(made),
        refused=refused(read_json(renders / "refused.json")),
    )
    write_text(out, text)


if __name__ == "__main__":
    run_stage(main)
