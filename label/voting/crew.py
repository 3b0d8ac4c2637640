"""What a crew labelled, read from its manifests, the predictions of a network and known labels, photo by photo."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from dataset.idmap import read_ids
from dataset.predictions import Prediction, each_prediction, mask_at
from dataset.records import Sample, read_manifest
from label.voting.agreeing import CrewPhoto, crew_photo
from label.voting.groups import CrewShape, shapes_of
from pipeline.errors import InputError, shown

MANIFEST = "samples.jsonl"
MODEL = "model"


@dataclasses.dataclass(frozen=True)
class Member:
    """One annotator: where the labels lie, by the photo's id."""

    name: str
    folder: Path
    samples: Mapping[str, Sample]


@dataclasses.dataclass(frozen=True)
class Crew:
    """All who labelled, and what is known of the photos beside them."""

    members: tuple[Member, ...]  # in the order of their names
    model: Mapping[str, Prediction]  # photo's id -> what the network found; {} without one
    golden: Member | None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all voters, the network last."""
        return (*(member.name for member in self.members), *([MODEL] if self.model else []))

    @property
    def photos(self) -> dict[str, tuple[Member, Sample]]:
        """Return photo's id -> the first member who labelled it, and the sample, by id."""
        found: dict[str, tuple[Member, Sample]] = {}
        for member in self.members:
            for name, sample in member.samples.items():
                first = found.setdefault(name, (member, sample))
                if first[1].size_hw != sample.size_hw:
                    raise InputError(
                        f"{member.folder}: the photo {shown(name)} is {sample.size_hw}, in {first[0].folder} it is "
                        f"{first[1].size_hw}; give both the same photos"
                    )
        return dict(sorted(found.items()))

    @property
    def categories(self) -> tuple[str, ...]:
        """Return every category that anybody named, sorted."""
        named = {item.category for member in self.members for s in member.samples.values() for item in s.instances}
        return tuple(sorted(named | {item.category for one in self.model.values() for item in one.instances}))


def read_member(folder: Path) -> Member:
    """Return the labels of one annotator; raise InputError for a folder without a manifest or a photo twice."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{folder}: has no {MANIFEST}; bring an annotator's labels into this form with "
            f"admix ingest THEIR_LABELS --out {folder}"
        )
    samples: dict[str, Sample] = {}
    for sample in read_manifest(path):
        if sample.id in samples:
            raise InputError(f"{path}: the photo {shown(sample.id)} is there twice; leave one")
        samples[sample.id] = sample
    return Member(folder.name, folder, samples)


def read_crew(folder: Path, predictions: Path | None, golden: Path | None) -> Crew:
    """Return a crew: a folder of folders, each an annotator's; raise InputError for fewer than two voters."""
    homes = (
        [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."] if folder.is_dir() else []
    )
    members = tuple(map(read_member, homes))
    model: dict[str, Prediction] = {}
    for one in each_prediction(predictions) if predictions else ():
        stem = PurePosixPath(one.file).stem
        if model.setdefault(stem, one) is not one:
            raise InputError(f"{predictions}: two photos are named {shown(stem)}; predict photos of different names")
    if any(member.name == MODEL for member in members):
        raise InputError(f"{folder / MODEL}: the name is the network's; rename the folder")
    if len(members) + bool(model) < 2 or not members:
        raise InputError(f"{folder}: found {len(members)} annotators, wanted a folder for each of two or more")
    return Crew(members, model, read_member(golden) if golden else None)


def shapes_in(member: Member, name: str, annotator: int) -> list[CrewShape]:
    """Return what an annotator drew in a photo; raise InputError for an id map of another size."""
    sample = member.samples[name]
    path = member.folder / sample.ids
    ids = read_ids(path)
    if ids.shape != sample.size_hw:
        raise InputError(f"{path}: is {ids.shape}, its sample says {sample.size_hw}; bring these labels in again")
    table = {item.index: item.category for item in sample.instances}
    return shapes_of(ids, [table.get(k, "") for k in range(1, max(table, default=0) + 1)], annotator)


def shapes_seen(found: Prediction, annotator: int) -> list[CrewShape]:
    """Return what the network found in a photo."""
    shapes = []
    for number, item in enumerate(found.instances):
        ids = mask_at(found, number).astype(np.uint16)
        shapes += shapes_of(ids, [item.category], annotator)
    return shapes


def each_crew_photo(crew: Crew, match_iou: float) -> Iterator[CrewPhoto]:
    """Yield each photo with what everybody drew; the network is the last voter, the known labels come after it."""
    last = len(crew.members)
    for name, (_, sample) in crew.photos.items():
        shapes = {
            number: shapes_in(member, name, number)
            for number, member in enumerate(crew.members)
            if name in member.samples
        }
        if name in crew.model:
            check_size(crew.model[name], sample)
            shapes[last] = shapes_seen(crew.model[name], last)
        if crew.golden and name in crew.golden.samples:
            shapes[len(crew.names)] = shapes_in(crew.golden, name, len(crew.names))
        yield crew_photo(name, sample.size_hw, shapes, match_iou)


def check_size(found: Prediction, sample: Sample) -> None:
    """Raise InputError for a prediction of a photo of another size."""
    if found.size_hw != sample.size_hw:
        raise InputError(
            f"{found.file}: was predicted at {found.size_hw}, annotators labelled {shown(sample.id)} at "
            f"{sample.size_hw}; predict the same photos"
        )
