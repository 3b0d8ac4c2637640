"""The light of a scene: environment map, lamps, flash."""

import math

import numpy as np

from render.geometry import Array, looking
from render.scenes.background import Backdrop
from render.scenes.draw import Rng, log_between, rendezvous
from render.scenes.making import Making
from render.scenes.placing import PlacedView, vector
from render.spec import Lamp, World


def world(making: Making) -> World:
    """Return the environment map of the scene."""
    chosen = making.recipe.taken.hdris
    maps = [a for a in making.assets if a.kind == "hdri" and (a.id in chosen or not chosen)]
    asset = rendezvous(maps, *making.slot, "world")
    making.note("taken.hdris", asset.id)
    rng = making.rng("world")
    return World(asset.id, asset.key, float(rng.uniform(0, 360)), making.log_between("taken.world_strength", rng))


def lamps(making: Making, view: PlacedView, backdrop: Backdrop) -> list[Lamp]:
    """Return a lamp above the targets and a flash beside the camera, each by its probability, and bare lamps."""
    rng, made = making.rng("lamps"), []
    focus = np.asarray(view.focus)
    reach = max(view.distance_m, 2 * view.extent_m)
    reach = min(reach, backdrop.reach_m) if backdrop.reach_m else reach
    if making.happens("taken.lamp", rng):
        where = away(making, rng) * reach * float(rng.uniform(0.7, 1.5)) + focus
        made.append(lamp(making, where, focus, log_between((0.1, 1), rng), rng))
    if making.happens("taken.flash", rng):
        offset = rng.uniform(-0.05, 0.05, 3) * view.distance_m
        made.append(lamp(making, np.asarray(view.camera.location_m) + offset, focus, 0.03, rng))
    return [*made, *points(making, focus, reach), *ceiling(making, backdrop)]


def points(making: Making, focus: Array, reach_m: float) -> list[Lamp]:
    """Return small lamps that shine everywhere."""
    rng, made = making.rng("points"), []
    for _ in range(making.whole("taken.points", rng)):
        where = away(making, rng) * reach_m * float(rng.uniform(0.7, 1.5)) + focus
        area = lamp(making, where, focus, log_between((0.02, 0.1), rng), rng)
        made.append(Lamp(area.location_m, area.rotation, area.size_m, 4 * area.power_w, area.colour, "point"))
    return made


def ceiling(making: Making, backdrop: Backdrop) -> list[Lamp]:
    """Return the lamp under a room's ceiling."""
    if backdrop.lamp is None:
        return []
    rng, where = making.rng("ceiling"), np.asarray(backdrop.lamp)
    below = where - (0, 0, float(rng.uniform(1.5, 2.5)))
    return [lamp(making, where, below, log_between((0.2, 0.6), rng), rng)]


def away(making: Making, rng: Rng) -> Array:
    """Return a direction of the upper half of the sphere; before a wall, of its camera's side."""
    heading, height = rng.uniform(0, 2 * math.pi), rng.uniform(0.25, 1)
    level = math.sqrt(1 - height * height)
    east, north = level * math.cos(heading), level * math.sin(heading)
    return np.array([east, -abs(north) if making.recipe.placement == "wall" else north, height])


def lamp(making: Making, where: Array, focus: Array, relative_size: float, rng: Rng) -> Lamp:
    """Return an area lamp that lights `focus` a quarter of `lamp_strength` times an even environment of radiance 1."""
    distance = float(np.linalg.norm(focus - where))
    warm = float(rng.uniform(-0.3, 0.5))
    colour = (1.0, 1 - 0.3 * max(warm, 0) + 0.1 * min(warm, 0), 1 - 0.7 * max(warm, 0))
    power = math.pi**2 * distance**2 * making.log_between("taken.lamp_strength", rng) / 4
    return Lamp(vector(where), looking(focus - where), relative_size * distance, power, colour)
