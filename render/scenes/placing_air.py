"""Targets that nothing carries: held up to the camera, floating, scattered in view, hanging."""

import dataclasses
import math

import numpy as np

from render.geometry import at_picture, matrix, times, turn
from render.scenes.draw import Rng, happens, two
from render.scenes.making import Making
from render.scenes.placing import (
    PlacedView,
    Sampler,
    centred,
    free_place,
    in_the_air,
    in_view,
    leaning,
    level_view,
    radius,
    spread_out,
    target_at,
    vector,
)
from render.spec import Camera, Material, Quaternion, Surface, Vector

STRING = Material("plain", ((0.6, 0.58, 0.55), (0.6, 0.58, 0.55)), roughness=0.8)
STRING_M = (0.004, 3.0)  # width, and length up out of the picture
FARTHEST = 1.8  # of the first target's distance, so that a room can hold them all


def held(making: Making) -> PlacedView:
    """Return targets that face the camera, +Z towards it, tilted and turned."""
    rng = making.rng("place")
    first = making.target(0)
    view = level_view(making, first, rng)
    targets = [target_at(making, first, view.focus, facing(making, view.camera, rng), 0)]
    for number in range(1, making.whole("targets.count", rng)):
        where = at_picture(view.camera, *two(1, rng), view.distance_m * float(rng.uniform(1.2, 2)))
        targets.append(target_at(making, making.target(number), where, facing(making, view.camera, rng), number))
    return dataclasses.replace(view, targets=tuple(targets))


def facing(making: Making, camera: Camera, rng: Rng) -> Quaternion:
    """Return a rotation that turns +Z to the camera and then tilts it away, mostly upright or on its side."""
    around = float(rng.uniform(0, 2 * math.pi))
    tilt = turn((math.cos(around), math.sin(around), 0), making.between("targets.tilt_deg", rng))
    spin = turn((0, 0, 1), float(rng.normal(0, 20)) + 90 * int(rng.integers(4)))
    return times(camera.rotation, times(tilt, spin))


def floating(making: Making) -> PlacedView:
    """Return targets in the air, upright but for their tilt: a bunch around the first, or anywhere in view."""
    rng = making.rng("place")
    view = level_view(making, making.target(0), rng)
    count, bunch = making.whole("targets.count", rng), happens(0.6, rng)
    places = [np.asarray(view.focus)]
    for _ in range(1, count):
        draw = near(view.focus, view.extent_m * 0.5 * count**0.5) if bunch else in_view(view)
        places += free_place(places, view.extent_m * 0.6, draw, rng)
    targets = []
    for number, where in enumerate(places):
        rotation = leaning(making, rng)
        targets.append(target_at(making, making.target(number), vector(where), rotation, number))
    return dataclasses.replace(view, targets=tuple(targets))


def near(centre: Vector, radius_m: float) -> Sampler:
    """Return a sampler of places around a centre."""
    return lambda rng, _: np.asarray(centre) + rng.normal(0, radius_m, 3)


def scattered(making: Making) -> PlacedView:
    """Return targets anywhere in view, apart from each other; the face of a flat one is its front."""
    rng = making.rng("place")
    view = level_view(making, making.target(0), rng)
    targets = []
    radii = [radius(making.target(number)) for number in range(making.whole("targets.count", rng))]
    for number, where in enumerate(spread_out(radii, in_view(view, FARTHEST), rng)):
        asset = making.target(number)
        rotation = in_the_air(making, asset, rng)
        targets.append(target_at(making, asset, centred(asset, where, rotation), rotation, number))
    return dataclasses.replace(view, targets=tuple(targets))


def hanging(making: Making) -> PlacedView:
    """Return targets that hang from above, each at a string or from nothing that is seen."""
    view = scattered(making)
    rng, strings = making.rng("strings"), []
    for number, target in enumerate(view.targets):
        asset = making.target(number)
        if making.happens("targets.strings", rng):
            turned = matrix(target.rotation)
            x, y, z = np.asarray(target.location_m) + turned @ np.asarray(asset.centre_m)
            strings.append(string_at((x, y, z + float((np.abs(turned) @ asset.size_m)[2]) / 2)))
    return dataclasses.replace(view, surfaces=tuple(strings))


def string_at(top: Vector) -> Surface:
    """Return a string from `top` upwards: a strip that faces the camera."""
    width, length = STRING_M
    return Surface((top[0], top[1], top[2] + length / 2), turn((1, 0, 0), 90), (width, length), STRING)
