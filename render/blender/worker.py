"""One Blender process that turns scenes into images and id maps.

BlenderProc and Blender are GPL-3.0; nothing outside this process imports this file or one named blender_*.py.
"""

import os

# Both must stand before the imports: the first lets BlenderProc load inside the bpy wheel without its launcher,
# the second lets OpenCV read the EXR files that Blender writes.
os.environ["OUTSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT_BUT_IN_RUN_SCRIPT"] = "1"
os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blenderproc  # noqa: F401  # isort: skip
import bpy
from blenderproc.api import renderer
from blenderproc.python.utility.GlobalStorage import GlobalStorage
from blenderproc.python.utility.Initializer import _Initializer, clean_up
from blenderproc.python.utility.SetupUtility import SetupUtility

from render.blender.cutouts import sharpen
from render.blender.develop import develop
from render.blender.load import clear_scene, load
from render.blender.looks import located
from render.blender.panes import is_clear, make_seen, make_thin
from render.blender.passes import Passes, enable_outputs, render, triangles
from render.blender.physics import Thing, settle
from render.blender.shot import Shot
from render.blender.silhouette import silhouette
from render.blender.stage import build_stage
from render.spec import AssetSource, Quality, SceneSpec


class Worker:
    """A Blender that is started once and renders scene after scene."""

    def __init__(self, sources: dict[str, AssetSource], folder: Path) -> None:
        """Start Blender; `folder` takes its temporary files."""
        self.sources = sources
        SetupUtility.setup_utility_paths(str(folder))
        with quiet():
            self.begin()

    def begin(self) -> None:
        """Set what every scene shares."""
        start_blender()
        enable_outputs()

    def shoot(self, scene: SceneSpec) -> Shot:
        """Render one scene. The same scene gives the same picture, whatever was rendered before."""
        with quiet():
            clear_scene()
            scene = located(scene, self.sources)
            build_stage(scene, self.sources[scene.world.asset].file)
            things, labelled = self.add_objects(scene)
            if scene.settle_s > 0:
                settle(scene, things)
            passes = self.render(scene)
        return finish(scene, passes, labelled)

    def render(self, scene: SceneSpec) -> Passes:
        """Render Blender's scene."""
        set_quality(scene.quality, int(scene.id[:7], 16))
        return render(scene)

    def add_objects(self, scene: SceneSpec) -> tuple[list[Thing], dict[int, tuple[str, list[Any]]]]:
        """Load every object; return all with how they move, and index -> (asset id, objects that carry the label)."""
        things: list[Thing] = []
        labelled: dict[int, tuple[str, list[Any]]] = {}
        for item in scene.objects:
            source = self.sources[item.asset]
            parts = load(item, source)
            things.append((item.body, parts))
            marked = [part for part in parts if source.marks(part["part"])]
            agree(parts, marked)
            if not source.category:
                continue
            index = len(labelled) + 1
            labelled[index] = (item.asset, marked)
            for part in marked:
                part["slot"] = index
        return things, labelled


def agree(parts: list[Any], labelled: list[Any]) -> None:
    """Change the materials of an asset so that picture and labels agree: holes with one outline, panes that show."""
    materials = dict.fromkeys(slot.material for part in parts for slot in part.material_slots)
    with_label = {slot.material for part in labelled for slot in part.material_slots}
    for material in (found for found in materials if found and found.use_nodes):
        sharpen(material.node_tree)
        if material in with_label:
            make_seen(material.node_tree)
        elif is_clear(material.node_tree):
            make_thin(material.node_tree, bpy.context.scene.world.node_tree)


def finish(scene: SceneSpec, passes: Passes, labelled: dict[int, tuple[str, list[Any]]]) -> Shot:
    """Return the developed picture with its labels. labelled: index -> (asset id, Blender objects)."""
    return Shot(
        develop(passes.light, scene.development, passes.alpha),
        passes.alpha,
        passes.ids,
        {index: asset for index, (asset, _) in labelled.items()},
        {k: silhouette(triangles(parts), scene.camera, scene.size_hw) for k, (_, parts) in labelled.items()},
        passes.depth,
        passes.normals,
        passes.broken,
    )


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
    renderer.set_cpu_threads(1)
    scene.render.use_persistent_data = False  # what is left of the scene before would change the noise of this one


def set_quality(quality: Quality, noise: int) -> None:
    """Set what is spent on the picture. noise: seed of the sampling pattern, else every picture carries the same."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    half = max(1, quality.bounces // 2)
    renderer.set_light_bounces(diffuse_bounces=half, glossy_bounces=half, max_bounces=quality.bounces,
                               transmission_bounces=half, transparent_max_bounces=32)  # fmt: skip
    scene.cycles.samples, scene.cycles.seed = quality.samples, noise
    scene.cycles.use_denoising = layer.cycles.use_denoising = quality.denoise
    scene.cycles.denoiser, scene.cycles.denoising_input_passes = "OPENIMAGEDENOISE", "RGB_ALBEDO_NORMAL"
    scene.cycles.denoising_prefilter = scene.cycles.denoising_quality = "FAST"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender and BlenderProc print nowhere, also what C code prints."""
    sys.stdout.flush()
    saved = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(saved, 1)
            os.close(saved)
