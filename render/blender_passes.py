"""In Blender: what comes out of the one render call, and what geometry says about it."""

import dataclasses
from typing import Any

import bpy
import numpy as np
from blenderproc.api import renderer
from numpy.typing import NDArray

from render.geometry import project
from render.spec import SceneSpec


@dataclasses.dataclass(frozen=True)
class Passes:
    """The raw outputs of one render."""

    light: NDArray[np.float32]  # (H, W, 3) linear
    alpha: NDArray[np.float32]  # (H, W) in 0..1; 0 where nothing but the world is seen, if a plate is wanted, else 1
    ids: NDArray[np.uint16]  # (H, W), k = k-th labelled object of the scene, from 1
    depth: NDArray[np.float32] | None  # (H, W) metres along the line of sight, inf = nothing there
    normals: NDArray[np.float16] | None  # (H, W, 3) world axes, zeros = nothing there


def enable_outputs() -> None:
    """Register the id output, once a process: a second call would add a second output node."""
    renderer.enable_segmentation_output(map_by=["slot"], default_values={"slot": 0})


def render() -> Passes:
    """Render what stands in Blender's scene."""
    for number, item in enumerate(sorted(bpy.data.objects, key=lambda o: o.name), 1):
        item.pass_index = number  # BlenderProc numbers only what exists when the output is enabled
    data: dict[str, Any] = renderer.render(load_keys={"colors", "segmap"})
    ids = np.asarray(data["slot_segmaps"][0]).astype(np.uint16)
    light = np.asarray(data["colors"][0], np.float32)[:, :, :3]
    return Passes(light, np.ones(ids.shape, np.float32), ids, None, None)


def triangles(parts: list[Any], scene: SceneSpec) -> NDArray[np.float64]:
    """Return the triangles of Blender objects in the picture, (N, 3, 3): column, row, depth."""
    found = [np.zeros((0, 3, 3))]
    for part in parts:
        mesh = part.data
        mesh.calc_loop_triangles()
        points = np.zeros(len(mesh.vertices) * 3)
        mesh.vertices.foreach_get("co", points)
        corners = np.zeros(len(mesh.loop_triangles) * 3, np.int64)
        mesh.loop_triangles.foreach_get("vertices", corners)
        pose = np.array(part.matrix_world)
        there = points.reshape(-1, 3) @ pose[:3, :3].T + pose[:3, 3]
        found.append(project(scene.camera, scene.size_hw, there)[corners.reshape(-1, 3)])
    return np.concatenate(found)
