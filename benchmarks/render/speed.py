"""The benchmark of rendering: our images a second against BlenderProc's as its examples use it, and what both teach.

Both sides render the same scenes on this machine, in turn, block by block; the start of Blender and of Ray is left
out on both. Then the same network is trained on either side's renders alone and scored on real val photos.
"""

import dataclasses
import os
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.render.numbers import compare, images_per_s, limit_fraction, render_s, rounded, spread
from benchmarks.render.score import TRAIN, check_real, score
from benchmarks.render.side import RENDERS, Side, SideInputs, causes, open_side, pack_side, planned, run
from benchmarks.render.studio import Lap
from dataset.idmap import read_ids, read_image
from dataset.records import read_manifest
from pipeline.bench import record
from pipeline.engine import engine
from pipeline.errors import InputError
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from render.frames.packing import SAMPLES
from render.plan import Plan
from render.shoot import Shoot
from render.spec import SceneSpec

BLOCKS = 3  # in each the peer, all workers, and one worker render the same scenes
REPEATS = 3  # how often ours renders them within a block, so that both take long enough to be timed
READS = 2000  # samples


@dataclasses.dataclass(frozen=True)
class Block:
    """The times of one turn of all three."""

    peer: list[Lap]
    ours: list[Lap]
    one: list[Lap]  # ours, with one worker

    def numbers(self) -> dict[str, float]:
        """Return what this block says."""
        peer, ours, one = (images_per_s(laps) for laps in (self.peer, self.ours, self.one))
        return {
            "images_per_s": rounded(ours),
            "peer_images_per_s": rounded(peer),
            "one_worker_images_per_s": rounded(one),
            "ratio": rounded(ours / peer),
            "workers_speedup": rounded(ours / one),
            "limit_fraction": rounded(limit_fraction(self.ours)),
        }


def blocks_of(scenes: Sequence[SceneSpec]) -> list[list[SceneSpec]]:
    """Return the scenes dealt to the blocks; raise InputError when there are too few."""
    if len(scenes) < BLOCKS:
        raise InputError(f"--scenes is {len(scenes)}, wanted at least {BLOCKS}, one a block")
    return [list(scenes[number::BLOCKS]) for number in range(BLOCKS)]


def take_turns(ours: Side, peer: Side, scenes: Sequence[SceneSpec], workers: int) -> list[Block]:
    """Render all blocks, within an engine."""
    made = []
    for number, part in enumerate(blocks_of(scenes)):
        block = Block(
            run(peer, part, 1, f"{number}-peer"),
            run(ours, part * REPEATS, workers, f"{number}-all"),
            run(ours, part * REPEATS, 1, f"{number}-one"),
        )
        said = ", ".join(f"{name} {value}" for name, value in block.numbers().items())
        sys.stdout.write(f"bench: block {number + 1} of {BLOCKS}: {said}\n")
        sys.stdout.flush()
        made.append(block)
    return made


def summary(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return the numbers of rendering: medians over the blocks, and how far the blocks are apart."""
    each = [block.numbers() for block in blocks]
    medians = {name: rounded(statistics.median(numbers[name] for numbers in each)) for name in each[0]}
    return medians | {
        "ratio_spread": spread([numbers["ratio"] for numbers in each]),
        "render_s": rounded(render_s([lap for block in blocks for lap in block.ours])),
        "peer_render_s": rounded(render_s([lap for block in blocks for lap in block.peer])),
        "blocks": each,
    }


def refused_by_either(blocks: Sequence[Block]) -> dict[str, str]:
    """Return scene id -> cause of refusal on either side, "" if it counts on both: both teach with the same scenes."""
    ours = causes(lap for block in blocks for lap in block.ours)
    peer = causes(lap for block in blocks for lap in block.peer)
    return {scene: ours[scene] or peer[scene] for scene in ours}


def read_rate(renders: Path, reads: int) -> float:
    """Return samples a second, image and id map, read in random order by a thread a core when all were read before."""
    samples = read_manifest(renders / SAMPLES)

    def read(number: int) -> None:
        read_image(renders / samples[number].image)
        read_ids(renders / samples[number].ids)

    order = rng_for(1, "bench", "reads").integers(len(samples), size=reads).tolist()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(read, range(len(samples))))
        began = time.perf_counter()
        list(threads.map(read, order))
        return reads / (time.perf_counter() - began)


def main(plan: Plan, shoot: Shoot, assets: Path, real: Path, work: Path, scenes: int, out: Path) -> None:
    """Write the section `render` of the benchmark's file. real: the set-up's folder of data."""
    check_real(real)
    chosen = planned(plan, assets, scenes)
    ground = SideInputs(assets, real / TRAIN, shoot)
    ours, peer = (open_side(work / name, ground, chosen, name == "peer") for name in ("ours", "peer"))
    workers = engine(shoot.workers)
    blocks = take_turns(ours, peer, chosen, workers)
    done = refused_by_either(blocks)
    images = pack_side(ours, chosen, done)
    pack_side(peer, chosen, done)
    numbers = {"workers": workers, "scenes": scenes, "quality": dataclasses.asdict(plan.quality)} | summary(blocks)
    numbers["read_images_per_s"] = rounded(read_rate(ours.folder / RENDERS, READS))
    record(out, "render", numbers)
    numbers["score"] = compare(score(ours.folder, real), score(peer.folder, real)) | {"images": images}
    record(out, "render", numbers)
    sys.stdout.write(said(numbers))


def said(numbers: dict[str, Any]) -> str:
    """Return the benchmark in a few lines."""
    score, (lo, hi) = numbers["score"], numbers["score"]["ci95"]
    return (
        f"render: {numbers['images_per_s']} images/s, BlenderProc as its examples use it "
        f"{numbers['peer_images_per_s']}: {numbers['ratio']} times as many; {numbers['limit_fraction']:.0%} of the "
        f"workers' time inside Blender's render call; {numbers['workers']} workers "
        f"{numbers['workers_speedup']} times one; read back {numbers['read_images_per_s']} images/s\n"
        f"score on real val photos at {score['images']} renders each: {score['iou']}, BlenderProc "
        f"{score['peer_iou']}; difference {score['difference']} (95 %: {lo} to {hi}), "
        f"{'the same within the interval' if lo <= 0 <= hi else 'not the same'}\n"
    )


if __name__ == "__main__":
    run_stage(main)
