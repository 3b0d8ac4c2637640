import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.settings import build
from render.blender.patterns import PATTERNS
from render.scenes.recipe import (
    BACKGROUNDS,
    PLACEMENTS,
    RECIPES,
    TEXTURES,
    Around,
    MaterialRange,
    Recipe,
    Support,
    Taken,
    Targets,
    read_recipe,
)
from render.scenes.scene import PLACERS

README = (RECIPES / "README.md").read_text(encoding="utf-8")
SECTIONS = {"Recipe": Recipe, "[targets]": Targets, "[support]": Support, "[around]": Around, "[taken]": Taken,
            "Materials": MaterialRange}  # fmt: skip
TABLETOP = (RECIPES / "tabletop.toml").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its own head."""
    table = re.search(rf"\n## {re.escape(head)}\n[^|]*((?:\|.*\n)+)", README)
    assert table
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()[2:]]


@pytest.mark.parametrize("head", SECTIONS)
def test_every_key_is_documented_with_its_default_its_unit_and_its_meaning(head: str) -> None:
    fields = dataclasses.fields(SECTIONS[head])
    table = rows(head)
    assert [row[0] for row in table] == [f"`{field.name}`" for field in fields]
    for field, (_, default, unit, meaning) in zip(fields, table, strict=True):
        assert unit, field.name
        assert meaning, field.name
        assert written(default) == value_of(field), field.name


def written(default: str) -> object:
    if default in {"", "none"}:
        return {"": "must be given", "none": None}[default]
    return tomllib.loads(f"value = {default.strip('`')}")["value"]


def value_of(field: dataclasses.Field) -> object:
    if field.default is field.default_factory is dataclasses.MISSING:
        return "must be given"
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default
    if isinstance(value, Support):
        return {}
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    "names", [PLACEMENTS, BACKGROUNDS, TEXTURES, sorted(path.stem for path in RECIPES.glob("*.toml"))], ids=str
)
def test_every_name_is_documented(names: tuple[str, ...]) -> None:
    assert [name for name in names if f"`{name}`" not in README] == []


def test_the_names_in_recipe_py_are_those_that_are_written() -> None:
    assert set(PLACERS) == set(PLACEMENTS)
    assert set(PATTERNS) == set(TEXTURES) - {"plain", "own", "maps"}


def test_the_example_of_the_readme_is_a_recipe() -> None:
    text = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert text
    assert build(Recipe, tomllib.loads(text[1]), "example", lambda _: "README.md").placement == "dropped"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("tilt_deg", "tilt_degs", "tabletop.targets.tilt_degs is not a setting .*'tilt_deg'", id="key"),
        pytest.param("count = [2, 9]", "", "tabletop.targets.count is missing; add it", id="missing"),
        pytest.param('"dropped"', '"fallen"', "tabletop.placement is 'fallen', wanted one of held, ", id="placement"),
        pytest.param("count = [2, 9]", "count = [9, 2]", r"targets.count is \[9, 2\], wanted the smaller", id="order"),
        pytest.param("count = [2, 9]", "count = [0, 9]", r"targets.count is \(0, 9\), wanted more than 0", id="none"),
        pytest.param("[0.12, 0.4]", "[0, 0.4]", r"targets.share is \(0.0, 0.4\), wanted more than 0", id="zero"),
        pytest.param(
            "table = 0.8", "table = 8", "support.table is 8.0, wanted a probability from 0 to 1", id="beyond 1"
        ),
        pytest.param("room = 2", "rooms = 2", "background.rooms is not there; there are: world, ", id="background"),
        pytest.param("room = 2", "room = 0", "background.room is 0.0, wanted a number above 0", id="weight"),
        pytest.param("[0, 4]", "[-1, 4]", r"around.distractors is \[-1, 4\], wanted no negative number", id="negative"),
        pytest.param('"weave"', '"weaved"', "textures holds 'weaved', wanted any of plain, ", id="texture"),
        pytest.param('["domino tile"]', "[]", r"targets.categories is \[\], wanted the category", id="category"),
        pytest.param("occluders =", "hands =", "around.hands is 0.15, wanted 0: nobody holds", id="hands"),
        pytest.param("drop =", "weights = {mug = 3}\ndrop =", "weights.mug is not there; .* domino tile", id="weights"),
        pytest.param("flash = 0.2", "flash = [0, 1]", r"taken.flash is \[0, 1\], wanted a number", id="type"),
        pytest.param("flash = 0.2", "flash = ", "not TOML .*; mend that line", id="TOML"),
    ],
)
def test_a_wrong_recipe_is_one_line_that_says_what_was_wanted(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TABLETOP
    (tmp_path / "tabletop.toml").write_text(TABLETOP.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"^\S*tabletop.toml: .*{message}") as caught:
        read_recipe("tabletop", tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unknown_recipe_is_refused_with_the_names_of_all() -> None:
    said = (
        r"plan.recipe is 'board', wanted one of balloon, bin, boards, cables, codes, domino, open-air, tabletop, wall"
    )
    with pytest.raises(InputError, match=said):
        read_recipe("board")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("[taken]\nangle_deg = [28, 75]", "angle_deg is called fov_deg now; rename the key", id="camera"),
        pytest.param('[taken]\nworlds = ["a"]', "worlds is called hdris now; rename the key", id="environment"),
        pytest.param("[[targets.paints.rubber]]\nhue = [0, 1]", "paints is called materials now", id="materials"),
        pytest.param("[[around.surfaces]]\nthin = [0, 0.3]", "thin is called transmission now", id="in a list"),
    ],
)
def test_a_key_of_an_earlier_version_is_told_its_new_name(tmp_path: Path, line: str, message: str):
    (tmp_path / "old.toml").write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match=rf"^render/recipes/old\.toml: {message}"):
        read_recipe("old", tmp_path)


def test_a_material_or_a_category_may_be_called_as_an_old_key_was(tmp_path: Path):
    text = (RECIPES / "balloon.toml").read_text(encoding="utf-8")
    assert "materials.rubber" in text
    (tmp_path / "new.toml").write_text(text.replace("materials.rubber", "materials.thin"), encoding="utf-8")
    assert "thin" in read_recipe("new", tmp_path).targets.materials
    (tmp_path / "old.toml").write_text("[[targets.materials.thin]]\nthin = [0, 0.3]", encoding="utf-8")
    with pytest.raises(InputError, match="thin is called transmission now"):
        read_recipe("old", tmp_path)
