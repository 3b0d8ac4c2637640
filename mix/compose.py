"""Stage `compose`: put the samples there are into pools, in the order in which trainings take them.

A training takes the first k samples of a pool, so smaller subsets lie within larger ones and all share one file.
"""

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dataset.guards import more_val_in, no_overlap, only_real
from dataset.records import REAL, RENDER, each_sample
from mix.extra_sources import check_unmeasured, domain_of, extra_sources, measured_on
from mix.subsets import Item, item_of, nested
from pipeline.errors import InputError
from pipeline.files import way_to, write_json
from pipeline.stage import run_stage

HELD_OUT_PARTS = 10  # at most one part in so many of the renders is held out


@dataclasses.dataclass(frozen=True)
class Compose:
    """Section `compose` of params.yaml."""

    seed: int
    renders: int | None  # train on at most so many of the renders; null = all that are not held out
    held_out: int  # renders kept out of every training, at most a tenth: do scores on them flatter the network?

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that no pool can have."""
        if self.renders is not None and self.renders < 1:
            raise ValueError(f"renders is {self.renders}, wanted at least 1, or null for all")
        if self.held_out < 0:
            raise ValueError(f"held_out is {self.held_out}, wanted 0 or more")


@dataclasses.dataclass(frozen=True)
class PoolIds:
    """One source of samples: ids in nested order (`mix.subsets`), the manifest that holds them in any order."""

    name: str
    domain: str
    manifest: Path
    ids: list[str]

    def __post_init__(self) -> None:
        """Raise InputError for a pool that has nothing to draw from."""
        if not self.ids:
            raise InputError(f"{self.manifest}: found no {self.name} samples to train on; make some first")


def items_in(manifest: Path, domain: str) -> Iterator[Item]:
    """Yield the items of a manifest; raise InputError for another domain and for an id that stands there twice."""
    seen = set[str]()
    for sample in each_sample(manifest):
        if sample.domain != domain:
            raise InputError(f"{manifest}: the sample {sample.id} is a {sample.domain}, wanted {domain} samples only")
        if sample.id in seen:
            raise InputError(f"{manifest}: the sample {sample.id} stands there twice; write the manifest again")
        seen.add(sample.id)
        yield item_of(sample)


def pool_of(name: str, domain: str, manifest: Path, seed: int) -> PoolIds:
    """Return all samples of a manifest as a pool."""
    return PoolIds(name, domain, manifest, nested(items_in(manifest, domain), seed, name))


def hold(ids: list[str], settings: Compose) -> tuple[list[str], list[str]]:
    """Return the ids to train on and those held out, which are the last of the order.

    Which are held out does not depend on `settings.renders`. Raises InputError when more are asked for than are left.
    """
    left = len(ids) - min(settings.held_out, len(ids) // HELD_OUT_PARTS)
    wanted = left if settings.renders is None else settings.renders
    if wanted > left:
        raise InputError(
            f"params.yaml: compose.renders asks for {wanted} renders, only {left} exist beside the "
            f"{len(ids) - left} held out; raise plan.scenes or lower compose.renders"
        )
    return ids[:wanted], ids[left:]


def check_splits(real: Path, measured: Mapping[str, Path]) -> None:
    """Raise InputError when a split that scores are taken on holds anything but real photos, or one of another split.

    measured: split -> its manifest.
    """
    for split, manifest in measured.items():
        only_real(each_sample(manifest), split)
    no_overlap(train=each_sample(real), **{split: each_sample(path) for split, path in measured.items()})


def more_pools(more: Path, splits: Mapping[str, Path], seed: int) -> list[PoolIds]:
    """Return a pool for each extra_sources source; raise InputError when one brings a photo of `splits`."""
    pools = [pool_of(name, domain_of(manifest), manifest, seed) for name, manifest in extra_sources(more).items()]
    photos = [pool.manifest for pool in pools if pool.domain == REAL]
    known = measured_on(splits) if photos else {}
    for manifest in photos:
        check_unmeasured(manifest, known)
    return pools


def row_of(pool: PoolIds, out: Path) -> dict[str, Any]:
    """Return a pool as it is written; its manifest is relative to the folder of `out`, POSIX."""
    way = way_to(pool.manifest, out.parent)
    return {"name": pool.name, "domain": pool.domain, "manifest": way, "ids": pool.ids}


def main(
    settings: Compose, real: Path, renders: Path, more: Path, val: Path, test: Path, more_val: Path, out: Path
) -> None:
    """Write pools.json: the sources ``real``, ``render`` and those in the folder `more` by name, and `held_out`.

    real, renders, val, test: manifests. more: a folder of folders with a samples.jsonl each; it may be missing.
    more_val: a folder of the manifests of further validation sets.
    """
    measured = {"val": val, "test": test} | more_val_in(more_val)
    check_splits(real, measured)
    every = pool_of(RENDER, RENDER, renders, settings.seed)
    taken, held_out = hold(every.ids, settings)
    own = [pool_of(REAL, REAL, real, settings.seed), dataclasses.replace(every, ids=taken)]
    pools = own + more_pools(more, measured, settings.seed)
    rows = [row_of(pool, out) for pool in pools]
    write_json(out, {"sources": rows, "held_out": {"manifest": rows[1]["manifest"], "ids": held_out}})
    said = ", ".join(f"{pool.name} {len(pool.ids)}" for pool in pools)
    sys.stderr.write(f"compose: {said}, held out {len(held_out)}\n")


if __name__ == "__main__":
    run_stage(main)
