import pytest

from dataset.records import RENDER, Sample
from measure.attribution.groups import Group, evaluated, groups_of, parts_of


def render(name: str, recipe: str = "table", assets: tuple[str, ...] = (), **draws: float | str) -> Sample:
    return Sample(name, RENDER, f"{name}.png", f"{name}_ids.png", (8, 8), (), recipe, "CC0", assets=assets, draws=draws)


def test_a_render_is_in_the_groups_of_its_assets_its_recipe_and_its_ranges():
    samples = [render("a", assets=("bowl", "mug"), wall="red"), render("b", "shelf", ("mug",), wall="blue")]
    assert groups_of(samples) == [
        Group("bowl", "asset", ("a",)),
        Group("mug", "asset", ("a", "b")),
        Group("shelf", "recipe", ("b",)),
        Group("table", "recipe", ("a",)),
        Group("wall = blue", "range", ("b",)),
        Group("wall = red", "range", ("a",)),
    ]


def test_no_renders_have_no_groups():
    assert groups_of([]) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([6, 1, 5, 2, 4, 3], {"x 1 to 2": "bd", "x 3 to 4": "ef", "x 5 to 6": "ac"}, id="thirds"),
        pytest.param([0, 0, 0, 1], {"x 0 to 0": "abc", "x 1 to 1": "d"}, id="equal numbers stay together"),
        pytest.param([2, 2], {"x 2 to 2": "ab"}, id="one number"),
        pytest.param(["far", "near", "far"], {"x = far": "ac", "x = near": "b"}, id="words"),
    ],
)
def test_a_range_falls_into_these_parts(values: list[float | str], expected: dict[str, str]):
    found = parts_of("x", [render(name, x=value) for name, value in zip("abcdef", values, strict=False)])
    assert {group.name: "".join(group.ids) for group in found} == expected


def test_a_render_that_draws_nothing_is_in_no_part():
    assert [group.ids for group in parts_of("x", [render("a"), render("b", x=1.0)])] == [("b",)]


def test_only_groups_with_enough_renders_inside_and_outside_are_evaluated():
    few, most, half = (
        Group("few", "asset", ("a",)),
        Group("most", "asset", tuple("abcde")),
        Group("h", "range", tuple("abc")),
    )
    assert evaluated([few, most, half], "abcdef", 2) == ([half], [few, most])


def test_of_groups_that_hold_the_same_renders_one_is_evaluated():
    mug, table = Group("mug", "asset", ("a", "b")), Group("table", "recipe", ("b", "a"))
    assert evaluated([mug, table], "abcd", 2) == ([mug], [table])
