"""Run by the tests in processes of their own: .blend files of what Blender shows, and how they look from above.

python make_shown.py make FOLDER: write NAME.blend and NAME.npy, what Blender renders of the file opened by itself
python make_shown.py take FOLDER: write NAME.blend.npy and NAME.blend.json, what `open_asset` takes of it and says
.npy: (64, 64) bool, where anything is seen of the square -2..2.
"""

import json
import os
import sys
from pathlib import Path
from types import FunctionType

import bpy
import numpy as np

FOLDER = Path(sys.argv[2])
SIDE = 64
PACKED = {"the_active_scene", "names_of_one_stem"}
CUBE = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def add(name, size=0.3, at=(0, 0, 0), where=None, flat=False):
    """Add a cube, or a square of its size."""
    mesh = bpy.data.meshes.new(name)
    if flat:
        corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
        mesh.from_pydata([(size * x, size * y, 0) for x, y in corners], [], [(0, 1, 2, 3)])
    else:
        mesh.from_pydata([tuple(size * value for value in point) for point in CUBE], [], SIDES)
    thing = bpy.data.objects.new(name, mesh)
    thing.location = at
    (where or bpy.context.scene.collection).objects.link(thing)
    return thing


def group(name, excluded=False):
    made = bpy.data.collections.new(name)
    bpy.context.scene.collection.children.link(made)
    if excluded:
        bpy.context.view_layer.layer_collection.children[name].exclude = True
    return made


def instance(collection, at=(0, 0, 0), where=None):
    empty = bpy.data.objects.new("instance", None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", collection, at
    (where or bpy.context.scene.collection).objects.link(empty)
    return empty


def sown(kind="HAIR", **settings):
    field = add("field", 2, flat=True)
    field.modifiers.new("sown", "PARTICLE_SYSTEM")
    found = field.particle_systems[0].settings
    found.type, found.count = kind, 12
    found.use_advanced_hair = True
    for name, value in settings.items():
        setattr(found, name, value)
    return field, found


def nodes(thing, name="nodes"):
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    thing.modifiers.new(name, "NODES").node_group = tree
    return tree, tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")


# what Blender shows and labels must too


def particles_of_a_hidden_object():
    part = add("part", at=(1.5, 1.5, 0))
    part.hide_render = True
    field, _ = sown(render_type="OBJECT", instance_object=part, particle_size=0.5)
    field.show_instancer_for_render = False


def particles_of_an_excluded_collection():
    parts = group("parts", excluded=True)
    add("part", at=(1.5, 1.5, 0), where=parts)
    add("part two", 0.1, at=(1.5, 1.5, 0), where=parts)
    field, _ = sown(render_type="COLLECTION", instance_collection=parts, particle_size=0.5)
    field.show_instancer_for_viewport = False


def children_of_particles():
    part = add("part", at=(1.5, 1.5, 0))
    part.hide_render = True
    field, found = sown(render_type="OBJECT", instance_object=part, particle_size=0.5)
    found.child_type, found.rendered_child_count = "SIMPLE", 5
    field.show_instancer_for_render = False


def emitted_particles():
    part = add("part", at=(1.5, 1.5, 0))
    field, found = sown("EMITTER", render_type="OBJECT", instance_object=part, particle_size=0.5)
    found.frame_end, found.normal_factor = 20, 0
    found.effector_weights.gravity = 0
    field.show_instancer_for_render = False
    for frame in range(1, 31):
        bpy.context.scene.frame_set(frame)


def baked_particles():
    emitted_particles()
    field = bpy.data.objects["field"]
    with bpy.context.temp_override(
        active_object=field, object=field, point_cache=field.particle_systems[0].point_cache
    ):
        bpy.ops.ptcache.bake(bake=True)
    bpy.context.scene.frame_set(30)


def instances_of_an_excluded_collection():
    parts = group("parts", excluded=True)
    add("part", where=parts)
    add("hidden", at=(0.5, 0, 0), where=parts).hide_render = True
    add("unseen", at=(0, 0.5, 0), where=parts).hide_viewport = True
    inner = bpy.data.collections.new("inner")
    parts.children.link(inner)
    inner.hide_render = True
    add("inner part", at=(0.5, 0.5, 0), where=inner)
    other = bpy.data.collections.new("other")
    other.hide_viewport = True
    parts.children.link(other)
    add("other part", at=(0.5, -0.5, 0), where=other)
    instance(parts, (-1, -1, 0))
    instance(parts, (1, 1, 0)).rotation_euler = (0, 0, 1)


def nested_instances():
    inner, outer = group("inner", excluded=True), group("outer", excluded=True)
    add("part", where=inner)
    for at in (-0.5, 0.5):
        instance(inner, (at, 0, 0), where=outer)
    for at in (-1, 1):
        instance(outer, (0, at, 0))


def instances_on_faces():
    field = add("field", 1, at=(-0.5, 0, 0))
    part = add("part", at=(0.2, 0, 0))
    part.parent, field.instance_type = field, "FACES"
    field.show_instancer_for_render, field.show_instancer_for_viewport = False, True


def instances_on_vertices():
    field = add("field", 2, flat=True)
    part = add("part", at=(0.2, 0, 0))
    part.parent, field.instance_type = field, "VERTS"
    field.show_instancer_for_render, field.show_instancer_for_viewport = True, False


def instances_of_nodes():
    field = add("field", 2, flat=True)
    tree, start, end = nodes(field)
    cube, sow = tree.nodes.new("GeometryNodeMeshCube"), tree.nodes.new("GeometryNodeInstanceOnPoints")
    cube.inputs["Size"].default_value = (0.3, 0.3, 0.3)
    tree.links.new(start.outputs[0], sow.inputs["Points"])
    tree.links.new(cube.outputs["Mesh"], sow.inputs["Instance"])
    tree.links.new(sow.outputs[0], end.inputs[0])


def nodes_that_differ_in_a_render():
    thing = add("thing", 1)
    tree, start, end = nodes(thing)
    asks, switch, move = (tree.nodes.new(f"GeometryNode{name}") for name in ("IsViewport", "Switch", "Transform"))
    switch.input_type = "GEOMETRY"
    move.inputs["Scale"].default_value = (2, 2, 2)
    tree.links.new(start.outputs[0], move.inputs[0])
    tree.links.new(asks.outputs[0], switch.inputs[0])
    tree.links.new(start.outputs[0], next(s for s in switch.inputs if s.name == "True" and s.type == "GEOMETRY"))
    tree.links.new(move.outputs[0], next(s for s in switch.inputs if s.name == "False" and s.type == "GEOMETRY"))
    tree.links.new(next(s for s in switch.outputs if s.type == "GEOMETRY"), end.inputs[0])


def the_active_scene():
    bpy.context.scene.name = "Alpha"
    add("left", at=(-1, 0, 0))
    for name, x in (("Middle", 0), ("Zeta", 1)):
        add(name, at=(x, 0, 0), where=bpy.data.scenes.new(name).collection)
    bpy.context.window.scene = bpy.data.scenes["Middle"]


def a_scene_behind():
    add("right", at=(1, 0, 0))
    other = bpy.data.scenes.new("Alpha")
    add("left", at=(-1, 0, 0), where=other.collection)
    bpy.context.scene.background_set = other


def the_layer_that_is_used():
    left, right = group("left"), group("right")
    add("left", at=(-1, 0, 0), where=left)
    add("right", at=(1, 0, 0), where=right)
    scene = bpy.context.scene
    second = scene.view_layers.new("second")
    scene.view_layers[0].use = False
    second.layer_collection.children["left"].exclude = True


def two_layers():
    the_layer_that_is_used()
    first = bpy.context.scene.view_layers[0]
    first.use = True
    first.layer_collection.children["right"].exclude = True


def what_the_camera_does_not_see():
    add("seen", at=(-1, 0, 0))
    add("unseen", at=(1, 0, 0)).visible_camera = False
    add("hole", at=(0, 1, 0)).is_holdout = True
    add("shadow", at=(0, -1, 0)).is_shadow_catcher = True
    indirect, hole = group("indirect"), group("holes")
    add("light", at=(1, 1, 0), where=indirect)
    add("hollow", at=(-1, -1, 0), where=hole)
    bpy.context.view_layer.layer_collection.children["indirect"].indirect_only = True
    bpy.context.view_layer.layer_collection.children["holes"].holdout = True


def balls():
    bpy.ops.object.metaball_add(radius=0.5, location=(-0.3, 0, 0))
    bpy.ops.object.metaball_add(radius=0.5, location=(0.3, 0, 0))
    bpy.context.object.data.resolution = 1


def a_half_built_mesh():
    thing = add("thing", 2, flat=True)
    divided = thing.modifiers.new("divided", "SUBSURF")
    divided.subdivision_type, divided.levels, divided.render_levels = "SIMPLE", 0, 3
    built = thing.modifiers.new("built", "BUILD")
    built.frame_start, built.frame_duration = 1, 100
    bpy.context.scene.frame_set(40)


def a_curve_that_is_finer_in_a_render():
    bpy.ops.curve.primitive_bezier_circle_add(radius=1)
    curve = bpy.context.object.data
    curve.resolution_u, curve.render_resolution_u, curve.bevel_depth = 1, 24, 0.1


def modifiers_that_differ_in_a_render():
    parts = group("parts", excluded=True)
    part = add("part", 1, where=parts)
    round_ = part.modifiers.new("round", "SUBSURF")
    round_.levels, round_.render_levels = 0, 4
    two = part.modifiers.new("two", "ARRAY")
    two.show_render, two.show_viewport = False, True
    three = part.modifiers.new("three", "ARRAY")
    three.show_render, three.show_viewport = True, False
    three.relative_offset_displace = (0, 1, 0)
    instance(parts)


def simplified():
    thing = add("thing", 2)
    thing.modifiers.new("round", "SUBSURF").render_levels = 4
    bpy.context.scene.render.use_simplify = True
    bpy.context.scene.render.simplify_subdivision_render = 0


# what Blender shows and has no faces


def strands():
    add("skin", at=(-1.5, 0, 0))
    field, _ = sown(render_type="PATH", hair_length=1)
    field.location.x = 0.5


def curves_of_hair():
    add("skin", at=(-1.5, 0, 0))
    made = bpy.data.hair_curves.new("fur")
    made.add_curves([4, 4])
    made.points.foreach_set("position", [value for x in (0, 1) for y in range(4) for value in (x, y / 2, 0)])
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("fur", made))


def a_drawing():
    add("skin", at=(-1.5, 0, 0))
    bpy.ops.object.gpencil_add(type="MONKEY")


def a_cloud_of_points():
    field = add("field", 2, flat=True)
    tree, start, end = nodes(field)
    sow = tree.nodes.new("GeometryNodeMeshToPoints")
    sow.inputs["Radius"].default_value = 0.3
    join = tree.nodes.new("GeometryNodeJoinGeometry")
    tree.links.new(start.outputs[0], sow.inputs[0])
    tree.links.new(sow.outputs[0], join.inputs[0])
    tree.links.new(start.outputs[0], join.inputs[0])
    tree.links.new(join.outputs[0], end.inputs[0])


def a_volume():
    add("skin", at=(-1.5, 0, 0))
    field = add("field", 1)
    tree, start, end = nodes(field)
    fill = tree.nodes.new("GeometryNodeMeshToVolume")
    tree.links.new(start.outputs[0], fill.inputs[0])
    tree.links.new(fill.outputs[0], end.inputs[0])


def fog_in_a_box():
    add("skin", at=(-1.5, 0, 0))
    box = add("box", 1)
    material = bpy.data.materials.new("fog")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    fog = tree.nodes.new("ShaderNodeVolumePrincipled")
    tree.links.new(fog.outputs[0], tree.nodes["Material Output"].inputs["Volume"])
    box.data.materials.append(material)


def rigid():
    add("skin", at=(-1.5, 0, 0))
    thing = add("falling", at=(1, 0, 0))
    bpy.ops.rigidbody.world_add()
    bpy.context.view_layer.objects.active = thing
    bpy.ops.rigidbody.object_add()
    bpy.context.scene.gravity = (0, 9, 0)
    for frame in range(1, 12):
        bpy.context.scene.frame_set(frame)


def a_moment_of_a_movement():
    thing = add("moving")
    for frame, x in ((1, -1), (21, 1)):
        thing.location.x = x
        thing.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(16)


def names_of_one_stem():
    for number, x in enumerate((-1, 0, 1)):
        add(f"mug.{number:03d}" if number else "mug", at=(x, 0, 0))


def particles_kept_in_files():
    add("skin", at=(-1.5, 0, 0))
    emitted_particles()
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "particles_kept_in_files.blend"))  # the files lie beside it
    field = bpy.data.objects["field"]
    cache = field.particle_systems[0].point_cache
    cache.use_disk_cache = True
    with bpy.context.temp_override(active_object=field, object=field, point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)
    bpy.context.scene.frame_set(30)


HELPERS = {"add", "group", "instance", "sown", "nodes"}
KINDS = [thing for name, thing in list(globals().items()) if isinstance(thing, FunctionType) and name not in HELPERS]


def save(name, compress=False):
    file = str(FOLDER / f"{name}.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file, compress=compress)
    return file


def from_above(scene):
    """Return where Cycles sees anything, (SIDE, SIDE) bool."""
    camera = bpy.data.objects.new("above", bpy.data.cameras.new("above"))
    camera.data.type, camera.data.ortho_scale, camera.location = "ORTHO", 4, (0, 0, 9)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine, scene.render.film_transparent = "CYCLES", True
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.resolution_percentage = 100
    scene.cycles.samples, scene.cycles.max_bounces, scene.cycles.use_denoising = 4, 0, False
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(FOLDER / "seen.png")
    bpy.ops.render.render(write_still=True, scene=scene.name)
    picture = bpy.data.images.load(str(FOLDER / "seen.png"))
    pixels = np.empty(SIDE * SIDE * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    bpy.data.images.remove(picture)
    return pixels.reshape(SIDE, SIDE, 4)[:, :, 3] > 0.5


def make():
    for kind in KINDS:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        kind()
        name = kind.__name__
        bpy.ops.wm.open_mainfile(filepath=save(name, compress=name in PACKED))
        np.save(FOLDER / f"{name}.npy", from_above(bpy.context.scene))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    the_active_scene()
    plain = Path(save("no_active_scene"))
    plain.write_bytes(plain.read_bytes().replace(b"REND", b"RENX"))  # where Blender says which one is active
    bpy.ops.wm.read_factory_settings(use_empty=True)
    a_moment_of_a_movement()
    bpy.ops.export_scene.gltf(filepath=str(FOLDER / "moving.glb"))
    bpy.ops.export_scene.fbx(filepath=str(FOLDER / "moving.fbx"))
    bpy.ops.wm.usd_export(filepath=str(FOLDER / "moving.usdc"), export_animation=True)


def take():
    from pipeline.errors import InputError
    from render.blender.importing import open_asset

    for file in sorted(path for path in FOLDER.iterdir() if path.suffix in {".blend", ".glb", ".fbx", ".usdc"}):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        said = file.with_suffix(f"{file.suffix}.json")
        try:
            opened = open_asset(file, "z")
        except InputError as error:
            said.write_text(json.dumps({"reason": str(error)}))
            continue
        for part in opened.parts:
            bpy.context.scene.collection.objects.link(bpy.data.objects.new("part", part.mesh))
        parts = sorted(part.name for part in opened.parts)
        said.write_text(json.dumps({"parts": parts, "notes": opened.notes, "code": opened.code}))
        np.save(FOLDER / f"{file.name}.npy", from_above(bpy.context.scene))


{"make": make, "take": take}[sys.argv[1]]()
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
