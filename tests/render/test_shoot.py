import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from dataset.idmap import instance_of, png_bytes, read_ids, read_image, write_ids
from dataset.records import Sample, read_manifest, write_manifest
from dataset.shards import members
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.seeds import rng_for
from pipeline.store import Store
from render.catalog import read_catalog
from render.frames.blobs import MARK
from render.frames.frame import Limits
from render.frames.packing import finished
from render.frames.studio import Kit
from render.plan import Plan, make_scenes
from render.scenes.photos import Photos
from render.shoot import UNFINISHED, Shoot, main, read_scenes, shoot_all
from render.spec import Quality, SceneSpec, to_line, with_id

ASSETS = Path(__file__).parents[2] / "assets"
SETTINGS = Shoot(workers=2, min_area_px=1, min_visible=0.0, limit_s=120, shard=4, store=None)
ALONE = Shoot(workers=1, min_area_px=1, min_visible=0.0, limit_s=120, shard=4, store=None)
SCENES = 6


def scenes_of(count: int, spares: int = 0, assets: Path = ASSETS) -> list[SceneSpec]:
    settings = Plan("domino", seed=4, scenes=count, size_hw=(48, 64), quality=Quality(samples=1), spares=spares)
    return make_scenes(settings, assets)


def write_plan(path: Path, scenes: list[SceneSpec]) -> Path:
    path.write_text("".join(to_line(scene) + "\n" for scene in scenes), encoding="utf-8")
    return path


def render(settings: Shoot, scenes: Path, out: Path) -> None:
    main(settings, scenes, ASSETS, scenes.parent / "no photos.jsonl", out)


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("renders")
    render(SETTINGS, write_plan(out.parent / "scenes.jsonl", scenes_of(SCENES)), out)
    return out


@pytest.mark.blender
@pytest.mark.slow
def test_labels_and_pictures_have_the_planned_size_and_agree(rendered: Path) -> None:
    samples = read_manifest(rendered / "samples.jsonl")
    assert len(samples) == SCENES
    for sample in samples:
        assert read_image(rendered / sample.image).shape == (48, 64, 3)
        ids = read_ids(rendered / sample.ids)
        assert ids.shape == (48, 64)
        assert {i.index: i.area_px for i in sample.instances} == {
            int(k): int((ids == k).sum()) for k in set(ids.ravel().tolist()) - {0}
        }
        assert all(0 < i.visible_fraction <= 1 and i.category == "domino tile" for i in sample.instances)
        assert sample.licence == "CC0-1.0"


@pytest.mark.blender
@pytest.mark.slow
def test_shards_hold_each_sample_once_and_nothing_else_is_left(rendered: Path) -> None:
    held = [name for shard in sorted(rendered.glob("shards/*")) for name in members(shard)]
    ids = [sample.id for sample in read_manifest(rendered / "samples.jsonl")]
    assert held == [f"{name}.{end}" for name in ids for end in ("png", "ids.png")]
    assert sorted(path.name for path in rendered.iterdir()) == [
        "credits.json", "refused.json", "samples.jsonl", "shards",
    ]  # fmt: skip


@pytest.mark.blender
@pytest.mark.slow
def test_only_a_changed_scene_is_rendered_and_only_its_shard_is_written(rendered: Path, tmp_path: Path) -> None:
    out = shutil.copytree(rendered, tmp_path / "renders")
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("shards/*")}
    other = scenes_of(SCENES + 1)[SCENES]
    changed = [*scenes_of(SCENES)[:-1], other]  # the last scene is another one
    render(ALONE, write_plan(tmp_path / "scenes.jsonl", changed), out)
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("shards/*")}
    assert {name for name in before if before[name] != after[name]} == {"00001.tar"}
    ids = [sample.id for sample in read_manifest(out / "samples.jsonl")]
    assert ids == [scene.id for scene in changed]
    render(ALONE, rendered.parent / "scenes.jsonl", out)
    assert content(out) == content(rendered)  # bit for bit, on another number of workers and in another order


@pytest.mark.blender
@pytest.mark.slow
def test_shards_of_another_size_hold_the_same_samples_without_rendering(rendered: Path, tmp_path: Path) -> None:
    out = shutil.copytree(rendered, tmp_path / "renders")
    render(Shoot(2, 1, 0.0, limit_s=1e-9, shard=3, store=None), rendered.parent / "scenes.jsonl", out)
    assert [len(members(shard)) for shard in sorted(out.glob("shards/*"))] == [6, 6]
    render(SETTINGS, rendered.parent / "scenes.jsonl", out)
    assert content(out) == content(rendered)


@pytest.mark.blender
@pytest.mark.slow
def test_a_refused_scene_gives_its_place_to_the_next_spare_and_is_counted(tmp_path: Path) -> None:
    plan = scenes_of(4, spares=12)
    picky = Shoot(1, min_area_px=250, min_visible=0.0, limit_s=120, shard=4, store=None)
    render(picky, write_plan(tmp_path / "scenes.jsonl", plan), tmp_path / "renders")
    samples = read_manifest(tmp_path / "renders" / "samples.jsonl")
    refused = (tmp_path / "renders" / "refused.json").read_text(encoding="utf-8")
    order = [scene.id for scene in plan]
    places = [order.index(sample.id) for sample in samples]
    assert len(samples) == 4
    assert places == sorted(places)
    assert places[-1] >= 4, "this plan should have a scene that is too small"
    assert [name for name in order[: places[-1]] if name in refused] == [
        name for number, name in enumerate(order[: places[-1]]) if number not in places
    ]


@pytest.mark.blender
@pytest.mark.slow
def test_behind_what_is_rendered_stands_the_photo_with_its_labels(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "photos")
    scene = scenes_of(1)[0]
    plate = Photos(tmp_path / "photos" / "train.jsonl").plate("any")
    alone = with_id(dataclasses.replace(scene, plate=plate, surfaces=(), objects=scene.objects[:1]))
    plan = write_plan(tmp_path / "scenes.jsonl", [alone])
    main(ALONE, plan, ASSETS, tmp_path / "photos" / "train.jsonl", tmp_path / "renders")
    (sample,) = read_manifest(tmp_path / "renders" / "samples.jsonl")
    image, ids = (
        read(tmp_path / "renders" / path) for read, path in ((read_image, sample.image), (read_ids, sample.ids))
    )
    tile, cat = sample.instances
    assert (tile.category, cat.category, cat.asset) == ("domino tile", "cat", None)
    away = binary_dilation(ids == tile.index, iterations=3)  # the render's soft edge included
    assert np.array_equal(image[~away], read_image(tmp_path / "photos" / photo.image)[~away])
    assert np.array_equal((ids == cat.index)[~away], (read_ids(tmp_path / "photos" / photo.ids) == 1)[~away])
    assert (image[ids == tile.index] != read_image(tmp_path / "photos" / photo.image)[ids == tile.index]).any()
    assert "photo:p1" in sample.assets
    assert "CC-BY-4.0" in sample.licence
    assert (
        json.loads((tmp_path / "renders" / "credits.json").read_text(encoding="utf-8"))["photo:p1"]["source"] == "trip"
    )


def real_photo(folder: Path) -> Sample:
    """Write a train manifest of one noisy photo of 48 x 64 with a labelled cat all over its left half."""
    ids = np.zeros((48, 64), np.uint16)
    ids[:, :32] = 1
    write_ids(folder / "p1.ids.png", ids)
    write_bytes(folder / "p1.png", png_bytes(rng_for(1, "photo").integers(0, 256, (48, 64, 3)).astype(np.uint8)))
    sample = Sample("p1", "real", "p1.png", "p1.ids.png", (48, 64), (instance_of(ids, 1, "cat"),), "trip", "CC-BY-4.0")
    write_manifest(folder / "train.jsonl", [sample])
    return sample


@pytest.mark.blender
@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(rendered: Path, tmp_path: Path) -> None:
    out, scenes = tmp_path / "renders", rendered.parent / "scenes.jsonl"
    code = (
        "import sys; from pathlib import Path; from render.shoot import Shoot, main;"
        "main(Shoot(1, 1, 0.0, 120, 4, None), *map(Path, sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, *map(str, (scenes, ASSETS, tmp_path / "no photos", out))]
    with subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and len(list(out.glob(f"{UNFINISHED}/frames/*"))) < 2:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    kept = finished(out, Store(str(out / UNFINISHED)))
    assert 2 <= len(kept) <= SCENES
    render(SETTINGS, scenes, out)
    assert content(out) == content(rendered)


@pytest.mark.blender
@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_is_finished_is_kept(rendered: Path, small_disk: Path, tmp_path: Path) -> None:
    scenes, out = rendered.parent / "scenes.jsonl", small_disk / "renders"
    (small_disk / "other people's files").write_bytes(bytes(12_000))
    with pytest.raises(InputError, match=r"no disk left to write it .* what is finished is kept$"):
        render(ALONE, scenes, out)
    assert 1 <= len(finished(out, Store(str(out / UNFINISHED)))) < SCENES
    roomy = shutil.copytree(out, tmp_path / "roomy")
    render(ALONE, scenes, roomy)
    assert content(roomy) == content(rendered)


def own_assets(folder: Path) -> Path:
    """Return a copy of the assets, so that a test may break one."""
    return shutil.copytree(ASSETS, folder / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def set_trap(tmp_path: Path) -> tuple[list[SceneSpec], set[str], Path, Kit]:
    """Return a plan, the scenes of it that show a mesh whose file is a pipe, the pipe, and the kit for it.

    Whoever opens the pipe waits for somebody who fills it.
    """
    assets = own_assets(tmp_path)
    catalog, plan = read_catalog(assets), scenes_of(SCENES, assets=assets)
    shown = Counter(item.asset for scene in plan for item in scene.objects)
    name = next(item.asset for scene in plan for item in scene.objects if shown[item.asset] == 1)
    pipe = assets / next(asset.file for asset in catalog if asset.id == name)
    pipe.unlink()
    os.mkfifo(pipe)
    store = Store(str(tmp_path / "renders" / UNFINISHED))
    store.put(MARK, b"")
    kit = Kit(catalog, str(assets), store.address, shared=False, limits=Limits(1, 0.0))
    return plan, {scene.id for scene in plan if name in {item.asset for item in scene.objects}}, pipe, kit


@contextlib.contextmanager
def killing_whoever_opens(pipe: Path) -> Iterator[set[int]]:
    """Send SIGKILL to every process that opens the pipe, as a mesh that crashes Blender each time would."""
    killed: set[int] = set()
    over = threading.Event()
    held = os.open(pipe, os.O_RDWR)  # so that whoever opens it waits for bytes, and cannot slip through

    def watch() -> None:
        while not over.wait(0.2):  # all open files of all processes are looked through
            for process in readers(pipe):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                killed.add(process)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
        os.close(held)


def readers(pipe: Path) -> list[int]:
    """Return the other processes that hold a pipe open."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if link.readlink() == pipe and int(link.parts[2]) != os.getpid():
                found.append(int(link.parts[2]))
    return found


@pytest.mark.blender
@pytest.mark.slow
def test_a_scene_that_kills_blender_each_time_is_set_aside_and_the_others_are_all_there(tmp_path: Path) -> None:
    plan, bad, pipe, kit = set_trap(tmp_path)
    done: dict[str, str] = {}
    with killing_whoever_opens(pipe) as killed:
        shoot_all(plan, done, kit, SETTINGS)
    assert done == {scene.id: "crashed" if scene.id in bad else "" for scene in plan}
    assert len(killed) == 3 * len(bad)
    assert finished(tmp_path / "renders", Store(kit.store)) == done


@pytest.mark.blender
@pytest.mark.slow
def test_a_scene_that_hangs_is_set_aside_and_the_others_are_all_there(tmp_path: Path) -> None:
    plan, bad, _, kit = set_trap(tmp_path)
    done: dict[str, str] = {}
    shoot_all(plan, done, kit, Shoot(2, 1, 0.0, limit_s=5, shard=4, store=None))
    assert done == {scene.id: "timed out" if scene.id in bad else "" for scene in plan}


def test_a_plan_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "scenes.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"scenes.jsonl:1: not a scene: .*; run the stage plan again"):
        read_scenes(tmp_path / "scenes.jsonl")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"workers": -1}, "workers is -1", id="workers"),
        pytest.param({"shard": 0}, "shard is 0", id="shard"),
        pytest.param({"limit_s": 0.0}, "limit_s is 0.0", id="limit"),
    ],
)
def test_numbers_that_cannot_be_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **change)
