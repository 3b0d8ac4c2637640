"""Scenes that show one asset: four views in two lights on a grey floor, or an environment map all around."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from render.catalog import BLENDER, Asset
from render.geometry import looking, matrix, turn
from render.spec import (
    Camera,
    Colour,
    Development,
    Material,
    Placed,
    Quality,
    SceneSpec,
    Surface,
    Vector,
    World,
    with_id,
)

VIEWS = (("front left", 235.0), ("front right", 325.0), ("back right", 55.0), ("back left", 145.0))  # degrees from +X
AROUND = (("ahead", 0.0), ("right", 270.0), ("behind", 180.0), ("left", 90.0))  # degrees from +Y
SIZE_PX = 160
SAMPLES = 2
ANGLE_DEG, ROOM = 30.0, 1.06  # field of view, and how much more than the asset it shows
LOOKS_DOWN_DEG, FLAT_LOOKS_DOWN_DEG, FLAT = 22.0, 55.0, 0.15  # flat: lower than this share of its longest side
FLOOR = Material("plain", ((0.4, 0.4, 0.4), (0.4, 0.4, 0.4)), roughness=0.9)
FLOOR_SIDES, LIFT = 40.0, 0.003  # in longest sides of the asset; a floor in the very plane of a sheet would be black
OWN = {"*": Material("own", ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), roughness=0.5)}
SAMPLE_M = 1.0  # side of the piece of a texture that is shown
UNTURNED = turn((0, 0, 1), 0)
UNTOUCHED = Development(0.0, (1.0, 1.0, 1.0), 1.0)
UNSEEN = (Surface((0.0, 0.0, -1.0), UNTURNED, (0.01, 0.01), FLOOR),)  # the worker renders no scene without a mesh


@dataclasses.dataclass(frozen=True)
class Light:
    """One of the two lights that assets are shown in."""

    name: str
    world: str  # an environment map that comes with Blender
    exposure_ev: float
    white: Colour  # gains of the channels

    @property
    def asset(self) -> Asset:
        """Return the environment map, under a name that no catalogue may hold."""
        file = f"{BLENDER}studiolights/world/{self.world}.exr"
        return Asset(f"turntable:{self.name}", "hdri", "light", file, "CC0-1.0", "Poly Haven")


LIGHTS = (
    Light("daylight", "courtyard", 0.6, (1.08, 1.0, 0.88)),
    Light("lamplight", "interior", -0.4, (1.0, 1.0, 1.0)),
)


@dataclasses.dataclass(frozen=True)
class TurntableView:
    """One picture of a turntable."""

    name: str  # such as "front left"
    light: str  # name of its light; "" for an environment map
    scene: SceneSpec
    mask: bool = False  # draw its label as well


def views_of(asset: Asset) -> Iterator[TurntableView]:
    """Yield the pictures of one asset, the first one with the mask if the asset carries a label.

    The asset is shown one metre large whatever its size_m, so that a wrong unit can still be seen; nothing is yielded
    for a mesh without a size.
    """
    if asset.kind == "hdri":
        for name, heading_deg in AROUND:
            camera = Camera((0.0, 0.0, 0.0), looking(heading(heading_deg)), 90.0)
            yield TurntableView(name, "", scene(camera, World(asset.id, asset.key, 0.0, 1.0), UNTOUCHED, UNSEEN))
    elif asset.kind == "texture" or any(asset.size_m):
        for light in LIGHTS:
            world = World(light.asset.id, light.asset.file, 0.0, 1.0)
            look = Development(light.exposure_ev, light.white, 1.0)
            for name, angle_deg in VIEWS:
                made = scene(camera_at(asset, angle_deg), world, look, surfaces(asset), objects(asset))
                first = light == LIGHTS[0] and name == VIEWS[0][0]
                yield TurntableView(name, light.name, made, first and bool(asset.category))


def heading(angle_deg: float) -> np.ndarray:
    """Return the level direction `angle_deg` to the left of +Y."""
    angle = math.radians(angle_deg)
    return np.array([-math.sin(angle), math.cos(angle), 0.0])


def scene(
    camera: Camera,
    world: World,
    look: Development,
    surfaces: tuple[Surface, ...] = (),
    objects: tuple[Placed, ...] = (),
) -> SceneSpec:
    """Return a scene of the turntable."""
    return with_id(
        SceneSpec(
            id="",
            recipe="turntable",
            size_hw=(SIZE_PX, SIZE_PX),
            quality=Quality(samples=SAMPLES),
            camera=camera,
            world=world,
            lamps=(),
            surfaces=surfaces,
            objects=objects,
            development=look,
        )
    )


def sides(asset: Asset) -> np.ndarray:
    """Return the extents of what is shown: a mesh with its longest side as 1 metre, a flat piece of a texture."""
    if asset.kind == "texture":
        return np.array([SAMPLE_M, SAMPLE_M, 0.0])
    return np.array(asset.size_m) / max(asset.size_m)


def camera_at(asset: Asset, angle_deg: float) -> Camera:
    """Return a camera that sees the whole asset, its middle at the world's origin, from this side."""
    extents = sides(asset)
    down = math.radians(FLAT_LOOKS_DOWN_DEG if extents[2] < FLAT else LOOKS_DOWN_DEG)
    around = math.radians(angle_deg)
    towards = np.array([math.cos(down) * math.cos(around), math.cos(down) * math.sin(around), math.sin(down)])
    rotation = looking(-towards)
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * extents / 2
    right, up, near = (corners @ matrix(rotation)).T
    spread = math.tan(math.radians(ANGLE_DEG / 2)) / ROOM
    distance = float(max(np.maximum(abs(right), abs(up)) / spread + near))
    x, y, z = (float(value) for value in towards * distance)
    return Camera((x, y, z), rotation, ANGLE_DEG)


def objects(asset: Asset) -> tuple[Placed, ...]:
    """Return the asset with its middle at the world's origin, one metre large; nothing for a texture."""
    if asset.kind == "texture":
        return ()
    scale = 1 / max(asset.size_m)
    x, y, z = (-scale * middle for middle in asset.centre_m)
    return (Placed(asset.id, asset.key, (x, y, z), UNTURNED, scale, OWN),)


def surfaces(asset: Asset) -> tuple[Surface, ...]:
    """Return the floor, and on it a piece of the texture if the asset is one."""
    bottom: Vector = (0.0, 0.0, float(-sides(asset)[2] / 2 - LIFT))
    floor = Surface(bottom, UNTURNED, (FLOOR_SIDES, FLOOR_SIDES), FLOOR)
    if asset.kind != "texture":
        return (floor,)
    look = dataclasses.replace(FLOOR, texture="maps", colours=OWN["*"].colours, maps=asset.id, maps_key=asset.key)
    return (floor, Surface((0.0, 0.0, 0.0), UNTURNED, (SAMPLE_M, SAMPLE_M), look))
