"""webdataset: tars in which the files of one sample stand side by side under one key.

A sample is ``KEY.png`` or ``KEY.jpg`` (the picture's bytes as they are), ``KEY.ids.png`` (16 bit, 65535 = ignored),
``KEY.json`` (the record without its paths), and if it has them ``KEY.depth.npy`` and ``KEY.normals.npy``.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dataset.formats.source import ManifestSource, name_of
from dataset.idmap import png_bytes
from dataset.records import Sample
from dataset.shards import write_shard
from pipeline.files import write_json

MOST_SAMPLES, MOST_BYTES = 1000, 2**28  # of one tar; the last sample may go beyond the bytes
PATHS = ("image", "ids", "depth", "normals")


def write(source: ManifestSource, out: Path) -> None:
    """Write samples-000000.tar and so on, the same bytes for the same samples, and categories.json."""
    write_json(out / "categories.json", list(source.categories))
    samples = source.samples()
    for number, first in enumerate(samples):  # each turn takes one sample here, and the rest of its tar below
        write_shard(out / f"samples-{number:06d}.tar", members(source, itertools.chain([first], samples)))


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
