"""In Blender: bodies that fall and come to rest."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from render.blender.topology import surface_of
from render.geometry import Array, matrix
from render.spec import SceneSpec, Surface

FRAMES_PER_S = 24
STEPS = 20  # a frame: a tile of a centimetre must not fall through the floor between two steps
ROUNDS = 20  # of the solver, a step
GAP_M = 0.0002  # Bullet's own margin: bodies rest this far apart
FRICTION, BOUNCE = 0.6, 0.1
SLAB_M = 0.3  # a surface has no thickness, and what is fast would pass it

Thing = tuple[str, list[Any]]  # `Placed.body`, Blender objects of one asset, which move as one


def settle(scene: SceneSpec, things: Sequence[Thing]) -> None:
    """Let bodies fall for `scene.settle_s` and leave them where they are then; no physics stays behind.

    Surfaces are still. An asset is a convex body when it falls, and its own mesh when it is still.
    """
    bodies = [(body, parts) for body, parts in things if body]
    with physics():
        for surface in scene.surfaces:
            rigid(slab(surface), "PASSIVE", "BOX")
        moved = []
        for body, parts in bodies:
            proxy = joined(parts)
            start = proxy.matrix_world.copy()
            rigid(proxy, *(("ACTIVE", "CONVEX_HULL") if body == "falls" else ("PASSIVE", "MESH")))
            moved.append((parts, proxy, start))
        fall(scene.settle_s)
        ends = [proxy.matrix_world.copy() for _, proxy, _ in moved]
    for (parts, _, start), end in zip(moved, ends, strict=True):
        for part in parts:
            move(part, end @ start.inverted())
    bpy.context.view_layer.update()


@contextlib.contextmanager
def physics() -> Iterator[None]:
    """Give Blender's scene a rigid body world, and take it away again with all bodies in it."""
    bpy.context.view_layer.update()
    before = set(bpy.data.objects)
    bpy.ops.rigidbody.world_add()
    world = bpy.context.scene.rigidbody_world
    world.collection = bpy.data.collections.new("bodies")
    world.substeps_per_frame, world.solver_iterations, world.use_split_impulse = STEPS, ROUNDS, True
    try:
        yield
    finally:
        bpy.context.scene.frame_set(0)
        bpy.data.collections.remove(world.collection)
        bpy.ops.rigidbody.world_remove()
        bpy.data.batch_remove([thing.data for thing in bpy.data.objects if thing not in before])


def fall(seconds: float) -> None:
    """Run the simulation from its beginning."""
    scene = bpy.context.scene
    frames = round(seconds * FRAMES_PER_S)
    scene.render.fps, scene.render.fps_base = FRAMES_PER_S, 1.0
    cache = scene.rigidbody_world.point_cache
    cache.frame_start, cache.frame_end = 1, frames + 1
    for frame in range(1, frames + 2):
        scene.frame_set(frame)


def rigid(thing: Any, kind: str, shape: str) -> None:
    """Make a Blender object a body of the simulation."""
    bpy.context.scene.rigidbody_world.collection.objects.link(thing)
    body = thing.rigid_body
    body.type, body.collision_shape, body.mesh_source = kind, shape, "BASE"
    body.friction, body.restitution = FRICTION, BOUNCE
    body.use_margin, body.collision_margin = True, GAP_M
    body.linear_damping, body.angular_damping = 0.1, 0.3


def slab(surface: Surface) -> Any:
    """Return a thick plate whose upper face is the surface."""
    half = np.array([*(side / 2 for side in surface.size_m), SLAB_M / 2])
    corners = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) * half
    pose = Matrix(matrix(surface.rotation).tolist()).to_4x4()
    pose.translation = np.asarray(surface.location_m) - matrix(surface.rotation) @ np.array([0, 0, SLAB_M / 2])
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return hidden(corners, faces, pose)


def joined(parts: list[Any]) -> Any:
    """Return one invisible object with the triangles of all parts, its origin in the middle of their bounding box."""
    points, faces, count = list[Array](), list[tuple[int, ...]](), 0
    for part in parts:
        local, triangles = surface_of(part.data)
        pose = np.array(part.matrix_world)
        points.append(local @ pose[:3, :3].T + pose[:3, 3])
        faces += map(tuple, (count + triangles).tolist())
        count += len(local)
    there = np.concatenate(points)
    middle = (there.min(axis=0) + there.max(axis=0)) / 2
    return hidden(there - middle, faces, Matrix.Translation(middle))


def hidden(points: Array, faces: Sequence[tuple[int, ...]], pose: Any) -> Any:
    """Return a new object that no picture shows."""
    mesh = bpy.data.meshes.new("body")
    mesh.from_pydata(points.tolist(), [], faces)
    thing = bpy.data.objects.new("body", mesh)
    thing.hide_render = True
    bpy.context.scene.collection.objects.link(thing)
    thing.rotation_mode, thing.matrix_world = "QUATERNION", pose
    bpy.context.view_layer.update()
    return thing


def move(part: Any, by: Any) -> None:
    """Move a Blender object by a rigid motion of the world."""
    part.matrix_world = by @ part.matrix_world
