import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.render.curve import SETTINGS, mark_of, render_at
from benchmarks.render.long import numbers_of
from benchmarks.render.numbers import BenchPixels, compare, images_per_s, limit_fraction, pixels_of, render_s
from benchmarks.render.score import check_real, renders_alone
from benchmarks.render.side import Side, SideInputs, at, causes, open_side, pack_side, planned, run
from benchmarks.render.speed import Block, blocks_of, read_rate, refused_by_either, summary
from benchmarks.render.studio import Lap
from dataset.idmap import read_ids, read_image
from dataset.records import Sample, read_manifest, write_manifest
from pipeline.bench import record
from pipeline.engine import engine
from pipeline.errors import InputError
from render.plan import Plan
from render.shoot import Shoot
from render.spec import Quality

ASSETS = Path(__file__).parents[3] / "assets"
PLAN = Plan("boards", seed=3, scenes=9, size_hw=(48, 48), quality=Quality(samples=4))
SHOOT = Shoot(workers=1, min_area_px=1, min_visible=0.0, limit_s=120, shard=4, store=None)


def lap(began_s: float, ended_s: float, worker: int = 1, render: float = 0.5, **others: Any) -> Lap:
    return Lap(**({"scene": f"s{began_s}", "cause": "", "memory_mb": 100.0} | others), worker=worker, began_s=began_s,
               ended_s=ended_s, render_s=render)  # fmt: skip


TWO_WORKERS = [lap(10, 11), lap(11, 12), lap(10.5, 12.5, worker=2, render=1.0), lap(13, 14, worker=2)]


def test_images_per_second_go_from_the_first_start_to_the_last_end() -> None:
    assert images_per_s(TWO_WORKERS) == 4 / 4
    assert images_per_s([lap(3, 5)]) == 0.5


def test_a_worker_s_wall_time_holds_what_it_waits_for() -> None:
    assert limit_fraction(TWO_WORKERS) == 2.5 / (2 + 3.5)
    assert render_s(TWO_WORKERS) == 2.5 / 4


def test_a_block_compares_all_workers_with_the_peer_and_with_one_worker() -> None:
    block = Block(peer=[lap(0, 4)], ours=[lap(10, 10.25, 1, 0.2), lap(10, 10.25, 2, 0.2)], one=[lap(20, 20.2)])
    assert block.numbers() == {
        "images_per_s": 8, "peer_images_per_s": 0.25, "one_worker_images_per_s": 5, "ratio": 32,
        "workers_speedup": 1.6, "limit_fraction": 0.8,
    }  # fmt: skip


def test_the_summary_is_the_median_over_blocks_with_the_spread_of_the_ratio() -> None:
    blocks = [Block([lap(0, 4)], [lap(5, 5 + s, render=s / 2)], [lap(8, 9)]) for s in (0.5, 0.25, 1.0)]
    numbers = summary(blocks)
    assert numbers["ratio"] == 8
    assert numbers["ratio_spread"] == {"min": 4, "median": 8, "max": 16}
    assert (numbers["images_per_s"], numbers["peer_images_per_s"]) == (2, 0.25)
    assert [block["ratio"] for block in numbers["blocks"]] == [8, 16, 4]


@pytest.mark.slow
def test_blocks_hold_every_scene_once_and_too_few_are_refused() -> None:
    scenes = planned(PLAN, ASSETS, 7)
    parts = blocks_of(scenes)
    assert sorted(scene.id for part in parts for scene in part) == sorted(scene.id for scene in scenes)
    with pytest.raises(InputError, match="--scenes is 2, wanted at least 3"):
        blocks_of(scenes[:2])


def test_a_scene_that_either_side_refuses_teaches_neither() -> None:
    block = Block(
        peer=[lap(0, 1, scene="a"), lap(1, 2, scene="b", cause="too small"), lap(2, 3, scene="c")],
        ours=[lap(0, 1, scene="a", cause="black"), lap(1, 2, scene="b"), lap(2, 3, scene="c")],
        one=[],
    )
    assert refused_by_either([block]) == {"a": "black", "b": "too small", "c": ""}


def test_the_long_run_compares_its_first_with_its_last_pictures_by_time() -> None:
    laps = [lap(t, t + (1 if t < 100 else 2), memory_mb=500 + t) for t in range(300)]
    numbers = numbers_of(laps[::-1])
    assert numbers["first"] == {"seconds": 1, "memory_mb": 599}
    assert numbers["last"] == {"seconds": 2, "memory_mb": 799}
    with pytest.raises(InputError, match="--scenes is 1, wanted at least 2"):
        numbers_of(laps[:1])


def scores(*photos: tuple[str, int, int]) -> dict[str, Any]:
    """Return a scores file: (group, intersection, union) of each photo."""
    return {
        "photos": [
            {"id": f"p{n}", "group": group, "pixels": {"*": {"intersection": i, "union": u}}}
            for n, (group, i, u) in enumerate(photos)
        ]
    }


def test_pixels_are_summed_over_groups_and_a_photo_without_one_is_its_own() -> None:
    pixels = pixels_of([scores(("a", 1, 2), ("", 3, 4), ("a", 5, 10)), scores(("a", 0, 2), ("", 0, 4), ("a", 0, 10))])
    assert pixels.groups == ("a", "p1")
    assert pixels.union.tolist() == [[12, 4], [12, 4]]
    assert pixels.iou().tolist() == [[9 / 16, 0]]


def test_a_photo_with_nothing_to_find_scores_one() -> None:
    assert pixels_of([scores(("", 0, 0))]).iou().tolist() == [[1]]


def test_the_difference_of_equal_sides_has_an_interval_around_zero_and_of_unlike_ones_not() -> None:
    rng = np.random.default_rng(5)
    photos = [("", int(900 + rng.integers(-50, 50)), 1000) for _ in range(12)]
    worse = [(group, seen - 200, union) for group, seen, union in photos]
    same = pixels_of([scores(*photos), scores(*photos[::-1])])
    alike = compare(same, same)
    assert alike["difference"] == 0
    assert alike["ci95"][0] <= 0 <= alike["ci95"][1]
    unlike = compare(same, pixels_of([scores(*worse), scores(*worse)]))
    assert unlike["difference"] == pytest.approx(0.2)
    assert unlike["ci95"] == [pytest.approx(0.2, abs=0.03)] * 2


def test_sides_that_were_scored_on_other_photos_are_not_compared() -> None:
    one = BenchPixels(("a",), np.ones((1, 1)), np.ones((1, 1)))
    with pytest.raises(InputError, match="other val photos"):
        compare(one, dataclasses.replace(one, groups=("b",)))


def test_a_room_replaces_its_own_numbers_and_keeps_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "bench.json"
    record(file, "train", {"images_per_s": 12})
    record(file, "render", {"ratio": 15, "curve": [1]})
    record(file, "render", {"ratio": 20})
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "train": {"images_per_s": 12},
        "render": {"ratio": 20, "curve": [1]},
    }
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="not sections of numbers"):
        record(file, "render", {})
    file.write_text('{"mix": {"ratio": 1e400}}', encoding="utf-8")
    with pytest.raises(InputError, match=r"not sections of numbers: .*not JSON compliant"):
        record(file, "render", {})


def test_seeds_that_were_scored_on_other_photos_are_said() -> None:
    with pytest.raises(InputError, match="scored on other photos"):
        pixels_of([scores(("a", 1, 2)), scores(("b", 1, 2))])


def test_another_file_than_the_times_of_a_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "times.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match=r"times\.json: not the times of a setting: "):
        render_at(tmp_path, [], None, peer=True, mark="")  # type: ignore[arg-type]


def test_photos_that_are_not_split_yet_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train.jsonl: there is no such file; run 'dvc repro split' first"):
        check_real(tmp_path)


def test_a_side_s_renders_are_a_mix_of_nothing_else(tmp_path: Path) -> None:
    members = [Sample(name, "render", "i", "m", (1, 1), (), "boards", "CC0-1.0") for name in ("b", "a")]
    write_manifest(tmp_path / "renders" / "samples.jsonl", members)
    (source,) = renders_alone(tmp_path)["sources"]
    assert (source["weight"], source["ids"]) == (1.0, ["a", "b"])
    assert [sample.id for sample in read_manifest(tmp_path / source["manifest"])] == ["b", "a"]
    write_manifest(tmp_path / "renders" / "samples.jsonl", [])
    with pytest.raises(InputError, match="found no renders, wanted some to train on"):
        renders_alone(tmp_path)


@pytest.mark.slow
def test_the_curve_s_settings_make_other_renders_of_the_same_scenes() -> None:
    scenes = planned(PLAN, ASSETS, 1)
    rendered = [at(quality, scenes)[0] for quality in SETTINGS.values() if quality]
    assert len({scene.id for scene in rendered}) == len(rendered)
    plain = dataclasses.replace(scenes[0], id="", quality=Quality())
    assert all(dataclasses.replace(scene, id="", quality=Quality()) == plain for scene in rendered)


@pytest.mark.slow
def test_a_setting_is_done_again_when_its_scenes_or_photos_change(tmp_path: Path) -> None:
    (tmp_path / "split").mkdir()
    for name in ("train", "val"):
        (tmp_path / "split" / f"{name}.jsonl").write_text(name, encoding="utf-8")
    scenes = planned(PLAN, ASSETS, 2)
    mark = mark_of(scenes, tmp_path)
    assert mark == mark_of(scenes, tmp_path)
    assert mark != mark_of(scenes[:1], tmp_path)
    (tmp_path / "split" / "val.jsonl").write_text("more", encoding="utf-8")
    assert mark != mark_of(scenes, tmp_path)


@dataclasses.dataclass(frozen=True)
class Trial:
    """Two scenes, rendered by both sides."""

    ours: Side
    peer: Side
    laps: dict[bool, list[Lap]]  # peer? -> times


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    work, scenes = tmp_path_factory.mktemp("bench"), planned(PLAN, ASSETS, 2)
    ground = SideInputs(ASSETS, work / "no photos.jsonl", SHOOT)
    ours, peer = (open_side(work / name, ground, scenes, name == "peer") for name in ("ours", "peer"))
    engine(1)
    laps = {side.peer: run(side, scenes, 1, "trial") for side in (peer, ours)}
    for side in (ours, peer):
        assert pack_side(side, scenes, causes(laps[side.peer])) == 2
    return Trial(ours, peer, laps)


def samples_of(side: Side) -> dict[str, Sample]:
    return {sample.id: sample for sample in read_manifest(side.folder / "renders" / "samples.jsonl")}


@pytest.mark.blender
@pytest.mark.slow
def test_both_sides_make_the_same_picture_of_a_scene(trial: Trial) -> None:
    ours, peer = samples_of(trial.ours), samples_of(trial.peer)
    assert list(ours) == list(peer)
    for name in ours:
        folders = (trial.ours.folder / "renders", ours[name]), (trial.peer.folder / "renders", peer[name])
        ids = [read_ids(folder / sample.ids) for folder, sample in folders]
        images = [read_image(folder / sample.image).astype(float) for folder, sample in folders]
        assert ids[0].any()
        assert (ids[0] != ids[1]).mean() < 0.05
        assert np.abs(images[0] - images[1]).mean() < 12


@pytest.mark.blender
@pytest.mark.slow
def test_the_time_inside_blender_s_call_is_part_of_each_picture_s_time(trial: Trial) -> None:
    for laps in trial.laps.values():
        assert all(0 < lap.render_s < lap.ended_s - lap.began_s for lap in laps)
        assert 0 < limit_fraction(laps) < 1
        assert all(lap.memory_mb > 100 for lap in laps)


@pytest.mark.blender
@pytest.mark.slow
def test_packed_renders_are_read_back_in_random_order(trial: Trial) -> None:
    assert read_rate(trial.ours.folder / "renders", 20) > 0
