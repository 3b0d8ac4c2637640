"""Labels of real renders against what geometry says; things.py tells how large a metre is."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import box_of, categories_map
from dataset.records import Instance
from render.blender.shot import Shot
from render.frames.frame import Limits, instances_of, refusal
from render.spec import AssetSource, Placed, SceneSpec
from tests.render.asking import Blender
from tests.render.things import (
    CAMERA,
    OWN,
    PX_A_METRE,
    SIDE,
    card,
    ell,
    pixels,
    placed,
    scene_of,
    sky,
    turned,
    unlabelled,
)

pytestmark = pytest.mark.blender

HOLED = "Kd 1 1 1\nmap_Kd disc.png\nmap_d disc.png"
GLASS = "Kd 0.9 1 0.9\nTf 1 1 1\nNi 1.45\nillum 7"
ANY = Limits(min_area_px=1, min_visible=0.0)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AssetSource]:
    folder = tmp_path_factory.mktemp("things")
    rows, columns = np.mgrid[:64, :64] + 0.5
    disc = np.where((columns - 32) ** 2 + (rows - 32) ** 2 < 24**2, 255, 0).astype(np.uint8)
    Image.fromarray(np.dstack([disc // 2 + 60] * 3 + [disc])).save(folder / "disc.png")
    Image.fromarray(disc).save(folder / "grey.png")
    return {
        "sky": sky(folder / "sky.png"),
        "square": card(folder / "square.obj", 2, 2),
        "disc": card(folder / "disc.obj", 4, 4, HOLED),
        "grey disc": card(folder / "grey.obj", 4, 4, HOLED.replace("map_d disc", "map_d grey")),
        "leaf": unlabelled(card(folder / "leaf.obj", 4, 4, HOLED)),
        "stick": card(folder / "stick.obj", 0.12, 5),
        "ell": ell(folder / "ell.obj", mirrored=False),
        "mirrored ell": ell(folder / "lle.obj", mirrored=True),
        "pane": unlabelled(card(folder / "pane.obj", 3, 3, GLASS)),
        "film": unlabelled(card(folder / "film.obj", 3, 3, "Kd 0.9 0.9 0.9\nd 0.1")),
        "ghost": card(folder / "ghost.obj", 2, 2, "Kd 0.9 0.1 0.1\nd 0.1"),
        "glass": card(folder / "glass.obj", 2, 2, GLASS),
    }


@dataclasses.dataclass(frozen=True)
class Eye:
    """What sees a scene of the module's things."""

    blender: Blender
    sources: dict[str, AssetSource]

    def __call__(self, *objects: Placed, samples: int = 1) -> Shot:
        return self.see(scene_of(*objects, samples=samples))

    def see(self, scene: SceneSpec) -> Shot:
        shot = self.blender.shoot(scene, self.sources)
        assert refusal(shot, ANY) in {"", "flat", "empty"}
        return shot


@pytest.fixture(scope="module")
def eye(blender: Blender, sources: dict[str, AssetSource]) -> Eye:
    return Eye(blender, sources)


def instances(shot: Shot) -> tuple[Instance, ...]:
    return instances_of(shot, dict.fromkeys(shot.assets.values(), "thing"))


@pytest.mark.parametrize(
    ("x", "y", "box", "visible"),
    [
        pytest.param(0, 0, (36, 36, 60, 60), 1.0, id="whole"),
        pytest.param(4, 0, (84, 36, 96, 60), 0.5, id="half beyond the right border"),
        pytest.param(-4, 4, (0, 0, 12, 12), 0.25, id="three quarters beyond the upper left corner"),
    ],
)
def test_a_square_has_the_box_the_area_and_the_share_in_view_that_it_must_have(
    eye: Eye, x: float, y: float, box: tuple[int, int, int, int], visible: float
) -> None:
    (found,) = instances(eye(placed("square", x, y)))
    assert (found.box, found.area_px) == (box, (box[2] - box[0]) * (box[3] - box[1]))
    assert found.visible_fraction == visible


@pytest.mark.parametrize("size_hw", [(96, 48), (48, 96), (50, 97)], ids=str)
def test_pixels_are_square_in_pictures_of_any_shape(eye: Eye, size_hw: tuple[int, int]) -> None:
    side = 2 * size_hw[1] / 8  # the picture shows 8 m across
    (found,) = instances(eye.see(scene_of(placed("square"), size_hw=size_hw)))
    x0, y0, x1, y1 = found.box
    assert abs(x1 - x0 - side) <= 1
    assert abs(y1 - y0 - side) <= 1
    assert found.visible_fraction == 1


@pytest.mark.parametrize("asset", ["disc", "grey disc"])
def test_a_disc_that_a_texture_cuts_out_of_a_card_is_labelled_as_a_disc(eye: Eye, asset: str) -> None:
    shot = eye(placed(asset))
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    distance, radius = np.hypot(rows, columns), 24 / 64 * 4 * PX_A_METRE
    assert (shot.ids[distance < radius - 1] == 1).all()
    assert (shot.ids[distance > radius + 1] == 0).all()
    assert abs(instances(shot)[0].visible_fraction - 1) < 0.01
    assert abs(shot.alone[1].area_px - np.pi * radius**2) < 0.01 * np.pi * radius**2


def test_what_stands_behind_the_holes_of_a_texture_is_seen_and_labelled(eye: Eye) -> None:
    shot = eye(placed("square"), placed("leaf", z=0.01, scale=0.5))
    leaf = eye(placed("disc", z=0.01, scale=0.5)).ids == 1
    assert np.array_equal(shot.ids == 1, pixels(-1, -1, 1, 1) & ~leaf)


def test_a_stick_one_to_two_pixels_wide_is_labelled_along_its_whole_length(eye: Eye) -> None:
    mask = eye(placed("stick", x=0.03)).ids == 1
    assert box_of(mask)[1::2] == (18, 78)
    assert set(mask[18:78].sum(axis=1)) <= {1, 2}


def test_two_copies_of_one_asset_are_two_instances(eye: Eye) -> None:
    found = instances(eye(placed("square", -2), placed("square", 2)))
    assert [(i.asset, i.box) for i in found] == [("square", (12, 36, 36, 60)), ("square", (60, 36, 84, 60))]


@pytest.mark.parametrize(
    ("asset", "scale", "right", "up"),
    [
        pytest.param("ell", 1, 1, 1, id="as it is"),
        pytest.param("mirrored ell", 1, -1, 1, id="mirrored in the file, faces inside out"),
        pytest.param("ell", -1, -1, -1, id="mirrored by a negative scale"),
    ],
)
def test_the_mask_of_a_mirrored_object_lies_where_the_object_does(
    eye: Eye, asset: str, scale: float, right: int, up: int
) -> None:
    stretched = [(0, 0, right, up / 2), (0, 0, right / 2, 2 * up)]
    strokes = [pixels(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) for x0, y0, x1, y1 in stretched]
    expected = strokes[0] | strokes[1]
    assert np.array_equal(eye(placed(asset, scale=scale)).ids == 1, expected)


@pytest.mark.parametrize(
    "pane",
    [
        pytest.param(placed("pane", z=1), id="glass"),
        pytest.param(placed("film", z=1), id="clear film"),
        pytest.param(turned(placed("pane", z=1), (1, 0, 0), 70), id="glass, seen aslant"),
    ],
)
def test_what_stands_behind_clear_glass_is_labelled_as_if_there_were_none(eye: Eye, pane: Placed) -> None:
    behind, free = (eye(placed("square"), *before, samples=4) for before in ((pane,), ()))
    assert np.array_equal(behind.ids, free.ids)
    assert not np.array_equal(behind.image, free.image)


def test_a_target_of_nearly_clear_material_is_labelled_as_a_whole(eye: Eye) -> None:
    clear, solid = (eye(placed(name), samples=4) for name in ("ghost", "square"))
    assert np.array_equal(clear.ids, solid.ids)
    assert not np.array_equal(clear.image, solid.image)


def test_glass_that_has_a_label_carries_it(eye: Eye) -> None:
    shot = eye(placed("square"), placed("glass", z=0.01))
    assert (shot.ids == 2).sum() >= 24**2
    assert not (shot.ids == 1).any()


def test_a_thin_skin_carries_its_label_over_what_shines_through_it(eye: Eye) -> None:
    skin = dataclasses.replace(OWN, thin=0.6)
    shot = eye(placed("square"), placed("square", 1, z=0.001, look=skin), samples=4)
    assert np.array_equal(shot.ids == 2, pixels(0, -1, 2, 1))
    assert np.array_equal(shot.ids == 1, pixels(-1, -1, 0, 1))


def test_the_map_of_categories_follows_the_instances(eye: Eye) -> None:
    shot = eye(placed("square", -2), placed("ell", 1), placed("square", 2, 2))
    found = instances_of(shot, {"square": "box", "ell": "letter"})
    semantic = categories_map(shot.ids, found, ("letter", "box"))
    assert np.array_equal(semantic == 2, (shot.ids == 1) | (shot.ids == 3))
    assert np.array_equal(semantic == 1, shot.ids == 2)


def test_an_object_that_reaches_behind_the_camera_counts_as_far_as_pictures_go(eye: Eye) -> None:
    """A card 40 m long ends behind the camera's back; its stripe of 2 px height 1 m below fills three pictures."""
    level = dataclasses.replace(CAMERA, location_m=(0.0, 0.0, 1.0), rotation=looking_north())
    shot = eye.see(scene_of(placed("square", scale=20), camera=level))
    ground = np.arange(SIDE) + 0.5 > SIDE / 2 + SIDE / 2 / 20
    assert np.array_equal(shot.ids == 1, np.repeat(ground[:, None], SIDE, axis=1))
    assert instances(shot)[0].visible_fraction < 1


def looking_north() -> tuple[float, float, float, float]:
    return (float(np.sqrt(0.5)), float(np.sqrt(0.5)), 0.0, 0.0)
