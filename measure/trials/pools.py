"""The samples that trials draw from: every source in nested order, and the renders that no trial may train on."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

from dataset.folds import Folds
from dataset.pools import Members, read_pools_file
from dataset.records import RENDER, Sample, read_manifest
from pipeline.errors import InputError
from train.data import in_order


@dataclasses.dataclass(frozen=True)
class Pool:
    """One source: its samples in nested order, so that the first k are the subset of size k."""

    name: str
    domain: str  # "real" or "render"
    manifest: Path
    samples: tuple[Sample, ...]

    @property
    def folder(self) -> Path:
        """What the samples' paths are relative to."""
        return self.manifest.parent


@dataclasses.dataclass(frozen=True)
class Pools:
    """All sources, and the renders kept out of training to measure on."""

    sources: tuple[Pool, ...]
    held_out: Pool
    folds: Folds = ()  # of the real photos: val is each of them in turn; () = val has photos of its own

    def named(self, name: str) -> Pool:
        """Return the source of a name; raise InputError naming those there are."""
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources)
        raise InputError(f"params.yaml: sweep.weights names the source {name!r}, wanted one of {known}")

    @property
    def domains(self) -> dict[str, str]:
        """Source -> "real" or "render"."""
        return {source.name: source.domain for source in self.sources}

    def count(self, domain: str) -> int:
        """Return how many samples of a domain there are to train on."""
        return sum(len(source.samples) for source in self.sources if source.domain == domain)


def read_pools(path: Path) -> Pools:
    """Return what stage compose wrote; raise InputError when it, or a sample it names, is not what it should be."""
    file = read_pools_file(path)
    read = functools.cache(read_manifest)  # held-out renders lie in the manifest of the others
    sources = tuple(pool_of(path, item.name, item.domain, item, read) for item in file.sources)
    return Pools(sources, pool_of(path, "held_out", RENDER, file.held_out, read), file.folds)


def pool_of(path: Path, name: str, domain: str, members: Members, read: Callable[[Path], list[Sample]]) -> Pool:
    """Return one source of a pools file, its samples in the order of its ids. read: manifest -> its samples."""
    manifest = path.parent / members.manifest
    samples = in_order(path, manifest, read(manifest), members.ids)
    strange = next((sample for sample in samples if sample.domain != domain), None)
    if strange:
        raise InputError(f"{path}: {strange.id} is a {strange.domain}, its source says {domain}; run compose again")
    return Pool(name, domain, manifest, samples)
