"""Cameras, poses, masks and depth of BOP scene folders, against what geometry says."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from dataset.formats import bop as export_bop

TURN = math.sqrt(0.5)
# At (0, -2, 0), looks along +Y with +Z up: turned by 90 degrees about X. 90 degrees over 80 pixels: focal length 40.
CAMERA = {"location_m": [0, -2, 0], "rotation": [TURN, TURN, 0, 0], "angle_deg": 90}
STILL = {"rotation": [1, 0, 0, 0], "scale": 1.0}
SIZE = (60, 80)


def placed(asset, location_m, **changes):
    return {"asset": asset, "location_m": location_m} | STILL | changes


OBJECTS = [
    placed("plate", [0.5, 0, 0.25]),
    placed("table", [0, 0, -1]),  # carries no label, so it has no index
    placed("mug", [0, 2, 0], rotation=[TURN, 0, 0, TURN], scale=0.5),  # turned by 90 degrees about Z
    placed("mug", [-1, 0, 0]),
]
SCENES = [
    {"id": "scene-1", "camera": CAMERA, "objects": OBJECTS},
    {"id": "refused", "camera": CAMERA, "objects": []},
    {"id": "scene-2", "camera": CAMERA, "objects": OBJECTS[2:]},
]


def write_scenes(path, scenes=SCENES):
    path.write_text("".join(json.dumps(scene) + "\n" for scene in scenes), encoding="utf-8")
    return path


@pytest.fixture
def out(pictures, tmp_path):
    return pictures.export("bop", tmp_path / "out", "--scenes", write_scenes(tmp_path / "scenes.jsonl"))


def read(out, name, scene="000000"):
    return json.loads((out / scene / f"{name}.json").read_text())


def projected(camera, pose, point_mm):
    """Return column and row (0, 0 = middle of the first pixel) and depth in mm."""
    rotation = np.reshape(pose["cam_R_m2c"], (3, 3))
    in_camera = rotation @ np.multiply(point_mm, pose["scale"]) + pose["cam_t_m2c"]
    u, v, w = np.reshape(camera["cam_K"], (3, 3)) @ in_camera
    return u / w, v / w, in_camera[2]


@pytest.mark.parametrize(
    ("number", "point_mm", "place"),
    [
        # 2 m away a metre is 20 pixels; 4 m away, 10. The middle of the picture is (39.5, 29.5).
        pytest.param(0, (0, 0, 0), (49.5, 24.5, 2000), id="the origin of an object to the right and above"),
        pytest.param(0, (0, 0, 100), (49.5, 22.5, 2000), id="a point above its origin"),
        pytest.param(0, (0, 400, 0), (39.5 + 40 * 0.5 / 2.4, 29.5 - 40 * 0.25 / 2.4, 2400), id="a point behind it"),
        pytest.param(1, (0, 0, 0), (39.5, 29.5, 4000), id="an object in the middle"),
        pytest.param(1, (0, -1000, 0), (44.5, 29.5, 4000), id="its -Y was turned to +X, and it is half as large"),
        pytest.param(2, (0, 0, 0), (19.5, 29.5, 2000), id="an object to the left"),
    ],
)
def test_a_point_of_an_object_lands_where_geometry_says(out, number, point_mm, place):
    found = projected(read(out, "scene_camera")["0"], read(out, "scene_gt")["0"][number], point_mm)
    assert found == pytest.approx(place)


def test_camera_and_pose_agree_about_the_world(out):
    camera, pose = read(out, "scene_camera")["0"], read(out, "scene_gt")["0"][0]
    rotation = np.reshape(camera["cam_R_w2c"], (3, 3))
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation @ [500, 0, 250] + camera["cam_t_w2c"] == pytest.approx(pose["cam_t_m2c"])


def test_masks_and_their_facts(pictures, out):
    for k, (sample, ids) in enumerate(zip(pictures.samples, pictures.ids, strict=True)):
        facts = read(out, "scene_gt_info")[str(k)]
        assert len(facts) == len(read(out, "scene_gt")[str(k)]) == len(sample.instances)
        for number, (item, fact) in enumerate(zip(sample.instances, facts, strict=True)):
            mask = np.asarray(Image.open(out / "000000" / "mask_visib" / f"{k:06d}_{number:06d}.png"))
            assert mask.dtype == np.uint8
            assert (mask == np.where(ids == item.index, 255, 0)).all()
            x, y, width, height = fact["bbox_visib"]
            assert (x, y, x + width, y + height) == item.box
            assert fact["px_count_visib"] == item.area_px == (mask > 0).sum()
            assert fact["visib_fract"] == pytest.approx(fact["px_count_visib"] / fact["px_count_all"], abs=1e-3)
            assert fact["bbox_obj"] == (fact["bbox_visib"] if item.visible_fraction == 1 else [-1] * 4)
            assert fact["px_count_valid"] == 0


def test_object_numbers_are_those_of_the_models(out):
    models = json.loads((out / "models" / "models_info.json").read_text())
    assert models == {"1": {"asset": "mug", "category": "mug"}, "2": {"asset": "plate", "category": "plate"}}
    assert [row["obj_id"] for row in read(out, "scene_gt")["0"]] == [2, 1, 1]


def test_photos_have_masks_but_neither_camera_nor_pose(out):
    assert read(out, "scene_camera")["2"] == {"sample_id": "../../IMG 1.0"}
    assert read(out, "scene_gt")["2"] == [{"obj_id": 1}, {"obj_id": 1}]
    assert (out / "000000" / "rgb" / "000002.jpg").is_file()


def test_without_a_plan_nobody_has_a_pose(pictures, tmp_path):
    out = pictures.export("bop", tmp_path / "out")
    assert read(out, "scene_gt")["0"] == [{"obj_id": 2}, {"obj_id": 1}, {"obj_id": 1}]


@pytest.mark.parametrize(
    ("far_m", "scale"),
    [
        pytest.param(6.0, 0.1, id="near, to a tenth of a millimetre"),
        pytest.param(20.0, 1.0, id="far, to a millimetre"),
    ],
)
def test_depth_is_a_16_bit_picture_in_steps_of_its_scale(pictures, tmp_path, far_m, scale):
    depth = np.full(SIZE, np.inf, np.float32)
    depth[:, :40], depth[:30, 40:] = 1.2345, far_m
    out = pictures.with_depth(depth).export("bop", tmp_path / "out")
    stored = np.asarray(Image.open(out / "000000" / "depth" / "000000.png"))
    assert stored.dtype == np.uint16
    assert read(out, "scene_camera")["0"]["depth_scale"] == scale
    known = np.isfinite(depth)
    assert np.abs(stored * scale - 1000 * depth)[known].max() <= scale / 2 + 1e-3
    assert not stored[~known].any()
    valid = [row["px_count_valid"] for row in read(out, "scene_gt_info")["0"]]
    assert valid == [(pictures.ids[0][known] == k).sum() for k in (1, 2, 3)]


def test_what_is_too_far_for_a_depth_picture_is_not_known(pictures, tmp_path):
    depth = np.full(SIZE, 80, np.float32)
    depth[0, 0] = 65.535
    out = pictures.with_depth(depth).export("bop", tmp_path / "out")
    stored = np.asarray(Image.open(out / "000000" / "depth" / "000000.png"))
    assert (stored[0, 0], stored[1:].any()) == (65535, False)


def test_a_folder_holds_no_more_pictures_than_it_may(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(export_bop, "CHUNK", 3)
    out = pictures.export("bop", tmp_path / "out")
    assert list(read(out, "scene_gt", "000000")) == ["0", "1", "2"]
    assert list(read(out, "scene_gt", "000001")) == ["0"]


FALLING = {"settle_s": 2.0, "objects": [placed("mug", [0, 0, 1], body="falls")]}


@pytest.mark.parametrize(
    ("scenes", "message"),
    [
        pytest.param(SCENES[:1], "scene scene-2 is not there", id="a scene that is missing"),
        pytest.param([SCENES[0] | FALLING, SCENES[2]], "its objects fall before the picture", id="falling objects"),
        pytest.param([SCENES[2] | {"id": "scene-1"}, SCENES[2]], "object 1 is not the plate", id="another plan"),
        pytest.param([{"id": "scene-1"}, SCENES[2]], "not a scene: camera is missing", id="a scene without a camera"),
        pytest.param(["text"], ":1: not a scene", id="no scenes at all"),
    ],
)
def test_a_plan_that_does_not_fit_is_named(pictures, tmp_path, capsys, scenes, message):
    with pytest.raises(SystemExit) as end:
        pictures.export("bop", tmp_path / "out", "--scenes", write_scenes(tmp_path / "scenes.jsonl", scenes))
    assert end.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error
    assert "scenes.jsonl" in error


def test_an_asset_that_no_picture_shows_still_counts_among_the_labelled(pictures, tmp_path):
    bowl = pictures.manifest.with_name("credits.json")
    entries = json.loads(bowl.read_text()) | {"bowl": {"licence": "CC0-1.0", "source": "ours", "category": "bowl"}}
    bowl.write_text(json.dumps(entries), encoding="utf-8")
    hidden = [SCENES[0] | {"objects": [*OBJECTS[:3], placed("bowl", [0, 9, 0]), OBJECTS[3]]}, SCENES[2]]
    with pytest.raises(SystemExit):  # the third labelled object is the bowl now, so the sample is of another plan
        pictures.export("bop", tmp_path / "out", "--scenes", write_scenes(tmp_path / "scenes.jsonl", hidden))
