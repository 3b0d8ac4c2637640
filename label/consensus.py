"""Command `label consensus`: one set of labels from several annotators', and how each of them draws.

``admix label consensus --crew CREW --out OUT`` reads CREW/NAME/samples.jsonl of each annotator, as `admix ingest`
writes it (photos are the same where their ids are), and writes:

set/             photos and labels, which `admix ingest` reads
consensus.json   each annotator's skill: offset of the outlines, missed, spurious and misnamed objects, IoU
ask_again.jsonl  objects on which the crew differs, the most doubtful first, and who of the others might be asked
index.html       the page

--predictions adds a network's vote, unless it agrees too badly with the people. --golden names known labels of some of
the photos (samples.jsonl): then offsets are told from these, not from what most annotators agree on.
"""

import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dataset.formats import png
from dataset.formats.source import read_source
from dataset.idmap import instances_in, read_image, write_ids
from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.records import Sample, write_manifest
from dataset.shards import read_bytes
from label.voting.agreeing import (
    CrewAgreement,
    CrewPhoto,
    Dispute,
    SkillFound,
    Way,
    agree,
    disputes,
    painted,
    skills_of,
    without,
)
from label.voting.crew import Crew, each_crew_photo, read_crew
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_bytes, write_json, write_text
from pipeline.pages import rendered
from pipeline.stage import run_stage

KIND = "consensus"
TEMPLATE = Path(__file__).parent / "voting" / "consensus.html.j2"


@dataclasses.dataclass(frozen=True)
class Consensus:
    """Section `consensus` of params.yaml."""

    method: Literal["offsets", "median", "majority", "staple"]
    anchor: str  # who draws without an offset: an annotator's name, "model", or "" = most of them
    match_iou: float  # two annotators' objects of this IoU or more may be one
    sure: float  # probability below which an object is asked about again
    ask_iou: float  # the same, for the IoU of somebody's outline with the consensus
    model_least: float  # IoU with the people's consensus, 0 where missed, below which the network has no vote
    pictures: int  # of disputed objects, on the page

    def __post_init__(self) -> None:
        """Raise ValueError for a share that is none."""
        for name in ("match_iou", "sure", "ask_iou", "model_least"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 0 to 1")

    @property
    def way(self) -> Way:
        """Return how the consensus is made."""
        return Way(self.method, self.match_iou, self.sure, self.ask_iou)


@dataclasses.dataclass(frozen=True)
class CrewReport:
    """What is written and shown."""

    photos: list[CrewPhoto]
    agreement: CrewAgreement
    skills: list[SkillFound]
    disputes: list[Dispute]
    categories: tuple[str, ...]
    model: str  # what became of the network's vote; "" without one


def anchor_of(crew: Crew, wanted: str) -> int | None:
    """Return the number of who draws without an offset, None for most of them; raise InputError for no such name."""
    if crew.golden:
        return len(crew.names)
    if wanted and wanted not in crew.names:
        raise InputError(f"consensus.anchor is {wanted!r}, wanted one of: {', '.join(crew.names)}")
    return crew.names.index(wanted) if wanted else None


def model_agrees(settings: Consensus, photos: Sequence[CrewPhoto], crew: Crew) -> tuple[bool, float]:
    """Return whether the network's vote counts, and its mean IoU with what the people agree on, 0 where it misses."""
    number = len(crew.members)
    # as a voter it would be judged by itself, so it takes part as one of known labels would: in no vote
    alone = agree(without(photos, number), crew.categories, number, None, settings.way)
    ious = []
    for whole, photo, objects in zip(photos, without(photos, number), alone.objects, strict=True):
        if number in whole.labelled_by:
            found = painted(objects, photo.size_hw)[0] > 0
            seen = np.zeros(photo.size_hw, bool)
            for shape in (shape for group in whole.groups for shape in group if shape.annotator == number):
                x0, y0, x1, y1 = shape.box
                seen[y0:y1, x0:x1] |= shape.mask
            union = int((found | seen).sum())
            ious.append(int((found & seen).sum()) / union if union else 1.0)
    mean = float(np.mean(ious)) if ious else 0.0
    return mean >= settings.model_least, mean


def report_of(settings: Consensus, crew: Crew) -> CrewReport:
    """Return what a crew agrees on."""
    photos, anchor = list(each_crew_photo(crew, settings.match_iou)), anchor_of(crew, settings.anchor)
    said = ""
    if crew.model:
        counts, mean = model_agrees(settings, photos, crew)
        said = f"the network agrees with the people by {mean:.2f} and {'has a vote' if counts else 'is ignored'}"
        photos = photos if counts else without(photos, len(crew.members))
    agreement = agree(photos, crew.categories, len(crew.names), anchor, settings.way)
    skills = skills_of(photos, agreement, crew.names)
    return CrewReport(photos, agreement, skills, disputes(photos, agreement, settings.way), crew.categories, said)


def write_set(crew: Crew, report: CrewReport, folder: Path, out: Path) -> None:
    """Write the agreed labels with their photos as a set that `ingest` reads. folder: for what lies there meanwhile."""
    samples: list[Sample] = []
    for photo, objects in zip(report.photos, report.agreement.objects, strict=True):
        member, sample = crew.photos[photo.id]
        ids, instances = instances_in(*painted(objects, photo.size_hw))
        number = f"{len(samples):06}"
        image = f"images/{number}{Path(sample.image).suffix}"
        write_bytes(folder / image, read_bytes(member.folder / sample.image))
        write_ids(folder / f"ids/{number}.png", ids)
        samples.append(
            Sample(sample.id, sample.domain, image, f"ids/{number}.png", sample.size_hw, instances, sample.source,
                   sample.licence, sample.group, sample.assets, sample.tags)
        )  # fmt: skip
    write_manifest(folder / "samples.jsonl", samples)
    out.mkdir()
    png.write(read_source(folder / "samples.jsonl", report.categories), out)


def asked(report: CrewReport, crew: Crew) -> list[dict[str, Any]]:
    """Return the lines of ask_again.jsonl. ask: the best of those who have not seen the photo; "" where all have."""
    seen = {photo.id: photo.labelled_by for photo in report.photos}
    ranked = sorted(range(len(crew.members)), key=lambda k: (-(report.skills[k].iou or 0.0), k))
    rows = []
    for one in report.disputes:
        free = [crew.names[k] for k in ranked if k not in seen[one.photo]]
        rows.append(dataclasses.asdict(one) | {"ask": free[0] if free else ""})
    return rows


def picture_of(one: Dispute, crew: Crew, report: CrewReport) -> SetPicture:
    """Return a disputed object with all outlines of it."""
    member, sample = crew.photos[one.photo]
    image = read_image(member.folder / sample.image)
    x0, y0, x1, y1 = one.box
    drawn = np.zeros(sample.size_hw, np.uint8)
    groups = next(each.groups for each in report.photos if each.id == one.photo)
    for shape in (shape for group in groups for shape in group):
        left, top, right, bottom = shape.box
        drawn[top:bottom, left:right] += shape.mask
    both = np.concatenate([image[y0:y1, x0:x1], overlay(image, drawn)[y0:y1, x0:x1]], axis=1)
    return set_picture(both, f"{one.photo}: {one.why}")


def main(
    settings: Consensus, crew: Path, out: Path, predictions: Path | None = None, golden: Path | None = None
) -> None:
    """Write the consensus. golden: the folder of known labels."""
    if crew.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{out}: the crew's labels lie in it, and would be lost; name another folder as --out")
    found = read_crew(crew, predictions, golden)
    if not found.categories:
        raise InputError(f"{crew}: nobody labelled an object, wanted one at least; name another folder")
    report = report_of(settings, found)
    pictures = [picture_of(one, found, report) for one in report.disputes[: settings.pictures]]
    with whole_folder(out, KIND) as folder:
        write_set(found, report, folder / "work", folder / "set")
        shutil.rmtree(folder / "work")
        skills = [dataclasses.asdict(skill) for skill in report.skills]
        numbers = {"photos": len(report.photos), "method": settings.method, "model": report.model, "skills": skills}
        write_json(folder / "consensus.json", numbers | {"disputed": len(report.disputes)})
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in asked(report, found))
        write_text(folder / "ask_again.jsonl", lines)
        write_text(folder / "index.html", rendered(TEMPLATE, report=report, numbers=numbers, pictures=pictures))
    said = [f"{len(report.photos)} photos, {len(report.disputes)} disputed objects", report.model, str(out)]
    sys.stderr.write("".join(f"consensus: {line}\n" for line in said if line))


if __name__ == "__main__":
    run_stage(main)
