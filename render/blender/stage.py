"""In Blender: camera, world, lamps and background of a scene."""

from typing import Any

import bpy
import numpy as np
from blenderproc.api import camera as bproc_camera
from blenderproc.api import world as bproc_world

from render.blender.looks import give_look
from render.geometry import matrix
from render.spec import Camera, Lamp, SceneSpec, Surface, World

NEAR_M, FAR_M = 0.005, 500.0


def build_stage(scene: SceneSpec, world_file: str) -> None:
    """Set up all of a scene but its objects. world_file: the environment map."""
    set_camera(scene.camera, scene.size_hw)
    bpy.context.scene.render.film_transparent = scene.plate is not None
    set_world(scene.world, world_file, scene.quality.light_map_px)
    for surface in scene.surfaces:
        add_surface(surface)
    for lamp in scene.lamps:
        add_lamp(lamp)


def set_camera(camera: Camera, size_hw: tuple[int, int]) -> None:
    """Place the camera and set the size of the picture."""
    height, width = size_hw
    angle = float(np.radians(camera.angle_deg))
    bproc_camera.set_intrinsics_from_blender_params(
        lens=angle, image_width=width, image_height=height, clip_start=NEAR_M, clip_end=FAR_M, lens_unit="FOV"
    )
    bpy.context.scene.camera.data.sensor_fit = "HORIZONTAL"  # else the angle is that of the longer side
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = matrix(camera.rotation), camera.location_m
    bproc_camera.add_camera_pose(pose)
    if camera.f_stop:
        bproc_camera.add_depth_of_field(None, camera.f_stop, focal_distance=camera.focus_m)


def set_world(world: World, file: str, light_map_px: int) -> None:
    """Light the scene with its environment map."""
    bpy.context.scene.world.use_nodes = True
    bproc_world.set_world_background_hdr_img(file, world.strength, [0.0, 0.0, float(np.radians(world.turn_deg))])
    cycles = bpy.context.scene.world.cycles
    cycles.sampling_method, cycles.sample_map_resolution = "MANUAL", light_map_px


def put(thing: Any, location_m: Any, rotation: Any, scale: Any = (1, 1, 1)) -> None:
    """Move a Blender object."""
    thing.rotation_mode = "QUATERNION"
    thing.location, thing.rotation_quaternion, thing.scale = location_m, rotation, scale


def add_surface(surface: Surface) -> None:
    """Add one rectangle of background. Its UV coordinates are metres from its middle."""
    width, depth = (side / 2 for side in surface.size_m)
    corners = [(-width, -depth), (width, -depth), (width, depth), (-width, depth)]
    mesh = bpy.data.meshes.new("surface")
    mesh.from_pydata([(x, y, 0) for x, y in corners], [], [(0, 1, 2, 3)])
    mesh.uv_layers.new(name="metres").data.foreach_set("uv", [number for corner in corners for number in corner])
    thing = bpy.data.objects.new("surface", mesh)
    thing["slot"] = 0
    bpy.context.scene.collection.objects.link(thing)
    put(thing, surface.location_m, surface.rotation)
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    give_look(material.node_tree, surface.material, flat=True)
    mesh.materials.append(material)


def add_lamp(lamp: Lamp) -> None:
    """Add one lamp."""
    light = bpy.data.lights.new("lamp", lamp.kind.upper())
    light.energy, light.color = lamp.power_w, lamp.colour
    if lamp.kind == "point":
        light.shadow_soft_size = lamp.size_m / 2
    else:
        light.size = lamp.size_m
    thing = bpy.data.objects.new("lamp", light)
    bpy.context.scene.collection.objects.link(thing)
    put(thing, lamp.location_m, lamp.rotation)
