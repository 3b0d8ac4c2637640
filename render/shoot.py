"""Stage `shoot`: render the scenes that are not there yet, each with its masks, one Blender a core."""

import contextlib
import dataclasses
import shutil
import sys
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from dataset.records import Sample, read_manifest, write_manifest
from pipeline.engine import Failed, actor_of, each, engine, gpu_count
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.progress import track
from pipeline.reading import lines_of
from pipeline.stage import run_stage
from pipeline.store import Store
from render import spec
from render.catalog import Asset, read_catalog
from render.frames.blobs import MARK, Frame, frame_name, pack_frame, pack_plate, plate_name
from render.frames.frame import Limits
from render.frames.library import stock
from render.frames.packing import (
    ANY_SHARD,
    REFUSED,
    SAMPLES,
    SHARDS,
    Choice,
    choose,
    finished,
    fresh_in,
    missing,
    pack,
    shard_name,
)
from render.frames.plate import PHOTO
from render.frames.studio import Kit, Studio
from render.spec import SceneSpec

UNFINISHED = "unfinished"  # the store, if none is named: frames that are in no shard yet
CREDITS = "credits.json"
RECYCLE = 150  # scenes, after which a Blender is replaced: its memory and clean-up time grow


@dataclasses.dataclass(frozen=True)
class Shoot:
    """Section `shoot` of params.yaml."""

    workers: int  # Blender processes; 0 = one a core, or one a GPU
    min_area_px: int  # a render whose largest labelled object covers less is refused
    min_visible: float  # a render of whose labelled objects none is in view to this share is refused
    limit_s: float  # a scene that takes longer three times is set aside
    shard: int  # samples a file
    store: str | None  # where frames and assets meet when several machines render; null = this machine alone

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be."""
        for name, least in (("workers", 0), ("shard", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted {least} or more")
        if self.limit_s <= 0:
            raise ValueError(f"limit_s is {self.limit_s}, wanted more than 0 seconds")


def read_scenes(path: Path) -> list[SceneSpec]:
    """Return the scenes of a plan, each once; raise InputError for a line that is no scene."""
    scenes = [spec.from_line(line, f"{path}:{number}") for number, line in enumerate(lines_of(path), 1)]
    return list({scene.id: scene for scene in scenes}.values())


def shoot(
    scenes: Sequence[SceneSpec], kit: Kit, settings: Shoot
) -> Generator[tuple[SceneSpec, str | Failed], None, None]:
    """Render scenes on all workers; yield each with the cause of its refusal ("": none) as it finishes."""
    workers = engine(settings.workers, gpus=True)
    yield from each(scenes, actor_of(Studio, kit, gpu=gpu_count() > 0), workers, RECYCLE, settings.limit_s)


def shoot_all(planned: Sequence[SceneSpec], done: dict[str, str], kit: Kit, settings: Shoot) -> int:
    """Render what is missing, and a spare for each refused scene; add to `done`; return how many were rendered."""
    store, before = Store(kit.store), len(done)
    while todo := missing(planned, done):
        # closed here, not when it is collected: else a store that cannot be written would leave Blenders running
        with contextlib.closing(shoot(todo, kit, settings)) as results:
            for scene, cause in track(results, len(done) + len(todo), "render", "images", done=len(done)):
                if isinstance(cause, Failed):
                    store.put(frame_name(scene.id), pack_frame(Frame(cause.cause)))
                done[scene.id] = cause.cause if isinstance(cause, Failed) else cause
    return len(done) - before


def put_plates(store: Store, scenes: Iterable[SceneSpec], photos: Path) -> None:
    """Put the real photos that stand behind scenes into the store."""
    plates = {scene.plate.photo: scene.plate for scene in scenes if scene.plate}
    known = {sample.id: sample for sample in read_manifest(photos)} if plates else {}
    for name, plate in sorted(plates.items()):
        if name not in known:
            raise InputError(f"{photos}: there is no photo {name!r} that the plan puts behind renders; run plan again")
        store.put(plate_name(plate.sha256), pack_plate(photos.parent, known[name]))


def finish(out: Path, store: Store, choice: Choice, shards: dict[str, int]) -> list[Sample]:
    """Pack what is finished, write what says so, and remove what is no longer planned; return the samples."""
    samples = pack(out, store, choice, shards)
    write_manifest(out / SAMPLES, samples)
    write_json(out / REFUSED, choice.refused)
    wanted = {shard_name(shards[scene.id]) for scene in choice.kept}
    for path in sorted(out.glob(f"{SHARDS}/{ANY_SHARD}")):
        if path.relative_to(out).as_posix() not in wanted:
            path.unlink()
    return samples


def credits_of(samples: Iterable[Sample], catalog: Iterable[Asset], photos: Path) -> dict[str, dict[str, str]]:
    """Return id -> licence, source and category of every asset, and of every photo that stands behind a sample."""
    behind = {name for sample in samples for name in sample.assets if name.startswith(PHOTO)}
    known = {PHOTO + sample.id: sample for sample in read_manifest(photos)} if behind else {}
    listed = {a.id: {"licence": a.licence, "source": a.source, "category": a.category} for a in catalog}
    return listed | {
        name: {"licence": known[name].licence, "source": known[name].source, "category": ""} for name in sorted(behind)
    }


def main(settings: Shoot, scenes: Path, assets: Path, photos: Path, out: Path) -> None:
    """Bring `out` up to the plan: render what is missing, keep what is there, drop what is no longer planned."""
    planned, catalog = read_scenes(scenes), read_catalog(assets)
    store = Store(settings.store or str((out / UNFINISHED).resolve()))
    done = finished(out, store)
    if missing(planned, done):
        store.put(MARK, b"")
        put_plates(store, planned, photos)
        if settings.store:
            stock(store, catalog, assets)
    limits = Limits(settings.min_area_px, settings.min_visible)
    kit = Kit(catalog, str(assets.resolve()), store.address, settings.store is not None, limits)
    count = shoot_all(planned, done, kit, settings)
    choice = choose(planned, done)
    samples = finish(out, store, choice, {scene.id: n // settings.shard for n, scene in enumerate(planned)})
    write_json(out / CREDITS, credits_of(samples, catalog, photos))
    for scene in sorted({scene.id for scene in planned} & set(fresh_in(store))):
        store.remove(frame_name(scene))
    if (out / UNFINISHED / MARK).is_file():  # ours, and not somebody's folder of that name
        shutil.rmtree(out / UNFINISHED, ignore_errors=True)
    sys.stdout.write(said(count, len(planned), choice))


def said(count: int, planned: int, choice: Choice) -> str:
    """Return what was done, in one line."""
    refused = ", ".join(f"{len(scenes)} {cause}" for cause, scenes in sorted(choice.refused.items()))
    return f"shoot: rendered {count} of {planned} scenes; {len(choice.kept)} kept; refused: {refused or 'none'}\n"


if __name__ == "__main__":
    run_stage(main)
