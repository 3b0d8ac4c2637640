"""From a mix to photos in memory: what a training draws from, and what it is scored on."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from dataset.guards import only_real
from dataset.idmap import MOST_CATEGORIES, IdMap, categories_map, read_ids, read_image
from dataset.records import RelativePath, Sample, read_manifest
from pipeline.errors import InputError
from pipeline.reading import Record, read_typed

ROOM = 1.5  # photos are kept at most so many times img_size, so that large crops stay sharp


@dataclasses.dataclass(frozen=True)
class Source:
    """One part of a mix: its samples and its share of what the network sees, in [0, 1]."""

    name: str
    weight: float
    folder: Path  # the samples' paths are relative to it
    samples: tuple[Sample, ...]


@dataclasses.dataclass(frozen=True)
class Mix:
    """What one run trains on."""

    ratio: float
    sources: tuple[Source, ...]

    def size(self, domain: str) -> int:
        """Return how many samples of a domain the mix holds."""
        return sum(sample.domain == domain for source in self.sources for sample in source.samples)


@dataclasses.dataclass(frozen=True)
class MixSource(Record):
    """One part of a mix as mix.json names it."""

    name: str
    manifest: RelativePath  # from the folder of the file
    weight: float
    ids: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclasses.dataclass(frozen=True)
class MixFile(Record):
    """What `mix.write_mix` writes."""

    ratio: Annotated[float, Field(ge=0, le=1)]
    sources: tuple[MixSource, ...]


MIX = TypeAdapter(MixFile)
CATEGORIES = TypeAdapter(
    Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, max_length=MOST_CATEGORIES)]
)


@dataclasses.dataclass(frozen=True)
class Photo:
    """One sample's pixels: image (H, W, 3) uint8 RGB and its category map (H, W) uint8."""

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8]


def read_categories(path: Path) -> tuple[str, ...]:
    """Return the category names in the order of their ids; raise InputError unless they are 1 to 254 names."""
    return read_typed(path, CATEGORIES, f"a list of 1 to {MOST_CATEGORIES} category names", "run stage ingest again")


def read_mix(path: Path) -> Mix:
    """Return the mix of a mix.json; raise InputError when it, or a sample it names, is not what it should be."""
    found = read_typed(path, MIX, "a mix", "write it again with mix.write_mix")
    weights = [source.weight for source in found.sources]
    if abs(sum(weights) - 1) > 1e-6 or any(weight <= 0 for weight in weights):
        raise InputError(
            f"{path}: the weights are {weights}, wanted positive ones that sum to 1; mix.write_mix writes them"
        )
    return Mix(found.ratio, tuple(read_source(path, source) for source in found.sources))


def read_source(mix: Path, source: MixSource) -> Source:
    """Return one source of a mix.json with its samples in the order of its ids."""
    manifest = mix.parent / source.manifest
    samples = in_order(mix, manifest, read_manifest(manifest), source.ids)
    return Source(source.name, source.weight, manifest.parent, samples)


def in_order(where: Path, manifest: Path, samples: Iterable[Sample], wanted: Sequence[str]) -> tuple[Sample, ...]:
    """Return the samples of these ids, in their order; raise InputError when one is not there.

    samples: those of `manifest`. where: the file that names the ids.
    """
    known = {sample.id: sample for sample in samples}
    lost = [name for name in wanted if name not in known]
    if lost:
        raise InputError(f"{where}: {lost[0]!r} is not in {manifest} ({len(lost)} such ids); write {where.name} again")
    return tuple(known[name] for name in wanted)


def load_photo(folder: Path, sample: Sample, categories: Sequence[str]) -> Photo:
    """Return a sample's pixels at their own size. Errors as `load_labelled`."""
    image, ids = load_labelled(folder, sample)
    return Photo(image, categories_map(ids, sample.instances, tuple(categories)))


def load_labelled(folder: Path, sample: Sample) -> tuple[NDArray[np.uint8], IdMap]:
    """Return a sample's image and id map; raise InputError when a file is not of the manifest's size."""
    image, ids = read_image(folder / sample.image), read_ids(folder / sample.ids)
    for name, array in ((sample.image, image), (sample.ids, ids)):
        if array.shape[:2] != sample.size_hw:
            raise InputError(
                f"{folder / name}: is {array.shape[:2]} pixels (height, width), its manifest says {sample.size_hw}; "
                "run the stage that writes the manifest again"
            )
    return image, ids


def shrunk(photo: Photo, longest: int) -> Photo:
    """Return the photo with its longer side at most `longest` pixels; a smaller one as it is."""
    height, width = photo.truth.shape
    factor = longest / max(height, width)
    if factor >= 1:
        return photo
    size_wh = (max(round(width * factor), 1), max(round(height * factor), 1))
    image = cv2.resize(photo.image, size_wh, interpolation=cv2.INTER_AREA)
    return Photo(image.astype(np.uint8), cv2.resize(photo.truth, size_wh, interpolation=cv2.INTER_NEAREST_EXACT))


def load_pools(mix: Mix, categories: Sequence[str], img_size: int) -> list[list[Photo]]:
    """Return every source's photos, in the order of its samples, small enough to stay in memory."""
    longest = round(img_size * ROOM)
    return [[shrunk(load_photo(s.folder, sample, categories), longest) for sample in s.samples] for s in mix.sources]


def real_samples(manifest: Path) -> list[Sample]:
    """Return a manifest's samples; raise InputError when there is none or one is not a real photo."""
    samples = read_manifest(manifest)
    if not samples:
        raise InputError(f"{manifest}: holds no photo to score on; give the split photos and run it again")
    only_real(samples, "test" if manifest.stem == "test" else "val")  # whatever the file is called
    return samples


def same_sized(samples: Iterable[Sample], most: int) -> Iterator[list[Sample]]:
    """Yield runs of neighbours of one size, at most `most` long, in the given order."""
    run: list[Sample] = []
    for sample in samples:
        if run and (len(run) == most or run[-1].size_hw != sample.size_hw):
            yield run
            run = []
        run.append(sample)
    if run:
        yield run
