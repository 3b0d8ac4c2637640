"""Stage `shoot`: render the scenes that are not there yet, each with its masks, one Blender a core."""

import contextlib
import dataclasses
import json
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from dataset.idmap import png_bytes, write_ids
from dataset.records import Sample, from_line, to_line, write_manifest
from pipeline.engine import actor_of, each, engine
from pipeline.errors import InputError
from pipeline.files import full_disk, write_bytes, write_json
from pipeline.progress import track
from pipeline.stage import run_stage
from render import spec
from render.catalog import Asset, path_of, read_catalog
from render.frame import instances_of, refusal, sample_of
from render.spec import SceneSpec, Source

JOURNAL = "unfinished.jsonl"  # one line a finished scene, in the order they finished
RECYCLE = 150  # scenes, after which a Blender is replaced: its memory and clean-up time grow


@dataclasses.dataclass(frozen=True)
class Shoot:
    """Section `shoot` of params.yaml."""

    workers: int  # Blender processes; 0 = one a core
    min_area_px: int  # a render whose largest labelled object covers less is refused

    def __post_init__(self) -> None:
        """Refuse a negative number."""
        if self.workers < 0:
            raise ValueError(f"workers is {self.workers}, wanted 0 (one a core) or more")


class Studio:
    """A Ray actor: one Blender, which writes each finished scene to disk."""

    def __init__(self, catalog: tuple[Asset, ...], assets: str, out: str, min_area_px: int) -> None:
        """Start Blender."""
        from render.worker import Worker  # GPL: imported in the worker process alone

        sources = {a.id: Source(str(path_of(Path(assets), a)), a.category, a.labelled, a.scale, a.up) for a in catalog}
        self.folder = tempfile.TemporaryDirectory(prefix="admix-")  # Blender's own files, gone with the process
        self.worker = Worker(sources, Path(self.folder.name))
        self.categories = {a.id: a.category for a in catalog}
        self.licences = {a.id: a.licence for a in catalog}
        self.out, self.min_area_px = Path(out), min_area_px

    def run(self, scene: SceneSpec) -> tuple[str, str]:
        """Render one scene and write it; return ("", its sample as a line) or (the cause of refusal, "")."""
        shot = self.worker.shoot(scene)
        cause = refusal(shot.image, shot.ids, self.min_area_px)
        if cause:
            return cause, ""
        sample = sample_of(scene, instances_of(shot.ids, shot.assets, self.categories, shot.alone_px), self.licences)
        write_bytes(self.out / sample.image, png_bytes(shot.image))
        write_ids(self.out / sample.ids, shot.ids)
        return "", to_line(sample)


def read_scenes(path: Path) -> list[SceneSpec]:
    """Return the scenes of a plan; raise InputError for a line that is no scene."""
    try:
        return [spec.from_line(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a plan ({error}); run the stage plan again") from error


def finished(out: Path) -> dict[str, tuple[str, str]]:
    """Return scene id -> (cause of refusal or "", sample line) of all that earlier runs finished.

    A sample whose files are gone does not count, nor does a last line that a killed run left half written.
    """
    done: dict[str, tuple[str, str]] = {}
    for line in lines_of(out / "samples.jsonl"):
        done[from_line(line).id] = ("", line)
    for cause, ids in refused(out).items():
        done |= {scene: (cause, "") for scene in ids}
    for line in lines_of(out / JOURNAL):
        try:
            scene, cause, sample = json.loads(line)
        except ValueError:
            continue
        done[scene] = (cause, sample)
    return {scene: (cause, line) for scene, (cause, line) in done.items() if cause or on_disk(out, from_line(line))}


def refused(out: Path) -> dict[str, list[str]]:
    """Return cause -> scene ids of an earlier run's refused.json; nothing if there is none."""
    text = "".join(lines_of(out / "refused.json"))
    return dict(json.loads(text)) if text else {}


def lines_of(path: Path) -> list[str]:
    """Return a file's lines, none if it is missing."""
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def on_disk(out: Path, sample: Sample) -> bool:
    """Return whether both files of a sample are there."""
    return (out / sample.image).is_file() and (out / sample.ids).is_file()


def shoot(
    scenes: Iterable[SceneSpec], catalog: tuple[Asset, ...], assets: Path, out: Path, settings: Shoot
) -> Generator[tuple[SceneSpec, tuple[str, str]], None, None]:
    """Render scenes on all workers; yield each with its result as it finishes."""
    with engine(settings.workers) as workers:
        make = actor_of(Studio, catalog, str(assets.resolve()), str(out.resolve()), settings.min_area_px)
        yield from each(scenes, make, workers, RECYCLE)


def shoot_missing(missing: list[SceneSpec], total: int, journal: Path, results: Iterable[Any]) -> dict[str, Any]:
    """Write each result into the journal as it comes; return scene id -> result."""
    done = {}
    try:
        with journal.open("a", encoding="utf-8") as file:
            for scene, result in track(results, total, "render", "images", done=total - len(missing)):
                file.write(json.dumps([scene.id, *result]) + "\n")
                file.flush()
                done[scene.id] = result
    except OSError as error:
        raise full_disk(journal, error) from error
    return done


def finish(out: Path, scenes: list[SceneSpec], done: dict[str, tuple[str, str]]) -> None:
    """Write samples.jsonl and refused.json in the plan's order, and remove what is no longer planned."""
    causes: dict[str, list[str]] = {}
    for scene in scenes:
        if done[scene.id][0]:
            causes.setdefault(done[scene.id][0], []).append(scene.id)
    samples = [from_line(done[scene.id][1]) for scene in scenes if not done[scene.id][0]]
    write_manifest(out / "samples.jsonl", samples)
    write_json(out / "refused.json", causes)
    (out / JOURNAL).unlink(missing_ok=True)
    wanted = {out / path for sample in samples for path in (sample.image, sample.ids)}
    for path in sorted([*out.glob("images/*"), *out.glob("ids/*")]):
        if path not in wanted:
            path.unlink()


def main(settings: Shoot, scenes: Path, assets: Path, out: Path) -> None:
    """Bring `out` up to the plan: render what is missing, keep what is there, drop what is no longer planned."""
    planned = list({scene.id: scene for scene in read_scenes(scenes)}.values())
    catalog = read_catalog(assets)
    out.mkdir(parents=True, exist_ok=True)
    done = finished(out)
    missing = [scene for scene in planned if scene.id not in done]
    if missing:
        # closed here, not when it is collected: else a journal that cannot be written would leave Ray running
        with contextlib.closing(shoot(missing, catalog, assets, out, settings)) as results:
            done |= shoot_missing(missing, len(planned), out / JOURNAL, results)
    finish(out, planned, done)
    counts = Counter(done[scene.id][0] or "kept" for scene in planned)
    report = ", ".join(f"{count} {cause}" for cause, count in sorted(counts.items()))
    print(f"shoot: rendered {len(missing)} of {len(planned)} scenes; {report or 'nothing planned'}")  # noqa: T201


if __name__ == "__main__":
    run_stage(main)
