"""The long run: one worker renders scene after scene; do the last ones cost more memory or time than the first?"""

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.render.numbers import images_per_s, limit_fraction, rounded
from benchmarks.render.score import TRAIN
from benchmarks.render.side import SideInputs, open_side, planned, run
from benchmarks.render.studio import Lap
from pipeline.bench import record
from pipeline.engine import engine
from pipeline.errors import InputError
from pipeline.stage import run_stage
from render.plan import Plan
from render.shoot import RECYCLE, Shoot

END = 100  # pictures at either end, half of all if there are fewer


def numbers_of(laps: Sequence[Lap]) -> dict[str, Any]:
    """Return memory and seconds a picture of the first and the last pictures; raise InputError for fewer than two."""
    if len(laps) < 2:
        raise InputError(f"--scenes is {len(laps)}, wanted at least 2: a first and a last one")
    end, ordered = min(END, len(laps) // 2), sorted(laps, key=lambda lap: lap.began_s)
    return {
        "scenes": len(laps),
        "recycled_after": RECYCLE,
        "images_per_s": rounded(images_per_s(laps)),  # the starts of further Blenders included
        "limit_fraction": rounded(limit_fraction(laps)),
        "first": end_of(ordered[:end]),
        "last": end_of(ordered[-end:]),
    }


def end_of(laps: Sequence[Lap]) -> dict[str, float]:
    """Return the mean seconds and the most memory of some pictures."""
    seconds = statistics.fmean(lap.ended_s - lap.began_s for lap in laps)
    return {"seconds": rounded(seconds), "memory_mb": rounded(max(lap.memory_mb for lap in laps))}


def main(plan: Plan, shoot: Shoot, assets: Path, real: Path, work: Path, scenes: int, out: Path) -> None:
    """Write `long` into the section `render` of the benchmark's file. real: the set-up's folder of data."""
    chosen = planned(plan, assets, scenes)
    side = open_side(work, SideInputs(assets, real / TRAIN, shoot), chosen, peer=False)
    numbers = numbers_of(run(side, chosen, engine(1), "long"))
    record(out, "render", {"long": numbers})
    first, last = numbers["first"], numbers["last"]
    sys.stdout.write(
        f"long: {scenes} scenes on one worker; {numbers['limit_fraction']:.0%} of its time in Blender's render call; "
        f"seconds a picture {first['seconds']} at first, {last['seconds']} at last; "
        f"memory {first['memory_mb']} MB at first, {last['memory_mb']} MB at last\n"
    )


if __name__ == "__main__":
    run_stage(main)
