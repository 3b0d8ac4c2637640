"""What is rare in the real training photos is rendered more often, by the formula and no more than it says."""

import dataclasses
import math
from collections import Counter
from pathlib import Path

import pytest

from dataset.records import Instance, Sample, write_manifest
from render.catalog import Asset
from render.plan import Plan, make_scenes, recipe_of
from render.scenes.balance import balanced, objects_of
from render.scenes.making import Making
from render.scenes.recipe import Recipe, read_recipe

ASSETS = Path(__file__).parents[2] / "assets"
PLAN = Plan("domino", seed=1, scenes=6, size_hw=(64, 64))
NAMES = ("mug", "plate", "spoon")
OBJECTS = {"mug": 64, "plate": 16, "spoon": 1}


def sample(name: str, domain: str, *categories: str) -> Sample:
    instances = tuple(Instance(category, k + 1, (0, 0, 1, 1), 1) for k, category in enumerate(categories))
    return Sample(name, domain, "i", "m", (1, 1), instances, "set", "CC0-1.0")


def kitchen(weights: dict[str, float] | None = None) -> Recipe:
    recipe = read_recipe("domino")
    return dataclasses.replace(
        recipe, targets=dataclasses.replace(recipe.targets, categories=NAMES, weights=weights or {})
    )


def winners(recipe: Recipe, slots: int) -> list[str]:
    """Return the category that each of so many slots shows."""
    assets = [Asset(name, "mesh", "target", "f", "CC0-1.0", "s", category=name) for name in NAMES]
    return [Making(recipe, assets, (1, "scene", number)).target(0).category for number in range(slots)]


def test_objects_of_real_photos_are_counted_and_those_of_renders_are_not():
    samples = [sample("a", "real", "mug", "mug", "plate"), sample("b", "real"), sample("c", "render", "spoon")]
    assert objects_of(samples) == {"mug": 2, "plate": 1}


@pytest.mark.parametrize(
    ("balance", "wanted"),
    [
        pytest.param("inverse", {"mug": 1, "plate": 4, "spoon": 64}, id="inverse"),
        pytest.param("root", {"mug": 1, "plate": 2, "spoon": 8}, id="root"),
    ],
)
def test_weights_are_the_formula_s_and_are_drawn_so(balance, wanted):
    recipe = balanced(kitchen(), OBJECTS, balance)
    assert recipe.targets.weights == pytest.approx(wanted)
    found, total = Counter(winners(recipe, 3000)), sum(wanted.values())
    for name, weight in wanted.items():
        share = weight / total
        assert abs(found[name] - 3000 * share) <= 5 * math.sqrt(3000 * share * (1 - share))


def test_the_recipe_s_own_weights_are_kept_beside():
    assert balanced(kitchen({"plate": 3.0}), OBJECTS, "root").targets.weights == {"mug": 1, "plate": 6, "spoon": 8}


def test_a_category_that_no_photo_shows_counts_as_one_object():
    assert balanced(kitchen(), {"mug": 9}, "inverse").targets.weights == {"mug": 1, "plate": 9, "spoon": 9}
    assert balanced(kitchen(), {}, "inverse").targets.weights == {"mug": 1, "plate": 1, "spoon": 1}


def test_without_it_the_recipe_stays_as_it_is():
    recipe = kitchen({"plate": 3.0})
    assert balanced(recipe, OBJECTS, "none") is recipe


def test_a_rarer_category_takes_over_slots_and_gives_none_away():
    before, after = winners(kitchen(), 400), winners(balanced(kitchen(), {"mug": 4, "plate": 4}, "inverse"), 400)
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert changed
    assert {other for _, other in changed} == {"spoon"}


@pytest.mark.slow
def test_the_plan_says_what_it_made_of_the_photos_and_scenes_of_one_category_stay_the_same(tmp_path, capsys):
    photos = tmp_path / "train.jsonl"
    write_manifest(photos, [sample("a", "real", "domino tile")])
    plain = make_scenes(PLAN, ASSETS, photos)
    assert capsys.readouterr().err == ""
    assert make_scenes(dataclasses.replace(PLAN, balance="inverse"), ASSETS, photos) == plain
    assert capsys.readouterr().err == (
        "plan: objects in the training photos and weight in the renders: domino tile 1 -> 1\n"
    )


def test_a_balance_that_nobody_knows_and_one_without_photos_are_refused():
    with pytest.raises(ValueError, match="balance is 'true', wanted one of none, root, inverse"):
        dataclasses.replace(PLAN, balance="true")
    with pytest.raises(ValueError, match="balance wants the manifest"):
        recipe_of(dataclasses.replace(PLAN, balance="root"), None)
