"""In Blender: what comes out of the one render call, and what geometry says about it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from render.blender.cutouts import cutout_of
from render.blender.shot import NOT_A_NUMBER, OUT_OF_STEP
from render.blender.silhouette import Triangles
from render.blender.spans import Cutout
from render.blender.topology import surface_of
from render.spec import SceneSpec

Array = NDArray[np.float32]

SEEN_ALPHA = 0.3  # a surface more solid than this carries the label, whatever shows through it
EMPTY_M = 1e9  # Blender's depth where there is nothing is 1e10
KEPT: dict[str, Array] = {}  # pass -> (H, W, channels) of the last render, the first row at the top


@dataclasses.dataclass(frozen=True)
class Passes:
    """The raw outputs of one render.

    Ids and depth are those of the surface at each pixel's centre, normals the mean of the pixel's samples, relief
    included; neither filter nor denoiser nor the blur of a lens touches them.
    """

    light: Array  # (H, W, 3) linear, not yet multiplied with alpha
    alpha: Array  # (H, W) in 0..1; 0 where nothing but the world is seen, if a plate is wanted, else 1
    ids: NDArray[np.uint16]  # (H, W), k = k-th labelled object of the scene, from 1
    depth: Array | None  # (H, W) metres along the line of sight, inf = nothing there
    normals: NDArray[np.float16] | None  # (H, W, 3) unit length, world axes, zeros = nothing there
    broken: str = ""  # why they cannot be trusted, one of frame.CAUSES; empty: nothing wrong


def enable_outputs() -> None:
    """Take the passes from Cycles' hands, once a process: no compositor, no file that could be an older scene's."""
    bpy.context.scene.render.use_compositing = False
    layer = bpy.context.view_layer
    layer.use_pass_object_index, layer.use_pass_diffuse_color = True, False
    layer.pass_alpha_threshold = SEEN_ALPHA
    cycles = bpy.types.RenderEngine.bl_rna_get_subclass_py("CYCLES")
    draw = cycles.render

    def draw_and_keep(engine: Any, depsgraph: Any) -> None:
        draw(engine, depsgraph)
        result = engine.get_result()
        for item in result.layers[0].passes:
            KEPT[item.name] = pixels(item, (result.resolution_y, result.resolution_x))

    cycles.render = draw_and_keep


def pixels(item: Any, size_hw: tuple[int, int]) -> Array:
    """Return a pass as (H, W, channels), the first row at the top."""
    flat = np.empty(size_hw[0] * size_hw[1] * item.channels, np.float32)
    item.rect.foreach_get(flat)
    return flat.reshape(*size_hw, item.channels)[::-1]


def render(scene: SceneSpec) -> Passes:
    """Render Blender's scene. Raises RuntimeError if Blender does not finish the picture."""
    here, layer = bpy.context.scene, bpy.context.view_layer
    layer.use_pass_z, layer.use_pass_normal = (bool(scene.also), "normals" in scene.also)
    for item in bpy.data.objects:
        item.pass_index = item.get("slot", 0)
    here.frame_set(here.frame_start)
    kept = taken(scene)
    if scene.camera.f_stop:
        kept = without_lens(scene) | {"Combined": kept["Combined"]}
    return passes_of(scene, kept)


def taken(scene: SceneSpec) -> dict[str, Array]:
    """Return the passes of one call of Cycles."""
    KEPT.clear()
    bpy.ops.render.render()
    if "Combined" not in KEPT:
        raise RuntimeError(f"scene {scene.id}: Blender gave no picture")
    return dict(KEPT)


def without_lens(scene: SceneSpec) -> dict[str, Array]:
    """Return the passes through a pinhole, with one path that ends where it hits; the camera stays one.

    Through a lens each pixel's label would be that of a random point of the lens: noise as wide as the blur.
    """
    here = bpy.context.scene
    here.camera.data.dof.use_dof = False
    here.cycles.samples, here.cycles.max_bounces, here.cycles.use_denoising = 1, 0, False
    here.world.cycles.sampling_method = "NONE"  # no light is needed, nor the map of where it comes from
    return taken(scene)


def passes_of(scene: SceneSpec, kept: dict[str, Array]) -> Passes:
    """Return the outputs of what Cycles gave, pass by pass."""
    colour = kept["Combined"]
    alpha = colour[:, :, 3].clip(0, 1) if scene.plate else np.ones(colour.shape[:2], np.float32)
    light = (colour[:, :, :3] / np.where(alpha > 0, alpha, 1)[:, :, None]).astype(np.float32, copy=False)
    ids = np.rint(kept["IndexOB"][:, :, 0]).astype(np.uint16)
    broken = OUT_OF_STEP if ids.shape != scene.size_hw else "" if np.isfinite(colour).all() else NOT_A_NUMBER
    if not scene.also:
        return Passes(light, alpha, ids, None, None, broken)
    depth = np.where(kept["Depth"][:, :, 0] < EMPTY_M, kept["Depth"][:, :, 0], np.float32(np.inf))
    normals = unit(kept["Normal"], np.isfinite(depth)) if "normals" in scene.also else None
    return Passes(light, alpha, ids, depth if "depth" in scene.also else None, normals, broken)


def unit(normals: Array, there: NDArray[np.bool_]) -> NDArray[np.float16]:
    """Return normals (H, W, 3) with length 1, and 0 where there is nothing."""
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    return np.where(there[:, :, None] & (length > 0), normals / np.where(length > 0, length, 1), 0).astype(np.float16)


def triangles(parts: Sequence[Any]) -> Triangles:
    """Return the triangles of Blender objects as they stand in the scene, modifiers applied."""
    graph = bpy.context.evaluated_depsgraph_get()
    cutouts: list[Cutout] = []
    found = [triangles_of(part.evaluated_get(graph), cutouts) for part in parts]
    corners, uv, cutout = (np.concatenate(arrays) for arrays in zip(EMPTY, *found, strict=True))
    return Triangles(corners, uv, cutout, tuple(cutouts))


EMPTY = (np.zeros((0, 3, 3)), np.zeros((0, 3, 2)), np.zeros(0, np.intp))


def triangles_of(part: Any, cutouts: list[Cutout]) -> tuple[Any, Any, Any]:
    """Return corners, uv and cutout of one object as of `Triangles`; its cutouts are added to the list."""
    mesh = part.data
    local, triangles = surface_of(mesh)
    number, pose = len(triangles), np.array(part.matrix_world)
    corners = (local @ pose[:3, :3].T + pose[:3, 3])[triangles]
    of_slot = np.full(len(part.material_slots) + 1, -1)
    for place, slot in enumerate(part.material_slots):
        cutout = cutout_of(slot.material.node_tree) if slot.material and slot.material.use_nodes else None
        if cutout:
            of_slot[place] = len(cutouts)
            cutouts.append(cutout)
    if (of_slot < 0).all():
        return corners, np.zeros((number, 3, 2)), np.full(number, -1)
    material = got(mesh.loop_triangles, "material_index", number, np.int32)
    loops = got(mesh.loop_triangles, "loops", 3 * number, np.int32)
    return corners, uv_of(mesh)[loops].reshape(-1, 3, 2), of_slot[material]


def uv_of(mesh: Any) -> NDArray[np.float64]:
    """Return the texture coordinates of a mesh's corners, (N, 2); zeros if it has none."""
    layer = next((layer for layer in mesh.uv_layers if layer.active_render), None)
    number = 2 * len(mesh.loops)
    return (got(layer.uv, "vector", number) if layer else np.zeros(number)).reshape(-1, 2).astype(np.float64)


def got(things: Any, name: str, number: int, kind: Any = np.float32) -> NDArray[Any]:
    """Return one property of all things of a Blender collection, flat."""
    values = np.empty(number, kind)
    things.foreach_get(name, values)
    return values
