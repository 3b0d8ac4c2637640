"""Ray actors of the benchmark: a studio that keeps time, around our Blender or around BlenderProc's way to use it."""

import dataclasses
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.store import Store
from render.frames.studio import Kit, Studio
from render.spec import SceneSpec

if TYPE_CHECKING:
    from render.blender.worker import Worker

POLL_S = 0.01


@dataclasses.dataclass(frozen=True)
class TimedPass:
    """One timed pass over scenes."""

    name: str  # no other pass that uses the same store has it
    peer: bool  # as BlenderProc's examples do it
    workers: int
    warm_up: SceneSpec  # rendered by each worker before the start, untimed: the first picture of a Blender costs more


@dataclasses.dataclass(frozen=True)
class Lap:
    """One picture: what came of it, and when. All workers of a machine share the clock."""

    scene: str  # its id
    cause: str  # of its refusal, "" if it counts
    worker: int  # which process
    began_s: float
    ended_s: float  # its frame is in the store
    render_s: float  # of it inside Blender's render call
    memory_mb: float  # resident in the process afterwards


class PeerStudio(Studio):
    """A studio that renders as BlenderProc's examples do."""

    def start(self) -> "Worker":
        """Start Blender."""
        from benchmarks.render.peer import Peer  # GPL: imported in the worker process alone

        return Peer({}, self.folder)


class Timed:
    """A studio with a clock, which starts when all workers of the race are up."""

    def __init__(self, kit: Kit, race: TimedPass) -> None:
        """Start Blender, warm up and wait for the others."""
        self.studio = PeerStudio(kit) if race.peer else Studio(kit)
        self.studio.run(race.warm_up)
        from benchmarks.render.peer import RenderClock  # GPL: imported in the worker process alone

        self.clock = RenderClock()
        line_up(self.studio.store, race)

    def run(self, scene: SceneSpec) -> Lap:
        """Render one scene and put its frame into the store."""
        self.clock.seconds, began = 0.0, time.monotonic()
        cause = self.studio.run(scene)
        return Lap(scene.id, cause, os.getpid(), began, time.monotonic(), self.clock.seconds, memory_mb())


def line_up(store: Store, race: TimedPass) -> None:
    """Wait until as many workers as the race has are up. One that takes the place of another does not wait."""
    store.put(f"ready/{race.name}/{os.getpid()}", b"")
    while len(store.names(f"ready/{race.name}")) < race.workers:
        time.sleep(POLL_S)


def memory_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
