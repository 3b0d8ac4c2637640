"""What an artist hands in lies in the catalogue afterwards, whole and measured, or not at all."""

import dataclasses
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import InputError
from render.add import Order, add, assets_in, assumptions, name_of, slug
from render.arrival import Content, pictures_named
from render.catalog import Asset, read_catalog
from render.stock.obj import MeshMeasures
from render.stock.parts import files_of
from render.stock.storage import LARGE_BYTES

ROOT = Path(__file__).resolve().parents[2]
SCANS = ROOT.parent / "shared" / "meshes"
SCANNED = {  # size in cm by the vertices, as a caliper would find it
    "006_mustard_bottle": (9.7, 6.7, 19.1),
    "011_banana": (10.9, 17.8, 3.7),
    "025_mug": (11.7, 9.3, 8.1),
}
TRIANGLE = "o tip\nv 0 0 0\nv {0} 0 0\nv 0 {0} 0\nf 1 2 3\n"


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    return folder


def order(path: Path, assets: Path, **others: object) -> Order:
    plain = Order(path, assets, "CC-BY-4.0", "Ada Example", category="mug")
    return dataclasses.replace(plain, **others)  # type: ignore[arg-type]


def only(assets: Path) -> Asset:
    (asset,) = read_catalog(assets)
    return asset


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def obj(path: Path, side: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TRIANGLE.format(side), encoding="utf-8")
    return path


def textured(folder: Path) -> Path:
    """Write an OBJ with MTL and texture into a folder."""
    mesh = obj(folder / "mug.obj")
    mesh.write_text("mtllib mug.mtl\n" + TRIANGLE.format(0.1), encoding="utf-8")
    (folder / "mug.mtl").write_text("newmtl blue\nmap_Kd tex/blue.png\n", encoding="utf-8")
    (folder / "tex").mkdir()
    Image.new("RGB", (4, 4), "blue").save(folder / "tex" / "blue.png")
    return mesh


def packed(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in files_in(folder):
            file.write(folder / name, name)
    return archive


@pytest.mark.parametrize("name", SCANNED)
def test_a_scan_is_added_as_it_was_handed_in(assets: Path, name: str):
    if not SCANS.is_dir():
        pytest.skip(f"no scanned meshes in {SCANS}")
    said = add(order(SCANS / name, assets, category="food"))
    asset, place = only(assets), assets / "food" / slug(name)
    assert asset.id == slug(name)
    assert tuple(round(100 * extent, 1) for extent in asset.size_m) == SCANNED[name]
    assert (asset.faces, asset.scale, asset.licence, asset.role) == (16384, 1.0, "CC-BY-4.0", "target")
    assert files_in(place) == sorted([
        "texture_map.jpg",
        "textured.mtl",
        *(f"{slug(name)}{suffix}" for suffix in (".obj", ".toml")),
    ])
    assert "cm, 16384 faces, 1 texture" in said[0]
    assert "taken as metres; add --unit cm --replace" in said[1]


def test_a_mesh_brings_what_it_names_and_nothing_else(assets: Path, tmp_path: Path):
    mesh = textured(tmp_path / "in")
    (tmp_path / "in" / "notes.txt").write_text("private", encoding="utf-8")
    add(order(mesh, assets, weight=2.5, labelled=("tip",)))
    assert files_in(assets) == [f"mug/mug/{name}" for name in ("mug.mtl", "mug.obj", "mug.toml", "tex/blue.png")]
    assert (only(assets).weight, only(assets).labelled) == (2.5, ("tip",))


def test_folder_and_archive_give_the_same_asset(assets: Path, tmp_path: Path):
    textured(tmp_path / "in" / "inner")
    add(order(tmp_path / "in", assets, id="one"))
    first = only(assets)
    (tmp_path / "other").mkdir()
    archive = packed(tmp_path / "mug.ZIP", tmp_path / "in")
    add(order(archive, tmp_path / "other", id="one"))
    assert only(tmp_path / "other") == first


def test_a_gltf_brings_its_buffer_and_pictures(tmp_path: Path):
    for name in ("tri angle.bin", "blue.png"):
        (tmp_path / name).write_bytes(b"\0")
    uris = {"buffers": [{"uri": "tri%20angle.bin"}], "images": [{"uri": "blue.png"}, {"uri": "data:image/png;base64,"}]}
    (tmp_path / "a.gltf").write_text(json.dumps(uris), encoding="utf-8")
    assert [path.name for path in files_of(tmp_path / "a.gltf")] == ["a.gltf", "tri angle.bin", "blue.png"]


UNITS = {
    "a mug in metres": ("a.obj", 0.1, 1.0, "taken as metres; add --unit cm"),
    "a car in metres": ("a.obj", 4.5, 1.0, "taken as metres"),
    "a box in centimetres": ("a.obj", 30, 0.01, "taken as centimetres; add --unit m "),
    "a mug in millimetres": ("a.obj", 120, 0.001, "taken as millimetres; add --unit m "),
}


@pytest.mark.parametrize(("name", "side", "scale", "message"), UNITS.values(), ids=UNITS)
def test_the_unit_is_guessed_and_said(assets: Path, tmp_path: Path, name: str, side: float, scale: float, message: str):
    said = add(order(obj(tmp_path / name, side), assets))
    assert only(assets).scale == scale
    assert only(assets).size_m == pytest.approx((side * scale, side * scale, 0))
    assert message in said[1]


def test_a_unit_and_an_axis_that_are_given_are_not_guessed(assets: Path, tmp_path: Path):
    said = add(order(obj(tmp_path / "a.obj", 85), assets, unit="mm", up="y"))
    assert only(assets).size_m == (0.085, 0.0, 0.085)
    assert len(said) == 2


NAMES = {"My Mug (2)": "my-mug-2", "Tasse_für Ute": "tasse-fur-ute", "a--b": "a-b", "茶杯": ""}


@pytest.mark.parametrize(("name", "safe"), NAMES.items())
def test_a_name_is_made_safe(name: str, safe: str):
    assert slug(name) == safe


def test_an_asset_without_a_category_is_a_distractor(assets: Path, tmp_path: Path):
    add(order(obj(tmp_path / "My Mug (2).OBJ"), assets, category=""))
    assert (only(assets).role, only(assets).file) == ("distractor", "distractors/my-mug-2/my-mug-2.obj")


def test_a_texture_folder_is_a_surface_with_its_three_pictures(assets: Path, tmp_path: Path):
    folder = tmp_path / "oak"
    folder.mkdir()
    for name in ("oak_diff_1k", "oak_nor_gl_1k", "oak_rough_1k", "oak_disp_1k"):
        Image.new("RGB", (8, 4)).save(folder / f"{name}.png")
    said = add(order(folder, assets, category=""))
    assert (only(assets).kind, only(assets).role, only(assets).file) == ("texture", "surface", "surfaces/oak/maps")
    assert len(files_in(assets / "surfaces" / "oak" / "maps")) == 3
    assert "colour 8 x 4, normal 8 x 4, roughness 8 x 4" in said[0]


def test_an_environment_map_is_a_light(assets: Path, tmp_path: Path):
    path = tmp_path / "sky.hdr"
    path.write_bytes(b"#?RADIANCE\n")
    add(order(path, assets, category=""))
    assert (only(assets).kind, only(assets).role, only(assets).file) == ("hdri", "light", "lights/sky/sky.hdr")


def two_meshes(folder: Path) -> Path:
    obj(folder / "a.obj")
    return obj(folder / "b.obj").parent


def fake_map(folder: Path) -> Path:
    (folder / "sky.exr").write_bytes(b"GIF89a")
    return folder / "sky.exr"


def naming(folder: Path, line: str) -> Path:
    mesh = obj(folder / "a.obj")
    mesh.write_text(f"mtllib {line}\n" + TRIANGLE.format(1), encoding="utf-8")
    return mesh


def gltf(folder: Path, uri: str) -> Path:
    (folder / "a.gltf").write_text(json.dumps({"buffers": [{"uri": uri}]}), encoding="utf-8")
    return folder / "a.gltf"


def binary_gltf(folder: Path, uri: str) -> Path:
    text = json.dumps({"images": [{"uri": uri}]}).encode()
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text)).to_bytes(4, "little")
    (folder / "a.glb").write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text)
    return folder / "a.glb"


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


REFUSED = {
    "nothing there": (lambda f: f / "mug.glb", {}, "there is no such file"),
    "a licence of no list": (lambda f: obj(f / "a.obj"), {"licence": "none"}, "licence is 'none', wanted an SPDX"),
    "no commerce": (lambda f: obj(f / "a.obj"), {"licence": "CC-BY-NC-4.0"}, "forbids commercial use"),
    "no changes": (lambda f: obj(f / "a.obj"), {"licence": "CC-BY-ND-4.0"}, "forbids changed copies"),
    "no source": (lambda f: obj(f / "a.obj"), {"source": " "}, "source is ' ', wanted"),
    "a blank category": (lambda f: obj(f / "a.obj"), {"category": " "}, "--category: ' ' is blank, wanted a name"),
    "a name with a path in it": (lambda f: obj(f / "a.obj"), {"id": "../a"}, "id is '../a', wanted lower-case"),
    "a name without letters": (lambda f: obj(f / "茶.obj"), {}, "no letter from a to z .* give it one with --name"),
    "a mesh as a light": (lambda f: obj(f / "a.obj"), {"role": "light", "category": ""}, "role is 'light'"),
    "a part that is not there": (lambda f: obj(f / "a.obj"), {"labelled": ("lid",)}, "'lid' is not in a.obj, .* tip"),
    "an unknown format": (lambda f: written(f / "a.max", b"x"), {}, "found a .max file, wanted .glb"),
    "two meshes": (two_meshes, {}, r"holds 2 meshes \(a.obj, b.obj\); add the one"),
    "an empty folder": (lambda f: f, {}, "no picture's name ends in _color"),
    "an environment map that is none": (fake_map, {"category": ""}, "no .exr picture inside"),
    "no faces": (lambda f: written(f / "a.obj", b"v 0 0 0\n"), {}, "no faces"),
    "a material that is missing": (lambda f: naming(f, "a.mtl"), {}, "a.mtl is not there"),
    "a material elsewhere": (lambda f: naming(f, "../../secret.mtl"), {}, "leaves"),
    "a material that is no material": (lambda f: naming(f, ".bashrc"), {}, "wanted a picture, .mtl"),
    "a buffer elsewhere": (lambda f: gltf(f, "../secret.bin"), {}, "leaves"),
    "a buffer elsewhere, in disguise": (lambda f: gltf(f, "%2e%2e/secret.bin"), {}, "leaves"),
    "a buffer on the web": (lambda f: gltf(f, "https://example.com/a.bin"), {}, "which is no file beside it"),
    "a buffer by its address": (lambda f: gltf(f, "file:///etc/passwd"), {}, "which is no file beside it"),
    "a DVC file as a buffer": (lambda f: gltf(f, "a.dvc"), {}, "names a.dvc, wanted a picture"),
    "a picture outside a GLB": (lambda f: binary_gltf(f, "../secret.png"), {}, "leaves"),
    "a GLB that is cut off": (lambda f: written(f / "a.glb", b"glTF\2\0\0\0"), {}, "no whole glTF file"),
    "a glTF that is a list": (lambda f: written(f / "a.gltf", b"[]"), {}, "no whole glTF file"),
    "an archive that is none": (lambda f: written(f / "a.zip", b"x"), {}, "no .zip archive that can be read"),
}


@pytest.mark.parametrize(("make", "others", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_refused_in_one_line_and_nothing_is_written(
    assets: Path, tmp_path: Path, make, others, message: str
):
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match=message) as refusal:
        add(order(make(tmp_path / "in"), assets, **others))
    assert "\n" not in str(refusal.value)
    assert files_in(assets) == []


def test_a_name_that_is_taken_is_refused_and_named(assets: Path, tmp_path: Path):
    add(order(obj(tmp_path / "a.obj", 0.1), assets))
    with pytest.raises(InputError, match=r"mug/a/a.toml has the name 'a' already"):
        add(order(obj(tmp_path / "a.obj", 0.2), assets, category="cup"))


def test_the_same_content_is_refused_and_named(assets: Path, tmp_path: Path):
    add(order(obj(tmp_path / "a.obj"), assets))
    before = files_in(assets)
    with pytest.raises(InputError, match=r"mug/a/a.toml holds the very same files"):
        add(order(obj(tmp_path / "b.obj"), assets))
    assert files_in(assets) == before


def test_a_folder_of_somebody_else_is_left_alone(assets: Path, tmp_path: Path):
    (assets / "mug" / "a").mkdir(parents=True)
    (assets / "mug" / "a" / "work.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is there already; choose another name"):
        add(order(obj(tmp_path / "a.obj"), assets, replace=True))
    assert files_in(assets) == ["mug/a/work.txt"]


def test_an_asset_that_is_added_again_takes_the_place_of_the_first(assets: Path, tmp_path: Path):
    mesh = textured(tmp_path / "in")
    add(order(mesh, assets))
    add(order(mesh, assets, unit="cm", replace=True))
    assert only(assets).scale == 0.01
    add(order(obj(mesh), assets, replace=True))
    assert files_in(assets) == ["mug/mug/mug.obj", "mug/mug/mug.toml"]


def run(*command: object, cwd: Path) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=True).stdout


def git(*words: object, cwd: Path) -> str:
    return run("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words, cwd=cwd)


def test_two_artists_who_add_at_once_merge_without_a_conflict(assets: Path, tmp_path: Path):
    git("init", "-q", "-b", "main", cwd=tmp_path)
    add(order(obj(tmp_path / "in" / "cup.obj", 0.1), assets))
    git("add", "assets", cwd=tmp_path)
    git("commit", "-qm", "a cup", cwd=tmp_path)
    for name, side in (("ann", 0.2), ("ben", 0.3)):
        git("checkout", "-qb", name, "main", cwd=tmp_path)
        add(order(obj(tmp_path / "in" / f"{name}.obj", side), assets))
        git("add", "assets", cwd=tmp_path)
        git("commit", "-qm", name, cwd=tmp_path)
    git("merge", "-q", "--no-edit", "ann", cwd=tmp_path)
    assert [asset.id for asset in read_catalog(assets)] == ["ann", "ben", "cup"]


def large_texture(folder: Path) -> Path:
    """A mesh with a texture of more than LARGE_BYTES, and more than that of text."""
    mesh = textured(folder)
    pixels = np.random.default_rng(1).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "tex" / "blue.png")
    mesh.write_text(mesh.read_text(encoding="utf-8") + "# text\n" * (LARGE_BYTES // 7 + 1), encoding="utf-8")
    return mesh


@pytest.mark.slow
def test_a_large_texture_goes_under_dvc_and_text_does_not(assets: Path, tmp_path: Path):
    git("init", "-q", cwd=tmp_path)
    dvc = (sys.executable, "-m", "dvc")
    run(*dvc, "init", "-q", cwd=tmp_path)
    stage = "stages: {plan: {cmd: cat assets/mug/mug/mug.toml > plan, deps: [assets], outs: [plan]}}\n"
    (tmp_path / "dvc.yaml").write_text(stage, encoding="utf-8")
    said = add(order(large_texture(tmp_path / "in"), assets))
    tex = assets / "mug" / "mug" / "tex"
    assert files_in(tex) == [".gitignore", "blue.png", "blue.png.dvc"]
    assert any("under DVC, being large: blue.png" in line for line in said)
    git("add", "assets", cwd=tmp_path)
    tracked = git("ls-files", "assets", cwd=tmp_path)
    assert "mug.obj" in tracked
    assert "blue.png\n" not in tracked
    run(*dvc, "repro", "-q", cwd=tmp_path)
    assert "up to date" in run(*dvc, "status", cwd=tmp_path)
    (tex / "blue.png").unlink()
    with pytest.raises(InputError, match="run: dvc pull"):
        read_catalog(assets)
    run(*dvc, "checkout", "-q", cwd=tmp_path)
    assert only(assets).id == "mug"


def test_without_a_dvc_project_a_large_texture_is_named_and_kept(assets: Path, tmp_path: Path):
    said = add(order(large_texture(tmp_path / "in"), assets))
    assert any("not under DVC" in line and "blue.png" in line for line in said)
    assert only(assets).id == "mug"


def test_the_command_says_where_it_lies_and_what_comes_next(assets: Path, tmp_path: Path):
    words = [obj(tmp_path / "a.obj"), "--category", " mug ", "--licence", "mit", "--source", "Ada", "--labelled", "tip"]
    said = run(sys.executable, "-m", "admix", "add", *words, "--assets", assets, cwd=ROOT).splitlines()
    assert said[0] == f"a lies in {assets}/mug/a: 10.0 x 10.0 x 0.0 cm, 1 face, 0 textures"
    assert said[-1] == f"next: make assets, then git add {assets}/mug/a"
    assert (only(assets).category, only(assets).licence, only(assets).labelled) == ("mug", "MIT", ("tip",))


def test_the_command_refuses_in_one_line_with_code_2(assets: Path, tmp_path: Path):
    words = ["-m", "admix", "add", tmp_path / "no.glb", "--licence", "MIT", "--source", "Ada", "--assets", assets]
    ended = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("mug.obj", "mug", id="the file's own"),
        pytest.param("025_mug/textured.obj", "025-mug", id="of its folder"),
        pytest.param("025_mug/google_16k/textured.obj", "025-mug", id="of the folder above"),
        pytest.param("My Mug/scene.gltf", "my-mug", id="of a folder with a space"),
        pytest.param("Downloads/model.obj", "model", id="no folder says more"),
        pytest.param("025_mug", "025-mug", id="a folder's own"),
        pytest.param("025_mug/meshes", "025-mug", id="a folder in a folder"),
    ],
)
def test_an_asset_is_called_by_the_nearest_name_that_says_something(tmp_path: Path, path: str, name: str):
    place = tmp_path / path
    (place if "." not in path else place.parent).mkdir(parents=True, exist_ok=True)
    if "." in path:
        place.touch()
    assert name_of(place) == name


def test_what_is_called_after_its_folder_says_so_and_how_to_choose(assets: Path, tmp_path: Path):
    said = add(order(obj(tmp_path / "025_mug" / "textured.obj"), assets))
    assert only(assets).id == "025-mug"
    assert "is called 025-mug after its folder; --name chooses another name" in said


def test_folders_of_assets_are_told_from_an_asset_in_folders(tmp_path: Path):
    for name in ("b/textured.obj", "a/meshes/x.obj", "notes/read.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in assets_in(tmp_path)] == ["a", "b"]
    assert assets_in(tmp_path / "a") == [tmp_path / "a"]
    (tmp_path / "one.obj").touch()
    assert assets_in(tmp_path) == [tmp_path]


def test_a_picture_that_a_ply_names_is_said_not_to_be_shown(assets: Path, tmp_path: Path):
    mesh = tmp_path / "box.ply"
    mesh.write_bytes(
        b"ply\nformat binary_little_endian 1.0\ncomment made by hand\ncomment TextureFile my red.png\n"
        b"element vertex 3\nend_header\n\xff\xfecomment TextureFile not.png\n"
    )
    assert pictures_named(mesh) == ("my red.png",)
    assert pictures_named(obj(tmp_path / "box.obj")) == ()
    measured = MeshMeasures((0.1, 0.1, 0.1), (0.0, 0.0, 0.0), 12, ())
    said = assumptions(order(mesh, assets), "box.ply", Content(measured, 0.0, (), 0, (), ("my red.png",)))
    assert said[0].startswith("does not show 'my red.png': ")
