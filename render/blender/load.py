"""In Blender: from an asset's file to objects in their places. Every file is read once a process.

What was read stays in Blender as a template: data blocks with a fake user. Scenes get copies.
"""

import dataclasses
from pathlib import Path
from typing import Any

import bpy
from blenderproc.python.utility.Initializer import _Initializer
from blenderproc.python.utility.Utility import reset_keyframes
from mathutils import Matrix

from pipeline.errors import InputError
from render.blender.importing import Opened, bake, blocks, open_asset
from render.blender.looks import give_look
from render.blender.materials import principled
from render.blender.solidity import even_out, gather_alpha
from render.blender.stage import put
from render.spec import AssetSource, Material, Placed

PLAIN = Material("own", ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), roughness=0.5)
MOST_TEMPLATES = 64
MOST_BYTES = 500_000_000
BYTES_A_CORNER, BYTES_A_PIXEL = 100, 4  # roughly, of a mesh and of a picture

templates: dict[tuple[str, str, float], Opened] = {}  # (file, up, scale) -> template, least recently used first


def load(item: Placed, source: AssetSource) -> list[Any]:
    """Put one asset in its place and dress it; return its Blender objects, each with the name of its part as "part".

    All of them get the same pose: the objects' own are in their meshes. Raises InputError for a file that cannot be
    read or wants files from other folders.
    """
    key = (source.file, source.up, source.scale)
    template = templates[key] = templates.pop(key) if key in templates else make_template(source)
    looks = {
        material: dressed(material, item.materials.get(name, item.materials.get("*", PLAIN)))
        for material, name in template.names.items()
    }
    return [add(part.name, part.mesh, looks, item) for part in template.parts]


def dressed(material: Any, look: Material) -> Any:
    """Return a copy of a template's material that looks so."""
    copy = material.copy()
    copy.use_fake_user = False
    give_look(copy.node_tree, look, flat=False)
    return copy


def add(name: str, mesh: Any, looks: dict[Any, Any], item: Placed) -> Any:
    """Add one part of an asset to the scene."""
    copy = mesh.copy()
    copy.use_fake_user = False
    for number, material in enumerate(mesh.materials):
        copy.materials[number] = looks[material]
    thing = bpy.data.objects.new(f"part {len(bpy.data.objects):06d}", copy)
    thing["part"], thing["slot"] = name, 0
    bpy.context.scene.collection.objects.link(thing)
    put(thing, item.location_m, item.rotation, (item.scale, item.scale, item.scale))
    return thing


def make_template(source: AssetSource) -> Opened:
    """Read an asset's file; return it with meshes in metres and with materials that can be dressed."""
    file = Path(source.file)
    template = open_asset(file, source.up)
    if template.outside:
        bpy.data.batch_remove(template.blocks)
        raise InputError(
            f"{file}: uses {template.outside[0]}, which lies in another folder; pack it into the file (in Blender: "
            "File > External Data > Pack Resources) or put it beside the file, and export again"
        )
    for part in template.parts:
        bake(part.mesh, Matrix.Scale(source.scale, 4))
    for material in template.names:
        give_nodes(material)
        gather_alpha(material.node_tree)
        even_out(material.node_tree, [p.mesh for p in template.parts if material in set(p.mesh.materials)])
    spare = {material: "" for part in template.parts for material in fill_slots(part.mesh)}
    template = dataclasses.replace(template, names={**template.names, **spare}, blocks=(*template.blocks, *spare))
    for block in template.blocks:
        block.use_fake_user, block.name = True, "template"  # leaves its name to the next file
    return template


def give_nodes(material: Any) -> None:
    """Turn a material without nodes into one with them that looks alike."""
    if material.use_nodes:
        return
    colour, roughness, metallic = tuple(material.diffuse_color), material.roughness, material.metallic
    material.use_nodes = True
    inputs = principled(material.node_tree).inputs
    inputs["Base Color"].default_value, inputs["Roughness"].default_value = colour, roughness
    inputs["Metallic"].default_value = metallic


def fill_slots(mesh: Any) -> list[Any]:
    """Give a mesh a material where it has none, in the colours of its vertices if it has some; return the new ones."""
    if not mesh.materials:
        mesh.materials.append(None)
    empty = [number for number, material in enumerate(mesh.materials) if not material]
    if not empty:
        return []
    made = bpy.data.materials.new("none")
    made.use_nodes = True
    if mesh.color_attributes:
        tree = made.node_tree
        colours = tree.nodes.new("ShaderNodeVertexColor")
        colours.layer_name = mesh.color_attributes[max(mesh.color_attributes.render_color_index, 0)].name
        tree.links.new(colours.outputs["Color"], principled(tree).inputs["Base Color"])
    for number in empty:
        mesh.materials[number] = made
    return [made]


def clear_scene() -> None:
    """Empty Blender but for the templates, as BlenderProc's `clean_up` empties it, then forget what is too much."""
    bpy.data.batch_remove([block for block in blocks() if not block.use_fake_user and block != bpy.context.scene])
    _Initializer.remove_custom_properties()
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection
    scene, world = bpy.context.scene, bpy.data.worlds.new("World")
    scene.world, world["category_id"] = world, 0
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    reset_keyframes()
    forget()


def forget() -> None:
    """Drop the least recently used templates beyond the limits."""
    while len(templates) > MOST_TEMPLATES or sum(map(bytes_of, templates.values())) > MOST_BYTES:
        bpy.data.batch_remove(templates.pop(next(iter(templates))).blocks)


def bytes_of(template: Opened) -> int:
    """Return roughly how much memory a template takes."""
    corners = sum(len(part.mesh.loops) for part in template.parts)
    pictures = [block for block in template.blocks if isinstance(block, bpy.types.Image)]
    pixels: int = sum(image.size[0] * image.size[1] for image in pictures if image.has_data)  # else not read yet
    return BYTES_A_CORNER * corners + BYTES_A_PIXEL * pixels
