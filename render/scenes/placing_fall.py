"""Targets that fall: onto a floor or a table, or into a bin. Blender lets them fall; here they only start."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from render.catalog import Asset
from render.geometry import Array, turn
from render.scenes.draw import Rng
from render.scenes.making import Making
from render.scenes.placing import PlacedView, camera_above, centred, half_width, in_square, leaning, radius, target_at
from render.scenes.placing_ground import SETTLED_M, material_of, on_ground, sides_at
from render.spec import Placed, Surface

SETTLE_S = 1.5  # of free fall and rolling, on top of the time that the highest one falls
GRAVITY = 9.81
ORIGIN = np.zeros(3)
SPREAD = 0.75  # of the picture's half width, within which bodies fall


def dropped(making: Making) -> PlacedView:
    """Return targets above the ground; the first falls on the origin, flat and face up if `tilt_deg` is 0."""
    rng = making.rng("place")
    view = on_ground(making, camera_above(making, max(making.target(0).size_m[:2]), rng))
    assets = [making.target(number) for number in range(making.whole("targets.count", rng))]
    anywhere = in_square(SPREAD * half_width(view))
    return falling(making, view, assets, [ORIGIN, *(anywhere(rng, 1.0) for _ in assets[1:])], rng)


def bin_(making: Making) -> PlacedView:
    """Return targets above a bin on the ground; the first falls into its middle, the origin."""
    rng = making.rng("place")
    extent = max(making.target(0).size_m[:2])
    view = on_ground(making, camera_above(making, extent, rng))
    assets = [making.target(number) for number in range(making.whole("targets.count", rng))]
    sides = (making.between("support.bin_sides", rng) * extent, making.between("support.bin_sides", rng) * extent)
    walls = bin_at(making, sides, making.between("support.bin_height", rng) * extent, rng)
    view = dataclasses.replace(view, surfaces=(*view.surfaces, *walls))
    return falling(making, view, assets, [ORIGIN, *(in_bin(sides, asset, rng) for asset in assets[1:])], rng)


def bin_at(making: Making, sides_m: tuple[float, float], height_m: float, rng: Rng) -> list[Surface]:
    """Return the bottom and the four walls of a bin, facing inwards."""
    look = material_of(making, rng)
    bottom = Surface((0.0, 0.0, 2 * SETTLED_M), turn((0, 0, 1), 0), sides_m, look)
    middle = np.array([0, 0, height_m / 2])
    return [bottom, *sides_at(middle, (*sides_m, height_m), 0.0, look, outward=False)]


def in_bin(sides_m: tuple[float, float], asset: Asset, rng: Rng) -> Array:
    """Return a place over the bin from where an asset, however turned, falls between its walls, if it is no larger."""
    free = [max(side / 2 - radius(asset), 0.0) for side in sides_m]
    return np.array([float(rng.uniform(-half, half)) for half in free] + [0.0])


def falling(making: Making, view: PlacedView, assets: Sequence[Asset], places: Sequence[Array], rng: Rng) -> PlacedView:
    """Return the view with targets that start over these places of the ground, each higher than those it could hit."""
    start = making.between("targets.drop", rng) * view.extent_m
    targets, balls = list[Placed](), list[tuple[Array, float]]()
    for number, (asset, place) in enumerate(zip(assets, places, strict=True)):
        rotation, own = leaning(making, rng), radius(asset)
        where = np.array([place[0], place[1], start + own])
        for other, radius_m in balls:
            if math.hypot(*(where - other)[:2]) < own + radius_m:
                where[2] = max(where[2], other[2] + own + radius_m)
        balls.append((where, own))
        targets.append(target_at(making, asset, centred(asset, where, rotation), rotation, number, body="falls"))
    highest = max(float(where[2]) for where, _ in balls)
    return dataclasses.replace(
        view, targets=tuple(targets), settle_s=round(SETTLE_S + math.sqrt(2 * highest / GRAVITY), 2)
    )
