"""From finished frames to shards: which frames stay, in which tar each lies, and what is written about them."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dataset.records import Sample, read_manifest
from dataset.shards import exists, members, read_bytes, write_shard
from pipeline.reading import read_typed
from pipeline.store import Store
from render.frames.blobs import FRAMES, Frame, frame_name, pack_frame, unpack_frame
from render.spec import SceneSpec

CAUSES = TypeAdapter(dict[str, tuple[str, ...]])
SHARDS, SAMPLES, REFUSED = "shards", "samples.jsonl", "refused.json"
ANY_SHARD = "[0-9][0-9][0-9][0-9][0-9].tar"  # of their names
FILES = ("image", "ids", "depth", "normals")  # of a sample, in the order in which they lie in a shard


@dataclasses.dataclass(frozen=True)
class Choice:
    """What a plan came to: the scenes that stay, and the refused ones before the last of them."""

    kept: tuple[SceneSpec, ...]
    refused: dict[str, list[str]]  # cause -> scene ids


def choose(planned: Sequence[SceneSpec], done: dict[str, str]) -> Choice:
    """Return the first scenes of the plan that count, as many as it has that are no spares.

    done: scene id -> cause of refusal or "". So the choice does not depend on the order in which scenes finished.
    """
    kept, refused = list[SceneSpec](), dict[str, list[str]]()
    most = wanted(planned)
    for scene in planned:
        if len(kept) == most or scene.id not in done:
            break
        if done[scene.id]:
            refused.setdefault(done[scene.id], []).append(scene.id)
        else:
            kept.append(scene)
    return Choice(tuple(kept), refused)


def missing(planned: Sequence[SceneSpec], done: dict[str, str]) -> list[SceneSpec]:
    """Return the scenes to render next: all that are no spares, then a spare for each that was refused."""
    first = [scene for scene in planned if not scene.spare and scene.id not in done]
    if first:
        return first
    short = wanted(planned) - sum(done.get(scene.id) == "" for scene in planned)
    return [scene for scene in planned if scene.spare and scene.id not in done][: max(short, 0)]


def wanted(planned: Sequence[SceneSpec]) -> int:
    """Return how many samples a plan asks for."""
    return sum(not scene.spare for scene in planned)


def finished(out: Path, store: Store) -> dict[str, str]:
    """Return scene id -> cause of refusal or "", of all that earlier runs finished, packed or not."""
    done = {sample.id: "" for sample in samples_in(out) if all(exists(out / path) for path in paths_of(sample))}
    if (out / REFUSED).is_file():
        refused = read_refused(out / REFUSED)
        done |= {scene: cause for cause, scenes in refused.items() for scene in scenes}
    return done | {scene: unpack_frame(store.get(frame_name(scene))).cause for scene in fresh_in(store)}


def read_refused(path: Path) -> dict[str, tuple[str, ...]]:
    """Return cause -> ids of the scenes that were refused; raise InputError for another kind of file."""
    return read_typed(path, CAUSES, "the causes of refusals", "remove it, and run the stage shoot again")


def fresh_in(store: Store) -> list[str]:
    """Return the ids of the scenes whose frames lie in the store, sorted."""
    return [name.removesuffix(".tar") for name in store.names(FRAMES)]


def samples_in(out: Path) -> list[Sample]:
    """Return the samples of an earlier run, none if there was none."""
    path = out / SAMPLES
    return read_manifest(path) if path.is_file() else []


def shard_name(number: int) -> str:
    """Return the path of a shard."""
    return f"{SHARDS}/{number:05d}.tar"


def pack(out: Path, store: Store, choice: Choice, shards: dict[str, int]) -> list[Sample]:
    """Write the shards whose content changed; return the samples of the kept scenes in their order.

    shards: scene id -> number of its shard.
    """
    packed = {sample.id: sample for sample in samples_in(out)}
    fresh = set(fresh_in(store))
    for scene in choice.kept:  # what moves goes through the store, since its old shard may be overwritten first
        old = packed.get(scene.id)
        if scene.id not in fresh and old and not old.image.startswith(shard_name(shards[scene.id])):
            store.put(frame_name(scene.id), pack_frame(frame_in(out, old)))
            fresh.add(scene.id)
    content = dict[int, dict[str, Sample | None]]()
    for scene in choice.kept:
        content.setdefault(shards[scene.id], {})[scene.id] = None if scene.id in fresh else packed[scene.id]
    return [sample for number, scenes in sorted(content.items()) for sample in fill(out, store, number, scenes)]


def fill(out: Path, store: Store, number: int, scenes: dict[str, Sample | None]) -> list[Sample]:
    """Bring one shard up to date; return its samples. scenes: id -> its sample in this shard, None = in the store."""
    shard = shard_name(number)
    path = out / shard
    there = [old for old in scenes.values() if old]
    held = list(members(path)) if path.is_file() else []
    if len(there) == len(scenes) and held == [Path(file).name for sample in there for file in paths_of(sample)]:
        return there
    frames = [frame_in(out, old) if old else unpack_frame(store.get(frame_name(name))) for name, old in scenes.items()]
    write_shard(path, [file for frame in frames for file in frame.files])
    return [placed(frame.sample, shard) for frame in frames if frame.sample]


def placed(sample: Sample, shard: str) -> Sample:
    """Return the sample with its paths leading into a shard."""
    there = {name: getattr(sample, name) for name in FILES}
    paths: dict[str, Any] = {name: f"{shard}/{Path(path).name}" for name, path in there.items() if path}
    return dataclasses.replace(sample, **paths)


def frame_in(out: Path, sample: Sample) -> Frame:
    """Return the frame of a packed sample."""
    return Frame("", sample, tuple((Path(path).name, read_bytes(out / path)) for path in paths_of(sample)))


def paths_of(sample: Sample) -> list[str]:
    """Return the paths of a sample's files, in the order in which they are packed."""
    return [path for path in (getattr(sample, name) for name in FILES) if path]
