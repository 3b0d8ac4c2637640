import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from render.catalog import read_catalog
from render.geometry import matrix, project
from render.plan import Plan, make_scenes
from render.recipe import RECIPES, read_recipe
from render.scene import Picture, make_scene
from render.spec import Quality, from_line, to_line, with_id

ASSETS = Path(__file__).parents[2] / "assets"
CATALOG = read_catalog(ASSETS)
NAMES = sorted(path.stem for path in RECIPES.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_survives_its_line(name: str) -> None:
    scene = make_scene(read_recipe(name), name, CATALOG, Picture((64, 64)), seed=3, number=5)
    assert from_line(to_line(scene)) == scene


@pytest.mark.parametrize("name", NAMES)
def test_every_scene_shows_its_first_target(name: str) -> None:
    size = {asset.id: asset.size_m for asset in CATALOG}
    for number in range(60):
        scene = make_scene(read_recipe(name), name, CATALOG, Picture((64, 64)), seed=3, number=number)
        first = scene.objects[0]
        half = np.array(size[first.asset]) / 2
        corners = np.array([(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)]) * half
        points = project(scene.camera, (64, 64), corners @ matrix(first.rotation).T + first.location_m)
        inside = (points[:, :2] > 0).all(axis=1) & (points[:, :2] < 64).all(axis=1) & (points[:, 2] > 0)
        assert inside.any(), f"scene {number}"


def test_a_scene_is_the_same_whatever_other_scenes_there_are() -> None:
    few = make_scenes(Plan("domino", seed=1, scenes=3, size_hw=(64, 64)), ASSETS)
    many = make_scenes(Plan("domino", seed=1, scenes=9, size_hw=(64, 64)), ASSETS)
    assert many[:3] == few
    assert len({scene.id for scene in many}) == 9


def test_the_id_changes_with_anything_that_decides_a_pixel() -> None:
    scene = make_scene(read_recipe("boards"), "boards", CATALOG, Picture((64, 64)), seed=3, number=5)
    first = dataclasses.replace(scene.objects[0], key="another texture")
    others = (
        dataclasses.replace(scene, quality=Quality(samples=3)),
        dataclasses.replace(scene, size_hw=(64, 65)),
        dataclasses.replace(scene, objects=(first, *scene.objects[1:])),
    )
    assert len({with_id(other).id for other in (scene, *others)}) == 4
    assert with_id(scene).id == scene.id


def test_a_new_asset_changes_only_scenes_that_show_it() -> None:
    board = next(asset for asset in CATALOG if asset.category == "board")
    new = dataclasses.replace(board, id="newcomer")
    recipe = read_recipe("boards")
    for number in range(40):
        before = make_scene(recipe, "boards", CATALOG, Picture((64, 64)), seed=3, number=number)
        after = make_scene(recipe, "boards", [*CATALOG, new], Picture((64, 64)), seed=3, number=number)
        shown = "newcomer" in {item.asset for item in after.objects}
        assert (before.id != after.id) == shown


def test_an_unknown_recipe_and_a_category_without_assets_are_refused() -> None:
    with pytest.raises(InputError, match=r"plan.recipe is 'board', wanted one of balloon, boards, domino"):
        read_recipe("board")
    without = [asset for asset in CATALOG if asset.category != "board"]
    with pytest.raises(InputError, match="no asset of category 'board'"):
        make_scene(read_recipe("boards"), "boards", without, Picture((64, 64)), seed=3, number=0)


def test_a_wrong_key_in_a_recipe_is_one_line_with_a_hint(tmp_path: Path) -> None:
    text = (RECIPES / "boards.toml").read_text(encoding="utf-8").replace("tilt_deg", "tilt_degs")
    (tmp_path / "boards.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"boards.toml: boards.targets.tilt_degs is not a setting .*'tilt_deg'"):
        read_recipe("boards", tmp_path)
