"""Where things are before BOP's camera."""

import dataclasses
import json
import math

import numpy as np
import pytest

from dataset.formats.poses import SCENE, PlannedScene, intrinsics, view_of
from render.geometry import looking, project
from render.spec import Camera, Placed

SIZE = (60, 80)
MUG = Placed("mug", "key", (0.3, 0.1, 0.2), (1.0, 0.0, 0.0, 0.0), 1.0, {})


def planned(camera: dict, thing: dict) -> PlannedScene:
    return SCENE.validate_json(json.dumps({"id": "a", "camera": camera, "objects": [thing]}))


def test_the_corners_of_the_picture_are_half_a_pixel_outside():
    camera = intrinsics((30, 80), 60)
    left = np.linalg.inv(camera) @ [-0.5, 14.5, 1]  # the middle of the left border
    assert math.degrees(math.atan2(-left[0], left[2])) == pytest.approx(30)
    assert left[1] == pytest.approx(0)


def test_any_turn_of_the_camera_keeps_what_it_looks_at_in_the_middle():
    rng, plain = np.random.default_rng(5), dataclasses.asdict(MUG) | {"location_m": [0, 0, 0]}
    for _ in range(20):
        quaternion = rng.normal(size=4)
        w, x, y, z = quaternion = quaternion / np.linalg.norm(quaternion)
        back = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])  # its +Z
        camera = {"location_m": (3 * back).tolist(), "rotation": quaternion.tolist(), "angle_deg": 50}
        view = view_of(planned(camera, plain), SIZE, {"mug"})
        assert view.poses[1].shift_mm == pytest.approx([0, 0, 3000], abs=1e-6)


def test_the_plan_s_own_records_and_projection_say_the_same():
    camera = Camera((1.0, -2.0, 1.5), looking(np.array([-0.4, 1.0, -0.6]), roll_deg=20), 70.0)
    view = view_of(planned(dataclasses.asdict(camera), dataclasses.asdict(MUG)), SIZE, {"mug"})
    ((column, row, depth_m),) = project(camera, SIZE, np.array([MUG.location_m]))
    u, v, w = view.camera @ view.poses[1].shift_mm
    assert (u / w + 0.5, v / w + 0.5, w / 1000) == pytest.approx((column, row, depth_m))
