import dataclasses

import numpy as np
import pytest

from render.catalog import Asset
from render.geometry import matrix, project
from render.scenes.background import Backdrop, backdrop
from render.scenes.making import Making
from render.scenes.placing import PlacedView
from render.scenes.recipe import PLACEMENTS, Recipe, read_recipe
from render.scenes.scene import place
from render.spec import Placed, Surface

SCENES = range(25)
WORLD = Asset("sky", "hdri", "light", "sky.exr", "CC0-1.0", "here")


def thing(
    name: str, size: tuple[float, float, float], centre: tuple[float, float, float], role: str = "target"
) -> Asset:
    category = "thing" if role == "target" else ""
    return Asset(name, "mesh", role, f"{name}.obj", "CC0-1.0", "here", "0", category, size, centre_m=centre)


ASSETS = (
    WORLD,
    thing("tile", (0.05, 0.025, 0.01), (0.1, -0.05, 0.02)),  # its origin is far from its middle
    thing("cube", (0.04, 0.04, 0.04), (0.0, 0.0, 0.02)),
    thing("book", (0.2, 0.15, 0.03), (0.0, 0.3, 0.0), "distractor"),
)
SIZE = {asset.id: np.array(asset.size_m) for asset in ASSETS}
CENTRE = {asset.id: np.array(asset.centre_m) for asset in ASSETS}


def recipe_for(placement: str, **support: object) -> Recipe:
    recipe = read_recipe("tabletop")
    targets = dataclasses.replace(recipe.targets, categories=("thing",), count=(1, 5))
    return dataclasses.replace(
        recipe, placement=placement, targets=targets, support=dataclasses.replace(recipe.support, **support)
    )


def made(recipe: Recipe, number: int) -> tuple[Making, PlacedView]:
    making = Making(recipe, ASSETS, (1, "scene", number))
    return making, place(making)


def middle(item: Placed) -> np.ndarray:
    return np.array(item.location_m) + matrix(item.rotation) @ (CENTRE[item.asset] * item.scale)


def corners(item: Placed) -> np.ndarray:
    """Return the eight corners of an object's bounding box in the world."""
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    return middle(item) + (signs * SIZE[item.asset] * item.scale / 2) @ matrix(item.rotation).T


def diagonal(item: Placed, axes: int = 3) -> float:
    """Return the diagonal of an object's bounding box, as it is scaled: of all of it, or of what it covers."""
    return float(np.linalg.norm(SIZE[item.asset][:axes])) * item.scale


def normal(surface: Surface) -> np.ndarray:
    return matrix(surface.rotation)[:, 2]


@pytest.mark.slow
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_first_target_is_in_the_picture(placement: str) -> None:
    for number in SCENES:
        _, view = made(recipe_for(placement), number)
        first = view.targets[0]
        # three placements go by the asset's own origin; what falls is looked at where it comes down
        where = first.location_m if placement in {"held", "floating", "lying"} else middle(first)
        where = np.array(where) * ([1, 1, 0] if placement in {"dropped", "bin"} else [1, 1, 1])
        column, row, depth = project(view.camera, (64, 64), where[None])[0]
        assert -1 < column < 65, f"scene {number}"
        assert -1 < row < 65, f"scene {number}"
        assert depth > 0


def test_what_is_stacked_stands_on_what_is_below_it() -> None:
    for number in SCENES:
        _, view = made(recipe_for("stacked"), number)
        top = 0.0
        for item in view.targets:
            low, high = corners(item)[:, 2].min(), corners(item)[:, 2].max()
            assert 0 < low - top < 0.001
            top = high


@pytest.mark.parametrize("assets", [(), ("book",)], ids=["blocks", "an asset"])
def test_a_target_on_a_support_stands_on_its_top_within_its_outline(assets: tuple[str, ...]) -> None:
    for number in SCENES:
        _, view = made(recipe_for("on", assets=assets, table=0.0), number)
        if assets:
            tops = [(middle(i)[:2], corners(i)[:, 2].max(), min(SIZE["book"][:2]) * i.scale) for i in view.others]
        else:
            lids = [s for s in view.surfaces if normal(s)[2] > 0.99 and s.location_m[2] > 0]
            tops = [(np.array(s.location_m[:2]), s.location_m[2], min(s.size_m)) for s in lids]
        assert len(tops) == len(view.targets)
        for item, (place_m, height, side) in zip(view.targets, tops, strict=True):
            assert 0 < corners(item)[:, 2].min() - height < 0.001
            assert np.abs(middle(item)[:2] - place_m).max() < 1e-6
            assert side >= SIZE[item.asset][:2].max() * item.scale


def test_what_is_on_the_wall_has_its_back_on_it_and_faces_the_camera() -> None:
    for number in SCENES:
        _, view = made(recipe_for("wall"), number)
        (wall,) = view.surfaces
        assert normal(wall) == pytest.approx([0, -1, 0], abs=1e-9)
        assert view.camera.location_m[1] < 0
        for item in view.targets:
            assert -0.001 < corners(item)[:, 1].max() < 0
            assert (matrix(item.rotation) @ [0, 0, 1]) == pytest.approx([0, -1, 0], abs=1e-9)


@pytest.mark.parametrize("placement", ["scattered", "hanging", "on", "wall"])
def test_targets_do_not_touch_each_other(placement: str) -> None:
    for number in SCENES:
        _, view = made(recipe_for(placement), number)
        for k, one in enumerate(view.targets):
            for other in view.targets[:k]:
                apart = np.linalg.norm(middle(one) - middle(other))
                thin = 0.05 if placement in {"on", "wall"} else 0
                assert apart > (diagonal(one, 2) + diagonal(other, 2)) / 2 - thin


@pytest.mark.parametrize("placement", ["dropped", "bin"])
def test_what_falls_starts_apart_and_above_what_it_falls_on(placement: str) -> None:
    for number in SCENES:
        _, view = made(recipe_for(placement), number)
        boxes = [corners(item) for item in view.targets]
        assert all(item.body == "falls" for item in view.targets)
        assert min(box[:, 2].min() for box in boxes) > 0
        assert view.settle_s > 1
        for k, one in enumerate(view.targets):
            for other in view.targets[:k]:
                reach = (diagonal(one) + diagonal(other)) / 2
                assert np.linalg.norm(middle(one) - middle(other)) >= reach - 1e-9


def test_a_bin_has_a_bottom_and_four_walls_that_face_inwards() -> None:
    for number in SCENES:
        _, view = made(recipe_for("bin", table=0.0), number)
        _floor, bottom, *walls = view.surfaces
        assert len(walls) == 4
        assert normal(bottom)[2] == pytest.approx(1)
        for wall in walls:
            place_m = np.array(wall.location_m)
            assert normal(wall) @ (np.array([0, 0, place_m[2]]) - place_m) > 0
            assert place_m[2] - wall.size_m[1] / 2 == pytest.approx(0)
        for item in view.targets:
            assert (np.abs(middle(item)[:2]) <= np.array(bottom.size_m) / 2).all()


def test_strings_go_up_from_the_top_of_what_hangs() -> None:
    recipe = recipe_for("hanging")
    recipe = dataclasses.replace(recipe, targets=dataclasses.replace(recipe.targets, strings=1.0, tilt_deg=(0, 0)))
    for number in SCENES:
        _, view = made(recipe, number)
        assert len(view.surfaces) == len(view.targets)
        for string, item in zip(view.surfaces, view.targets, strict=True):
            foot = string.location_m[2] - string.size_m[1] / 2
            assert foot == pytest.approx(corners(item)[:, 2].max(), abs=1e-6)
            assert string.location_m[:2] == pytest.approx(middle(item)[:2])


def background(recipe: Recipe, kind: str, number: int) -> tuple[PlacedView, Backdrop]:
    recipe = dataclasses.replace(recipe, around=dataclasses.replace(recipe.around, background={kind: 1.0}))
    making, view = made(recipe, number)
    return view, backdrop(making, view)


@pytest.mark.parametrize("placement", ["scattered", "dropped", "wall"])
def test_camera_and_targets_are_inside_their_room(placement: str) -> None:
    for number in SCENES:
        view, behind = background(recipe_for(placement), "room", number)
        places = np.array([view.camera.location_m, *(middle(item) for item in view.targets)])
        for surface in behind.surfaces:
            inward = (places - surface.location_m) @ normal(surface)
            assert inward.min() > 0, f"scene {number}"


def test_a_room_has_no_wall_behind_the_camera() -> None:
    for number in SCENES:
        view, behind = background(recipe_for("scattered"), "room", number)
        forward = -matrix(view.camera.rotation)[:, 2] * [1, 1, 0]
        facing = [normal(surface) @ forward / np.linalg.norm(forward) for surface in behind.surfaces]
        assert sorted(round(float(value), 6) for value in facing)[0] == -1  # the far wall looks at the camera
        assert max(facing) < 0.5


def test_the_floor_is_below_the_table() -> None:
    for number in SCENES:
        view, behind = background(recipe_for("dropped", table=1.0), "plane", number)
        (floor,) = behind.surfaces
        low = min(surface.location_m[2] - surface.size_m[1] / 2 for surface in view.surfaces[1:])
        assert floor.location_m[2] == pytest.approx(low)
        assert -1.0 <= view.ground_m <= -0.45


def test_a_fixed_distance_takes_the_place_of_the_share() -> None:
    recipe = recipe_for("scattered")
    recipe = dataclasses.replace(recipe, taken=dataclasses.replace(recipe.taken, distance_m=(2.0, 3.0)))
    for number in SCENES:
        making, view = made(recipe, number)
        depth = project(view.camera, (64, 64), np.array([view.focus]))[0, 2]
        assert 2 <= depth <= 3
        assert "targets.share" not in making.draws
        assert making.draws["taken.distance_m"] == pytest.approx(depth, abs=1e-4)
