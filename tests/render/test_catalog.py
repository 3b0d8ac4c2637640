import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from render.catalog import ROLES, mend, path_of, read_catalog
from render.obj import fingerprint, materials_of, measure

ROOT = Path(__file__).resolve().parents[2]
OBJ = """mtllib brick.mtl
o stone
v 0 0 0
v 2 0 0
v 2 3 0
v 0 3 0.5
usemtl grey
f 1 2 3
o moss
f 1 3 4
"""
ENTRY = """# bricks
[[asset]]
id = "brick"
kind = "mesh"
role = "target"
category = "brick"
file = "brick.obj"
licence = "CC0-1.0"
source = "made by hand"
sha256 = "SHA"
size_m = [2, 3, 0.5]
labelled = ["stone"]
"""


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "brick.obj").write_text(OBJ, encoding="utf-8")
    (tmp_path / "brick.mtl").write_text("newmtl grey\nKd 0.5 0.5 0.5\nmap_Kd brick.png\n", encoding="utf-8")
    (tmp_path / "brick.png").write_bytes(b"a picture")
    sha256 = fingerprint(tmp_path / "brick.obj")
    (tmp_path / "catalog.toml").write_text(ENTRY.replace("SHA", sha256), encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_entry_is_read_as_it_is_written(assets: Path):
    (brick,) = read_catalog(assets)
    assert (brick.id, brick.role, brick.category, brick.labelled) == ("brick", "target", "brick", ("stone",))
    assert brick.size_m == (2.0, 3.0, 0.5)
    assert path_of(assets, brick) == assets / "brick.obj"


BAD_ENTRIES = {
    "broken TOML": ('id = "brick"', "id = brick", "not TOML"),
    "a key that is none": ("licence =", "licens =", r"asset 'brick'\.licens is not a setting .*'licence'"),
    "a missing key": ('source = "made by hand"\n', "", "source is missing"),
    "a mistyped value": ("[2, 3, 0.5]", '"large"', "size_m is 'large', wanted a list"),
    "two extents": ("[2, 3, 0.5]", "[2, 3]", "wanted a list of 3"),
    "no licence": ('"CC0-1.0"', '" "', "licence is ' ', wanted an SPDX identifier"),
    "no source": ('"made by hand"', '""', "source is '', wanted who made it"),
    "an unknown kind": ('"mesh"', '"cloud"', "kind is 'cloud', wanted hdri or mesh"),
    "an unknown role": ('"target"', '"hero"', "role is 'hero', wanted"),
    "a light that is a mesh": ('"target"', '"light"', "role is 'light', wanted light for an hdri"),
    "a target without category": ('category = "brick"', 'category = ""', "category is '', wanted a name"),
    "a distractor with a category": ('"target"', '"distractor"', "category is 'brick', wanted"),
    "an id with a blank": ('id = "brick"', 'id = "a brick"', "id is 'a brick', wanted lower-case"),
    "a file that is not there": ("brick.obj", "stone.obj", "there is no file"),
    "a file outside": ('"brick.obj"', '"../brick.obj"', "leaves"),
    "a file of another format": ("brick.obj", "brick.png", "wanted .obj"),
    "another size": ("[2, 3, 0.5]", "[2, 3, 0.6]", r"measures \[2.0, 3.0, 0.5\] m, size_m says \[2.0, 3.0, 0.6\]"),
    "a part that is not there": ('["stone"]', '["sand"]', "part 'sand' is not in brick.obj, which has stone, moss"),
    "another table": ("[[asset]]", "[[assets]]", "found assets, wanted"),
    "a map that is not in bpy": (
        "brick.obj",
        "bpy:studiolights/world/moon.exr",
        "moon.exr is not in the installed bpy",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_wrong_entry_is_refused_in_one_line_that_names_it(assets: Path, old: str, new: str, message: str):
    edit(assets / "catalog.toml", old, new)
    with pytest.raises(InputError, match=message) as refusal:
        read_catalog(assets)
    assert str(assets / "catalog.toml") in str(refusal.value)
    assert "\n" not in str(refusal.value)


BAD_FILES = {
    "no faces": ("brick.obj", "f 1 ", "# 1 ", "no faces"),
    "a vertex that is no number": ("brick.obj", "v 2 0 0", "v 2 none 0", "not three numbers"),
    "a vertex at infinity": ("brick.obj", "v 2 0 0", "v inf 0 0", "all of them finite"),
    "a texture that is not there": ("brick.mtl", "brick.png", "stone.png", "stone.png, which is not beside it"),
    "a texture elsewhere": ("brick.mtl", "brick.png", "/home/artist/brick.png", "leaves"),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_wrong_mesh_is_refused_even_by_mending(assets: Path, file: str, old: str, new: str, message: str):
    edit(assets / file, old, new)
    with pytest.raises(InputError, match=message):
        mend(assets)


def test_an_id_may_stand_there_once(assets: Path):
    path = assets / "catalog.toml"
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(InputError, match="'brick' stands there 2 times"):
        read_catalog(assets)


def test_a_missing_catalogue_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "catalog.toml"))):
        read_catalog(tmp_path)


@pytest.mark.parametrize("name", ["brick.obj", "brick.mtl", "brick.png"])
def test_a_change_of_mesh_material_or_texture_is_seen_and_mending_accepts_it(assets: Path, name: str):
    before = fingerprint(assets / "brick.obj")
    with (assets / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    after = fingerprint(assets / "brick.obj")
    with pytest.raises(InputError, match=f"{after}, wanted {before}.*--mend"):
        read_catalog(assets)
    mend(assets)
    assert read_catalog(assets)[0].sha256 == after


def test_mending_changes_no_other_line_and_adds_what_is_not_there(assets: Path):
    path = assets / "catalog.toml"
    good = path.read_text(encoding="utf-8")
    short = "".join(line for line in good.splitlines(True) if not line.startswith(("sha256", "size_m")))
    path.write_text(short, encoding="utf-8")
    mend(assets)
    mended = path.read_text(encoding="utf-8")
    added = ("sha256", "size_m")
    assert [line for line in mended.splitlines() if line and not line.startswith(added)] == short.splitlines()
    assert read_catalog(assets)[0].size_m == (2.0, 3.0, 0.5)
    mend(assets)
    assert path.read_text(encoding="utf-8") == mended


def test_the_checksum_is_that_of_the_files_one_after_the_other(assets: Path):
    mesh = assets / "brick.obj"
    assert materials_of(mesh) == (assets / "brick.mtl", assets / "brick.png")
    stream = b"".join((assets / name).read_bytes() for name in ("brick.obj", "brick.mtl", "brick.png"))
    assert fingerprint(mesh) == hashlib.sha256(stream).hexdigest()


def test_extents_are_those_of_the_vertices(assets: Path):
    assert measure(assets / "brick.obj") == ((2.0, 3.0, 0.5), ("stone", "moss"))


@pytest.mark.parametrize(
    ("break_it", "code", "out"), [(False, 0, "ok: 1 assets\n"), (True, 2, "")], ids=["good", "bad"]
)
def test_the_command_says_ok_or_one_line_with_code_2(assets: Path, break_it: bool, code: int, out: str):
    if break_it:
        (assets / "brick.obj").unlink()
    command = [sys.executable, "-m", "render.catalog", "--assets", str(assets)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (code, out, int(break_it))


def test_our_own_catalogue_holds_and_has_all_roles():
    entries = read_catalog(ROOT / "assets")
    assert {asset.role for asset in entries} == ROLES
    assert {asset.category for asset in entries} == {"", "balloon", "board", "domino tile"}


def test_a_damaged_asset_of_ours_is_found(tmp_path: Path):
    copy = tmp_path / "assets"
    shutil.copytree(ROOT / "assets", copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    texture = copy / "boards" / "board-02-pattern.png"
    texture.write_bytes(texture.read_bytes()[:-1])
    with pytest.raises(InputError, match="asset 'board-02'"):
        read_catalog(copy)
