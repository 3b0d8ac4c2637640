import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from render.catalog import read_catalog

ROOT = Path(__file__).parents[2]
THICK = next(asset.size_m[2] for asset in read_catalog(ROOT / "assets") if asset.id == "domino-01")
GAP_M = 0.0015  # what lies still may be so far off: the collision margin, and a heap that still creeps

pytestmark = [pytest.mark.blender, pytest.mark.slow]


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    out = tmp_path_factory.mktemp("shots")
    script = Path(__file__).with_name("settle_in_blender.py")
    subprocess.run([sys.executable, str(script), str(out)], check=True, cwd=ROOT, capture_output=True)
    return {path.stem: dict(np.load(path)) for path in sorted(out.glob("*.npz"))}


def heights(shot: dict[str, np.ndarray]) -> np.ndarray:
    return shot["poses"][:, 2, 3]


def test_what_falls_comes_to_lie_flat_on_the_floor(shots) -> None:
    (pose,) = shots["drop"]["poses"]
    assert pose[2, 3] == pytest.approx(THICK / 2, abs=GAP_M)
    assert abs(pose[2, 2]) == pytest.approx(1, abs=0.001)  # its face is level
    assert (shots["drop"]["ids"] == 1).sum() > 50


def test_what_is_no_body_stays_where_it_was_put(shots) -> None:
    still, fallen = heights(shots["hung"])
    assert still == pytest.approx(0.1)
    assert fallen == pytest.approx(THICK / 2, abs=GAP_M)


def test_what_falls_past_the_edge_is_gone_and_its_label_with_it(shots) -> None:
    on, past = heights(shots["edge"])
    assert on == pytest.approx(THICK / 2, abs=GAP_M)
    assert past < -1
    assert set(np.unique(shots["edge"]["ids"])) == {0, 1}


def test_a_still_body_carries_what_falls_on_it(shots) -> None:
    below, above = heights(shots["prop"])
    assert below == pytest.approx(0.0051)
    assert above == pytest.approx(0.0051 + THICK, abs=GAP_M)


def test_a_heap_stays_in_its_box(shots) -> None:
    places = shots["heap"]["poses"][:, :3, 3]
    assert (places[:, 2] > THICK / 2 - GAP_M).all()
    assert (np.abs(places[:, :2]) < 0.06).all()
    assert len(places) == 8


def test_no_two_bodies_of_a_heap_are_in_one_place(shots) -> None:
    places = shots["heap"]["poses"][:, :3, 3]
    apart = [np.linalg.norm(a - b) for k, a in enumerate(places) for b in places[:k]]
    assert min(apart) > THICK - GAP_M


def test_the_same_scene_ends_the_same_whatever_fell_before(shots) -> None:
    first, last = shots["heap"], shots["again"]
    for name in ("poses", "ids", "image"):
        assert np.array_equal(first[name], last[name]), name


def test_no_physics_is_left_behind(shots) -> None:
    assert not any(shot["left"] for shot in shots.values())


def brightness(shot) -> np.ndarray:
    return shot["image"].astype(float).mean(axis=2)


def test_depth_of_field_blurs_what_is_out_of_focus(shots) -> None:
    steps = {name: np.abs(np.diff(brightness(shots[name]), axis=1)).max() for name in ("sharp", "blurred")}
    assert steps["blurred"] < 0.6 * steps["sharp"]


def test_a_bare_lamp_lights_all_that_is_near_it(shots) -> None:
    lit = brightness(shots["lamp"])[18:30]  # the lamp is above the right edge
    assert lit[:, 36:].mean() > 2 * lit[:, :8].mean()
    assert brightness(shots["sharp"])[18:30, 36:].mean() < 1.5 * brightness(shots["sharp"])[18:30, :8].mean()


def test_a_surface_takes_its_colour_from_a_texture_folder(shots) -> None:
    red, green, blue = shots["maps"]["image"].astype(float).mean(axis=(0, 1))
    assert red > 2 * max(green, blue)


def test_wear_makes_about_its_share_of_a_surface_darker(shots) -> None:
    light = brightness(shots["worn"])
    middle = (np.percentile(light, 2) + np.percentile(light, 98)) / 2
    assert 0.1 < (light < middle).mean() < 0.6


def test_a_pattern_begins_and_turns_where_its_scene_says(shots) -> None:
    checks, shifted, turned = (brightness(shots[name]) > 100 for name in ("checks", "shifted", "turned"))
    assert 0.3 < checks.mean() < 0.7
    assert (checks != shifted).mean() > 0.9  # by one square: light and dark change places
    assert 0.2 < (checks != turned).mean() < 0.8
