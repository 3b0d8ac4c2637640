"""webdataset: tars in which the files of one sample stand side by side under one key.

A sample is ``KEY.png`` or ``KEY.jpg`` (the picture's bytes as they are), ``KEY.ids.png`` (16 bit, 65535 = ignored),
``KEY.json`` (the record without its paths), and if it has them ``KEY.depth.npy`` and ``KEY.normals.npy``.
"""

import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from dataset import shards
from dataset.formats.listed import (
    BROKEN_LABEL,
    NO_LICENCE,
    NO_PHOTO,
    PHOTO_SUFFIXES,
    Defects,
    FirstDefect,
    Label,
    ListedPhoto,
    PhotoSet,
)
from dataset.formats.mask_values import Maker, declared_in, maker_of
from dataset.formats.outlines import Outlines
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IGNORE, IdMap, png_bytes, read_ids
from dataset.records import RENDER, Sample, from_line
from pipeline.errors import InputError, shown
from pipeline.files import write_json
from pipeline.reading import parse_json

MOST_SAMPLES, MOST_BYTES = 1000, 2**28  # of one tar; the last sample may go beyond the bytes
PATHS = ("image", "ids", "depth", "normals")
IDS = "ids.png"  # what stands behind the key of our own labels
MASKS = ("mask.png", "seg.png")  # of those of others
OTHERS = ("cls", "json", "mask.jpg", "npy", "seg.jpg", "txt", "xml", "yaml")  # that may be labels and are not read
PICTURES = tuple(suffix.removeprefix(".") for suffix in sorted(PHOTO_SUFFIXES))


@dataclasses.dataclass(frozen=True)
class RecordedIds:
    """The id map in a tar of ours, and the record that says what each id is."""

    ids: Path
    sample: Sample

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return the id map and the categories; raise InputError for an id that the record does not name, or alone."""
        ids = read_ids(self.ids)
        categories = {item.index: item.category for item in self.sample.instances}
        found = [int(value) for value in np.unique(ids) if value not in (0, IGNORE)]
        unknown = next((value for value in found if value not in categories), None)
        if unknown:
            raise InputError(f"{self.ids}: the id {unknown} is not in its record; write the tar again")
        if lost := sorted(set(categories) - set(found)):
            raise InputError(f"{self.ids}: has no pixel of the id {lost[0]} of its record; write the tar again")
        table = np.zeros(IGNORE + 1, np.uint16)
        table[found] = np.arange(1, len(found) + 1)
        table[IGNORE] = IGNORE
        return table[ids], [categories[value] for value in found]


def find_webdataset(root: Path) -> Path | None:
    """Return the folder itself if there is a tar in it, else None."""
    return root if tars_in(root) else None


def tars_in(root: Path) -> list[Path]:
    """Return the tars of a folder by name."""
    return sorted(path for path in root.glob("*.tar") if path.is_file() and not path.name.startswith("."))


def read_webdataset(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the samples of all tars of a folder: those of ours exactly, others by KEY.mask.png or KEY.seg.png.

    What the masks' values mean is in `mask_values`. A key with a picture alone is not labelled. defects: takes what is
    wrong with single photos; None = it is raised. Raises InputError where labels are of another kind.
    """
    defects, keys = defects or FirstDefect(), keys_in(root)
    masks = [files[suffix] for files in keys.values() for suffix in MASKS if suffix in files and IDS not in files]
    check_labels(root, keys)
    declared = declared_in([root], root.resolve().name)
    make, said = maker_of(masks, declared, root) if masks else (no_mask, ())
    photos = list[ListedPhoto]()
    for key, files in keys.items():
        photo = next((files[suffix] for suffix in PICTURES if suffix in files), None)
        if photo is None:
            defects.add(NO_PHOTO, f"{root}: the key {shown(key)} has no picture; add it or drop its labels")
            continue
        with defects.gathering(BROKEN_LABEL, photo):
            photos.append(photo_of(photo, key, files, make, root))
    renders = any(photo.tags.get("domain") == RENDER for photo in photos)
    taken = ("renders are taken as photos",) if renders else ()
    declares = bool(masks) or not declared.assumed
    names = dict.fromkeys([*(declared.names if declares else ()), *names_of(photos)])
    return PhotoSet(tuple(names), tuple(photos), (*(declared.assumed if masks else ()), *said, *taken))


def names_of(photos: list[ListedPhoto]) -> list[str]:
    """Return the categories of all records, sorted."""
    labels = [photo.label for photo in photos]
    return sorted({item.category for each in labels if isinstance(each, RecordedIds) for item in each.sample.instances})


def keys_in(root: Path) -> dict[str, dict[str, Path]]:
    """Return the files of each key by what stands behind its first dot, in small letters; by tar and place in it."""
    found: dict[str, dict[str, Path]] = {}
    for tar in tars_in(root):
        for member in shards.members(tar):
            path = PurePosixPath(member)
            key, _, suffix = path.name.partition(".")
            if key and suffix:
                found.setdefault(str(path.with_name(key)), {}).setdefault(suffix.lower(), tar / member)
    return found


def check_labels(root: Path, keys: Mapping[str, Mapping[str, Path]]) -> None:
    """Raise InputError for keys whose labels are of a kind that is not read, and where a key may be another's mask."""
    if not any(suffix in files for files in keys.values() for suffix in (IDS, *MASKS)):
        stems = Counter(PurePosixPath(key).name for key in keys)
        twice = next((name for name, count in stems.items() if count > 1), None)
        if twice is not None:
            raise InputError(
                f"{root}: holds no labels as webdataset has them, and {shown(twice)} in two folders, of which one may "
                "hold masks; if it is a packed set of another format, name the tar itself"
            )
    for key, files in keys.items():
        if not any(suffix in files for suffix in (IDS, *MASKS)) and any(suffix in files for suffix in OTHERS):
            raise InputError(
                f"{root}: the key {shown(key)} has {', '.join(sorted(files))}, wanted {IDS} and json as admix exports "
                f"them, or {' or '.join(MASKS)}; write its labels as a mask, or, if it is a packed set of another "
                "format, name the tar itself"
            )


def no_mask(file: Path) -> Label:
    """Stand for the maker of labels where there is no mask."""
    raise ValueError(f"{file} is no mask")


def photo_of(photo: Path, key: str, files: Mapping[str, Path], make: Maker, root: Path) -> ListedPhoto:
    """Return one key with its label, and what its record says if it has one."""
    name = key.replace("/", "_")
    if IDS in files:
        sample = sample_of(files, key, root)
        label = RecordedIds(files[IDS], sample)
        return ListedPhoto(photo, label, sample.source, sample.licence, facts_of(sample), name=name)
    mask = next((files[suffix] for suffix in MASKS if suffix in files), None)
    label_or_none = make(mask) if mask else Outlines(f"{root}: {key}", None, ())
    return ListedPhoto(photo, label_or_none, root.resolve().name, NO_LICENCE, {}, mask is not None, name)


def sample_of(files: Mapping[str, Path], key: str, root: Path) -> Sample:
    """Return the record beside an id map of ours; raise InputError when there is none."""
    if "json" not in files:
        raise InputError(f"{root}: the key {shown(key)} has {IDS} and no json that says what its ids are; add it")
    record = parse_json(shards.read_bytes(files["json"]), str(files["json"]))
    if not isinstance(record, dict):
        raise InputError(f"{files['json']}: wanted the record of a sample; write the tar again")
    return from_line(json.dumps(record | {"image": "a.png", "ids": "a.ids.png"}), str(files["json"]))


def write(source: ManifestSource, out: Path) -> None:
    """Write samples-000000.tar and so on, the same bytes for the same samples, and categories.json."""
    write_json(out / "categories.json", list(source.categories))
    samples = source.samples()
    for number, first in enumerate(samples):  # each turn takes one sample here, and the rest of its tar below
        shards.write_shard(out / f"samples-{number:06d}.tar", members(source, itertools.chain([first], samples)))


def members(source: ManifestSource, samples: Iterator[Sample]) -> Iterator[tuple[str, bytes]]:
    """Take as many samples as one tar holds, and yield the name and the bytes of each of their files."""
    size = 0
    for count, sample in enumerate(samples, 1):
        for suffix, data in files_of(source, sample):
            yield f"{name_of(sample)}.{suffix}", data
            size += len(data)
        if count == MOST_SAMPLES or size >= MOST_BYTES:
            return


def files_of(source: ManifestSource, sample: Sample) -> Iterator[tuple[str, bytes]]:
    """Yield what stands behind the key, and the bytes, of each file of a sample."""
    record = {key: value for key, value in dataclasses.asdict(sample).items() if key not in PATHS}
    yield PurePosixPath(sample.image).suffix.lower().removeprefix("."), source.fetch(sample, sample.image)
    yield "ids.png", png_bytes(source.ids_of(sample))
    yield "json", json.dumps(record, ensure_ascii=False).encode()
    for suffix, path in (("depth.npy", sample.depth), ("normals.npy", sample.normals)):
        if path:
            yield suffix, source.fetch(sample, path)
