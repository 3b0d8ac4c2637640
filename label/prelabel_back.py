"""Command `label prelabel-back`: what people did with proposals, and the labels that count.

``admix label prelabel-back --sent OUT --back EXPORT --out LABELS`` writes into LABELS:

labels/       photos, id maps and masks as `ingest` reads them (REAL=LABELS/labels): what people touched or confirmed
report.json   the same numbers as the page
index.html    what was touched, the time it took and saved, and how often planted errors were left
"""

import dataclasses
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset.formats import png
from dataset.formats.listed import NO_LICENCE, PHOTO_SUFFIXES
from dataset.formats.source import read_source
from dataset.idmap import IGNORE, IdMap, instances_in, read_image, write_ids
from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.records import REAL, Sample, write_manifest
from label.plants import SPURIOUS
from label.prelabel import Prelabel
from label.prelabels.anchoring import Verdict, exact_interval, verdict_on
from label.prelabels.changes import CONFIRMED, DELETED, DRAWN, STATES, TOUCHED, UNTOUCHED, Change, Returned, changes_of
from label.prelabels.coming_back import returned
from label.prelabels.records import TASK, PlantedError, SentPhoto, mask_in, read_sent
from pipeline.costs import Costs
from pipeline.files import whole_folder, write_json, write_text
from pipeline.pages import rendered
from pipeline.stage import run_stage

TEMPLATE = Path(__file__).with_name("prelabel_back.html.j2")
KIND, SHOWN = "returned prelabels", 12  # photos on the page: those of the most moved pixels


@dataclasses.dataclass(frozen=True)
class Kept:
    """The labels of one photo that count."""

    ids: IdMap  # (H, W); what nobody touched or confirmed is ignored
    categories: tuple[str, ...]


def kept_of(sent: SentPhoto, back: Returned, changes: Sequence[Change], plants: Sequence[Verdict]) -> Kept | None:
    """Return what counts of one photo; None where nobody touched or confirmed anything.

    What was left alone, and not confirmed, is neither an object nor background. A planted error that people left is
    taken out again: there it is ignored what they saw, and what it replaced.
    """
    if not back.seen and not any(change.state in TOUCHED or change.state == DELETED for change in changes):
        return None
    ids = back.ids.copy()
    for change in changes:
        if change.state == UNTOUCHED:
            ids[ids == change.index] = IGNORE
    index_of = {change.id: change.index for change in changes if change.index}
    for verdict in plants:
        if verdict.left:
            if verdict.plant.id in index_of:
                ids[back.ids == index_of[verdict.plant.id]] = IGNORE
            if verdict.plant.rle and verdict.plant.kind != SPURIOUS:
                before = mask_in(verdict.plant, sent.size_hw)
                ids[before & (ids == 0)] = IGNORE
    return Kept(ids, back.categories)


def numbers(
    costs: Costs,
    changes: Mapping[str, Sequence[Change]],
    back: Mapping[str, Returned],
    verdicts: Sequence[Verdict],
    photos: int,
) -> dict[str, Any]:
    """Return report.json. photos: how many were sent."""
    every = [change for each in changes.values() for change in each]
    counts = Counter(change.state for change in every)
    work = {DRAWN: costs.mask_s, CONFIRMED: costs.check_s, DELETED: costs.check_s, UNTOUCHED: costs.check_s}
    assumed_s = sum(work.get(change.state, costs.correction_s) for change in every)
    left = sum(1 for change in every if change.index)
    times = [one.lead_time_s for one in back.values() if one.lead_time_s is not None]
    timed = sum(1 for name, one in back.items() if one.lead_time_s is not None for c in changes[name] if c.index)
    drawn_s = costs.mask_s * left
    return {
        "photos_sent": photos,
        "photos_back": len(back),
        "objects": {state: counts[state] for state in STATES},
        "pixels_moved": sum(change.moved_px for change in every if change.state in TOUCHED),
        "minutes_assumed": round(assumed_s / 60, 2),
        "minutes_measured": round(sum(times) / 60, 2) if times else None,
        "minutes_saved_per_object": round((drawn_s - assumed_s) / 60 / left, 3) if left else None,
        "minutes_saved_per_object_measured": round((costs.mask_s * timed - sum(times)) / 60 / timed, 3)
        if timed
        else None,
        "planted": anchoring(verdicts),
    }


def anchoring(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return how often planted errors were left: by all together, by each who labelled, and by kind."""
    groups = {"all": list(verdicts)}
    for verdict in verdicts:
        if verdict.annotator:
            groups.setdefault(f"annotator {verdict.annotator}", []).append(verdict)
        groups.setdefault(verdict.plant.kind, []).append(verdict)
    rows = []
    for who, those in groups.items():
        left = sum(verdict.left for verdict in those)
        low, high = exact_interval(left, len(those))
        rows.append({"who": who, "planted": len(those), "left": left, "ci95": [round(low, 4), round(high, 4)]})
    return rows if verdicts else []


def write_labels(folder: Path, kept: Mapping[str, Kept], sent: Mapping[str, SentPhoto], home: Path) -> None:
    """Write the labels that count as `ingest` reads them; nothing where there are none. home: the photos sent."""
    names = tuple(sorted({category for one in kept.values() for category in one.categories}))
    if not kept or not names:
        return
    images = photo_files(home)
    work = folder / ".samples"
    samples = []
    for name, one in kept.items():
        ids, instances = instances_in(one.ids, one.categories)
        file = f"images/{name}{images[name].suffix}"
        (work / "images").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(images[name], work / file)
        write_ids(work / "ids" / f"{name}.png", ids)
        facts = {"sent_as": sent[name].file}
        size = sent[name].size_hw
        samples.append(Sample(name, REAL, file, f"ids/{name}.png", size, instances, "labelled", NO_LICENCE, tags=facts))
    write_manifest(work / "samples.jsonl", samples)
    (folder / "labels").mkdir()
    png.write(read_source(work / "samples.jsonl", names), folder / "labels")
    shutil.rmtree(work)


def photo_files(home: Path) -> dict[str, Path]:
    """Return name -> file of the photos that were sent."""
    return {path.stem: path for path in sorted(home.rglob("*")) if path.suffix.lower() in PHOTO_SUFFIXES}


def pictures(
    changes: Mapping[str, Sequence[Change]], sent: Mapping[str, SentPhoto], back: Mapping[str, Returned], home: Path
) -> list[tuple[SetPicture, SetPicture]]:
    """Return before and after of the photos of which the most pixels moved."""
    moved = {name: sum(c.moved_px for c in those if c.state in {*TOUCHED, DELETED}) for name, those in changes.items()}
    worst = [name for name in sorted(moved, key=lambda name: (-moved[name], name)) if moved[name]][:SHOWN]
    images, found = photo_files(home), []
    for name in worst:
        image = read_image(images[name])
        before = np.zeros(sent[name].size_hw, np.uint16)
        for k, thing in enumerate(sent[name].objects, 1):
            before[mask_in(thing, sent[name].size_hw)] = k
        both = (before, back[name].ids)
        titles = (f"{name}: proposed", f"{name}: came back, {moved[name]} pixels moved")
        found.append(tuple(set_picture(tinted(image, ids), title) for ids, title in zip(both, titles, strict=True)))
    return [(one, other) for one, other in found]


def tinted(image: np.ndarray, ids: IdMap) -> np.ndarray:
    """Return a photo with every object in one colour and outlined."""
    return overlay(image, ((ids > 0) & (ids != IGNORE)).astype(np.uint8), ids)


def main(settings: Prelabel, costs: Costs, sent: Path, back: Path, out: Path) -> None:
    """Write the labels that count and what people did. sent: what `label prelabel` wrote. back: the tool's export."""
    photos, plants = read_sent(sent)
    by_name = {photo.name: photo for photo in photos}
    came = returned(back, sent, by_name)
    changes = {name: changes_of(by_name[name], one, settings.still_px) for name, one in came.items()}
    verdicts = verdicts_on(plants, by_name, came)
    kept = {
        name: labels
        for name, one in came.items()
        if (labels := kept_of(by_name[name], one, changes[name], [v for v in verdicts if v.plant.photo == name]))
    }
    report = numbers(costs, changes, came, verdicts, len(photos)) | {"photos_kept": len(kept)}
    with whole_folder(out, KIND) as part:
        write_labels(part, kept, by_name, sent / TASK)
        write_json(part / "report.json", report)
        shown = pictures(changes, by_name, came, sent / TASK)
        write_text(part / "index.html", rendered(TEMPLATE, report=report, pairs=shown))
    counted = ", ".join(f"{count} {state}" for state, count in report["objects"].items() if count)
    sys.stderr.write(f"prelabel-back: {counted}; {len(kept)} photos count: {out / 'index.html'}\n")


def verdicts_on(
    plants: Sequence[PlantedError], sent: Mapping[str, SentPhoto], back: Mapping[str, Returned]
) -> list[Verdict]:
    """Return what became of the planted errors in the photos that came back."""
    return [verdict_on(plant, sent[plant.photo], back[plant.photo]) for plant in plants if plant.photo in back]


if __name__ == "__main__":
    run_stage(main)
