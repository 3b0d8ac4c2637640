import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from dataset.records import Sample, write_manifest
from pipeline.errors import InputError
from render.catalog import Asset, read_catalog
from render.geometry import matrix, project
from render.plan import Plan, make_scenes
from render.scenes.making import Making
from render.scenes.photos import Photos
from render.scenes.recipe import FALLING, RECIPES, Recipe, read_recipe
from render.scenes.recipe_rules import leaves
from render.scenes.scene import PictureSettings, make_scene
from render.spec import Quality, from_line, to_line, with_id

ASSETS = Path(__file__).parents[2] / "assets"
CATALOG = read_catalog(ASSETS)
PICTURE = PictureSettings((64, 64))
NAMES = sorted(path.stem for path in RECIPES.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_survives_its_line(name: str) -> None:
    scene = make_scene(read_recipe(name), name, CATALOG, PICTURE, seed=3, number=5)
    assert from_line(to_line(scene)) == scene


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if read_recipe(name).placement not in FALLING])
def test_every_scene_shows_its_first_target(name: str) -> None:
    size = {asset.id: asset.size_m for asset in CATALOG}
    for number in range(40):
        scene = make_scene(read_recipe(name), name, CATALOG, PICTURE, seed=3, number=number)
        first = scene.objects[0]
        half = np.array(size[first.asset]) / 2
        corners = np.array([(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)]) * half
        points = project(scene.camera, (64, 64), corners @ matrix(first.rotation).T + first.location_m)
        inside = (points[:, :2] > 0).all(axis=1) & (points[:, :2] < 64).all(axis=1) & (points[:, 2] > 0)
        assert inside.any(), f"scene {number}"


@pytest.mark.slow
def test_a_scene_is_the_same_whatever_other_scenes_there_are() -> None:
    few = make_scenes(Plan("domino", seed=1, scenes=3, size_hw=(64, 64)), ASSETS)
    many = make_scenes(Plan("domino", seed=1, scenes=9, size_hw=(64, 64)), ASSETS)
    assert many[:3] == few
    assert len({scene.id for scene in many}) == 9


def test_the_id_changes_with_anything_that_decides_a_pixel() -> None:
    scene = make_scene(read_recipe("boards"), "boards", CATALOG, PICTURE, seed=3, number=5)
    first = dataclasses.replace(scene.objects[0], key="another texture")
    others = (
        dataclasses.replace(scene, quality=Quality(samples=3)),
        dataclasses.replace(scene, size_hw=(64, 65)),
        dataclasses.replace(scene, objects=(first, *scene.objects[1:])),
    )
    assert len({with_id(other).id for other in (scene, *others)}) == 4
    assert with_id(scene).id == scene.id


def ten_targets(recipe: Recipe) -> list[Asset]:
    """Return the catalogue with ten of the recipe's targets."""
    targets = [asset for asset in CATALOG if asset.category in recipe.targets.categories]
    return [*targets[:10], *(asset for asset in CATALOG if asset.role != "target")]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_new_asset_changes_only_scenes_that_show_it(name: str) -> None:
    recipe = read_recipe(name)
    few = ten_targets(recipe)
    roles = {few[0].role: few[0], **{a.role: a for a in few if a.role in {"distractor", "person", "hand"}}}
    new = [dataclasses.replace(asset, id=f"newcomer-{role}") for role, asset in roles.items()]
    for number in range(12):
        before, after = (make_scene(recipe, name, assets, PICTURE, 3, number) for assets in (few, [*few, *new]))
        shown = {item.asset for item in after.objects} & {asset.id for asset in new}
        assert (before.id != after.id) == bool(shown), f"scene {number}"


def test_an_asset_beside_ten_takes_over_its_fair_share_of_all_slots_of_all_recipes() -> None:
    won = slots = 0
    for name in NAMES:
        recipe = read_recipe(name)
        few = ten_targets(recipe)
        new = dataclasses.replace(few[0], id="newcomer")
        for number in range(60):
            making = Making(recipe, [*few, new], (3, "scene", number))
            count = making.whole("targets.count", making.rng("place"))
            won += sum(making.target(slot).id == new.id for slot in range(count))
            slots += count
    assert slots > 1000
    assert 0.7 * slots / 11 <= won <= 1.3 * slots / 11


def test_what_has_three_times_the_weight_is_drawn_three_times_as_often() -> None:
    domino = [dataclasses.replace(asset, weight=1.0) for asset in CATALOG if asset.category == "domino tile"][:4]
    mugs = [dataclasses.replace(asset, id=f"mug-{asset.id}", category="mug") for asset in domino[:1]]
    others = [asset for asset in CATALOG if asset.role != "target"]
    recipe = read_recipe("domino")
    targets = dataclasses.replace(recipe.targets, categories=("domino tile", "mug"), weights={"mug": 3.0})
    made = [
        make_scene(dataclasses.replace(recipe, targets=targets), "x", [*domino, *mugs, *others], PICTURE, 3, number)
        for number in range(80)
    ]
    shown = [item.asset for scene in made for item in scene.objects if "domino" in item.asset]
    assert sum(name.startswith("mug") for name in shown) / len(shown) == pytest.approx(0.75, abs=0.08)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_drawn_is_noted_under_its_path_in_the_recipe_and_lies_in_its_range(name: str) -> None:
    recipe = read_recipe(name)
    known = dict(leaves(recipe))
    scene = make_scene(recipe, name, CATALOG, PICTURE, seed=3, number=5)
    assert {"targets.count", "taken.fov_deg", "taken.world_strength", "taken.exposure_ev"} <= set(scene.draws)
    for key, value in scene.draws.items():
        assert key in known or key.removesuffix(".number") in {k.rpartition(".")[0] for k in known} | {
            "around.background"
        }, key
        limits = known.get(key)
        if isinstance(value, float) and isinstance(limits, tuple) and ".hue" not in key and "materials" not in key:
            assert any(lo - 1e-4 <= value <= hi + 1e-4 for lo, hi in all_of(recipe, key)), key


def all_of(recipe: Recipe, key: str) -> list[tuple[float, float]]:
    """Return the ranges of a key: several where there are several materials."""
    return [value for path, value in leaves(recipe) if path == key]


def test_an_unknown_asset_and_a_category_without_assets_are_refused() -> None:
    without = [asset for asset in CATALOG if asset.category != "board"]
    with pytest.raises(InputError, match="no asset of category 'board'"):
        make_scene(read_recipe("boards"), "boards", without, PICTURE, seed=3, number=0)
    without = [asset for asset in CATALOG if asset.id != "world-city"]
    with pytest.raises(InputError, match="no asset with the id 'world-city'"):
        make_scene(read_recipe("open-air"), "open-air", without, PICTURE, seed=3, number=0)


def with_plates() -> Recipe:
    recipe = read_recipe("boards")
    return dataclasses.replace(recipe, around=dataclasses.replace(recipe.around, background={"plate": 1.0}))


def photos(folder: Path, count: int, domain: str = "real") -> Photos:
    """Return photos that are files of a few bytes: the plan reads their bytes, never their pixels."""
    samples = []
    for number in range(count):
        for name in (f"{number}.png", f"{number}-ids.png"):
            (folder / name).write_bytes(f"{number} {name}".encode())
        samples.append(
            Sample(f"photo-{number}", domain, f"{number}.png", f"{number}-ids.png", (8, 8), (), "here", "CC0-1.0")
        )
    write_manifest(folder / "train.jsonl", samples)
    return Photos(folder / "train.jsonl")


def test_a_photo_behind_a_scene_is_a_training_photo_and_its_labels_decide_the_id(tmp_path: Path) -> None:
    picture = dataclasses.replace(PICTURE, photos=photos(tmp_path, 3))
    scene = make_scene(with_plates(), "boards", CATALOG, picture, seed=3, number=0)
    assert scene.plate
    number = scene.plate.photo.removeprefix("photo-")
    files = [(tmp_path / name).read_bytes() for name in (f"{number}.png", f"{number}-ids.png")]
    assert scene.plate.sha256 == hashlib.sha256(b"".join(files)).hexdigest()
    assert scene.surfaces == ()
    assert scene.draws["around.background.plate"] == scene.plate.photo


def test_a_photo_more_changes_only_the_scenes_that_it_takes_over(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    few, many = photos(tmp_path, 5), photos(tmp_path / "more", 6)
    pairs = [(few.plate(number), many.plate(number)) for number in range(300)]
    taken = [after.photo for before, after in pairs if before != after]
    assert set(taken) == {"photo-5"}
    assert len(taken) == pytest.approx(300 / 6, rel=0.3)


def test_a_render_is_never_a_photo_and_a_plan_without_photos_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train.jsonl: no real photo in it"):
        photos(tmp_path, 2, domain="render")
    with pytest.raises(InputError, match=r"the recipe wants photos behind the scene .* run the stage split"):
        make_scene(with_plates(), "boards", CATALOG, PICTURE, seed=3, number=0)


@pytest.mark.slow
def test_a_manifest_of_photos_is_read_only_if_the_recipe_wants_photos(tmp_path: Path) -> None:
    made = make_scenes(Plan("domino", seed=1, scenes=1, size_hw=(64, 64)), ASSETS, tmp_path / "nothing.jsonl")
    assert made[0].plate is None


def test_targets_differ_in_size_from_picture_to_picture_and_are_alike_within_one() -> None:
    found = [make_scene(read_recipe("domino"), "domino", CATALOG, PICTURE, seed=3, number=n) for n in range(20)]
    scales = [{item.scale for item in scene.objects if item.asset.startswith("domino")} for scene in found]
    assert {len(scale) for scale in scales} == {1}
    drawn = [scale.pop() for scale in scales]
    assert len(set(drawn)) == 20
    assert 0.9 <= min(drawn) < 0.95 < 1.05 < max(drawn) <= 1.1


def test_a_pattern_begins_elsewhere_in_every_picture() -> None:
    found = [make_scene(read_recipe("domino"), "domino", CATALOG, PICTURE, seed=3, number=n) for n in range(10)]
    looks = [surface.material for scene in found for surface in scene.surfaces]
    assert len({look.offset for look in looks}) == len({look.turn_deg for look in looks}) == len(looks)


@pytest.mark.slow
def test_a_recipe_that_asks_for_texture_maps_and_finds_none_says_so(capsys) -> None:
    make_scenes(Plan("tabletop", seed=1, scenes=1, size_hw=(64, 64)), ASSETS)
    (line,) = capsys.readouterr().err.splitlines()
    assert "tabletop.toml asks for texture maps in support.materials.textures" in line
    make_scenes(Plan("domino", seed=1, scenes=1, size_hw=(64, 64)), ASSETS)
    assert capsys.readouterr().err == ""
