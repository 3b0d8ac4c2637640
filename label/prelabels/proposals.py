"""From a folder of predictions to samples that every writer of formats takes, some with a planted error."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from dataset.formats.listed import NO_LICENCE
from dataset.formats.outlines import Outline, Outlines, rle_of
from dataset.formats.source import name_of
from dataset.idmap import IdMap, instances_in, png_bytes, write_ids
from dataset.pictures import read_photo, upright
from dataset.predictions import Prediction
from dataset.records import REAL, Sample
from label.plants import FIVE, MISSING, SPURIOUS, SWAPPED, plant, put_in
from label.prelabels.records import PlantedError, SentObject, SentPhoto
from pipeline.errors import InputError
from pipeline.files import inside, write_bytes
from pipeline.reading import read_bytes
from pipeline.seeds import rng_for


@dataclasses.dataclass(frozen=True)
class Proposal:
    """The proposals of one photo, before they are written."""

    ids: IdMap  # (H, W), k = k-th of `categories`
    categories: tuple[str, ...]
    scores: tuple[float, ...]
    planted: tuple[PlantedError, ...] = ()


def names_for(files: Sequence[str]) -> list[str]:
    """Return for each photo what its sample is called: its path without the suffix, with it where two would be one."""
    plain = [PurePosixPath(file).with_suffix("").as_posix() for file in files]
    often = Counter(name.lower() for name in plain)
    return [file if often[name.lower()] > 1 else name for file, name in zip(files, plain, strict=True)]


def proposal_of(found: Prediction) -> Proposal:
    """Return a prediction as an id map; of two instances that overlap the smaller one is seen."""
    where = f"the record of {found.file}"
    outlines = [
        Outline(f"{where}: instance {k}", item.category, rle)
        for k, (item, rle) in enumerate(zip(found.instances, found.rles, strict=True))
    ]
    ids, categories = Outlines(where, found.size_hw, tuple(outlines)).draw(found.size_hw)
    return tidy(Proposal(ids, tuple(categories), tuple(item.score for item in found.instances)))


def tidy(proposal: Proposal) -> Proposal:
    """Return a proposal without the objects of which no pixel is left, numbered without gaps."""
    left = [k for k in np.unique(proposal.ids).tolist() if k]
    ids, instances = instances_in(proposal.ids, proposal.categories)
    scores = tuple(proposal.scores[k - 1] for k in left)
    return dataclasses.replace(proposal, ids=ids, categories=tuple(i.category for i in instances), scores=scores)


def with_plant(proposal: Proposal, name: str, categories: Sequence[str], seed: int) -> Proposal:
    """Return a proposal with one error of a kind of chance in an object of chance; as it is where none can be planted.

    Kinds: those of `FIVE`, and a swapped category where there are several.
    """
    rng = rng_for(seed, "prelabel", name)
    kinds = [*FIVE, SWAPPED] if len(categories) > 1 else list(FIVE)
    return with_error(proposal, name, kinds[rng.integers(len(kinds))], categories, rng)


def with_error(
    proposal: Proposal, name: str, kind: str, categories: Sequence[str], rng: np.random.Generator
) -> Proposal:
    """Return a proposal with one error of a kind in an object of chance; as it is where none can be planted."""
    for k in (rng.permutation(len(proposal.categories)) + 1).tolist():
        mask, category = proposal.ids == k, proposal.categories[k - 1]
        made = plant(kind, mask, (proposal.ids > 0) & ~mask, category, categories, rng)
        if made is not None:
            extra = kind == SPURIOUS  # the object itself stays, and has a copy of its own score
            named = tuple(made.category if n == k else one for n, one in enumerate(proposal.categories, 1))
            copied = (proposal.scores[k - 1],) if extra else ()
            grown = Proposal(put_in(proposal.ids, k, made), named + (category,) * extra, proposal.scores + copied)
            at = len(proposal.categories) + 1 if extra else k
            return planted_in(grown, at, (name, kind, category), None if extra else rle_of(mask))
    return proposal


def planted_in(proposal: Proposal, at: int, facts: tuple[str, str, str], before: dict[str, object] | None) -> Proposal:
    """Return a tidy proposal that knows which of its objects carries an error. facts: photo, kind, category before."""
    name, kind, category = facts
    place = int((np.unique(proposal.ids[proposal.ids > 0]) <= at).sum())
    id_ = f"{name}-gone" if kind == MISSING else f"{name}-{place}"
    return dataclasses.replace(tidy(proposal), planted=(PlantedError(name, id_, kind, category, before),))


def sample_of(found: Prediction, name: str, proposal: Proposal, photos: Path, folder: Path) -> Sample:
    """Write a photo, upright, and its proposals into `folder`, and return the sample.

    The photo's bytes stay as they are unless it was stored turned. Raises InputError when it is not the one that was
    predicted.
    """
    path = inside(photos, found.file, f"the record of {found.file}")
    data = read_bytes(path)
    image = upright(data, str(path))
    if image.shape[:2] != found.size_hw:
        raise InputError(
            f"{path}: is {image.shape[1]} x {image.shape[0]} pixels, its prediction {found.size_hw[1]} x "
            f"{found.size_hw[0]}; predict the photos again, or name the folder that was predicted"
        )
    turned = read_photo(data, str(path)).orientation != 1
    stem = name_of(Sample(name, REAL, "a.png", "a.png", found.size_hw, (), "", ""))
    file = f"images/{stem}{'.png' if turned else path.suffix.lower()}"
    write_bytes(folder / file, png_bytes(image) if turned else data)
    write_ids(folder / "ids" / f"{stem}.png", proposal.ids)
    _, instances = instances_in(proposal.ids, proposal.categories)
    return Sample(name, REAL, file, f"ids/{stem}.png", found.size_hw, instances, photos.resolve().name, NO_LICENCE)


def sent_of(found: Prediction, sample: Sample, proposal: Proposal) -> SentPhoto:
    """Return what people get of one photo, masks exact to the pixel."""
    name = name_of(sample)
    objects = [
        SentObject(
            f"{name}-{item.index}", item.category, proposal.scores[item.index - 1], rle_of(proposal.ids == item.index)
        )
        for item in sample.instances
    ]
    return SentPhoto(name, found.file, found.size_hw, tuple(objects))


def chosen_for_plants(names: Iterable[str], share: float, seed: int) -> set[str]:
    """Return the photos into which an error is planted: that share of them, rounded, by chance."""
    listed = sorted(names)
    order = rng_for(seed, "prelabel", "photos").permutation(len(listed))
    return {listed[at] for at in order[: round(share * len(listed))].tolist()}
