"""One side of the benchmark: scenes rendered one way, timed, and packed as a folder of renders."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.render.studio import Lap, Timed, TimedPass
from pipeline.engine import Failed, actor_of, each
from pipeline.errors import InputError
from pipeline.files import own_folder
from pipeline.store import Store
from render.catalog import read_catalog
from render.frames.blobs import MARK
from render.frames.frame import Limits
from render.frames.packing import choose
from render.frames.studio import Kit
from render.plan import Plan, make_scenes
from render.shoot import RECYCLE, Shoot, finish, put_plates
from render.spec import Quality, SceneSpec, with_id

RENDERS, STORE = "renders", "frames"
WARM_UP_HW = (32, 32)


@dataclasses.dataclass(frozen=True)
class SideInputs:
    """What all sides share."""

    assets: Path
    train: Path  # manifest of the real training photos
    shoot: Shoot


@dataclasses.dataclass(frozen=True)
class Side:
    """A folder of renders in the making: `frames/` takes what is rendered, `renders/` what is packed."""

    folder: Path
    kit: Kit
    limit_s: float
    peer: bool


def planned(plan: Plan, assets: Path, count: int) -> list[SceneSpec]:
    """Return the first scenes of the plan, labels and pictures only."""
    return make_scenes(dataclasses.replace(plan, scenes=count, spares=0, also=()), assets)


def at(quality: Quality, scenes: Iterable[SceneSpec]) -> list[SceneSpec]:
    """Return the same scenes at another quality."""
    return [with_id(dataclasses.replace(scene, quality=quality)) for scene in scenes]


def open_side(folder: Path, ground: SideInputs, scenes: Sequence[SceneSpec], peer: bool) -> Side:
    """Return an empty side that is ready to render these scenes."""
    store = Store(str(own_folder(folder, "side of the bench").resolve() / STORE))
    store.put(MARK, b"")
    put_plates(store, scenes, ground.train)
    limits = Limits(ground.shoot.min_area_px, ground.shoot.min_visible)
    kit = Kit(read_catalog(ground.assets), str(ground.assets.resolve()), store.address, False, limits)
    return Side(folder, kit, ground.shoot.limit_s, peer)


def run(side: Side, scenes: Sequence[SceneSpec], workers: int, name: str) -> list[Lap]:
    """Render scenes within an engine, a scene that stands there twice twice; return their times.

    Raises InputError for a scene that crashes Blender or hangs: its time would be none.
    """
    warm_up = with_id(dataclasses.replace(scenes[0], size_hw=WARM_UP_HW))
    make = actor_of(Timed, side.kit, TimedPass(name, side.peer, workers, warm_up))
    laps = []
    for scene, lap in each(scenes, make, workers, RECYCLE, side.limit_s):
        if isinstance(lap, Failed):
            raise InputError(f"{side.folder}: scene {scene.id} {lap.cause} three times; run 'make repro' to see which")
        laps.append(lap)
    return laps


def causes(laps: Iterable[Lap]) -> dict[str, str]:
    """Return scene id -> cause of refusal or ""."""
    return {lap.scene: lap.cause for lap in laps}


def pack_side(side: Side, scenes: Sequence[SceneSpec], done: Mapping[str, str]) -> int:
    """Write the renders that count in the normal format, and return how many they are. done: as of `causes`."""
    shards = dict.fromkeys((scene.id for scene in scenes), 0)
    return len(finish(side.folder / RENDERS, Store(side.kit.store), choose(scenes, dict(done)), shards))
