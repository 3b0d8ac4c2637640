"""Every entry is held against its file; mending measures anew and touches nothing else."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from render.catalog import ROLES, path_of, read_catalog
from render.mend import mend
from render.stock.licences import forbidden
from render.stock.obj import measure
from render.stock.parts import files_of, fingerprint, maps_of

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
file = "brick.obj"
kind = "mesh"
role = "target"
category = "brick"
licence = "CC0-1.0"
source = "made by hand" # by mine
sha256 = "SHA"
size_m = [2, 3, 0.5]
centre_m = [1, 1.5, 0.25]
faces = 2
labelled = [
    "stone", # the moss is not
]
"""


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "bricks"
    folder.mkdir()
    (folder / "brick.obj").write_text(OBJ, encoding="utf-8")
    (folder / "brick.mtl").write_text("newmtl grey\nKd 0.5 0.5 0.5\nmap_Kd brick.png\n", encoding="utf-8")
    (folder / "brick.png").write_bytes(b"a picture")
    (folder / "brick.toml").write_text(ENTRY.replace("SHA", fingerprint(folder / "brick.obj")), encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_entry_is_called_as_its_file_and_its_path_is_taken_from_there(assets: Path):
    (brick,) = read_catalog(assets)
    assert (brick.id, brick.role, brick.category, brick.labelled) == ("brick", "target", "brick", ("stone",))
    assert (brick.size_m, brick.file, brick.weight, brick.scale) == ((2.0, 3.0, 0.5), "bricks/brick.obj", 1.0, 1.0)
    assert path_of(assets, brick) == assets / "bricks" / "brick.obj"


BAD_ENTRIES = {
    "broken TOML": ('kind = "mesh"', "kind = mesh", "not TOML"),
    "an id": ('kind = "mesh"', 'kind = "mesh"\nid = "x"', "id is a line in it, wanted none"),
    "a key that is none": ("licence =", "licens =", r"asset 'brick'\.licens is not a setting .*'licence'"),
    "a missing key": ('source = "made by hand"', "", "source is missing"),
    "a mistyped value": ("[2, 3, 0.5]", '"large"', "size_m is 'large', wanted a list"),
    "two extents": ("[2, 3, 0.5]", "[2, 3]", "wanted a list of 3"),
    "no licence": ('"CC0-1.0"', '" "', "licence is ' ', wanted an SPDX identifier"),
    "a licence of no list": ('"CC0-1.0"', '"free for all"', "licence is 'free for all', wanted an SPDX identifier"),
    "no source": ('"made by hand"', '""', "source is '', wanted who made it"),
    "an unknown kind": ('"mesh"', '"cloud"', "kind is 'cloud', wanted hdri or mesh or texture"),
    "an unknown role": ('"target"', '"hero"', "role is 'hero', wanted"),
    "a light that is a mesh": ('"target"', '"light"', "role is 'light', wanted another one for a mesh"),
    "a surface that is a mesh": ('"target"', '"surface"', "role is 'surface', wanted another one for a mesh"),
    "a target without category": ('category = "brick"', 'category = ""', "category is '', wanted a name"),
    "a distractor with a category": ('"target"', '"distractor"', "category is 'brick', wanted"),
    "a weight of nothing": ("faces = 2", "faces = 2\nweight = 0", "weight is 0.0, wanted a number above 0"),
    "a scale below nothing": ("faces = 2", "faces = 2\nscale = -1", "scale is -1.0, wanted metres per unit"),
    "an axis that is none": ("faces = 2", 'faces = 2\nup = "x"', "up is 'x', wanted 'z' or 'y'"),
    "a file that is not there": ("brick.obj", "stone.obj", "stone.obj is not there"),
    "a file outside": ('"brick.obj"', '"../brick.obj"', "leaves"),
    "a file of another format": ("brick.obj", "brick.png", "file is 'bricks/brick.png', wanted .glb .gltf .obj"),
    "a folder for a mesh": ('"brick.obj"', '"."', "file is 'bricks', wanted .glb .gltf .obj"),
    "another size": (
        "[2, 3, 0.5]",
        "[2, 3, 0.6]",
        r"size_m of .* is \(2.0, 3.0, 0.5\), the entry says \(2.0, 3.0, 0.6",
    ),
    "another scale": ("faces = 2", "faces = 2\nscale = 0.01", r"size_m of .* is \(0.02, 0.03, 0.005\)"),
    "another axis": ("faces = 2", 'faces = 2\nup = "y"', r"size_m of .* is \(2.0, 0.5, 3.0\)"),
    "another middle": ("[1, 1.5, 0.25]", "[0, 1.5, 0.25]", r"centre_m of .* is \(1.0, 1.5, 0.25\)"),
    "other faces": ("faces = 2", "faces = 3", "faces of bricks/brick.obj is 2, the entry says 3"),
    "a part that is not there": ('"stone"', '"sand"', "part 'sand' is not in bricks/brick.obj, which has stone, moss"),
    "a map that is not in bpy": (
        "brick.obj",
        "bpy:studiolights/world/moon.exr",
        "moon.exr is not in the installed bpy",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_wrong_entry_is_refused_in_one_line_that_names_it(assets: Path, old: str, new: str, message: str):
    edit(assets / "bricks" / "brick.toml", old, new)
    with pytest.raises(InputError, match=message) as refusal:
        read_catalog(assets)
    assert "brick" in str(refusal.value)
    assert "\n" not in str(refusal.value)


BAD_FILES = {
    "no faces": ("brick.obj", "f 1 ", "# 1 ", "no faces"),
    "a vertex that is no number": ("brick.obj", "v 2 0 0", "v 2 none 0", "not three numbers"),
    "a vertex of two numbers": ("brick.obj", "v 2 0 0", "v 2 0", "not three numbers"),
    "no extent": ("brick.obj", "v ", "v 0 0 0 ", "all its faces lie in one point"),
    "a vertex at infinity": ("brick.obj", "v 2 0 0", "v inf 0 0", "all of them finite"),
    "a texture that is not there": ("brick.mtl", "brick.png", "stone.png", "stone.png is not there"),
    "a texture elsewhere": ("brick.mtl", "brick.png", "/home/artist/brick.png", "leaves"),
    "a texture further up": ("brick.mtl", "brick.png", "../brick.png", "leaves"),
    "something else than a texture": ("brick.mtl", "brick.png", "brick.sh", "names brick.sh, wanted a picture"),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_wrong_mesh_is_refused_even_by_mending(assets: Path, file: str, old: str, new: str, message: str):
    edit(assets / "bricks" / file, old, new)
    with pytest.raises(InputError, match=message):
        mend(assets)


def test_an_asset_that_only_dvc_has_says_how_to_get_it(assets: Path):
    (assets / "bricks" / "brick.png").unlink()
    with pytest.raises(InputError, match=r"if brick.png.dvc lies there, run: dvc pull"):
        read_catalog(assets)


def test_two_entries_of_one_name_are_named_both(assets: Path):
    shutil.copytree(assets / "bricks", assets / "stones")
    with pytest.raises(InputError, match=r"stones/brick.toml: .*/bricks/brick.toml has the same name"):
        read_catalog(assets)


def test_what_is_still_being_written_is_no_asset(assets: Path):
    shutil.copytree(assets / "bricks", assets / ".stones.17.part")
    assert [asset.id for asset in read_catalog(assets)] == ["brick"]


def test_an_empty_catalogue_says_how_to_add_an_asset(tmp_path: Path):
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path))}: found no asset there.*admix add"):
        read_catalog(tmp_path)


@pytest.mark.parametrize("name", ["brick.obj", "brick.mtl", "brick.png"])
def test_a_change_of_mesh_material_or_texture_is_seen_and_mending_accepts_it(assets: Path, name: str):
    before = fingerprint(assets / "bricks" / "brick.obj")
    with (assets / "bricks" / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    after = fingerprint(assets / "bricks" / "brick.obj")
    with pytest.raises(InputError, match=f"{after}, wanted {before}.*admix mend"):
        read_catalog(assets)
    mend(assets)
    assert read_catalog(assets)[0].sha256 == after


def test_mending_changes_no_other_line_and_adds_what_is_not_there(assets: Path):
    path = assets / "bricks" / "brick.toml"
    measured = ("sha256", "size_m", "centre_m", "faces")
    good = path.read_text(encoding="utf-8")
    short = "".join(line for line in good.splitlines(True) if not line.startswith(measured))
    path.write_text(short, encoding="utf-8")
    mend(assets)
    mended = path.read_text(encoding="utf-8")
    assert [line for line in mended.splitlines() if not line.startswith(measured)] == short.splitlines()
    (brick,) = read_catalog(assets)
    assert (brick.size_m, brick.centre_m, brick.faces) == ((2.0, 3.0, 0.5), (1.0, 1.5, 0.25), 2)
    mend(assets)
    assert path.read_text(encoding="utf-8") == mended


def test_mending_follows_scale_and_axis(assets: Path):
    edit(assets / "bricks" / "brick.toml", "faces = 2", 'scale = 0.01\nup = "y"')
    mend(assets)
    (brick,) = read_catalog(assets)
    assert (brick.size_m, brick.centre_m) == ((0.02, 0.005, 0.03), (0.01, -0.0025, 0.015))


def test_the_checksum_is_that_of_the_files_one_after_the_other(assets: Path):
    mesh = assets / "bricks" / "brick.obj"
    assert files_of(mesh) == (mesh, mesh.with_name("brick.mtl"), mesh.with_name("brick.png"))
    stream = b"".join(file.read_bytes() for file in files_of(mesh))
    assert fingerprint(mesh) == hashlib.sha256(stream).hexdigest()


TEXTURE_LINES = {
    "a plain one": "map_Kd wood.png",
    "one with a blank in its name": "map_Kd my wood.png",
    "one with options": "map_Bump -bm 0.3 -o 1 1 0 -clamp on wood.png",
    "a bump map under its short name": "  bump wood.png",
}


@pytest.mark.parametrize("line", TEXTURE_LINES.values(), ids=TEXTURE_LINES)
def test_a_texture_is_found_in_its_line(assets: Path, line: str):
    (assets / "bricks" / "brick.mtl").write_text(f"newmtl grey\r\n{line}\r\n", encoding="utf-8")
    name = "my wood.png" if "my" in line else "wood.png"
    assert files_of(assets / "bricks" / "brick.obj")[2:] == (assets / "bricks" / name,)


def test_size_middle_and_faces_are_those_of_the_file(tmp_path: Path):
    mesh = tmp_path / "a.obj"
    text = "v -1 0 2 0.5 0.5 0.5\nvn 9 9 9\nv 3 0 2 1 1 1\nv 3 4 2 1 1 1\nv -1 4 8 1 1 1\nf 1 2 3 4\nf 1//1 2//1 3//1\n"
    mesh.write_text(text, encoding="utf-8")
    found = measure(mesh, "z")
    assert (found.size, found.centre, found.faces, found.parts) == ((4.0, 4.0, 6.0), (1.0, 2.0, 5.0), 3, ())
    assert (measure(mesh, "y").size, measure(mesh, "y").centre) == ((4.0, 6.0, 4.0), (1.0, -5.0, 2.0))


@pytest.mark.parametrize(
    ("written", "lies"),
    [
        pytest.param("tex\\red.png", "tex/red.png", id="backslashes"),
        pytest.param("C:\\Users\\artist\\tex\\red.png", "red.png", id="a path of another machine"),
        pytest.param('"my red.png"', "my red.png", id="quotes"),
        pytest.param(".\\red.png", "red.png", id="a dot"),
    ],
)
def test_a_texture_is_found_by_the_name_that_a_tool_on_windows_gave_it(tmp_path: Path, written: str, lies: str):
    (tmp_path / "a.obj").write_text(f"mtllib .\\a.mtl\n{TRIANGLE}f 1 2 3\n", encoding="utf-8")
    (tmp_path / "a.mtl").write_text(f"newmtl a\nmap_Kd {written}\n", encoding="utf-8")
    (tmp_path / lies).parent.mkdir(exist_ok=True)
    (tmp_path / lies).write_bytes(b"")
    assert files_of(tmp_path / "a.obj") == tuple(tmp_path / name for name in ("a.obj", "a.mtl", lies))


def test_a_name_that_differs_by_capitals_alone_says_what_lies_there(tmp_path: Path):
    (tmp_path / "a.obj").write_text("mtllib a.mtl\n", encoding="utf-8")
    (tmp_path / "a.mtl").write_text("newmtl a\nmap_Kd Red.PNG\n", encoding="utf-8")
    (tmp_path / "red.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"says Red\.PNG, what lies there is red\.png: rename one"):
        files_of(tmp_path / "a.obj")


TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 2 0\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TRIANGLE + "v 0 0 150\nf 1 2 3\n", id="a vertex of no face"),
        pytest.param(TRIANGLE + "v 9 9 9\nv 8 8 8\nl 4 5\nf 1/1 2/2 3/3\n", id="a line"),
        pytest.param("v 9 9 9\n" + TRIANGLE + "f -3 -2//1 -1\nv 7 7 7\n", id="numbers that count back"),
    ],
)
def test_what_no_face_uses_is_no_part_of_the_size(tmp_path: Path, text: str):
    (tmp_path / "a.obj").write_text(text, encoding="utf-8")
    assert measure(tmp_path / "a.obj", "z").size == (1.0, 2.0, 0.0)


def test_indented_and_continued_lines_of_an_obj_count(tmp_path: Path):
    lines = ["o box", "v 0 0 0", "\tv 1 0 0", "  v 0 2 \\", "0", "f 1 2 \\", "3", "  o lid", " v 0 0 3", "  f 1 2 4"]
    (tmp_path / "a.obj").write_text("\n".join(lines), encoding="utf-8")
    found = measure(tmp_path / "a.obj", "z")
    assert (found.size, found.faces, found.parts) == ((1.0, 2.0, 3.0), 2, ("box", "lid"))


@pytest.mark.parametrize("corner", ["4", "0", "-4", "x", "1.5", "9" * 30])
def test_a_face_of_a_vertex_that_is_not_there_is_one_line(tmp_path: Path, corner: str):
    (tmp_path / "a.obj").write_text(f"{TRIANGLE}f 1 2 {corner}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a face names the vertex '.*' of 3; export it again"):
        measure(tmp_path / "a.obj", "z")


def test_faces_without_corners_are_none(tmp_path: Path):
    (tmp_path / "a.obj").write_text(f"{TRIANGLE}f  \n", encoding="utf-8")
    with pytest.raises(InputError, match="this mesh has no faces"):
        measure(tmp_path / "a.obj", "z")


def test_parts_have_the_names_that_blender_gives_them(tmp_path: Path):
    parts = "".join(f"o {letter * 83}\nf 1 2 3\n" for letter in ("a", "\u00e9"))
    (tmp_path / "a.obj").write_text(TRIANGLE + parts, encoding="utf-8")
    assert measure(tmp_path / "a.obj", "z").parts == ("a" * 63, "\u00e9" * 31)


MAPS = {
    "Poly Haven": ["rough_wood_diff_2k.jpg", "rough_wood_nor_gl_2k.exr", "rough_wood_rough_2k.jpg"],
    "ambientCG": ["Bricks075_1K-JPG_Color.jpg", "Bricks075_1K-JPG_NormalGL.jpg", "Bricks075_1K-JPG_Roughness.jpg"],
    "others": ["wall_Base_Color.png", "wall_Normal.png", "wall_Roughness.png"],
}


@pytest.mark.parametrize("names", MAPS.values(), ids=MAPS)
def test_the_pictures_of_a_texture_are_known_by_the_last_word_of_their_names(tmp_path: Path, names: list[str]):
    others = ["rough_wood_disp_2k.png", "a_NormalDX.jpg", "a_nor_dx_2k.exr", "preview.png"]
    for name in (*names, *others):
        (tmp_path / name).write_bytes(b"")
    assert {kind: path.name for kind, path in maps_of(tmp_path).items()} == dict(
        zip(("colour", "normal", "roughness"), names, strict=True)
    )


def test_two_pictures_of_one_kind_are_refused(tmp_path: Path):
    for name in ("oak_diff_1k.png", "oak_diff_2k.png"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"oak_diff_1k.png and oak_diff_2k.png are both its colour"):
        maps_of(tmp_path)


LICENCES = {"CC0-1.0": "", "CC-BY-SA-4.0": "", "MIT": "", "CC-BY-NC-4.0": "commercial", "CC-BY-ND-4.0": "changed"}


@pytest.mark.parametrize(("licence", "word"), LICENCES.items())
def test_a_licence_that_forbids_the_use_is_known(licence: str, word: str):
    assert word in forbidden(licence)
    assert bool(word) == bool(forbidden(licence))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_it", "code", "out"), [(False, 0, "ok: 1 assets\n"), (True, 2, "")], ids=["good", "bad"]
)
@pytest.mark.parametrize("words", [("render.catalog",), ("admix", "mend")], ids=["catalog", "mend"])
def test_the_command_says_ok_or_one_line_with_code_2(
    assets: Path, words: tuple[str, ...], break_it: bool, code: int, out: str
):
    if break_it:
        (assets / "bricks" / "brick.obj").unlink()
    command = [sys.executable, "-m", *words, "--assets", str(assets)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (code, out, int(break_it))


@pytest.mark.slow
def test_our_own_catalogue_holds_and_is_in_the_order_of_its_names():
    entries = read_catalog(ROOT / "assets")
    assert ROLES - {asset.role for asset in entries} <= {"surface"}
    assert {asset.category for asset in entries} >= {"", "balloon", "board", "domino tile"}
    assert [asset.id for asset in entries] == sorted(asset.id for asset in entries)


def test_a_damaged_asset_of_ours_is_found(tmp_path: Path):
    copy = tmp_path / "assets"
    shutil.copytree(ROOT / "assets", copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    texture = copy / "boards" / "board-02-pattern.png"
    texture.write_bytes(texture.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"board-02.toml: boards/board-02.obj has sha256"):
        read_catalog(copy)
