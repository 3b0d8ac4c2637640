"""In Blender: the other side of the benchmark, and a clock around Blender's render call."""

import time
from typing import Any

from render.blender.worker import Worker, start_blender  # isort: skip  # first: it lets BlenderProc load
import bpy
import numpy as np
from blenderproc.api import renderer
from blenderproc.python.utility.Initializer import _Initializer

from render.blender.passes import Passes, passes_of
from render.spec import SceneSpec

SAMPLES = 50  # of BlenderProc's own examples


class Peer(Worker):
    """Renders our scenes as BlenderProc's examples render theirs.

    BlenderProc's defaults (bounces, adaptive threshold, Intel's denoiser in the compositor, no light tree, data kept
    between renders, every core), the examples' 50 samples, Blender's own importance map, and the segmentation output
    in the same call, through files. Stage, objects and development are ours, so only the way of rendering differs;
    of the scene's quality nothing is used. Depth and normals are not offered.
    """

    def begin(self) -> None:
        """Set what the examples set, but for the format: linear light, which our development takes."""
        start_blender()
        _Initializer.set_default_parameters()
        renderer.set_max_amount_of_samples(SAMPLES)
        renderer.set_output_format("OPEN_EXR", color_depth="32", enable_transparency=True, view_transform="Raw")
        bpy.context.scene.render.image_settings.exr_codec = "NONE"  # the quickest that its files can be
        renderer.enable_segmentation_output(map_by=["slot"], default_values={"slot": 0})

    def render(self, scene: SceneSpec) -> Passes:
        """Render Blender's scene."""
        bpy.context.scene.world.cycles.sampling_method = "AUTOMATIC"
        for number, item in enumerate(sorted(bpy.data.objects, key=lambda o: o.name), 1):
            item.pass_index = number  # BlenderProc numbers only what exists when the output is enabled
        data: dict[str, Any] = renderer.render(load_keys={"colors", "segmap"}, keys_with_alpha_channel={"colors"})
        ids = np.asarray(data["slot_segmaps"][0])
        return passes_of(scene, {"Combined": np.asarray(data["colors"][0], np.float32), "IndexOB": ids[:, :, None]})


class RenderClock:
    """Counts the seconds that Blender spends inside its render call."""

    def __init__(self) -> None:
        """Hang the clock into Blender, once a process."""
        self.seconds = 0.0
        self.began = 0.0
        bpy.app.handlers.render_init.append(self.start)
        bpy.app.handlers.render_complete.append(self.stop)

    def start(self, *_: Any) -> None:
        """Blender begins to render."""
        self.began = time.monotonic()

    def stop(self, *_: Any) -> None:
        """Blender is done."""
        self.seconds += time.monotonic() - self.began
