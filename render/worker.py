"""One Blender process that turns scenes into images and id maps. The only file that imports BlenderProc and Blender.

BlenderProc and Blender are GPL-3.0; nothing outside this process imports them.
"""

import os

# Both must stand before the imports: the first lets BlenderProc load inside the bpy wheel without its launcher,
# the second lets OpenCV read the EXR files that Blender writes.
os.environ["OUTSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT_BUT_IN_RUN_SCRIPT"] = "1"
os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blenderproc  # noqa: F401  # isort: skip
import bpy
import numpy as np
from blenderproc.api import camera as bproc_camera
from blenderproc.api import loader, renderer, world
from blenderproc.python.utility.GlobalStorage import GlobalStorage
from blenderproc.python.utility.Initializer import _Initializer, clean_up
from blenderproc.python.utility.SetupUtility import SetupUtility
from numpy.typing import NDArray

from render.develop import develop
from render.geometry import matrix, project
from render.materials import dress
from render.silhouette import silhouette_px
from render.spec import Material, Placed, SceneSpec, Surface

SUN_MAP_PX = 256  # importance map of the environment: Blender's own choice costs most of a frame's time
PLAIN = Material("own", ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), roughness=0.5)


@dataclasses.dataclass(frozen=True)
class Source:
    """What the worker must know of an asset: where its file lies and which of its objects are labelled."""

    file: str
    category: str  # empty: never labelled
    labelled: tuple[str, ...]  # names of OBJ objects; empty: all


@dataclasses.dataclass(frozen=True)
class Shot:
    """A finished picture."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    ids: NDArray[np.uint16]  # (H, W), k = k-th labelled object of the scene, from 1
    assets: dict[int, str]  # index -> asset id
    alone_px: dict[int, int]  # index -> pixels if nothing stood before it and nothing cut it off


class Worker:
    """A Blender that is started once and renders scene after scene."""

    def __init__(self, sources: dict[str, Source], folder: Path) -> None:
        """Start Blender; `folder` takes its temporary files."""
        self.sources = sources
        SetupUtility.setup_utility_paths(str(folder))
        with quiet():
            start_blender()
        self.registered = False

    def shoot(self, scene: SceneSpec) -> Shot:
        """Render one scene. The same scene gives the same picture, whatever was rendered before."""
        with quiet():
            clean_up(clean_up_camera=True)
            set_camera(scene)
            self.set_world(scene)
            for surface in scene.surfaces:
                add_surface(surface)
            for lamp in scene.lamps:
                add_lamp(lamp)
            labelled = self.add_objects(scene)
            data = self.render(scene)
        ids = np.asarray(data["slot_segmaps"][0]).astype(np.uint16)
        alone = {k: silhouette_px(triangles(parts, scene), scene.size_hw) for k, (_, parts) in labelled.items()}
        return Shot(develop(data["colors"][0], scene.development), ids, {k: a for k, (a, _) in labelled.items()}, alone)

    def render(self, scene: SceneSpec) -> dict[str, Any]:
        """Return BlenderProc's output of the one render call that gives picture and ids."""
        bpy.context.scene.cycles.samples = scene.samples
        bpy.context.scene.cycles.seed = int(scene.id[:7], 16)  # else every picture carries the same noise
        if not self.registered:  # a second call would add a second output node
            renderer.enable_segmentation_output(map_by=["slot"], default_values={"slot": 0})
            self.registered = True
        for number, item in enumerate(sorted(bpy.data.objects, key=lambda o: o.name), 1):
            item.pass_index = number  # BlenderProc numbers only what exists when the output is enabled
        data: dict[str, Any] = renderer.render(load_keys={"colors", "segmap"})
        return data

    def set_world(self, scene: SceneSpec) -> None:
        """Light the scene with its environment map."""
        bpy.context.scene.world.use_nodes = True
        turn = [0.0, 0.0, float(np.radians(scene.world.turn_deg))]
        world.set_world_background_hdr_img(self.sources[scene.world.asset].file, scene.world.strength, turn)
        cycles = bpy.context.scene.world.cycles
        cycles.sampling_method, cycles.sample_map_resolution = "MANUAL", SUN_MAP_PX

    def add_objects(self, scene: SceneSpec) -> dict[int, tuple[str, list[Any]]]:
        """Load every object; return index -> (asset id, Blender objects that carry the label)."""
        labelled: dict[int, tuple[str, list[Any]]] = {}
        for item in scene.objects:
            source = self.sources[item.asset]
            parts = load(item, source.file)
            if not source.category:
                continue
            index = len(labelled) + 1
            marked = [part for part in parts if not source.labelled or part["part"] in source.labelled]
            for part in marked:
                part["slot"] = index
            labelled[index] = (item.asset, marked)
        return labelled


def start_blender() -> None:
    """Do what bproc.init() does, but for the language, which the wheel lacks; then set what every scene shares."""
    clean_up(clean_up_camera=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    renderer.set_render_devices()
    _Initializer.set_default_parameters()
    GlobalStorage.add("bproc_init_complete", True)
    renderer.set_noise_threshold(0)
    renderer.set_denoiser(None)
    set_denoiser(scene, bpy.context.view_layer)
    renderer.set_cpu_threads(1)
    renderer.set_light_bounces(diffuse_bounces=2, glossy_bounces=2, max_bounces=4, transmission_bounces=2,
                               transparent_max_bounces=8)  # fmt: skip
    renderer.set_output_format("OPEN_EXR", color_depth="32", view_transform="Raw")
    scene.render.image_settings.exr_codec = "NONE"
    scene.render.use_persistent_data = False  # what is left of the scene before would change the noise of this one


def set_denoiser(scene: Any, layer: Any) -> None:
    """Let Cycles itself denoise, guided by albedo and normals: with few samples that costs next to nothing."""
    scene.cycles.use_denoising = layer.cycles.use_denoising = True
    scene.cycles.denoiser, scene.cycles.denoising_input_passes = "OPENIMAGEDENOISE", "RGB_ALBEDO_NORMAL"
    scene.cycles.denoising_prefilter = scene.cycles.denoising_quality = "FAST"


def set_camera(scene: SceneSpec) -> None:
    """Place the camera and set the size of the picture."""
    height, width = scene.size_hw
    angle = float(np.radians(scene.camera.angle_deg))
    bproc_camera.set_intrinsics_from_blender_params(
        lens=angle, image_width=width, image_height=height, clip_start=0.005, clip_end=500.0, lens_unit="FOV"
    )
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = matrix(scene.camera.rotation), scene.camera.location_m
    bproc_camera.add_camera_pose(pose)


def load(item: Placed, path: str) -> list[Any]:
    """Load one asset's file, put it in its place and dress it; return its Blender objects."""
    parts = [part.blender_obj for part in loader.load_obj(path, forward_axis="Y", up_axis="Z")]
    for part in parts:
        part["part"] = part.name.split(".")[0]
        part["slot"] = 0
        put(part, item.location_m, item.rotation, (item.scale, item.scale, item.scale))
        for slot in part.material_slots:
            name = slot.material.name.split(".")[0]
            dress(slot.material.node_tree, item.materials.get(name, item.materials.get("*", PLAIN)))
    return parts


def put(thing: Any, location_m: Any, rotation: Any, scale: Any = (1, 1, 1)) -> None:
    """Move a Blender object."""
    thing.rotation_mode = "QUATERNION"
    thing.location, thing.rotation_quaternion, thing.scale = location_m, rotation, scale


def add_surface(surface: Surface) -> None:
    """Add one rectangle of background."""
    width, depth = (side / 2 for side in surface.size_m)
    mesh = bpy.data.meshes.new("surface")
    mesh.from_pydata(
        [(-width, -depth, 0), (width, -depth, 0), (width, depth, 0), (-width, depth, 0)], [], [(0, 1, 2, 3)]
    )
    thing = bpy.data.objects.new("surface", mesh)
    thing["slot"] = 0
    bpy.context.scene.collection.objects.link(thing)
    put(thing, surface.location_m, surface.rotation)
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    dress(material.node_tree, surface.material)
    mesh.materials.append(material)


def add_lamp(lamp: Any) -> None:
    """Add one square area light."""
    light = bpy.data.lights.new("lamp", "AREA")
    light.energy, light.size, light.color = lamp.power_w, lamp.size_m, lamp.colour
    thing = bpy.data.objects.new("lamp", light)
    bpy.context.scene.collection.objects.link(thing)
    put(thing, lamp.location_m, lamp.rotation)


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


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender and BlenderProc print nowhere, also what C code prints."""
    saved = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)
