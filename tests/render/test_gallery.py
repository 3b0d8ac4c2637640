import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import ray
from page_reader import Reader

from dataset.records import RENDER, Instance, Sample, write_manifest
from pipeline.engine import HELD
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_text
from render.audit.appearances import manifests, read_seen
from render.audit.darkroom import Portrait, image_name, masked, names_of, take, tidy, webp
from render.audit.finding import LOOK, MEND, Case, Finding, Seen, Uses
from render.audit.page import Card, page
from render.audit.turntable import views_of
from render.catalog import Asset
from render.entries import Entry, read_entries, strays
from render.gallery import main, verdict
from render.shoot import Shoot
from render.stock.facts import Facts, Texture

EVIL = '<script>alert("x")</script>'
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SETTINGS = Shoot(workers=1, min_area_px=1, min_visible=0.0, limit_s=60.0, shard=10, store=None)
CUBE = """o body
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
f 4 3 2 1
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""
TOML = 'file = "{}.obj"\nkind = "mesh"\nrole = "target"\ncategory = "box"\nlicence = "{}"\nsource = "Ada"\n'


def asset(name: str, category: str = "mug", **changes) -> Asset:
    role = "target" if category else "distractor"
    plain = {"category": category, "size_m": (0.1, 0.1, 0.1), "faces": 12}
    return Asset(name, "mesh", role, f"{name}.obj", "CC0-1.0", "Ada", **(plain | changes))


def card(folder: Path, made: Asset, findings: tuple[Finding, ...] = (), seen: Seen = Seen(0)) -> Card:  # noqa: B008
    facts = Facts(made.size_m, made.centre_m, 12, (), (), (Texture(f"{EVIL}.png", (8, 8)),), True, 0, 0, 0.0, (), 1.0)
    case = Case(made, facts, (made,), seen, Uses(("tabletop",)))
    views = tuple(views_of(made))
    for name in {name for view in views for name in names_of(view)}:
        write_bytes(folder / name, webp(np.full((160, 160, 3), 90, np.uint8)))
    return Card(Entry(f"{made.id}.toml", made, None), case, findings, verdict(findings), views)


def cards(folder: Path) -> list[Card]:
    mend, look = Finding(MEND, f"Wrong {EVIL}.", f"Do {EVIL}."), Finding(LOOK, "Odd.", "Look.")
    return [
        card(folder, asset("mug-blue"), seen=Seen(3, (10, 200, 4000), 0.05, 70)),
        card(folder, asset("mug-red", size_m=(0.2, 0.2, 0.2)), (look,)),
        card(folder, asset("book", ""), (mend,)),
        Card(Entry(f"{EVIL}.toml", None, None), None, (mend,), MEND, ()),
    ]


def test_the_page_opens_with_the_answer_and_shows_the_worst_first(tmp_path):
    read = Reader(page(cards(tmp_path), tmp_path, 40, ["a note"]))
    assert "Of 4 assets 2 must be mended and 1 wants a look." in read.text
    shown = [attrs["data-name"] for tag, attrs in read.tags if tag == "article"]
    assert shown == ["book", Path(EVIL).stem, "mug-red", "mug-blue"]


@pytest.mark.parametrize(
    ("some", "said"),
    [
        pytest.param([], "There is no asset yet.", id="none"),
        pytest.param([0], "The one asset is fine.", id="one"),
        pytest.param([0, 0], "All 2 assets are fine.", id="all fine"),
        pytest.param([0, 2], "Of 2 assets 1 must be mended.", id="one to mend"),
    ],
)
def test_the_answer_counts(tmp_path, some, said):
    made = cards(tmp_path)
    assert said in Reader(page([made[k] for k in some], tmp_path, 0, [])).text


def test_facts_licence_recipes_and_renders_are_on_the_card(tmp_path):
    text = " ".join(Reader(page(cards(tmp_path)[:1], tmp_path, 40, [])).text.split())
    for words in ("10 cm x 10 cm x 10 cm", "12 triangles, closed", "CC0-1.0", "Ada", "mug: all of it", "tabletop",
                  "in 3 of 40", "5.0% of the picture or 200 px (median); from 10 to 4,000 px"):  # fmt: skip
        assert words in text


def test_names_are_text_and_never_markup(tmp_path):
    read = Reader(page(cards(tmp_path), tmp_path, 0, [EVIL]))
    assert [tag for tag, _ in read.tags].count("script") == 1  # the page's own
    assert f"Wrong {EVIL}." in read.text


def test_the_page_asks_for_nothing_but_itself(tmp_path):
    read = Reader(page(cards(tmp_path), tmp_path, 0, []))
    asked = [value for _, attrs in read.tags for key, value in attrs.items() if key in {"src", "href"}]
    assert asked
    assert all(value.startswith("data:image/webp;base64,") for value in asked)


def test_every_picture_has_words_and_a_target_has_a_mask(tmp_path):
    read = Reader(page(cards(tmp_path), tmp_path, 0, []))
    alts = [attrs["alt"] for tag, attrs in read.tags if tag == "img"]
    assert len(alts) == 9 + 9 + 8
    assert all(alts)
    assert alts.count("mug-blue, what is labelled") == 1
    assert not any(alt == "book, what is labelled" for alt in alts)
    assert "no label" in read.text


def test_pictures_that_are_there_are_not_taken_again(tmp_path):
    HELD.end()
    made = card(tmp_path, asset("mug"))
    assert take([Portrait(view, {}) for view in made.views], tmp_path, tmp_path, 1, 60.0) == {}
    assert not ray.is_initialized()


def test_pictures_of_what_is_gone_are_removed(tmp_path):
    stays, goes = (card(tmp_path, asset(name)) for name in ("mug", "cup"))
    tidy(tmp_path, stays.views)
    assert {path.name for path in tmp_path.glob("*")} == {name for view in stays.views for name in names_of(view)}
    assert not (tmp_path / image_name(goes.views[0])).exists()


def test_a_changed_file_or_label_makes_other_pictures_and_another_weight_does_not():
    first = [view.scene.id for view in views_of(asset("mug", sha256="a"))]
    assert first == [view.scene.id for view in views_of(asset("mug", sha256="a", weight=2.0))]
    for changed in (asset("mug", sha256="b"), asset("mug", "cup", sha256="a")):
        assert not set(first) & {view.scene.id for view in views_of(changed)}


def test_a_mask_is_in_colour_and_the_rest_is_grey():
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    drawn = masked(np.full((4, 4, 3), 100, np.uint8), mask)
    coloured = drawn.max(axis=2) != drawn.min(axis=2)
    assert (coloured == mask).all()
    assert (drawn[~mask] == 35).all()


def test_how_large_an_asset_appears_is_counted_over_all_renders(tmp_path):
    def sample(name, areas):
        boxes = tuple(Instance("mug", k, (0, 0, 5, area // 5), area, 1.0, "mug") for k, area in enumerate(areas, 1))
        return Sample(name, RENDER, "i", "m", (10, 10), boxes, "tabletop", "CC0-1.0", "", ("book", "mug"))

    write_manifest(tmp_path / "a" / "renders" / "samples.jsonl", [sample("1", [10, 20]), sample("2", [])])
    write_manifest(tmp_path / "b" / "renders" / "samples.jsonl", [sample("3", [50])])
    write_text(tmp_path / "c" / "renders" / "samples.jsonl", "nonsense\n")
    seen, count, problems = read_seen(manifests(tmp_path))
    assert seen == {"book": Seen(3), "mug": Seen(3, (10, 20, 50), 0.2, 10)}
    assert count == 3
    assert len(problems) == 1
    assert "not a sample" in problems[0]


def broken_assets(folder: Path) -> Path:
    """Assets none of which can be rendered."""
    write_text(folder / "a" / "torn.toml", "licence = \n")
    write_text(folder / "a" / "gone.toml", TOML.format("gone", "CC0-1.0"))
    write_text(folder / "b" / "away.toml", TOML.format("../../away", "MIT"))
    write_text(folder / "b" / "stray.obj", CUBE)
    return folder


def test_a_catalogue_of_nothing_but_mistakes_still_gives_a_page(tmp_path, capsys):
    assets, out = broken_assets(tmp_path / "assets"), tmp_path / "reports" / "assets.html"
    with pytest.raises(SystemExit) as end:
        main(SETTINGS, assets, tmp_path / "data", out)
    assert end.value.code == 2
    text = Reader(out.read_text(encoding="utf-8")).text
    for words in ("torn", "not TOML", "gone.obj is not there", "leaves", "b/stray.obj belongs to no asset yet"):
        assert words in text
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["a/gone.toml", "a/torn.toml", "b/away.toml", "assets"]
    assert lines[-1] == f"assets: 3, 3 to mend; the page is {out}"


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        read_entries(tmp_path / "assets")


def test_files_that_belong_to_an_asset_are_no_strays(tmp_path):
    assets = broken_assets(tmp_path)
    write_text(assets / "b" / "stray.toml", TOML.format("stray", "MIT"))
    assert strays(assets, read_entries(assets)) == []


def browsed(text: str, folder: Path, width: int, script: str) -> str:
    """Return the title of the page after it ran in a browser with `script` at its end; errors are gathered before."""
    before = (
        "<script>window.faults = [];"
        "addEventListener('error', e => faults.push(e.message || 'load'), true);"
        "addEventListener('securitypolicyviolation', e => faults.push(e.violatedDirective));"
        "for (const k of ['error', 'warn']) console[k] = m => faults.push(m);</script>"
    )
    path = folder / "shown.html"
    path.write_text(text.replace("<title>", before + "<title>", 1) + f"<script>{script}</script>", encoding="utf-8")
    switches = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    quiet = f"--disable-component-update --disable-sync --window-size={width},900 --user-data-dir={folder / 'profile'}"
    command = [CHROMIUM, *switches.split(), *quiet.split(), "--dump-dom", f"file://{path}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return re.search(r"<title>(.*?)</title>", shown, re.DOTALL).group(1)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_in_a_browser_the_page_filters_sorts_and_enlarges_without_an_error_or_a_request(tmp_path):
    script = """
      const shown = () => all.filter(card => !card.hidden).map(card => card.dataset.name).join(" ");
      const set = (id, value, kind) => {
        get(id).value = value; get(id).dispatchEvent(new Event(kind, {bubbles: true})); };
      const said = [all.length];
      set("find", "MUG red", "input"); said.push(shown());
      set("find", "", "input"); set("verdict", "fine", "input"); said.push(shown());
      set("verdict", "", "input"); set("group", "mug", "input"); said.push(shown(), get("count").textContent);
      set("group", "", "input"); set("sort", "size", "change"); said.push(get("cards").firstElementChild.dataset.name);
      const card = all.find(card => card.dataset.name === "mug-red"), large = card.querySelector("figure img");
      card.querySelector("button").click(); said.push(large.alt);
      dispatchEvent(new Event("blur")); document.dispatchEvent(new KeyboardEvent("keydown", {key: "/"}));
      said.push(document.activeElement.id);
      const asked = performance.getEntriesByType("resource").filter(e => !e.name.startsWith("data:"));
      const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      document.title = [...said, asked.length, wide, ...faults].join(" | ");
    """
    title = browsed(page(cards(tmp_path), tmp_path, 40, []), tmp_path, 500, script)
    first = "4 | mug-red | mug-blue | mug-red mug-blue | 2 of 4 shown | mug-red"
    assert title == f"{first} | mug-red, front right, daylight | find | 0 | 0"


@pytest.mark.blender
@pytest.mark.slow
def test_make_assets_renders_once_and_afterwards_only_what_changed(tmp_path, capsys):
    assets, data, out = tmp_path / "assets", tmp_path / "data", tmp_path / "assets.html"
    for name, licence in (("nc", "CC-BY-NC-4.0"), ("fine", "MIT")):
        write_text(assets / f"{name}.obj", f"# {name}\n{CUBE}")
        write_text(assets / f"{name}.toml", TOML.format(name, licence))
    for _ in range(2):
        with pytest.raises(SystemExit):
            main(SETTINGS, assets, data, out)
    times = {path: path.stat().st_mtime_ns for path in data.glob("turntables/*.webp")}
    read = Reader(out.read_text(encoding="utf-8"))
    assert len(times) == sum(tag == "img" for tag, _ in read.tags) == 2 * 9
    assert "CC-BY-NC-4.0, forbids commercial use" in read.text
    assert "CC-BY-NC-4.0, forbids commercial use" in capsys.readouterr().out

    write_text(assets / "fine.obj", f"# changed\n{CUBE}")
    with pytest.raises(SystemExit):
        main(SETTINGS, assets, data, out)
    after = {path: path.stat().st_mtime_ns for path in data.glob("turntables/*.webp")}
    assert len(after) == 2 * 9
    assert len(after.items() & times.items()) == 9  # those of the asset that stayed as it was


SPOILT = {  # name -> what its file holds; each by itself once ended the look at all others
    "deep.gltf": b'{"a":' * 5000,
    "torn.glb": b"glTF\x02\x00\x00\x00",
    "torn.blend": b"BLENDER-v402" + bytes(50),
    "elsewhere.obj": b"mtllib ../../secret.mtl\n" + CUBE.encode(),
    "nul.obj": b"mtllib a\0b.mtl\n" + CUBE.encode(),
    "long.obj": b"mtllib " + b"x" * 5000 + b"\n" + CUBE.encode(),
    "flat.usda": b"#usda 1.0\n\xff(",
    "outside.usda": b'#usda 1.0\ndef "x" (\n    prepend references = @../../secret.usda@\n)\n{\n}\n',
    "letters.ply": b"ply\nformat ascii 1.0\nelement vertex -5\nend_header\n",
    "empty.stl": b"",
}


@pytest.mark.blender
@pytest.mark.slow
def test_assets_that_cannot_be_read_end_the_look_at_no_other(tmp_path, capsys):
    assets, data, out = tmp_path / "assets", tmp_path / "data", tmp_path / "assets.html"
    write_text(assets / "fine.obj", CUBE)
    write_text(assets / "fine.toml", TOML.format("fine", "MIT"))
    for name, content in SPOILT.items():
        write_bytes(assets / name, content)
        text = TOML.format("x", "MIT").replace("x.obj", name)
        write_text(assets / f"{name.replace('.', '-')}.toml", text)
    for name, line in (("nul", '"a\\u0000b.obj"'), ("list", "[1]"), ("far", f'"{"../" * 400}x.obj"')):
        write_text(assets / f"{name}.toml", TOML.format("x", "MIT").replace('"x.obj"', line))
    write_text(assets / "nested.toml", "file = " + "[" * 5000)
    (assets / "folder.toml").mkdir()
    with pytest.raises(SystemExit) as end:
        main(SETTINGS, assets, data, out)
    assert end.value.code == 2
    read = Reader(out.read_text(encoding="utf-8"))
    shown = [attrs["data-name"] for tag, attrs in read.tags if tag == "article"]
    assert len(shown) == 1 + len(SPOILT) + 5
    pictures = [attrs["alt"] for tag, attrs in read.tags if tag == "img"]
    assert len([alt for alt in pictures if alt.startswith("fine,")]) == 9
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(f"assets: {len(shown)}, {len(shown)} to mend")  # fine.toml is not filled in yet
    assert "Traceback" not in read.text
