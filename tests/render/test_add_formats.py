"""Meshes that only Blender can read are measured, and bring the pictures they use."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import trimesh

from pipeline.errors import InputError
from render.add import Order, add
from render.catalog import Asset, read_catalog
from render.mend import mend

pytestmark = pytest.mark.blender
SIZE_M = (0.06, 0.08, 0.1)
PAINTED = """
import os, sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add(size=0.2)
picture = bpy.data.images.new("red", 8, 8)
picture.filepath_raw, picture.file_format = "tex/red.png", "PNG"
picture.save()
material = bpy.data.materials.new("red")
material.use_nodes = True
node = material.node_tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(os.path.abspath("tex/red.png"))
material.node_tree.links.new(node.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
bpy.context.object.data.materials.append(material)
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath("mug.blend"), relative_remap=True)
sys.stdout.flush()
os._exit(0)  # Blender would crash while Python ends
"""
FORMATS = {
    "GLB, Y up and in metres by its standard": ("mug.glb", 1.0, 1.0),
    "PLY in centimetres": ("mug.ply", 100.0, 0.01),
    "STL in millimetres": ("mug.stl", 1000.0, 0.001),
}


def order(path: Path, assets: Path) -> Order:
    assets.mkdir(exist_ok=True)
    return Order(path, assets, "CC0-1.0", "Ada Example", category="mug")


def only(assets: Path) -> Asset:
    (asset,) = read_catalog(assets)
    return asset


@pytest.mark.parametrize(("name", "units", "scale"), FORMATS.values(), ids=FORMATS)
def test_a_box_is_measured_in_metres_with_z_up(tmp_path: Path, name: str, units: float, scale: float):
    box = trimesh.creation.box(extents=SIZE_M)
    box.apply_translation((0, 0, 0.05))
    box.apply_scale(units)
    if name.endswith(".glb"):  # trimesh writes numbers as they are, and glTF's Y is up
        box.apply_transform(trimesh.transformations.rotation_matrix(-math.pi / 2, (1, 0, 0)))
    box.export(tmp_path / name)
    said = add(order(tmp_path / name, tmp_path / "assets"))
    asset = only(tmp_path / "assets")
    assert asset.size_m == pytest.approx(SIZE_M)
    assert asset.centre_m == pytest.approx((0, 0, 0.05))
    assert (asset.scale, asset.faces) == (scale, 12)
    assert any("units: taken as" in line for line in said) == (not name.endswith(".glb"))


def test_a_blend_file_brings_the_pictures_it_uses_and_nothing_else(tmp_path: Path):
    (tmp_path / "in" / "tex").mkdir(parents=True)
    subprocess.run([sys.executable, "-c", PAINTED], cwd=tmp_path / "in", capture_output=True, check=True)
    (tmp_path / "in" / "holiday.jpg").write_bytes(b"private")
    add(order(tmp_path / "in" / "mug.blend", tmp_path / "assets"))
    place = tmp_path / "assets" / "mug" / "mug"
    assert sorted(path.name for path in place.rglob("*") if path.is_file()) == ["mug.blend", "mug.toml", "red.png"]
    before = only(tmp_path / "assets")
    assert before.size_m == pytest.approx((0.2, 0.2, 0.2))
    (place / "tex" / "red.png").write_bytes((place / "tex" / "red.png").read_bytes() + b" ")
    mend(tmp_path / "assets")
    after = only(tmp_path / "assets")
    assert (before.sha256 != after.sha256, before.size_m) == (True, after.size_m)


BOX = """{kind} "{name}"
{{
    int[] faceVertexCounts = [4, 4, 4, 4, 4, 4]
    int[] faceVertexIndices = [0, 1, 3, 2, 4, 6, 7, 5, 0, 4, 5, 1, 2, 3, 7, 6, 0, 2, 6, 4, 1, 5, 7, 3]
    point3f[] points = [{points}]
    uniform token subdivisionScheme = "none"
    double3 xformOp:translate = ({x}, 0, 0)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}}
"""
POINTS = ", ".join(f"({x}, {y}, {z})" for x in (-5, 5) for y in (-3, 3) for z in (-2, 2))
USD_HEAD = '#usda 1.0\n(\n    metersPerUnit = 0.01\n    upAxis = "Z"\n    defaultPrim = "lid"\n)\n'


@pytest.mark.slow
def test_a_usd_file_brings_the_layers_it_is_made_of(tmp_path: Path):
    (tmp_path / "in").mkdir()
    lid = 'def Xform "lid"\n{\n' + BOX.format(kind="def Mesh", name="g", points=POINTS, x=0) + "}\n"
    (tmp_path / "in" / "lid.usda").write_text(USD_HEAD + lid)
    payload = (
        'def Xform "more" (\n    prepend payload = @./lid.usda@</lid>\n)\n{\n'
        "    double3 xformOp:translate = (30, 0, 0)\n"
        '    uniform token[] xformOpOrder = ["xformOp:translate"]\n}\n'
    )
    mug = BOX.format(kind="def Mesh", name="lid", points=POINTS, x=0) + payload
    (tmp_path / "in" / "mug.usda").write_text(USD_HEAD + mug)
    add(order(tmp_path / "in" / "mug.usda", tmp_path / "assets"))
    place = tmp_path / "assets" / "mug" / "mug"
    assert sorted(path.name for path in place.iterdir()) == ["lid.usda", "mug.toml", "mug.usda"]
    assert only(tmp_path / "assets").size_m == pytest.approx((0.4, 0.06, 0.04))
    assert only(tmp_path / "assets").faces == 24


@pytest.mark.slow
def test_a_usd_file_that_does_not_say_its_unit_is_guessed_and_said(tmp_path: Path):
    silent = USD_HEAD.replace("    metersPerUnit = 0.01\n", "")
    (tmp_path / "mug.usda").write_text(silent + BOX.format(kind="def Mesh", name="lid", points=POINTS, x=0))
    said = add(order(tmp_path / "mug.usda", tmp_path / "assets"))
    assert only(tmp_path / "assets").size_m == pytest.approx((0.1, 0.06, 0.04))
    assert any("taken as centimetres; add --unit m --replace" in line for line in said)


DISPLACED = """
import os, sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_grid_add(x_subdivisions=8, y_subdivisions=8, size=0.2)
picture = bpy.data.images.new("height", 8, 8)
picture.pixels = [1.0 if k % 4 == 3 or (k // 4) % 8 < 4 else 0.0 for k in range(256)]
picture.filepath_raw, picture.file_format = os.path.abspath("height.png"), "PNG"
picture.save()
texture = bpy.data.textures.new("height", "IMAGE")
texture.image = bpy.data.images.load(os.path.abspath("height.png"))
modifier = bpy.context.object.modifiers.new("height", "DISPLACE")
modifier.texture, modifier.strength, modifier.mid_level, modifier.texture_coords = texture, 0.1, 0, "UV"
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath("mug.blend"), relative_remap=True)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_a_blend_file_whose_shape_needs_a_file_that_no_material_names_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    subprocess.run([sys.executable, "-c", DISPLACED], cwd=tmp_path / "in", capture_output=True, check=True)
    with pytest.raises(InputError, match=r"mug\.blend: uses files beside it that no material names, such as a font"):
        add(order(tmp_path / "in" / "mug.blend", tmp_path / "assets"))
    assert not (tmp_path / "assets" / "mug" / "mug").exists()
