"""Strangers' files do no harm: nothing outside their own folder is changed, whatever they ask Blender for."""

import pickle
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.confine import landlock
from pipeline.engine import actor_of, each, engine
from pipeline.errors import InputError
from pipeline.files import sha256_of
from pipeline.store import Store
from render.add import Order, add
from render.catalog import read_catalog
from render.frames.blobs import MARK
from render.frames.frame import Limits
from render.frames.library import source_of
from render.frames.studio import Kit, Studio
from render.mend import mend
from render.plan import Plan, make_scenes
from render.spec import Quality, SceneSpec
from render.stock.facts import Facts, inspect
from render.stock.usd import look_at_layers
from tests.render.asking import Blender
from tests.render.things import card, placed, scene_of, sky

HARM = Path(__file__).with_name("make_harm.py")
ROOT = Path(__file__).parents[2]
KEPT = ("config", "data", "guiding", "mesh", "noise", "particles", "script")  # what a fluid removes and makes anew


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HARM), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose folders bear the names that a fluid clears, and in it a stranger's file that names them."""
    home = tmp_path / "project"
    for folder in KEPT:
        (home / folder).mkdir(parents=True)
        (home / folder / "keep.txt").write_text("years of work", encoding="utf-8")
    (home / "assets" / "in").mkdir(parents=True)
    made = run(home / "assets" / "in" / "flood.blend", "//../../")
    assert made.returncode == 0, made.stderr
    return home


def outside(project: Path) -> dict[str, str]:
    """Return every file of the project but the assets, with its checksum."""
    files = (path for path in sorted(project.rglob("*")) if path.is_file())
    return {str(path): sha256_of(path) for path in files if not path.is_relative_to(project / "assets")}


@pytest.mark.blender
def test_a_file_that_floods_the_folders_above_it_is_kept_from_it_by_the_kernel_alone(project: Path, tmp_path: Path):
    if not landlock():
        pytest.skip("this kernel has no Landlock")
    file, own, before = project / "assets" / "in" / "flood.blend", tmp_path / "own", outside(project)
    own.mkdir()
    opened = run("open", file, own)
    assert " objects" in opened.stdout, opened.stderr
    assert outside(project) == before
    run("open", file)  # the same without
    assert outside(project) != before


@pytest.mark.blender
@pytest.mark.parametrize("apart", [True, False], ids=["in a process apart", "as a copy"])
def test_what_is_in_such_a_file_is_found_without_harm_and_the_artist_is_told(project: Path, apart: bool):
    before = outside(project)
    (found,) = inspect([project / "assets" / "in" / "flood.blend"], ["z"], apart=apart and landlock() > 0)
    assert isinstance(found, Facts)
    assert found.code == ("simulation 'Flood' of 'Cube'",)
    assert found.size == pytest.approx((2, 2, 2))
    assert outside(project) == before


@pytest.mark.blender
@pytest.mark.slow
def test_such_a_file_is_added_mended_and_rendered_without_harm(project: Path, blender: Blender, tmp_path: Path):
    before = outside(project)
    said = add(Order(project / "assets" / "in" / "flood.blend", project / "assets", "CC0-1.0", "a stranger", "mug"))
    assert any("simulation 'Flood' of 'Cube'" in line for line in said)
    mend(project / "assets")
    (asset,) = read_catalog(project / "assets")
    sources = {"sky": sky(tmp_path / "sky.png"), "flood": source_of(asset, project / "assets" / asset.file)}
    assert (blender.shoot(scene_of(placed("flood")), sources).ids == 1).any()
    assert outside(project) == before


class Curious(Studio):
    """Renders a scene, and then tries what a stranger's file could."""

    def run(self, item: tuple[SceneSpec, Path, int]) -> dict[str, bool]:  # type: ignore[override]
        scene, secret, port = item
        return {
            "renders": super().run(scene) == "",
            "reads": allowed(lambda: secret.read_bytes()),
            "lists": allowed(lambda: list(secret.parent.iterdir())),
            "runs": allowed(lambda: subprocess.run(["cat", str(secret)], check=True, capture_output=True)),
            "writes": allowed(lambda: secret.with_name("new").write_bytes(b"")),
            "changes assets": allowed(lambda: (Path(self.kit.assets) / "new").write_bytes(b"")),
            "connects": allowed(lambda: socket.create_connection(("127.0.0.1", port), 5).close()),
        }


def allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


@pytest.mark.blender
@pytest.mark.slow
def test_a_blender_that_renders_reaches_the_assets_the_store_and_nothing_else(tmp_path: Path):
    if not landlock():
        pytest.skip("this kernel has no Landlock")
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "assets", elsewhere)
    project.mkdir()
    (project / "assets").symlink_to(elsewhere)
    (project / "secret").write_text("a key", encoding="utf-8")
    settings = Plan("domino", seed=4, scenes=1, size_hw=(48, 64), quality=Quality(samples=1))
    scene, store = make_scenes(settings, project / "assets")[0], Store(str(tmp_path / "store"))
    store.put(MARK, b"")
    kit = Kit(read_catalog(project / "assets"), str(project / "assets"), store.address, False, Limits(1, 0.0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        job = (scene, project / "secret", server.getsockname()[1])
        ((_, could),) = each([job], actor_of(Curious, kit), engine(1), 10, 120.0)
    assert could == {name: name == "renders" or (name == "connects" and landlock() < 4) for name in could}


@pytest.mark.blender
def test_a_program_in_a_material_is_taken_out_and_named(tmp_path: Path):
    assert run("script", tmp_path / "osl.blend").returncode == 0
    (found,) = inspect([tmp_path / "osl.blend"], ["z"])
    assert isinstance(found, Facts)
    assert found.code == ("script 'trap.osl'", "script node 'Script' in 'Material'")


class Trap:
    """Leaves a file behind when somebody unpickles it."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.file, "w")


def test_what_is_pickled_beside_an_asset_is_neither_opened_nor_taken_along(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "assets").mkdir()
    card(tmp_path / "in" / "mug.obj", 0.2, 0.1)
    for name in ("mug.pkl", "mug.npy", "mug.pt", "mug.blend.py", "__init__.py"):
        (tmp_path / "in" / name).write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    add(Order(tmp_path / "in" / "mug.obj", tmp_path / "assets", "CC0-1.0", "a stranger", "mug"))
    mend(tmp_path / "assets")
    assert not (tmp_path / "ran").exists()
    there = sorted(path.name for path in (tmp_path / "assets").rglob("*") if path.is_file())
    assert there == ["mug.mtl", "mug.obj", "mug.toml"]


HEAD = '#usda 1.0\n(\n    defaultPrim = "x"\n{}\n)\ndef Xform "x" (\n{}\n)\n{{\n{}\n}}\n'
SECRET = "../outside/secret"
WAYS = {  # of naming a file outside: what stands in the head of the layer, in that of its first prim, and in the prim
    "a reference": ("", f"prepend references = @{SECRET}.usda@", ""),
    "arguments behind it": ("", f"prepend references = @{SECRET}.usda:SDF_FORMAT_ARGS:a=b@", ""),
    "no ending": ("", f"prepend references = @{SECRET}@", ""),
    "another ending": ("", f"prepend references = @{SECRET}.abc@", ""),
    "an @ in its name": ("", "prepend references = @@@../outside/se@cret.usda@@@", ""),
    "an absolute path": ("", "prepend references = @/etc/secret.usda@", ""),
    "an address": ("", "prepend references = @file:///etc/secret.usda@", ""),
    "a web address": ("", "prepend references = @https://example.org/secret.usda@", ""),
    "backslashes": ("", "prepend references = @..\\outside\\secret.usda@", ""),
    "a package": ("", f"prepend references = @{SECRET}.usdz[a.usda]@", ""),
    "variables": ('expressionVariables = { string V = ".." }', 'prepend references = @`"${V}/secret.usda"`@', ""),
    "a payload": ("", f"prepend payload = @{SECRET}.usda@", ""),
    "a layer below": (f"subLayers = [@{SECRET}.usda@]", "", ""),
    "a texture": ("", "", f"asset inputs:file = @{SECRET}.png@"),
    "a list of textures": ("", "", f"asset[] inputs:files = [@a.png@, @{SECRET}.png@]"),
    "a texture at a time": ("", "", f"asset inputs:file.timeSamples = {{ 1: @{SECRET}.png@ }}"),
    "its own data": (f"customLayerData = {{ asset a = @{SECRET}.png@ }}", "", ""),
    "clips": ("", f"clips = {{ dictionary a = {{ asset[] assetPaths = [@{SECRET}.usda@] }} }}", ""),
    "a variant": (
        "",
        'variants = { string v = "a" }\nprepend variantSets = "v"',
        f'variantSet "v" = {{ "a" {{ asset inputs:file = @{SECRET}.png@\n }} }}',
    ),
    "a volume": ("", "", f'def OpenVDBAsset "d" {{ asset filePath = @{SECRET}.vdb@\n }}'),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_usd_file_that_names_one_outside_its_folder_is_refused(tmp_path: Path, way: str):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.usda").write_text(HEAD.format(*WAYS[way]), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.usda: a\.usda (names .*, which leaves its folder|builds the names)"):
        look_at_layers(tmp_path / "in" / "a.usda")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["a reference", "a texture"])
def test_a_layer_that_it_names_is_held_to_the_same(tmp_path: Path, way: str):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    outer, inner = HEAD.format("", "prepend references = @sub/b.usda@", ""), HEAD.format(*WAYS[way])
    (tmp_path / "in" / "a.usda").write_text(outer, encoding="utf-8")
    (tmp_path / "in" / "sub" / "b.usda").write_text(inner.replace("../outside", "../../outside"), encoding="utf-8")
    with pytest.raises(InputError, match=r"sub/b\.usda names .*, which leaves its folder"):
        look_at_layers(tmp_path / "in" / "a.usda")
    (tmp_path / "in" / "sub" / "b.usda").write_text(inner, encoding="utf-8")  # ../outside is within in/ from there
    (tmp_path / "in" / "outside").mkdir()
    (tmp_path / "in" / "outside" / "secret.usda").write_text(HEAD.format("", "", ""), encoding="utf-8")
    metres, layers = look_at_layers(tmp_path / "in" / "a.usda")
    assert metres is None
    assert tmp_path / "in" / "sub" / "b.usda" in layers
    assert (tmp_path / "in" / "outside" / "secret.usda" in layers) == (way == "a reference")


@pytest.mark.slow
def test_a_layer_that_is_not_there_is_named(tmp_path: Path):
    (tmp_path / "a.usda").write_text(HEAD.format("", "prepend payload = @gone.usda@", ""), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.usda names 'gone\.usda', which is not there; put it there"):
        look_at_layers(tmp_path / "a.usda")


def test_layers_that_name_each_other_are_refused(tmp_path: Path):
    (tmp_path / "a.usda").write_text(HEAD.format("", "prepend references = @b.usda@", ""), encoding="utf-8")
    (tmp_path / "b.usda").write_text(HEAD.format("", "prepend references = @a.usda@", ""), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.usda names itself"):
        look_at_layers(tmp_path / "a.usda")


def archive(path: Path, compression: int, text: str) -> Path:
    with zipfile.ZipFile(path, "w", compression) as packed:
        packed.writestr("a.usda", text)
    return path


def test_an_archive_that_is_compressed_is_no_usdz(tmp_path: Path):
    bomb = archive(tmp_path / "bomb.usdz", zipfile.ZIP_DEFLATED, HEAD.format("", "", "#" * 10**6))
    with pytest.raises(InputError, match=r"bomb\.usdz holds 'a\.usda' compressed"):
        look_at_layers(bomb)
    plain = archive(tmp_path / "plain.usdz", zipfile.ZIP_STORED, HEAD.format("metersPerUnit = 0.01", "", ""))
    assert look_at_layers(plain) == (0.01, ())


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"PXR-USDC" + b"\xff" * 80, b"#usda 1.0\n\xff\xfe(", b"PK\x03\x04 no archive"])
@pytest.mark.parametrize("ending", ["usd", "usda", "usdc", "usdz"])
def test_a_usd_file_that_is_broken_is_one_line(tmp_path: Path, data: bytes, ending: str):
    (tmp_path / f"a.{ending}").write_bytes(data)
    with pytest.raises(InputError, match=rf"a\.{ending}: .*(export it again|breaks down)"):
        look_at_layers(tmp_path / f"a.{ending}")
