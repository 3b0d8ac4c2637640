"""Command `label prelabel`: predictions as proposals for a labelling tool, so that people correct in place of drawing.

``admix label prelabel --predictions P --photos FOLDER --style cvat --out OUT`` writes into OUT:

for_people/   what goes to the tool: photos and the proposals, in the tool's format
sent.jsonl    what was proposed, a photo a line: what comes back is held against it
planted.json  the errors that were planted, if any; keep it from those who label
"""

import dataclasses
import math
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from dataset.export import FORMATS
from dataset.formats.outlines import mask_of, rle_of
from dataset.formats.source import read_source
from dataset.predictions import each_prediction, predicted_categories
from dataset.records import write_manifest
from label.prelabels.proposals import (
    chosen_for_plants,
    names_for,
    proposal_of,
    sample_of,
    sent_of,
    with_plant,
)
from label.prelabels.records import TASK, PlantedError, SentPhoto, mask_in, write_sent
from label.prelabels.rings import ring_of
from label.prelabels.tools import COMPLETED, Rings, complete
from pipeline.errors import InputError
from pipeline.files import whole_folder
from pipeline.stage import run_stage

STYLES = (*COMPLETED, "datumaro", "supervisely")  # formats that hold masks to the pixel, as labelling tools take them
KIND = "prelabels"


@dataclasses.dataclass(frozen=True)
class Prelabel:
    """Section `prelabel` of params.yaml."""

    seed: int
    shapes: str  # masks, or polygons where one ring tells the object to 99 of 100 pixels
    tolerance_px: float  # by which a polygon may leave its mask's outline
    most_points: int  # of a polygon; the tolerance grows where it takes more
    planted: float  # share of the photos into which one error is planted, 0..1
    still_px: int  # pixels by which a mask may differ and count as left alone: tools round

    def __post_init__(self) -> None:
        """Raise ValueError for a value that nothing can be proposed by."""
        if self.shapes not in {"masks", "polygons"}:
            raise ValueError(f"shapes is {self.shapes!r}, wanted masks or polygons")
        if not 0 < self.tolerance_px < math.inf:
            raise ValueError(f"tolerance_px is {self.tolerance_px}, wanted more than 0")
        if self.most_points < 3:
            raise ValueError(f"most_points is {self.most_points}, wanted 3 or more")
        if not 0 <= self.planted <= 1:
            raise ValueError(f"planted is {self.planted}, wanted a share from 0 to 1")
        if self.still_px < 0:
            raise ValueError(f"still_px is {self.still_px}, wanted 0 or more")


def rings_for(photos: Sequence[SentPhoto], settings: Prelabel) -> Rings:
    """Return a ring for each proposal that is one; none where masks are wanted."""
    if settings.shapes == "masks":
        return {}
    found = {
        thing.id: ring_of(mask_in(thing, photo.size_hw), settings.tolerance_px, settings.most_points)
        for photo in photos
        for thing in photo.objects
    }
    return {id_: ring for id_, ring in found.items() if ring is not None}


def as_drawn(photo: SentPhoto, rings: Rings) -> SentPhoto:
    """Return a photo with the masks that its tool makes of the rings."""
    objects = [
        dataclasses.replace(thing, rle=rle_of(mask_of([rings[thing.id]], photo.size_hw, thing.id)))
        if thing.id in rings
        else thing
        for thing in photo.objects
    ]
    return dataclasses.replace(photo, objects=tuple(objects))


def main(settings: Prelabel, predictions: Path, photos: Path, style: str, out: Path) -> None:
    """Write the proposals of a folder of predictions for a tool, whole or not at all.

    predictions: what `admix predict` wrote for the folder `photos`. style: one of STYLES.
    """
    if style not in STYLES:
        raise InputError(f"style is {style!r}, wanted one of {', '.join(STYLES)}")
    for folder in (predictions, photos):
        if folder.resolve().is_relative_to(out.resolve()):
            raise InputError(f"{out}: would replace {folder}; write somewhere else")
    with whole_folder(out, KIND) as part:
        sent, plants = sent_to(part, settings, predictions, photos, style)
        write_sent(part, sent, plants)
    count = sum(len(photo.objects) for photo in sent)
    told = f", {len(plants)} planted errors" if plants else ""
    sys.stderr.write(f"prelabel: {count} proposals in {len(sent)} photos{told}: {out / TASK}\n")


def sent_to(
    part: Path, settings: Prelabel, predictions: Path, photos: Path, style: str
) -> tuple[list[SentPhoto], list[PlantedError]]:
    """Write what people get into the folder `part`, and return it with what was planted."""
    categories = predicted_categories(predictions)
    found = list(each_prediction(predictions))
    names = names_for([one.file for one in found])
    with_objects = [name for one, name in zip(found, names, strict=True) if one.instances]
    chosen = chosen_for_plants(with_objects, settings.planted, settings.seed)
    samples, sent, plants = [], [], list[PlantedError]()
    for one, name in zip(found, names, strict=True):
        proposal = proposal_of(one)
        if name in chosen:
            proposal = with_plant(proposal, name, categories, settings.seed)
        sample = sample_of(one, name, proposal, photos, part / ".samples")
        samples.append(sample)
        sent.append(sent_of(one, sample, proposal))
        plants += [
            dataclasses.replace(each, photo=sent[-1].name, id=each.id.replace(name, sent[-1].name, 1))
            for each in proposal.planted
        ]
    write_manifest(part / ".samples" / "samples.jsonl", samples)
    (part / TASK).mkdir()
    FORMATS[style](read_source(part / ".samples" / "samples.jsonl", categories), part / TASK)
    shutil.rmtree(part / ".samples")
    rings = rings_for(sent, settings) if style in COMPLETED else {}
    complete(style, part / TASK, sent, rings)
    return [as_drawn(photo, rings) for photo in sent], plants


if __name__ == "__main__":
    run_stage(main)
