import dataclasses
from pathlib import Path

import pytest

from render.audit.appearances import read_recipes, uses_of
from render.audit.finding import FINE, LOOK, MEND, Case, Seen, Uses, length
from render.catalog import Asset, path_of, read_catalog
from render.gallery import audit, verdict
from render.stock.facts import Facts, Texture, inspect

ASSETS = Path(__file__).parents[2] / "assets"
MUG = Asset(
    "mug-blue", "mesh", "target", "mugs/mug-blue.obj", "CC0-1.0", "Ada", "ab", "mug", (0.12, 0.08, 0.1),
    centre_m=(0.0, 0.0, 0.05), faces=1000,
)  # fmt: skip
FACTS = Facts((0.12, 0.08, 0.1), (0.0, 0.0, 0.05), 1000, ("body",), ("clay",), (), True, 0, 0, 0.0, (), 1.0)
PICTURE = Texture("clay.png", (1024, 1024))
OTHERS = tuple(dataclasses.replace(MUG, id=f"mug-{k}", file=f"mugs/{k}.obj", sha256=f"{k}") for k in range(3))
USED = Uses(("desk",))


def case(asset=None, facts=None, others=OTHERS, **known):
    mug = dataclasses.replace(MUG, **(asset or {}))
    found = dataclasses.replace(FACTS, **(facts or {}))
    return Case(mug, found, (*others, mug), **({"uses": USED} | known))


def peers(**changes):
    return tuple(dataclasses.replace(other, **changes) for other in OTHERS)


FAULTS = [
    pytest.param(
        case({"size_m": (82.0, 80.0, 85.0)}, others=()), MEND, "is 85 m tall.",
        "exported in millimetres: set `scale = 0.001` in mug-blue.toml, or export it in metres.", id="millimetres",
    ),
    pytest.param(case({"size_m": (12.0, 8.0, 10.0)}), MEND, "is 12 m wide.", "`scale = 0.01`", id="centimetres"),
    pytest.param(
        case({"size_m": (120.0, 80.0, 100.0), "scale": 0.1}), MEND, "is 120 m wide", "`scale = 0.0001`",
        id="a wrong unit on top of a scale",
    ),
    pytest.param(
        case({"size_m": (0.0001, 0.0001, 0.0001), "centre_m": (0.0, 0.0, 0.0)}), MEND, "is 0.1 mm", "`scale = 1000`",
        id="scaled down once too often",
    ),
    pytest.param(
        case({"size_m": (1.2, 0.8, 1.0)}), LOOK, "most others of its category 'mug' are about 12 cm", "`scale = 0.01`",
        id="ten times as large as its like",
    ),
    pytest.param(
        case({"role": "person", "category": "", "size_m": (7.0, 4.0, 17.0)}), MEND, "is 17 m tall", "`scale = 0.01`",
        id="a person in decimetres",
    ),
    pytest.param(
        case({"centre_m": (3.0, 0.0, 0.05)}), MEND, "lies 2.94 m away from its origin", "Set Origin", id="far away"
    ),
    pytest.param(
        case({"size_m": (0.08, 0.1, 0.08), "centre_m": (0.0, 0.05, 0.0)}), LOOK, "lie on its back", '`up = "y"`',
        id="stands on y = 0",
    ),
    pytest.param(
        case({"file": "mug.glb", "size_m": (0.08, 0.1, 0.08), "centre_m": (0.0, 0.05, 0.0)}), LOOK, "on its back",
        "turn it upright (Z up)", id="a GLB on its back",
    ),
    pytest.param(
        case({"role": "person", "category": "", "size_m": (0.6, 1.7, 0.3), "centre_m": (0.0, 0.0, 0.0)}), LOOK,
        "on its back", '`up = "y"`', id="a person on the back",
    ),
    pytest.param(
        case({"size_m": (0.1, 0.3, 0.1)}, others=peers(size_m=(0.1, 0.1, 0.3))), LOOK, "on its back", '`up = "y"`',
        id="turned against its like",
    ),
    pytest.param(case(facts={"flipped_share": 1.0}), MEND, "is inside out", "Recalculate Outside", id="inside out"),
    pytest.param(case(facts={"flipped_share": 0.2}), LOOK, "20% of the faces", "Recalculate", id="some flipped"),
    pytest.param(
        case(facts={"open_edges": 40}, uses=Uses(("desk",), thin=True)), LOOK, "light shines through its skin",
        "fill the holes", id="a hole in a balloon",
    ),
    pytest.param(
        case(facts={"tangled_edges": 9}, uses=Uses(("air",), thin=True)), LOOK, "9 with three faces or more",
        "Non Manifold", id="a tangled balloon",
    ),
    pytest.param(
        case({"size_m": (0.1, 0.1, 0.0001)}, uses=Uses(("bin",), falls=True)), LOOK, "0.1 mm thick", "Solidify",
        id="a sheet that falls",
    ),
    pytest.param(
        case(facts={"textures": (Texture("gone.png", (0, 0)),)}), MEND, "The picture gone.png is missing",
        "beside the mesh", id="a missing picture",
    ),
    pytest.param(
        case(facts={"textures": (Texture("../../x.png", (8, 8), True),)}), MEND, "../../x.png lies outside",
        "Pack", id="a picture elsewhere",
    ),
    pytest.param(
        case(facts={"textures": (Texture("big.png", (8192, 4096)),)}), LOOK, "is 8192 x 4096 pixels.",
        "2048 pixels along its longer side: it looks the same here and takes 16 times less", id="a huge picture",
    ),
    pytest.param(
        case(facts={"textures": (Texture("big.png", (16384, 16384)),)}), MEND, "16384 x 16384", "64 times",
        id="a picture that fills the memory",
    ),
    pytest.param(
        case(facts={"textures": (Texture("big.png", (4096, 4096)),)}, seen=Seen(9, (5, 50, 500), 0.1, 60)), LOOK,
        "never seen larger than 60 pixels", "2048", id="a picture too large for what is seen of it",
    ),
    pytest.param(
        case(facts={"textures": (PICTURE,), "has_uvs": False}), MEND, "no UV map", "Smart UV Project", id="no UVs"
    ),
    pytest.param(case({"faces": 500_000}), LOOK, "500,000 triangles.", "ratio of 0.4", id="many faces"),
    pytest.param(case({"faces": 2_000_000}), MEND, "2,000,000 triangles.", "Decimate", id="far too many faces"),
    pytest.param(
        case({"faces": 80_000}, seen=Seen(9, (5, 50, 2000), 0.1, 60)), LOOK,
        "80,000 triangles, but covers 2,000 pixels at most", "about 20,000", id="more faces than pixels",
    ),
    pytest.param(case({"faces": 0}), MEND, "has no faces", "Export it again", id="no faces"),
    pytest.param(case({"licence": " "}), MEND, "names no licence", "mug-blue.toml", id="no licence"),
    pytest.param(case({"licence": "CC-BY-NC-4.0"}), MEND, "forbids commercial use", "another one", id="NC"),
    pytest.param(case({"licence": "CC-BY-ND-4.0"}), MEND, "forbids changed copies", "another one", id="ND"),
    pytest.param(case({"licence": "All rights reserved"}), MEND, "none of the SPDX list", "Ask who", id="no SPDX"),
    pytest.param(case({"licence": "CC-BY-SA-4.0"}), LOOK, "shared under it too", "Keep it only", id="share alike"),
    pytest.param(case({"licence": "LicenseRef-Acme"}), LOOK, "somebody's own", "Read it", id="own terms"),
    pytest.param(case({"source": ""}), MEND, "where it came from", "`source`", id="no source"),
    pytest.param(
        case(others=peers(id="mug-blue")[:1]), MEND, "mugs/0.obj bears the name mug-blue as well", "rename", id="names"
    ),
    pytest.param(
        case(others=peers(id="Mug-Blue")[:1]), MEND, "bears the name", "rename", id="names that differ in case alone"
    ),
    pytest.param(
        case(others=peers(category="Mugs")), LOOK, "'mug' looks like 'Mugs'", "the same way", id="two spellings"
    ),
    pytest.param(
        case(others=peers(sha256="ab")[:1]), MEND, "mug-blue and mug-0 have the same content", "`weight`",
        id="two files with the same content",
    ),
    pytest.param(
        case(others=peers(sha256="ab", scale=2.0)[:1]), LOOK, "but not the same label, scale", "meant",
        id="one content at two scales",
    ),
    pytest.param(
        case({"labelled": ("glaze",)}), MEND, "part 'glaze' is not in mugs/mug-blue.obj, which has: body.",
        "`labelled` in mug-blue.toml", id="a label on nothing",
    ),
    pytest.param(
        case(facts={"notes": ("shows its scene 'a; b' alone; open the other",)}), LOOK, "shows its scene 'a; b' alone.",
        "Open the other.", id="another scene",
    ),
    pytest.param(
        case(facts={"code": ("driver 'x' of location",)}), LOOK, "programs that were not run: driver 'x'", "bake",
        id="a program inside",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("planted", "level", "what", "how"), FAULTS)
def test_a_planted_fault_is_named_with_what_mends_it_and_nothing_else_is_said(planted, level, what, how):
    found = [finding for finding in audit(planted) if finding.level != FINE]
    assert [finding.level for finding in found] == [level]
    assert what in found[0].what
    assert how in found[0].how
    assert verdict(audit(planted)) == level


@pytest.mark.parametrize(
    "fine",
    [
        pytest.param(case(), id="a plain mug"),
        pytest.param(case(others=()), id="the only one of its category"),
        pytest.param(case({"centre_m": (0.06, 0.04, 0.05)}), id="an origin at its corner"),
        pytest.param(
            case({"role": "hand", "category": "", "size_m": (0.2, 0.4, 0.1), "centre_m": (0, 0.2, 0)}),
            id="a hand that points forward",
        ),
        pytest.param(case({"size_m": (0.5, 0.7, 0.0007), "centre_m": (0.0, 0.35, 0.0)}), id="a sheet"),
        pytest.param(case({"licence": "MIT"}), id="an MIT licence"),
        pytest.param(case({"licence": "CC-BY-4.0"}), id="a CC BY licence"),
        pytest.param(case(facts={"textures": (PICTURE,)}), id="a picture with UVs"),
        pytest.param(case(facts={"has_uvs": False}), id="no UVs and no picture"),
        pytest.param(case(facts={"open_edges": 40}), id="open where that does no harm"),
        pytest.param(case(facts={"open_edges": 40}, uses=Uses(("bin",), falls=True)), id="open and falling"),
        pytest.param(case({"faces": 15_000}, seen=Seen(9, (5, 50, 500), 0.1, 30)), id="few faces in few pixels"),
    ],
)  # fmt: skip
def test_what_is_right_is_left_in_peace(fine):
    assert audit(fine) == ()
    assert verdict(audit(fine)) == FINE


def test_a_category_that_no_recipe_shows_is_worth_knowing():
    (found,) = audit(case(uses=Uses()))
    assert found.level == FINE
    assert "No recipe shows the category 'mug'" in found.what


def test_the_worst_comes_first():
    found = audit(case({"licence": ""}, {"code": ("script 'x'",)}, uses=Uses()))
    assert [finding.level for finding in found] == [MEND, LOOK, FINE]


@pytest.mark.parametrize(
    ("metres", "said"),
    [(85.0, "85 m"), (0.125, "12.5 cm"), (0.01, "1 cm"), (0.004, "4 mm"), (0.00044, "0.44 mm"), (0.0, "0 mm")],
)
def test_a_length_is_said_as_people_say_it(metres, said):
    assert length(metres) == said


@pytest.mark.slow
def test_the_entries_of_our_own_assets_have_no_fault():
    catalog, known = read_catalog(ASSETS), read_recipes()
    said = {a.id: audit(Case(a, None, catalog, uses=uses_of(a, None, known))) for a in catalog}
    assert {name: found for name, found in said.items() if verdict(found) != FINE} == {}


@pytest.mark.blender
def test_the_meshes_of_our_own_assets_have_no_fault():
    catalog, known = read_catalog(ASSETS), read_recipes()
    meshes = [asset for asset in catalog if asset.kind == "mesh"]
    found = inspect([path_of(ASSETS, asset) for asset in meshes], [asset.up for asset in meshes])
    said = {a.id: audit(Case(a, f, catalog, uses=uses_of(a, f, known))) for a, f in zip(meshes, found, strict=True)}
    assert {name: findings for name, findings in said.items() if verdict(findings) != FINE} == {}
