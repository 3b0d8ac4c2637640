"""One Blender process that turns scenes into images and id maps.

BlenderProc and Blender are GPL-3.0; nothing outside this process imports this file or one named blender_*.py.
"""

import os

# Both must stand before the imports: the first lets BlenderProc load inside the bpy wheel without its launcher,
# the second lets OpenCV read the EXR files that Blender writes.
os.environ["OUTSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT_BUT_IN_RUN_SCRIPT"] = "1"
os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"

import contextlib
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blenderproc  # noqa: F401  # isort: skip
import bpy
import numpy as np
from blenderproc.api import renderer
from blenderproc.python.utility.GlobalStorage import GlobalStorage
from blenderproc.python.utility.Initializer import _Initializer, clean_up
from blenderproc.python.utility.SetupUtility import SetupUtility
from numpy.typing import NDArray

from render.blender_assets import load
from render.blender_passes import Passes, enable_outputs, render, triangles
from render.blender_stage import build_stage
from render.develop import develop
from render.silhouette import silhouette_px
from render.spec import Quality, SceneSpec, Source


@dataclasses.dataclass(frozen=True)
class Shot:
    """A finished picture."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    alpha: NDArray[np.float32]  # (H, W) in 0..1: how much of it is not the plate; all 1 without a plate
    ids: NDArray[np.uint16]  # (H, W), k = k-th labelled object of the scene, from 1
    assets: dict[int, str]  # index -> asset id
    alone_px: dict[int, int]  # index -> pixels if nothing stood before it and nothing cut it off
    depth: NDArray[np.float32] | None = None  # (H, W), see Passes
    normals: NDArray[np.float16] | None = None  # (H, W, 3), see Passes
    broken: str = ""  # why the picture cannot be trusted, one of frame.CAUSES; empty: nothing wrong


class Worker:
    """A Blender that is started once and renders scene after scene."""

    def __init__(self, sources: dict[str, Source], folder: Path) -> None:
        """Start Blender; `folder` takes its temporary files."""
        self.sources = sources
        SetupUtility.setup_utility_paths(str(folder))
        with quiet():
            start_blender()
            enable_outputs()

    def shoot(self, scene: SceneSpec) -> Shot:
        """Render one scene. The same scene gives the same picture, whatever was rendered before."""
        with quiet():
            clean_up(clean_up_camera=True)
            set_quality(scene.quality, int(scene.id[:7], 16))
            build_stage(scene, self.sources[scene.world.asset].file)
            labelled = self.add_objects(scene)
            passes = render()
        return finish(scene, passes, labelled)

    def add_objects(self, scene: SceneSpec) -> dict[int, tuple[str, list[Any]]]:
        """Load every object; return index -> (asset id, Blender objects that carry the label)."""
        labelled: dict[int, tuple[str, list[Any]]] = {}
        for item in scene.objects:
            source = self.sources[item.asset]
            parts = load(item, source)
            if not source.category:
                continue
            index = len(labelled) + 1
            labelled[index] = (item.asset, [part for part in parts if source.marks(part["part"])])
            for part in labelled[index][1]:
                part["slot"] = index
        return labelled


def finish(scene: SceneSpec, passes: Passes, labelled: dict[int, tuple[str, list[Any]]]) -> Shot:
    """Return the developed picture with its labels. labelled: index -> (asset id, Blender objects)."""
    alone = {k: silhouette_px(triangles(parts, scene), scene.size_hw) for k, (_, parts) in labelled.items()}
    return Shot(
        develop(passes.light, scene.development),
        passes.alpha,
        passes.ids,
        {index: asset for index, (asset, _) in labelled.items()},
        alone,
        passes.depth,
        passes.normals,
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
    renderer.set_output_format("OPEN_EXR", color_depth="32", view_transform="Raw")
    scene.render.image_settings.exr_codec = "NONE"
    scene.render.use_persistent_data = False  # what is left of the scene before would change the noise of this one


def set_quality(quality: Quality, noise: int) -> None:
    """Set what is spent on the picture. noise: seed of the sampling pattern, else every picture carries the same."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    half = max(1, quality.bounces // 2)
    renderer.set_light_bounces(diffuse_bounces=half, glossy_bounces=half, max_bounces=quality.bounces,
                               transmission_bounces=half, transparent_max_bounces=8)  # fmt: skip
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
