"""Shoot scenes with bodies in one Blender; write image, id map and poses of each. Run by test_physics.py."""

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from render.blender.worker import Worker  # isort: skip  # first: it lets BlenderProc load
import bpy
import cv2
import numpy as np

from render.catalog import path_of, read_catalog
from render.geometry import looking, turn
from render.spec import (
    AssetSource,
    Camera,
    Development,
    Lamp,
    Material,
    Placed,
    Quality,
    SceneSpec,
    Surface,
    World,
    with_id,
)

ASSETS = Path(__file__).parents[2] / "assets"
CATALOG = {asset.id: asset for asset in read_catalog(ASSETS)}
SKY, TILE = CATALOG["world-studio"], CATALOG["domino-01"]
LEVEL = (1.0, 0.0, 0.0, 0.0)
GREY = Material("plain", ((0.2, 0.2, 0.2), (0.2, 0.2, 0.2)), 0.8)


def tile(place, rotation=LEVEL, body="falls"):
    return Placed(TILE.id, TILE.key, place, rotation, 1.0, {}, body)


def floor(side_m):
    return Surface((0.0, 0.0, 0.0), LEVEL, (side_m, side_m), GREY)


def scene(objects, surfaces, settle_s=2.0):
    camera = Camera((0.0, 0.0, 0.3), looking(np.array([0, 0, -1.0])), 40.0)
    light, plain = World(SKY.id, SKY.key, 0.0, 1.0), Development(0.0, (1.0, 1.0, 1.0), 1.0)
    quality = Quality(samples=2)
    return SceneSpec(
        "", "x", (48, 48), quality, camera, light, (), tuple(surfaces), tuple(objects), plain, settle_s=settle_s
    )


def scenes():
    sides = [
        Surface((0.06 * x, 0.06 * y, 0.04), looking(np.array([x, y, 0.0])), (0.12, 0.08), GREY)
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    heap = [tile((0.01 * (k % 3 - 1), 0.008 * (k % 2), 0.05 + 0.06 * k), turn((1, 1, k), 40.0 * k)) for k in range(8)]
    one = scene([tile((0.0, 0.0, 0.005), body="")], [floor(2.0)], 0.0)
    lamp = Lamp((0.09, 0.0, 0.04), LEVEL, 0.01, 20.0, (1.0, 1.0, 1.0), "point")
    yield "heap", scene(heap, [floor(0.12), *sides])
    yield "drop", scene([tile((0.0, 0.0, 0.1), turn((1, 0, 0), 20.0))], [floor(2.0)])
    yield "hung", scene([tile((0.0, 0.0, 0.1), body=""), tile((0.06, 0.0, 0.1))], [floor(2.0)])
    yield "edge", scene([tile((0.0, 0.0, 0.05)), tile((0.5, 0.0, 0.05))], [floor(0.4)])
    yield "prop", scene([tile((0.0, 0.0, 0.0051), body="still"), tile((0.0, 0.0, 0.05))], [floor(2.0)])
    yield "sharp", one
    yield "blurred", dataclasses.replace(one, camera=dataclasses.replace(one.camera, f_stop=0.5, focus_m=0.15))
    yield "lamp", dataclasses.replace(one, world=dataclasses.replace(one.world, strength=0.001), lamps=(lamp,))
    red, worn = (dataclasses.replace(GREY, texture="maps", maps="red"), dataclasses.replace(GREY, wear=0.3))
    yield "maps", scene([], [dataclasses.replace(floor(2.0), material=red)], 0.0)
    yield "worn", scene([], [dataclasses.replace(floor(2.0), material=worn)], 0.0)
    for name, look in {"checks": {}, "shifted": {"offset": (1.0, 0.0, 0.0)}, "turned": {"turn_deg": 30.0}}.items():
        checks = dataclasses.replace(GREY, texture="checker", colours=((0.02,) * 3, (0.8,) * 3), scale=20.0, **look)
        yield name, scene([], [dataclasses.replace(floor(2.0), material=checks)], 0.0)
    yield "again", scene(heap, [floor(0.12), *sides])


def main(out):
    sources = {a.id: AssetSource(str(path_of(ASSETS, a)), a.category, a.labelled, a.scale, a.up) for a in (SKY, TILE)}
    (out / "red").mkdir()
    cv2.imwrite(str(out / "red" / "red_color.png"), np.full((8, 8, 3), (0, 0, 200), np.uint8))  # blue, green, red
    sources["red"] = AssetSource(str(out / "red"), "", ())
    worker = Worker(sources, Path(tempfile.mkdtemp()))
    for name, spec in scenes():
        shot = worker.shoot(with_id(spec))
        things = sorted(bpy.context.scene.objects, key=lambda thing: thing.name)
        poses = np.array([thing.matrix_world for thing in things if "part" in thing])
        left = bpy.context.scene.rigidbody_world is not None or any(thing.name.startswith("body") for thing in things)
        np.savez(out / f"{name}.npz", image=shot.image, ids=shot.ids, poses=poses, left=left)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # Blender crashes when Python shuts down
