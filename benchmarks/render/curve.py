"""The curve of what quality costs and is worth: seconds a picture against the score on real val photos.

A setting whose renders and runs are in the work folder is not done again, unless its scenes, the photos or the
training's settings changed.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from benchmarks.render.numbers import BenchPixels, compare, images_per_s, limit_fraction, render_s, rounded
from benchmarks.render.score import TRAIN, VAL, check_real, score
from benchmarks.render.side import SideInputs, at, causes, open_side, pack_side, planned, run
from pipeline.bench import record
from pipeline.engine import engine
from pipeline.files import sha256_of, write_json
from pipeline.reading import STRICT, read_typed
from pipeline.settings import read_section
from pipeline.stage import run_stage
from render.plan import Plan
from render.shoot import Shoot
from render.spec import Quality, SceneSpec

PEER = "BlenderProc"
SETTINGS: dict[str, Quality | None] = {  # None: BlenderProc as its examples use it, which all others are held against
    PEER: None,
    "1 sample": Quality(samples=1),
    "2 samples": Quality(samples=2),
    "4 samples": Quality(samples=4),
    "1 sample, noisy": Quality(samples=1, denoise=False),
    "4 samples, noisy": Quality(samples=4, denoise=False),
    "1 sample, 1 bounce, map 64": Quality(samples=1, bounces=1, light_map_px=64),
}
TIMES, ROW = "times.json", "{:<30}{:>10}{:>14}{:>9}{:>9}  {}\n"


@with_config(STRICT)
class TimesFile(TypedDict):
    """What `render_at` keeps."""

    images_per_s: float
    seconds: float
    render_s: float
    limit_fraction: float
    images: int
    mark: str


TIMES_FILE = TypeAdapter(TimesFile)


def mark_of(scenes: Sequence[SceneSpec], real: Path) -> str:
    """Return the hash of what a setting's renders and runs depend on."""
    parts = [[scene.id for scene in scenes], sha256_of(real / TRAIN), sha256_of(real / VAL), read_section("fit")[0]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def render_at(folder: Path, scenes: Sequence[SceneSpec], ground: SideInputs, peer: bool, mark: str) -> dict[str, Any]:
    """Render and pack the scenes, unless they are there; return their times."""
    if (folder / TIMES).is_file():
        known = read_typed(folder / TIMES, TIMES_FILE, "the times of a setting", "remove it, then run this again")
        if known["mark"] == mark:
            return dict(known)
    side = open_side(folder, ground, scenes, peer)
    workers = engine(ground.shoot.workers)
    laps = run(side, scenes, 1 if peer else workers, "curve")
    times = {
        "images_per_s": rounded(images_per_s(laps)),
        "seconds": rounded(1 / images_per_s(laps)),
        "render_s": rounded(render_s(laps)),
        "limit_fraction": rounded(limit_fraction(laps)),
        "images": pack_side(side, scenes, causes(laps)),
        "mark": mark,
    }
    write_json(folder / TIMES, times)  # last: a setting that was cut short begins anew
    return times


def row_of(
    name: str, quality: Quality | None, times: Mapping[str, Any], pixels: BenchPixels, peer: BenchPixels
) -> dict[str, Any]:
    """Return a setting's row of the curve."""
    scores = compare(pixels, peer)
    return {
        "setting": name,
        "quality": dataclasses.asdict(quality) if quality else None,
        **{key: value for key, value in times.items() if key != "mark"},
        **{key: scores[key] for key in ("iou", "difference", "ci95")},
    }


def main(plan: Plan, shoot: Shoot, assets: Path, real: Path, work: Path, scenes: int, out: Path) -> None:
    """Write `curve` into the section `render` of the benchmark's file, a row at a time, and print it."""
    check_real(real)
    ground, rows = SideInputs(assets, real / TRAIN, shoot), list[dict[str, Any]]()
    chosen, scored = planned(plan, assets, scenes), dict[str, BenchPixels]()
    sys.stdout.write(ROW.format("setting", "images/s", "s in render", "IoU", "against", "its 95 % interval"))
    for name, quality in SETTINGS.items():
        folder, these = work / name.replace(" ", "-").replace(",", ""), at(quality, chosen) if quality else chosen
        times = render_at(folder, these, ground, quality is None, mark_of(these, real))
        scored[name] = score(folder, real)
        rows.append(row_of(name, quality, times, scored[name], scored[PEER]))
        record(out, "render", {"curve": rows})
        sys.stdout.write(line(rows[-1]))
        sys.stdout.flush()


def line(row: Mapping[str, Any]) -> str:
    """Return a row of the printed table."""
    lo, hi = row["ci95"]
    return ROW.format(
        row["setting"], row["images_per_s"], row["render_s"], row["iou"], row["difference"], f"{lo} to {hi}"
    )


if __name__ == "__main__":
    run_stage(main)
