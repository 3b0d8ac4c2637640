"""A Blender for tests, in a process of its own: reads tasks from standard input, writes what it saw to .npz files."""

import dataclasses
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from render.blender.worker import Worker, bpy, render  # isort: skip
from render.blender.shot import Shot
from render.spec import AssetSource, SceneSpec, from_line


def arrays_of(shot: Shot) -> dict[str, Any]:
    boxes = {k: alone.box for k, alone in shot.alone.items()}
    found = {"image": shot.image, "alpha": shot.alpha, "ids": shot.ids, "depth": shot.depth, "normals": shot.normals}
    plain = {"assets": shot.assets, "px": {k: alone.area_px for k, alone in shot.alone.items()}, "boxes": boxes}
    text = json.dumps(plain | {"broken": shot.broken})
    return {name: array for name, array in found.items() if array is not None} | {"text": np.array(text)}


def alone(scene: SceneSpec) -> dict[str, Any]:
    """Render each labelled object of the scene that stands there without the others, on three by three pictures."""
    half = math.radians(scene.camera.angle_deg) / 2
    bpy.context.scene.camera.data.angle = 2 * math.atan(3 * math.tan(half))
    height, width = (3 * side for side in scene.size_hw)
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = width, height
    bpy.context.scene.cycles.samples, bpy.context.scene.cycles.max_bounces = 1, 0
    larger = dataclasses.replace(scene, size_hw=(height, width))
    found = {}
    for index in sorted({item.get("slot", 0) for item in bpy.data.objects} - {0}):
        for item in bpy.data.objects:
            item.hide_render = item.get("slot", 0) != index
        found[str(index)] = render(larger).ids == index
    return found


def main(folder: str) -> None:
    """Do tasks [scene line, sources, "shot" or "alone", file] until there are no more; say one word after each."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker({}, Path(folder))
    for line in sys.stdin:
        text, sources, what, file = json.loads(line)
        worker.sources = {name: AssetSource(**source) for name, source in sources.items()}
        scene = from_line(text)
        start = time.process_time()
        shot = worker.shoot(scene)
        spent = time.process_time() - start
        np.savez(file, **arrays_of(shot), **(alone(scene) if what == "alone" else {}))
        answers.write(f"{spent}\n")
        answers.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(temporary)
        sys.stderr.flush()
        os._exit(0)  # Blender would crash in Python's own shutdown
