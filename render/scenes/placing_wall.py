"""Targets flat on a wall: posters, signs, boards."""

import dataclasses
import math

import numpy as np

from render.geometry import Array, looking, times, turn
from render.scenes.draw import Rng
from render.scenes.making import Making
from render.scenes.placing import (
    ONTO,
    PlacedView,
    centred,
    distance_of,
    footprint,
    half_width,
    in_square,
    spread_out,
    target_at,
    vector,
)
from render.scenes.placing_ground import SETTLED_M, material_of
from render.spec import Camera, Quaternion, Surface

EYE_M = (1.2, 1.9)  # height of what is looked at
WALL_M = 40.0


def wall(making: Making) -> PlacedView:
    """Return targets on the wall y = 0 that face along -Y, upright but for `tilt_deg` to either side."""
    rng = making.rng("place")
    view = before_wall(making, max(making.target(0).size_m[:2]), rng)
    radii = [footprint(making.target(number)) for number in range(making.whole("targets.count", rng))]
    targets = []
    for number, spot in enumerate(spread_out(radii, in_square(half_width(view)), rng)):
        asset, rotation = making.target(number), hung(making, rng)
        where = on_wall(view, spot, asset.size_m[2])
        targets.append(target_at(making, asset, centred(asset, where, rotation), rotation, number))
    look = material_of(making, making.rng("ground"))
    surface = Surface((0.0, 0.0, 0.0), ONTO, (WALL_M, WALL_M), look)
    return dataclasses.replace(view, targets=tuple(targets), surfaces=(surface,))


def before_wall(making: Making, extent_m: float, rng: Rng) -> PlacedView:
    """Return a camera that looks at the wall, straight or from a side, and where on the wall the first target is."""
    angle = making.between("taken.fov_deg", rng)
    distance = distance_of(making, extent_m, angle, rng)
    down, aside = (math.radians(making.between(f"taken.{key}", rng)) for key in ("elevation_deg", "heading_deg"))
    direction = np.array([math.sin(aside) * math.cos(down), math.cos(aside) * math.cos(down), -math.sin(down)])
    half = distance * math.tan(math.radians(angle) / 2) * making.recipe.targets.off_centre
    height = float(rng.uniform(*EYE_M))
    aim = np.array([float(rng.uniform(-half, half)), 0.0, height + float(rng.uniform(-half, half))])
    rotation = looking(direction, making.between("taken.roll_deg", rng))
    camera = Camera(vector(aim - direction * distance), rotation, angle)
    return PlacedView(camera, (), (0.0, 0.0, height), distance, extent_m)


def hung(making: Making, rng: Rng) -> Quaternion:
    """Return the rotation of something on the wall: on one of its four sides, and a little crooked."""
    crooked = making.between("targets.tilt_deg", rng) * float(rng.choice([-1, 1]))
    return times(ONTO, turn((0, 0, 1), 90 * int(rng.integers(4)) + crooked))


def on_wall(view: PlacedView, spot: Array, thick_m: float) -> Array:
    """Return where the middle of something this thick is, its back on the wall. spot: (right, up, 0) of the focus."""
    x, y, z = view.focus
    return np.array([x + spot[0], y - thick_m / 2 - SETTLED_M, z + spot[1]])
