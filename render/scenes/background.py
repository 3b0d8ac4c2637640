"""What is behind the targets: nothing but the world, a plane, a wall, a room, a real photo."""

import dataclasses
import math

import numpy as np

from pipeline.errors import InputError
from render.geometry import Array, times, turn
from render.scenes.draw import Rng
from render.scenes.making import Making
from render.scenes.placing import PlacedView, vector
from render.scenes.placing_ground import upright
from render.scenes.recipe import GROUND
from render.spec import Plate, Surface, Vector

FLOOR_M = 40.0
CLEAR_M = 0.3  # between the camera or a target and the room around them
DEEP = 1.7  # of the camera's distance: what stands behind the first target is still before the far wall


@dataclasses.dataclass(frozen=True)
class Backdrop:
    """What is behind the targets."""

    surfaces: tuple[Surface, ...] = ()
    plate: Plate | None = None
    reach_m: float = 0.0  # a lamp farther than this from the first target would be outside the room; 0: no room
    lamp: Vector | None = None  # where a room's own lamp hangs


def backdrop(making: Making, view: PlacedView) -> Backdrop:
    """Return the background of a scene: of the recipe's kinds, or a floor and a wall each by its probability."""
    rng = making.rng("surfaces")
    if not making.recipe.around.background:
        return Backdrop(tuple(floor_and_wall(making, view, rng)))
    kind = making.kind("around.background", making.rng("background"))
    if kind == "plate":
        return Backdrop(plate=plate(making))
    if kind == "room":
        return room(making, view, rng)
    stands = making.recipe.placement in GROUND and view.ground_m == 0  # on a floor of its own
    return Backdrop((plane(making, view, rng),) if kind == "plane" and not stands else ())


def plate(making: Making) -> Plate:
    """Return the real photo behind the scene; raise InputError when no photos were given."""
    if making.photos is None:
        raise InputError("the recipe wants photos behind the scene (plate), but there are none; run the stage split")
    chosen = making.photos.plate(*making.slot, "plate")
    making.note("around.background.plate", chosen.photo)
    return chosen


def floor_and_wall(making: Making, view: PlacedView, rng: Rng) -> list[Surface]:
    """Return the floor and the wall, each by its probability."""
    surfaces = []
    floor, wall = making.happens("around.floor", rng), making.happens("around.wall", rng)
    if floor:
        surfaces.append(plane(making, view, rng))
    if wall:
        behind = view.focus[1] + view.extent_m + float(rng.uniform(0.4, 3.5))
        facing = times(turn((0, 0, 1), float(rng.normal(0, 20))), turn((1, 0, 0), 90))
        look = making.material("around.surfaces", rng)
        surfaces.append(Surface((0.0, behind, 2.0), facing, (FLOOR_M, FLOOR_M), look))
    return surfaces


def plane(making: Making, view: PlacedView, rng: Rng) -> Surface:
    """Return a floor."""
    side = 12 * view.distance_m if making.recipe.placement == "lying" else FLOOR_M
    turned = turn((0, 0, 1), float(rng.uniform(0, 360)))
    return Surface((0.0, 0.0, view.ground_m), turned, (side, side), making.material("around.surfaces", rng))


def room(making: Making, view: PlacedView, rng: Rng) -> Backdrop:
    """Return floor, ceiling and three walls around camera and targets; the side behind the camera is open.

    So the environment map lights the room as a large window would, and a lamp hangs from the ceiling.
    """
    forward = turned_by(view.heading_deg, (0, 1, 0))
    right = turned_by(view.heading_deg, (1, 0, 0))
    width, deep, high = inside(making, view, right, rng)
    far = 0.0 if making.recipe.placement == "wall" else max(deep / 2, DEEP * view.distance_m)
    near = max(deep / 2, float(-forward @ (np.asarray(view.camera.location_m) - view.focus)) + 2 * CLEAR_M)
    base = np.array([view.focus[0], view.focus[1], view.ground_m])
    middle, half_high = base + forward * (far - near) / 2, np.array([0, 0, high / 2])
    look = {name: making.material("around.surfaces", rng) for name in ("floor", "walls", "ceiling")}
    level, size = turn((0, 0, 1), view.heading_deg), (width, far + near)
    made = [
        upright(middle + half_high + right * width / 2, -right, (far + near, high), look["walls"]),
        upright(middle + half_high - right * width / 2, right, (far + near, high), look["walls"]),
        Surface(vector(middle + 2 * half_high), times(level, turn((1, 0, 0), 180)), size, look["ceiling"]),
    ]
    if far:
        made.append(upright(base + half_high + forward * far, -forward, (width, high), look["walls"]))
    if view.ground_m or making.recipe.placement not in GROUND:
        made.append(Surface(vector(middle), level, size, look["floor"]))
    lamp = base + np.array([0, 0, high - 0.02]) + forward * (-0.3 * near if not far else 0.0)
    return Backdrop(tuple(made), reach_m=0.6 * min(width / 2, near, high), lamp=vector(lamp))


def inside(making: Making, view: PlacedView, right: Array, rng: Rng) -> tuple[float, float, float]:
    """Return width, depth and height of a room: as the recipe says, but large enough for camera and targets."""
    places = np.array([view.camera.location_m, *(target.location_m for target in view.targets)])
    aside = float(np.abs((places - view.focus) @ right).max()) + view.extent_m + CLEAR_M
    above = float(places[:, 2].max()) - view.ground_m + view.extent_m + CLEAR_M
    width = max(making.between("around.room_m", rng), 2 * aside)
    deep = max(making.between("around.room_m", rng), 2 * CLEAR_M)
    return width, deep, max(making.between("around.room_height_m", rng), above)


def turned_by(heading_deg: float, axis: Vector) -> Array:
    """Return a level direction turned counter-clockwise."""
    east, north = axis[0], axis[1]
    cos, sin = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
    return np.array([east * cos - north * sin, east * sin + north * cos, 0.0])
