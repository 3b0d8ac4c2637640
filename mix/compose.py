"""Stage `compose`: put the samples there are into pools, in the order in which trainings take them.

A training takes the first k samples of a pool, so smaller subsets lie within larger ones and all share one file. The
order is the varied one of `dataset.subsets`, or that of a way of drawing (`mix.draw`) that the settings name.
"""

import dataclasses
import functools
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dataset.chunks import mapped
from dataset.folds import Folds, read_folds
from dataset.guards import Listed, more_val_in, no_overlap, only_real
from dataset.records import REAL, RENDER, Sample, SampleHead, each_sample, head_from_line
from dataset.subsets import Item, item_of, nested
from mix.draw import Draw, Drawn, Urn, draw
from mix.extra_sources import check_unmeasured, domain_of, extra_sources, measured_on
from pipeline.errors import InputError
from pipeline.files import way_to, write_json
from pipeline.stage import run_stage

Known = TypeVar("Known", Sample, Item)
Entry = TypeVar("Entry", bound=Listed)

HELD_OUT_PARTS = 10  # at most one part in so many of the renders is held out


@dataclasses.dataclass(frozen=True)
class Compose:
    """Section `compose` of params.yaml."""

    seed: int
    renders: int | None  # train on at most so many of the renders; null = all that are not held out
    held_out: int  # renders kept out of every training, at most a tenth: do scores on them flatter the network?
    draw: dict[str, Draw] = dataclasses.field(default_factory=dict)  # by source; the varied order where there is none

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that no pool can have."""
        if self.renders is not None and self.renders < 1:
            raise ValueError(f"renders is {self.renders}, wanted at least 1, or null for all")
        if self.held_out < 0:
            raise ValueError(f"held_out is {self.held_out}, wanted 0 or more")


@dataclasses.dataclass(frozen=True)
class PoolIds:
    """One source of samples: ids in nested order, the manifest that holds them in any order."""

    name: str
    domain: str
    manifest: Path
    ids: list[str]
    inverse: list[float] = dataclasses.field(default_factory=list)  # drawn by importance: 1 / p of each id, else none

    def __post_init__(self) -> None:
        """Raise InputError for a pool that has nothing to draw from."""
        if not self.ids:
            raise InputError(f"{self.manifest}: found no {self.name} samples to train on; make some first")


def of_domain(manifest: Path, domain: str, sample: Entry) -> Entry:
    """Return a sample as it is; raise InputError for one of another domain."""
    if sample.domain != domain:
        raise InputError(f"{manifest}: the sample {sample.id} is a {sample.domain}, wanted {domain} samples only")
    return sample


def item_in(manifest: Path, domain: str, sample: SampleHead) -> Item:
    """Return the item of a sample of a domain."""
    return item_of(of_domain(manifest, domain, sample))


def each_once(manifest: Path, found: Iterable[Known]) -> Iterator[Known]:
    """Yield samples or items of a manifest; raise InputError for an id that stands there twice."""
    seen = set[str]()
    for each in found:
        if each.id in seen:
            raise InputError(f"{manifest}: the sample {each.id} stands there twice; write the manifest again")
        seen.add(each.id)
        yield each


def samples_in(manifest: Path, domain: str) -> Iterator[Sample]:
    """Yield the samples of a manifest; raise InputError for another domain and for an id that stands there twice."""
    return each_once(manifest, (of_domain(manifest, domain, sample) for sample in each_sample(manifest)))


def varied(name: str, domain: str, manifest: Path, seed: int) -> list[str]:
    """Return the ids of all samples of a manifest in the varied order. Raises InputError as `samples_in`."""
    items = mapped(manifest, functools.partial(item_in, manifest, domain), head_from_line)
    return nested(each_once(manifest, items), seed, name)


def drawn(samples: Iterable[Sample], urn: Urn, rule: Draw, most: int | None = None) -> Drawn:
    """Return what is drawn of a pool, and say how many samples can never be."""
    found = draw(samples, rule, urn, most)
    if found.never:
        sys.stderr.write(f"compose: {urn.setting} never draws {found.never} samples whose {rule.by} is 0\n")
    return found


def pool_of(name: str, domain: str, manifest: Path, settings: Compose) -> PoolIds:
    """Return the samples of a manifest as a pool: all of them, or what the settings draw."""
    rule = settings.draw.get(name)
    if rule is None:
        return PoolIds(name, domain, manifest, varied(name, domain, manifest, settings.seed))
    found = drawn(samples_in(manifest, domain), Urn(name, manifest, settings.seed), rule)
    return PoolIds(name, domain, manifest, found.ids, found.inverse)


def render_pool(manifest: Path, settings: Compose) -> tuple[PoolIds, list[str]]:
    """Return the renders to train on, and the ids of those held out.

    Which are held out does not depend on how the others are drawn, nor on how many. Raises InputError when more are
    asked for than are left.
    """
    left, held_out = hold(varied(RENDER, RENDER, manifest, settings.seed), settings.held_out)
    found, rule = Drawn(left[: settings.renders]), settings.draw.get(RENDER)
    if rule is not None:
        samples = without(samples_in(manifest, RENDER), frozenset(held_out))
        found = drawn(samples, Urn(RENDER, manifest, settings.seed), rule, settings.renders)
    if settings.renders is not None and len(found.ids) < settings.renders:
        raise InputError(
            f"params.yaml: compose.renders asks for {settings.renders} renders, only {len(found.ids)} exist beside the "
            f"{len(held_out)} held out; raise plan.scenes or lower compose.renders"
        )
    return PoolIds(RENDER, RENDER, manifest, found.ids, found.inverse), held_out


def hold(ids: list[str], held_out: int) -> tuple[list[str], list[str]]:
    """Return the ids to train on and those held out, which are the last of the order: at most a tenth."""
    left = len(ids) - min(held_out, len(ids) // HELD_OUT_PARTS)
    return ids[:left], ids[left:]


def without(samples: Iterable[Sample], ids: Container[str]) -> Iterator[Sample]:
    """Yield the samples that are none of these."""
    return (sample for sample in samples if sample.id not in ids)


class Guarded(NamedTuple):
    """What the guards look at of a sample; a tuple, since it travels between processes."""

    id: str
    domain: str
    group: str


def guarded_of(sample: SampleHead) -> Guarded:
    """Return what the guards look at of a sample."""
    return Guarded(sample.id, sample.domain, sample.group)


def check_splits(real: Path, measured: Mapping[str, Path], folds: Folds = ()) -> None:
    """Raise InputError when a split that scores are taken on holds anything but real photos, or one of another split.

    measured: split -> its manifest. folds: with them val is the photos to train on, and each is in one fold.
    """
    photos = {split: [*mapped(manifest, guarded_of, head_from_line)] for split, manifest in measured.items()}
    for split, found in photos.items():
        only_real(found, split)
    if folds:
        check_folds({photo.id: photo.group for photo in photos.pop("val")}, folds, measured["val"])
    no_overlap(train=mapped(real, guarded_of, head_from_line), **photos)


def check_folds(val: Mapping[str, str], folds: Folds, manifest: Path) -> None:
    """Raise InputError unless each val photo is in one fold, and each group too. val: id -> group. manifest: of val."""
    fold_of = {name: number for number, fold in enumerate(folds) for name in fold}
    if fold_of.keys() != val.keys():
        raise InputError(f"{manifest}: does not hold the photos that folds.json beside it names; run stage split again")
    groups: dict[str, int] = {}
    for name, group in val.items():
        if group and groups.setdefault(group, fold_of[name]) != fold_of[name]:
            raise InputError(f"{manifest}: the group {group} is in two folds; run stage split again")


def more_pools(more: Path, splits: Mapping[str, Path], settings: Compose) -> list[PoolIds]:
    """Return a pool for each extra_sources source; raise InputError when one brings a photo of `splits`."""
    pools = [pool_of(name, domain_of(manifest), manifest, settings) for name, manifest in extra_sources(more).items()]
    photos = [pool.manifest for pool in pools if pool.domain == REAL]
    known = measured_on(splits) if photos else {}
    for manifest in photos:
        check_unmeasured(manifest, known)
    return pools


def row_of(pool: PoolIds, out: Path) -> dict[str, Any]:
    """Return a pool as it is written; its manifest is relative to the folder of `out`, POSIX."""
    way = way_to(pool.manifest, out.parent)
    row = {"name": pool.name, "domain": pool.domain, "manifest": way, "ids": pool.ids}
    return row | ({"inverse": pool.inverse} if pool.inverse else {})


def check_named(settings: Compose, pools: Iterable[PoolIds]) -> None:
    """Raise InputError for a source that the settings draw from and that is not there."""
    known = [pool.name for pool in pools]
    for name in settings.draw:
        if name not in known:
            raise InputError(f"params.yaml: compose.draw names the source {name!r}, wanted one of {', '.join(known)}")


def main(
    settings: Compose,
    real: Path,
    renders: Path,
    more: Path,
    val: Path,
    test: Path,
    out: Path,
    more_val: Path | None = None,
    folds: Path | None = None,
) -> None:
    """Write pools.json: the sources ``real``, ``render`` and those in the folder `more` by name, and `held_out`.

    real, renders, val, test: manifests. more: a folder of folders with a samples.jsonl each; it may be missing.
    more_val: a folder of the manifests of further validation sets, if there are any. folds: file of the folds of the
    real photos, if there may be any.
    """
    measured = {"val": val, "test": test} | (more_val_in(more_val) if more_val else {})
    parts = read_folds(folds) if folds else ()
    check_splits(real, measured, parts)
    rendered, held_out = render_pool(renders, settings)
    own = [pool_of(REAL, REAL, real, settings), rendered]
    pools = own + more_pools(more, measured, settings)
    check_named(settings, pools)
    rows = [row_of(pool, out) for pool in pools]
    held = {"manifest": rows[1]["manifest"], "ids": held_out}
    write_json(out, {"sources": rows, "held_out": held} | ({"folds": parts} if parts else {}))
    said = ", ".join(f"{pool.name} {len(pool.ids)}" for pool in pools)
    sys.stderr.write(f"compose: {said}, held out {len(held_out)}\n")


if __name__ == "__main__":
    run_stage(main)
