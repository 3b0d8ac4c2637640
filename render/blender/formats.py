"""In Blender: one importer a format. Each reads a file into the current scene and says what its unit is."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
from io_scene_fbx import parse_fbx

from render.blender.defuse import empty_caches
from render.stock.usd import look_at_layers


@dataclasses.dataclass(frozen=True)
class Unit:
    """How long the file's unit is, and what was taken out before it was looked at."""

    metres: float = 1.0  # 1 where the file does not say
    said: bool = True  # whether it does, or its format
    applied: float = 1.0  # by what Blender has multiplied all lengths already
    simulations: tuple[str, ...] = ()  # that were taken out, sorted


def read_obj(file: str) -> Unit:
    """Wavefront. Meshes are taken as they are: their faces stand as they stand in the file."""
    bpy.ops.wm.obj_import(filepath=file, forward_axis="Y", up_axis="Z", validate_meshes=False)
    return Unit(said=False)


def read_ply(file: str) -> Unit:
    """Stanford's polygons, with vertex colours."""
    bpy.ops.wm.ply_import(filepath=file, forward_axis="Y", up_axis="Z")
    return Unit(said=False)


def read_stl(file: str) -> Unit:
    """Stereolithography: bare triangles."""
    bpy.ops.wm.stl_import(filepath=file, forward_axis="Y", up_axis="Z")
    return Unit(said=False)


def read_gltf(file: str) -> Unit:
    """Text and binary glTF. Its unit is the metre (glTF 2.0, section 3.4)."""
    bpy.ops.import_scene.gltf(filepath=file, disable_bone_shape=True)
    return Unit()


def read_fbx(file: str) -> Unit:
    """FBX, binary alone. Its unit is a number of centimetres."""
    bpy.ops.import_scene.fbx(filepath=file, use_anim=False, use_image_search=False)
    metres = centimetres_in(parse_fbx.parse(file)[0]) / 100
    return Unit(metres, applied=metres)


def centimetres_in(root: Any) -> float:
    """Return the unit of a parsed FBX."""
    for name in (b"GlobalSettings", b"Properties70"):
        root = next((entry for entry in (root.elems if root else ()) if entry.id == name), None)
    values = {entry.props[0]: entry.props[-1] for entry in (root.elems if root else ()) if entry.props}
    return float(values.get(b"UnitScaleFactor", 1.0))


def read_usd(file: str) -> Unit:
    """Universal Scene Description; lamps, cameras and worlds are left out. What it names is looked at first."""
    metres, _ = look_at_layers(Path(file))
    bpy.ops.wm.usd_import(
        filepath=file, import_cameras=False, import_lights=False, import_volumes=False, create_world_material=False,
        set_frame_range=False, validate_meshes=True,
    )  # fmt: skip
    return Unit(said=False) if metres is None else Unit(metres)


def read_blend(file: str) -> Unit:
    """Blender's own: what stands in its first scene, or all objects of a file without a scene.

    Its caches are emptied before anything is evaluated: Blender writes and removes files where they say.
    """
    with bpy.data.libraries.load(file, link=False) as (found, wanted):
        wanted.scenes, wanted.objects, wanted.texts = found.scenes[:1], found.objects, found.texts
    simulations = empty_caches()
    scenes = list(wanted.scenes)
    shown = list(dict.fromkeys(rendered(scenes[0].view_layers[0].layer_collection))) if scenes else wanted.objects
    metres = scenes[0].unit_settings.scale_length if scenes else 1.0
    for thing in shown:
        bpy.context.scene.collection.objects.link(thing)
        thing.hide_viewport = thing.hide_render
        for modifier in thing.modifiers:
            as_rendered(modifier)
    bpy.data.batch_remove(scenes)
    return Unit(metres, simulations=simulations)


def rendered(layer: Any) -> Iterator[Any]:
    """Yield the objects of a layer of collections that a render would show, whatever is hidden while one works."""
    if layer.exclude or layer.collection.hide_render:
        return
    yield from layer.collection.objects
    for child in layer.children:
        yield from rendered(child)


def as_rendered(modifier: Any) -> None:
    """Let a modifier do for us what it does in a render, not what it does while one works on the file."""
    modifier.show_viewport = modifier.show_render
    if hasattr(modifier, "render_levels"):
        modifier.levels = modifier.render_levels


IMPORTERS: dict[str, Callable[[str], Unit]] = {
    ".obj": read_obj,
    ".ply": read_ply,
    ".stl": read_stl,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".fbx": read_fbx,
    **dict.fromkeys((".usd", ".usda", ".usdc", ".usdz"), read_usd),
    ".blend": read_blend,
}
