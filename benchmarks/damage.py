"""Renders whose labels were damaged on purpose, so that it is known which of them help."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset.idmap import IGNORE, IdMap, instance_of, instances_in, png_bytes, read_ids, without_ignored
from dataset.records import RENDER, Instance, Sample, write_manifest
from measure.trials.pools import Pool, read_pools
from pipeline.errors import InputError
from pipeline.files import inside, way_to, write_bytes, write_json
from pipeline.reading import read_json
from pipeline.seeds import rng_for

SEED = 1  # of what is damaged
FORGOTTEN, SHIFTED, SWAPPED = "forgotten", "shifted", "swapped"


@dataclasses.dataclass(frozen=True)
class Batch:
    """Renders that one careless labeller would have labelled."""

    name: str
    damage: str = ""  # one of the kinds above; "" = none
    amount: float = 0.0  # forgotten: share of the renders; shifted: way / root of the labelled area


# Together so much damage that a network can just about learn from the whole: then each batch makes a difference
BATCHES = (
    Batch("clean-a"),
    Batch("clean-b"),
    Batch("a third forgotten", FORGOTTEN, 0.33),
    Batch("two thirds forgotten", FORGOTTEN, 0.67),
    Batch("all forgotten", FORGOTTEN, 1.0),
    Batch("shifted", SHIFTED, 0.15),
    Batch("shifted far", SHIFTED, 0.4),
    Batch("background labelled", SWAPPED),
)


def plant(pools: Path, folder: Path, categories: Sequence[str]) -> Path:
    """Write the pools of a set-up with its source "render" dealt out to `BATCHES` in turn and damaged; return the path.

    A render's batch is its source; of assets and draws it knows nothing, so that batches are its only groups. The same
    pools give the same files. Raises InputError where there are fewer renders than batches.
    """
    render = read_pools(pools).named(RENDER)
    if len(render.samples) < len(BATCHES):
        raise InputError(f"{pools}: found {len(render.samples)} renders, wanted {len(BATCHES)} or more; render more")
    home = folder / "renders"
    samples = [
        spoilt(render, sample, BATCHES[place % len(BATCHES)], home, categories)
        for place, sample in enumerate(render.samples)
    ]
    write_manifest(home / "samples.jsonl", samples)
    found = read_json(pools)
    for item in [*found["sources"], found["held_out"]]:
        planted = item.get("name") == RENDER
        item["manifest"] = way_to(home / "samples.jsonl" if planted else pools.parent / item["manifest"], folder)
    write_json(folder / "pools.json", found)
    return folder / "pools.json"


def spoilt(pool: Pool, sample: Sample, batch: Batch, home: Path, categories: Sequence[str]) -> Sample:
    """Write the damaged id map of a sample below `home`; return the sample as `home`'s manifest lists it."""
    ids, instances = read_ids(pool.folder / sample.ids), sample.instances
    if batch.damage:
        ids, instances = damaged(ids, instances, batch, categories[0], sample.id)
    write_bytes(inside(home, f"ids/{sample.id}.png", str(pool.manifest)), png_bytes(ids))
    image = way_to(pool.folder / sample.image, home)
    return dataclasses.replace(
        sample, image=image, ids=f"ids/{sample.id}.png", instances=instances, source=batch.name, assets=(), draws={}
    )


def damaged(
    ids: IdMap, instances: Sequence[Instance], batch: Batch, category: str, name: str
) -> tuple[IdMap, tuple[Instance, ...]]:
    """Return an id map (H, W) and its instances as a batch's labeller would have left them; drawn by `name`.

    category: what a labelled background is called. An instance of which no pixel is left is dropped. What is ignored
    stays so, but is shifted with the rest.
    """
    rng, ignored = rng_for(SEED, "planted", name), ids * (ids == IGNORE)
    if batch.damage == SWAPPED:
        return instances_in(ignored + (ids == 0), [category])
    if batch.damage == FORGOTTEN:
        return (ignored, ()) if rng.random() < batch.amount else (ids, tuple(instances))
    way, angle = batch.amount * np.sqrt((without_ignored(ids) > 0).sum()), rng.uniform(0, 2 * np.pi)
    moved = shifted(ids, round(way * np.sin(angle)), round(way * np.cos(angle)))
    left = [one for one in instances if (moved == one.index).any()]
    return moved, tuple(instance_of(moved, one.index, one.category) for one in left)


def shifted(ids: IdMap, down: int, right: int) -> IdMap:
    """Return the id map (H, W) moved by so many pixels; what leaves it is lost, what comes in is background."""
    found, (height, width) = np.zeros_like(ids), ids.shape
    rows, columns = np.nonzero(ids)
    seen = (rows + down >= 0) & (rows + down < height) & (columns + right >= 0) & (columns + right < width)
    rows, columns = rows[seen], columns[seen]
    found[rows + down, columns + right] = ids[rows, columns]
    return found
