"""Run by the tests in a process of its own: Blender writes its own formats, harmless and harmful ones.

python make_formats.py FOLDER < shapes.json: {file stem: {object name: [points, faces]}}
"""

import json
import math
import os
import sys
from pathlib import Path

import bpy
import numpy as np

FOLDER = Path(sys.argv[1])


def empty() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


def add(name, points, faces, colour=(0.8, 0.8, 0.8, 1.0)):
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    material = bpy.data.materials.new(f"{name} paint")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = colour
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def save(stem: str, folder: Path = FOLDER) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{stem}.blend"))


def export(stem: str) -> None:
    bpy.ops.export_scene.fbx(filepath=str(FOLDER / f"{stem}.fbx"))
    for kind in ("usda", "usdc", "usdz"):
        bpy.ops.wm.usd_export(filepath=str(FOLDER / f"{stem}.{kind}"))
    save(stem)


for stem, parts in json.loads(sys.stdin.read()).items():
    empty()
    for name, (points, faces) in parts.items():
        add(name, points, faces)
    export(stem)

CUBE = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]

# A flat red base with a green post on it, which is mirrored, turned, child of the base, and an array of two cubes.
empty()
base, post = add("Part", CUBE, SIDES, (0.8, 0.02, 0.02, 1.0)), add("Part.001", CUBE, SIDES, (0.02, 0.6, 0.02, 1.0))
base.scale, post.parent, post.location, post.scale = (0.4, 0.2, 0.1), base, (0.25, 0, 2.5), (-0.25, 0.5, 2)
array = post.modifiers.new("two", "ARRAY")
array.relative_offset_displace = (0, 0, 1)
hidden = add("Hidden", CUBE, SIDES)
hidden.hide_render = True
save("hidden")
bpy.data.objects.remove(hidden)
export("posed")
for axis in ("Y", "Z"):
    ahead = {"Y": "NEGATIVE_Z", "Z": "Y"}[axis]
    bpy.ops.wm.obj_export(filepath=str(FOLDER / f"posed-{axis.lower()}.obj"), forward_axis=ahead, up_axis=axis)
bpy.ops.export_scene.gltf(filepath=str(FOLDER / "posed.glb"), export_apply=True)
bpy.ops.export_scene.gltf(filepath=str(FOLDER / "posed.gltf"), export_apply=True, export_format="GLTF_SEPARATE")

# A cube of which two corners are no numbers.
empty()
broken = add("Cube", CUBE, SIDES).data
broken.vertices[2].co.x = broken.vertices[5].co.z = math.nan
export("strange")

# Left a red box of a shader that is not Blender's main one, right a blue one without any nodes.
empty()
for side, name, colour in ((-0.15, "diffuse", (0.8, 0.02, 0.02, 1.0)), (0.15, "bare", (0.02, 0.02, 0.8, 1.0))):
    thing = add(name, [(0.2 * x + side, 0.2 * y, 0.2 * z) for x, y, z in CUBE], SIDES)
    material = thing.data.materials[0]
    material.use_nodes, material.diffuse_color = name == "diffuse", colour
    if material.use_nodes:
        nodes = material.node_tree.nodes
        nodes.remove(nodes["Principled BSDF"])
        shader = nodes.new("ShaderNodeBsdfDiffuse")
        shader.inputs["Color"].default_value = colour
        material.node_tree.links.new(shader.outputs[0], nodes["Material Output"].inputs["Surface"])
save("shaders")

# Upright cards of one material each: solid, clear in three ways, and with a disc cut out of it by a picture.
for kind in ("solid", "clear mix", "clear picture", "clear colours", "disc"):
    empty()
    card = add("card", [(-0.2, 0, 0.05), (0.2, 0, 0.05), (0.2, 0, 0.45), (-0.2, 0, 0.45)], [(0, 1, 2, 3)])
    card.data.uv_layers.new().data.foreach_set("uv", [0, 0, 1, 0, 1, 1, 0, 1])
    tree = card.data.materials[0].node_tree
    nodes, shader = tree.nodes, tree.nodes["Principled BSDF"]
    glass, mix, picture, colours = (
        nodes.new(f"ShaderNode{name}") for name in ("BsdfTransparent", "MixShader", "TexImage", "VertexColor")
    )
    picture.image = bpy.data.images.new(kind, 64, 64, alpha=True)
    rows, columns = np.mgrid[:64, :64] - 31.5
    alpha = np.where(np.hypot(rows, columns) < 24, 1.0, 0.0) if kind == "disc" else np.full((64, 64), 0.2)
    picture.image.pixels.foreach_set(np.dstack([np.ones((64, 64, 3)), alpha]).astype(np.float32).ravel())
    picture.image.pack()
    colours.layer_name = "colour"
    card.data.color_attributes.new("colour", "FLOAT_COLOR", "POINT").data.foreach_set("color", [0.5, 0.5, 0.5, 0.2] * 4)
    mix.inputs[0].default_value = 0.9
    if kind == "clear mix":
        tree.links.new(shader.outputs[0], mix.inputs[1])
        tree.links.new(glass.outputs[0], mix.inputs[2])
    elif kind == "disc":
        nodes.remove(shader)
        tree.links.new(picture.outputs["Alpha"], mix.inputs[0])
        tree.links.new(glass.outputs[0], mix.inputs[1])
        tree.links.new(nodes.new("ShaderNodeBsdfDiffuse").outputs[0], mix.inputs[2])
    if kind in {"clear mix", "disc"}:
        tree.links.new(mix.outputs[0], nodes["Material Output"].inputs["Surface"])
    elif kind != "solid":
        source = picture if kind == "clear picture" else colours
        tree.links.new(source.outputs["Alpha"], shader.inputs["Alpha"])
    save(kind)

# Everything that Blender renders and that is no mesh, and what is hidden in one place and not in the other.
empty()
add("box", [(0.1 * x, 0.1 * y, 0.1 * z) for x, y, z in CUBE], SIDES)
bpy.ops.curve.primitive_bezier_circle_add(radius=0.1, location=(0.3, 0, 0))
bpy.context.object.name, bpy.context.object.data.bevel_depth = "ring", 0.01
bpy.ops.object.text_add(location=(0.5, 0, 0))
bpy.context.object.data.body, bpy.context.object.data.extrude = "a", 0.01
bpy.ops.object.metaball_add(radius=0.1, location=(1.5, 0, 0))
instances = add("sown", [(0.01 * x, 0.01 * y, 0.01 * z) for x, y, z in CUBE], SIDES)
field = add("field", [(2, 0, 0), (2.1, 0, 0), (2.1, 0.1, 0), (2, 0.1, 0)], [(0, 1, 2, 3)])
instances.parent, field.instance_type = field, "FACES"
field.show_instancer_for_render = field.show_instancer_for_viewport = True
for name, place, hides in (
    ("lid", -0.3, {"hide_viewport": True}), ("screw", -0.5, {"hide_render": True}),
    ("pad", -0.7, {"collection": "hide_viewport"}), ("guide", -0.9, {"collection": "hide_render"}),
    ("draft", -1.1, {"exclude": True}),
):  # fmt: skip
    thing = add(name, [(0.1 * x + place, 0.1 * y, 0.1 * z) for x, y, z in CUBE], SIDES)
    if "hide_viewport" in hides or "hide_render" in hides:
        thing.hide_viewport, thing.hide_render = "hide_viewport" in hides, "hide_render" in hides
        continue
    group = bpy.data.collections.new(name)
    bpy.context.scene.collection.children.link(group)
    bpy.context.scene.collection.objects.unlink(thing)
    group.objects.link(thing)
    if "exclude" in hides:
        bpy.context.view_layer.layer_collection.children[name].exclude = True
    else:
        setattr(group, hides["collection"], True)
save("kinds")

# Harmful ones.
BAD = FOLDER / "deep" / "bad"
BAD.mkdir(parents=True)
picture = bpy.data.images.new("outside", 4, 4)
picture.filepath_raw, picture.file_format = str(FOLDER / "outside.png"), "PNG"
picture.save()
empty()
thing = add("Cube", CUBE, SIDES)
thing["mine"] = 1.0
write = "__import__('pathlib').Path({!r}).write_text('x')"
for path, name in (("location", "moved"), ('["mine"]', "property")):
    curves = thing.driver_add(path)
    for curve in curves if isinstance(curves, list) else [curves]:
        curve.driver.expression = write.format(str(FOLDER / f"ran-{name}"))
text = bpy.data.texts.new("run.py")
text.write(f"open({str(FOLDER / 'ran-text')!r}, 'w')")
text.use_module = text.use_fake_user = True
save("drivers", BAD)
thing.animation_data_clear()
node = thing.data.materials[0].node_tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(str(FOLDER / "outside.png"))
shader = thing.data.materials[0].node_tree.nodes["Principled BSDF"]
thing.data.materials[0].node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
bpy.ops.wm.usd_export(filepath=str(BAD / "picture.usdc"), export_textures=False, relative_paths=True)
node.image.filepath = "//../../outside.png"
save("picture", BAD)
empty()
with bpy.data.libraries.load(str(BAD / "drivers.blend"), link=True) as (_, wanted):
    wanted.objects = ["Cube"]
bpy.context.scene.collection.objects.link(wanted.objects[0])
save("linked", BAD)
sys.stdout.flush()
os._exit(0)
