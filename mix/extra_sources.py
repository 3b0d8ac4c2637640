"""Further sources of samples: the folders below one folder, each with a manifest, under their own names."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from dataset.records import REAL, RENDER, Sample, each_sample
from dataset.shards import read_bytes
from pipeline.errors import InputError, shown

MANIFEST = "samples.jsonl"
NAME = re.compile("[A-Za-z0-9_-]+")

Measured = dict[tuple[str, str], tuple[str, str]]  # what tells a photo, its value -> split, the sample's id


def extra_sources(more: Path) -> dict[str, Path]:
    """Return source name -> manifest for every folder in `more` that holds one, by name; {} if `more` is not there.

    Hidden folders are passed over: they are half written, or a tool's own.
    Raises InputError for a name that has other signs than letters, digits, - and _, or that is taken.
    """
    found = {path.parent.name: path for path in sorted(more.glob(f"*/{MANIFEST}")) if path.parent.name[0] != "."}
    for name, path in found.items():
        check_paths(path)
        if name in {REAL, RENDER}:
            raise InputError(f"{path.parent}: the source's name {name!r} is taken by the pipeline's own; rename it")
        if not NAME.fullmatch(name):
            raise InputError(
                f"{path.parent}: the source is named {name!r}, wanted letters, digits, - and _ only; rename the folder"
            )
    return found


def check_paths(manifest: Path) -> None:
    """Raise InputError for a sample of which a file lies outside the source's folder."""
    for sample in each_sample(manifest):
        for path in filter(None, (sample.image, sample.ids, sample.depth, sample.normals)):
            if ".." in PurePosixPath(path).parts:
                raise InputError(
                    f"{manifest}: sample {shown(sample.id)} names {shown(path)}, which leaves its folder; bring the "
                    "file into it"
                )


def domain_of(manifest: Path) -> str:
    """Return the domain of a source's first sample; raise InputError when there is no sample or it has another domain.

    Whether all other samples agree is for the one who reads them all.
    """
    first = next(each_sample(manifest), None)
    if first is None:
        raise InputError(f"{manifest}: found no samples; put some there, or remove the folder {manifest.parent}")
    if first.domain not in {REAL, RENDER}:
        raise InputError(f"{manifest}: the sample {first.id} is a {shown(first.domain)}, wanted {REAL!r} or {RENDER!r}")
    return first.domain


def measured_on(splits: Mapping[str, Path]) -> Measured:
    """Return all that tells the photos on which scores are taken. splits: name -> manifest of val and test."""
    known: Measured = {}
    for split, manifest in splits.items():
        for sample in each_sample(manifest):
            known |= {mark: (split, sample.id) for mark in marks(sample, manifest)}
    return known


def marks(sample: Sample, manifest: Path) -> Iterator[tuple[str, str]]:
    """Yield what identifies a photo: its id, its group if it has one, and the bytes of its file."""
    yield "id", sample.id
    if sample.group:
        yield "group", sample.group
    yield "file", hashlib.sha256(read_bytes(manifest.parent / sample.image)).hexdigest()


def check_unmeasured(manifest: Path, known: Measured) -> None:
    """Raise InputError when a photo of a extra_sources source is one that scores are taken on, under whichever name."""
    for sample in each_sample(manifest):
        for mark in marks(sample, manifest):
            if mark in known:
                split, other = known[mark]
                raise InputError(
                    f"{manifest}: the sample {sample.id} has the same {mark[0]} as {other} of {split}, so {split} "
                    "would not measure what is new; take it out, or rename it if it is another photo"
                )
