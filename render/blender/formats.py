"""In Blender: one importer a format. Each reads a file into the current scene and says what its unit is."""

import contextlib
import dataclasses
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from blend_render_info import read_blend_rend_chunk
from io_scene_fbx import parse_fbx

from pipeline.errors import InputError, few_of, shown
from render.blender.defuse import empty_caches, take_out_simulations
from render.stock.finite import strange, strange_vertices
from render.stock.usd import look_at_layers

MOST_NAMES = 4  # in a message
SIMPLIFIED = ("use_simplify", "simplify_subdivision_render", "simplify_child_particles_render")


@dataclasses.dataclass(frozen=True)
class Imported:
    """What an importer says of a file: how long its unit is, and what is not as one might think."""

    metres: float = 1.0  # 1 where the file does not say
    unit_said: bool = True  # whether it does, or its format
    applied: float = 1.0  # by what Blender has multiplied all lengths already
    simulations: tuple[str, ...] = ()  # that were taken out, sorted
    notes: tuple[str, ...] = ()  # see Facts
    strange: int = 0  # vertices that are not three finite numbers, which the importer made zeros
    names: frozenset[str] | None = None  # of all objects and materials in the file; None: they stand in its bytes


def read_obj(file: str) -> Imported:
    """Wavefront. Meshes are taken as they are: their faces stand as they stand in the file."""
    bpy.ops.wm.obj_import(filepath=file, forward_axis="Y", up_axis="Z", validate_meshes=False)
    return Imported(unit_said=False)


def read_ply(file: str) -> Imported:
    """Stanford's polygons, with vertex colours."""
    bpy.ops.wm.ply_import(filepath=file, forward_axis="Y", up_axis="Z")
    return Imported(unit_said=False, strange=strange_vertices(Path(file)))


def read_stl(file: str) -> Imported:
    """Stereolithography: bare triangles."""
    bpy.ops.wm.stl_import(filepath=file, forward_axis="Y", up_axis="Z")
    return Imported(unit_said=False, strange=strange_vertices(Path(file)))


def read_gltf(file: str) -> Imported:
    """Text and binary glTF. Its unit is the metre (glTF 2.0, section 3.4)."""
    bpy.ops.import_scene.gltf(filepath=file, disable_bone_shape=True)
    notes = stillness(bool(bpy.data.actions), "as it stands without them")
    return Imported(notes=notes, strange=strange_vertices(Path(file)))


def read_fbx(file: str) -> Imported:
    """FBX, binary alone. Its unit is a number of centimetres."""
    bpy.ops.import_scene.fbx(filepath=file, use_anim=False, use_image_search=False)
    root = parse_fbx.parse(file)[0]
    metres = centimetres_in(root) / 100
    notes = stillness(any(named_in(root, b"AnimationCurve")), "as it stands without them")
    points = [np.asarray(item.props[0], float) for item in vertices_in(root)]
    return Imported(metres, applied=metres, notes=notes, strange=sum(strange(p.reshape(-1, 3)) for p in points))


def named_in(root: Any, name: bytes) -> Iterator[Any]:
    """Yield the objects of a name in a parsed FBX, such as the curves along which something moves."""
    for entry in root.elems:
        if entry.id == b"Objects":
            yield from (item for item in entry.elems if item.id == name)


def vertices_in(root: Any) -> Iterator[Any]:
    """Yield the arrays of vertices in a parsed FBX, three numbers each."""
    for shape in named_in(root, b"Geometry"):
        yield from (item for item in shape.elems if item.id == b"Vertices" and len(item.props[0]) % 3 == 0)


def stillness(moves: bool, how: str) -> tuple[str, ...]:
    """Return what must be said of a file that holds animations: how it is shown."""
    if not moves:
        return ()
    return (
        f"has animations, and is shown {how}; to show another moment apply that in Blender (Object > Convert > Mesh), "
        "and export it again",
    )


def centimetres_in(root: Any) -> float:
    """Return the unit of a parsed FBX."""
    for name in (b"GlobalSettings", b"Properties70"):
        root = next((entry for entry in (root.elems if root else ()) if entry.id == name), None)
    values = {entry.props[0]: entry.props[-1] for entry in (root.elems if root else ()) if entry.props}
    return float(values.get(b"UnitScaleFactor", 1.0))


def read_usd(file: str) -> Imported:
    """Universal Scene Description; lamps, cameras and worlds are left out. What it names is looked at first."""
    metres, _ = look_at_layers(Path(file))
    bpy.ops.wm.usd_import(
        filepath=file, import_cameras=False, import_lights=False, import_volumes=False, create_world_material=False,
        set_frame_range=False, validate_meshes=True,
    )  # fmt: skip
    moves = bool(bpy.data.actions or bpy.data.cache_files)
    return Imported(
        1.0 if metres is None else metres, unit_said=metres is not None, notes=stillness(moves, "at frame 1 of them")
    )


def read_blend(file: str) -> Imported:
    """Blender's own: what stands in its active scene, or all objects of a file without a scene.

    Its caches are emptied before anything is evaluated: Blender writes and removes files where they say.
    """
    with bpy.data.libraries.load(file, link=False) as (found, wanted):
        names, scenes = frozenset((*found.objects, *found.materials)), found.scenes
        chosen = active(file, scenes)
        wanted.scenes, wanted.objects, wanted.texts = list(chosen), found.objects, found.texts
    simulations, notes = take_out_simulations(), cache_notes(empty_caches())
    if not wanted.scenes:
        link(wanted.objects)
        return Imported(simulations=simulations, names=names)
    (scene,) = wanted.scenes
    if len(scenes) > 1:
        notes.append(
            f"has {len(scenes)} scenes, of which {shown(chosen[0])} is shown, as Blender opens it; for another one "
            "open that in Blender and save the file"
        )
    notes += link_shown(scene)
    metres = scene.unit_settings.scale_length
    bpy.data.batch_remove(scenes_behind(scene))
    return Imported(metres, simulations=simulations, notes=tuple(notes), names=names)


def cache_notes(names: Sequence[str]) -> list[str]:
    """Return what must be said of objects whose simulations lie in other files."""
    if not names:
        return []
    return [
        f"is shown without the simulations that {few_of([shown(name) for name in names], MOST_NAMES)} keeps in other "
        "files; in Blender clear Disk Cache, bake them again, and save the file"
    ]


def active(file: str, scenes: Sequence[str]) -> list[str]:
    """Return the one scene, of these names, that Blender shows when it opens a file; none if it has none.

    Raises InputError if it has several and does not say which.
    """
    if len(scenes) < 2:
        return list(scenes)
    with contextlib.redirect_stderr(io.StringIO()):
        said = {name for _, _, name in read_blend_rend_chunk(file)} & set(scenes)
    if len(said) != 1:
        names = few_of([shown(name) for name in scenes], MOST_NAMES)
        raise InputError(
            f"{file}: has {len(scenes)} scenes ({names}) and does not say which one is shown; keep one of them, or "
            "open the one that is meant in Blender and save the file"
        )
    return list(said)


def link_shown(scene: Any) -> list[str]:
    """Link what a render of the scene would show into the current scene, at the same frame; return notes on it."""
    here = bpy.context.scene
    here.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    for setting in SIMPLIFIED:
        setattr(here.render, setting, getattr(scene.render, setting))
    everything = list(dict.fromkeys(thing for each in scenes_behind(scene) for thing in rendered(layers_of(each)[0])))
    link(everything)
    return [*layer_notes(scene), *physics_notes(scene, everything)]


def link(things: Sequence[Any]) -> None:
    """Link objects into the current scene."""
    for thing in things:
        bpy.context.scene.collection.objects.link(thing)


def scenes_behind(scene: Any) -> list[Any]:
    """Return a scene, the one that it has as its background, and so on."""
    found: list[Any] = []
    while scene and scene not in found:
        found.append(scene)
        scene = scene.background_set
    return found


def layers_of(scene: Any) -> list[Any]:
    """Return the view layers that Blender renders, the first of them is what it shows; all if it renders none."""
    return [layer for layer in scene.view_layers if layer.use] or list(scene.view_layers)


def rendered(layer: Any) -> Iterator[Any]:
    """Yield the objects of a view layer that a render would show, whatever is hidden while one works."""
    yield from rendered_in(layer.layer_collection)


def rendered_in(layer: Any) -> Iterator[Any]:
    """Yield the objects of a layer of collections that a camera would see, those that are hidden by themselves too."""
    if layer.exclude or layer.holdout or layer.indirect_only or layer.collection.hide_render:
        return
    yield from layer.collection.objects
    for child in layer.children:
        yield from rendered_in(child)


def layer_notes(scene: Any) -> list[str]:
    """Return what must be said of a scene whose view layers show different things."""
    layers = layers_of(scene)
    if len({frozenset(rendered(layer)) for layer in layers}) < 2:
        return []
    return [
        f"has {len(layers)} view layers, of which {shown(layers[0].name)} is shown; for another one clear Use for "
        "Rendering of those before it (in Blender: View Layer properties)"
    ]


def physics_notes(scene: Any, things: Sequence[Any]) -> list[str]:
    """Return what must be said of rigid bodies, which only move in their own scene."""
    names = [shown(thing.name) for thing in things if thing.rigid_body and thing.rigid_body.type == "ACTIVE"]
    if not names or scene.frame_current <= scene.frame_start:
        return []
    return [
        f"shows {few_of(names, MOST_NAMES)} as they are before they fall as rigid bodies; in Blender choose Object > "
        "Rigid Body > Apply Transformation where they lie, and save the file"
    ]


IMPORTERS: dict[str, Callable[[str], Imported]] = {
    ".obj": read_obj,
    ".ply": read_ply,
    ".stl": read_stl,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".fbx": read_fbx,
    **dict.fromkeys((".usd", ".usda", ".usdc", ".usdz"), read_usd),
    ".blend": read_blend,
}
