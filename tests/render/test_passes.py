"""Depth, normals and alpha of real renders against what geometry says."""

import dataclasses

import numpy as np
import pytest

from render.frames.frame import Limits, refusal
from render.spec import AssetSource, Plate, SceneSpec, with_id
from tests.render.asking import Blender
from tests.render.things import CAMERA, SIDE, ball, card, pixels, placed, scene_of, sky, turned

pytestmark = pytest.mark.blender

BOTH = ("depth", "normals")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AssetSource]:
    folder = tmp_path_factory.mktemp("things")
    return {
        "sky": sky(folder / "sky.png"),
        "square": card(folder / "square.obj", 2, 2),
        "ball": ball(folder / "ball.obj", 3.0),
    }


def rays() -> np.ndarray:
    """Return (SIDE, SIDE, 3): where CAMERA's pixels look, world axes, 1 long along the line of sight."""
    middle = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    right, down = np.meshgrid(middle, middle)
    return np.dstack([right, -down, -np.ones_like(right)])


def test_from_inside_a_ball_every_depth_and_normal_is_the_balls(
    blender: Blender, sources: dict[str, AssetSource]
) -> None:
    shot = blender.shoot(scene_of(placed("ball", z=4), also=BOTH, samples=2), sources)
    length = np.linalg.norm(rays(), axis=2)
    assert shot.depth is not None
    assert shot.normals is not None
    assert (shot.depth.dtype, shot.normals.dtype) == (np.float32, np.float16)
    np.testing.assert_allclose(shot.depth * length, 3, rtol=0.003)  # its faces cut the corners of the true ball
    towards_the_middle = -(shot.normals.astype(float) * rays()).sum(axis=2) / length
    assert towards_the_middle.min() > np.cos(np.radians(5))


def test_a_tilted_card_has_the_depth_and_the_normal_of_its_plane(
    blender: Blender, sources: dict[str, AssetSource]
) -> None:
    shot = blender.shoot(scene_of(turned(placed("square"), (1, 0, 0), 40), also=BOTH), sources)
    normal = np.array([0, -np.sin(np.radians(40)), np.cos(np.radians(40))])
    depth = (normal @ [0, 0, -4]) / (rays() @ normal)
    there = shot.ids == 1
    assert there.sum() > 300
    assert shot.depth is not None
    assert shot.normals is not None
    np.testing.assert_allclose(shot.depth[there], depth[there], rtol=1e-4)
    assert np.isinf(shot.depth[~there]).all()
    np.testing.assert_allclose(shot.normals[there].astype(float), np.broadcast_to(normal, (there.sum(), 3)), atol=2e-3)
    assert not shot.normals[~there].any()


@pytest.mark.parametrize("also", [("depth",), ("normals",), BOTH], ids=str)
def test_what_else_is_asked_for_changes_neither_image_nor_id_map(
    blender: Blender, sources: dict[str, AssetSource], also: tuple[str, ...]
) -> None:
    plain = scene_of(placed("square"), samples=2)
    before, with_more, after = (
        blender.shoot(scene, sources) for scene in (plain, dataclasses.replace(plain, also=also), plain)
    )
    for shot in (with_more, after):
        assert np.array_equal(shot.image, before.image)
        assert np.array_equal(shot.ids, before.ids)
    assert (with_more.depth is not None, with_more.normals is not None) == ("depth" in also, "normals" in also)
    assert (after.depth, after.normals) == (None, None)


def test_a_lens_blurs_the_picture_and_nothing_else(blender: Blender, sources: dict[str, AssetSource]) -> None:
    lens = dataclasses.replace(CAMERA, f_stop=0.1, focus_m=1.0)
    sharp, blurred, after = (
        blender.shoot(scene_of(placed("square"), camera=camera, samples=4, also=("depth",)), sources)
        for camera in (CAMERA, lens, CAMERA)
    )
    assert sharp.depth is not None
    assert blurred.depth is not None
    assert np.array_equal(blurred.ids, sharp.ids)
    assert np.array_equal(blurred.depth, sharp.depth)
    edge = pixels(-1.2, -1.2, 1.2, 1.2) & ~pixels(-0.8, -0.8, 0.8, 0.8)
    steps = [np.abs(np.diff(shot.image.astype(float), axis=1))[edge[:, 1:]].max() for shot in (sharp, blurred)]
    assert steps[1] < steps[0]
    assert np.array_equal(after.image, sharp.image)


def on_a_plate(scene: SceneSpec) -> SceneSpec:
    return with_id(dataclasses.replace(scene, plate=Plate("photo", "0" * 64)))


def test_before_a_plate_alpha_is_the_share_of_a_pixel_that_is_not_the_plate(
    blender: Blender, sources: dict[str, AssetSource]
) -> None:
    scene = scene_of(placed("square", 0.04), camera=CAMERA, samples=64)
    shot = blender.shoot(on_a_plate(scene), sources)
    wide = pixels(-1.2, -1.2, 1.3, 1.2)
    assert (shot.alpha[pixels(-0.8, -0.8, 0.9, 0.8)] == 1).all()
    assert not shot.alpha[~wide].any()
    assert abs(shot.alpha.sum() - 24 * 24) < 12
    edge = (shot.alpha > 0.05) & (shot.alpha < 0.95)
    assert edge.any()
    inner = shot.image[pixels(-0.8, -0.8, 0.9, 0.8)].mean(axis=0)
    assert abs(shot.image[edge].mean(axis=0) - inner).max() < 12  # not darkened by what is not there
    assert refusal(shot, Limits(1, 0.5)) in {"", "flat"}
    assert (blender.shoot(scene, sources).alpha == 1).all()
