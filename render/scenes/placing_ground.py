"""Targets on the ground, seen from above: lying, stacked, on a support. The ground is a floor or a table top."""

import dataclasses
import math

import numpy as np

from render.catalog import Asset
from render.geometry import Array, looking, turn
from render.scenes.draw import Rng, happens, rendezvous
from render.scenes.making import Making
from render.scenes.placing import (
    PlacedView,
    camera_above,
    centred,
    free_place,
    half_width,
    in_square,
    over,
    spread_out,
    target_at,
)
from render.spec import Material, Placed, Surface, Vector

SETTLED_M = 0.0002  # a gap nobody sees, so that two faces do not share a plane
MARGIN = 1.25  # sides of a support against those of the target on it
Spot = tuple[float, float, float]  # x, y, yaw in degrees


def lying(making: Making) -> PlacedView:
    """Return targets flat on the floor, +Z up: scattered, or end to end."""
    rng = making.rng("place")
    first = making.target(0)
    view = camera_above(making, max(first.size_m[:2]), rng)
    count = making.whole("targets.count", rng)
    if making.happens("targets.in_rows", rng):
        spots = in_rows(count, first.size_m, rng)
    else:
        spots = apart(count, making.recipe.targets.apart * math.hypot(*first.size_m[:2]), half_width(view), rng)
    targets, top = [], 0.0
    for number, (x, y, yaw_deg) in enumerate(spots):
        asset = making.target(number)
        where = (x, y, top + asset.size_m[2] / 2)
        if making.recipe.targets.apart < 1:  # each lies on those before it, so that no two are in one place
            top += asset.size_m[2]
        targets.append(target_at(making, asset, where, turn((0, 0, 1), yaw_deg), number))
    return dataclasses.replace(view, targets=tuple(targets))


def apart(count: int, apart_m: float, half_m: float, rng: Rng) -> list[Spot]:
    """Return up to `count` spots at least `apart_m` from each other, the first at the origin."""
    places = [np.zeros(3)]
    for _ in range(1, count):
        places += free_place(places, apart_m, in_square(half_m), rng)
    return [(float(x), float(y), float(rng.uniform(0, 360))) for x, y, _ in places]


def in_rows(count: int, size_m: Vector, rng: Rng) -> list[Spot]:
    """Return the spots of `count` tiles laid end to end, some of them across, as dominoes are played."""
    long, short = max(size_m[:2]), min(size_m[:2])
    base_deg = 0.0 if size_m[0] >= size_m[1] else 90.0
    heading = float(rng.uniform(0, 360))
    place, before = np.zeros(2), 0.0
    spots: list[Spot] = []
    for _ in range(count):
        across = happens(0.25, rng)
        half = (short if across else long) / 2
        forward = np.array([math.cos(math.radians(heading)), math.sin(math.radians(heading))])
        if spots:
            place = place + forward * (before + half + float(rng.uniform(0.0, 0.06)) * long)
        spots.append((float(place[0]), float(place[1]), heading + base_deg + 90 * across + float(rng.normal(0, 2))))
        before = half
    return spots


def stacked(making: Making) -> PlacedView:
    """Return targets one on the other, each turned and pushed a little, +Z up."""
    rng = making.rng("place")
    view = on_ground(making, camera_above(making, max(making.target(0).size_m[:2]), rng))
    targets, top, place = list[Placed](), 0.0, np.zeros(2)
    yaw_deg = float(rng.uniform(0, 360))
    for number in range(making.whole("targets.count", rng)):
        asset = making.target(number)
        rotation = turn((0, 0, 1), yaw_deg + float(rng.normal(0, 8)))
        where = (*place, top + asset.size_m[2] / 2 + SETTLED_M)
        targets.append(target_at(making, asset, centred(asset, where, rotation), rotation, number))
        top += asset.size_m[2] + SETTLED_M
        place = place + rng.uniform(-0.08, 0.08, 2) * min(asset.size_m[:2])
    return raised(dataclasses.replace(view, targets=tuple(targets)), top / 2)


def on(making: Making) -> PlacedView:
    """Return targets that each stand on a support of their own, +Z up: an asset of the recipe, or a plain block."""
    rng = making.rng("place")
    view = on_ground(making, camera_above(making, max(making.target(0).size_m[:2]), rng))
    bases = [base_for(making, number) for number in range(making.whole("targets.count", rng))]
    radii = [math.hypot(*base.size_m[:2]) / 2 for base in bases]
    for number, (base, spot) in enumerate(zip(bases, spread_out(radii, in_square(half_width(view)), rng), strict=True)):
        view = with_base(making, view, base, spot, number)
    return raised(view, bases[0].size_m[2])


@dataclasses.dataclass(frozen=True)
class Base:
    """What one target stands on."""

    size_m: Vector  # as it is scaled
    asset: Asset | None = None  # None: a block
    scale: float = 1.0


def base_for(making: Making, number: int) -> Base:
    """Return a support that is large enough for a target."""
    rng = making.rng("base", number)
    side = MARGIN * max(making.target(number).size_m[:2])
    choice = [asset for asset in making.assets if asset.id in making.recipe.support.assets]
    if choice:
        asset = rendezvous(choice, *making.slot, "support", number)
        scale = side * float(rng.uniform(1, 1.6)) / min(asset.size_m[:2])
        width, depth, height = (size * scale for size in asset.size_m)
        return Base((width, depth, height), asset, scale)
    width, depth, height = (side * float(rng.uniform(*limits)) for limits in ((1, 1.6), (1, 1.6), (0.2, 1)))
    return Base((width, depth, height))


def with_base(making: Making, view: PlacedView, base: Base, spot: Array, number: int) -> PlacedView:
    """Return the view with one more target and what it stands on."""
    rng, target = making.rng("support", number), making.target(number)
    yaw_deg, height = float(rng.uniform(0, 360)), base.size_m[2]
    yaw = turn((0, 0, 1), yaw_deg)
    if base.asset:
        where = centred(base.asset, over(spot, height / 2 + SETTLED_M), yaw, base.scale)
        held = Placed(base.asset.id, base.asset.key, where, yaw, base.scale, {"*": making.tinted(rng)})
        view = dataclasses.replace(view, others=(*view.others, held))
    else:
        block = block_at(over(spot, height), base.size_m, yaw_deg, material_of(making, rng))
        view = dataclasses.replace(view, surfaces=(*view.surfaces, *block))
    where = centred(target, over(spot, height + target.size_m[2] / 2 + 2 * SETTLED_M), yaw)
    return dataclasses.replace(view, targets=(*view.targets, target_at(making, target, where, yaw, number)))


def raised(view: PlacedView, by_m: float) -> PlacedView:
    """Return the view from higher up, so that it shows what stands at that height instead of the ground."""
    x, y, z = view.camera.location_m
    camera = dataclasses.replace(view.camera, location_m=(x, y, z + by_m))
    return dataclasses.replace(view, camera=camera, focus=(view.focus[0], view.focus[1], view.focus[2] + by_m))


def on_ground(making: Making, view: PlacedView) -> PlacedView:
    """Return the view with a ground below z = 0: a table top by its probability, else a floor."""
    rng = making.rng("ground")
    if not making.happens("support.table", rng):
        side = 12 * view.distance_m
        look = making.material("around.surfaces", rng)
        floor = Surface((0.0, 0.0, 0.0), turn((0, 0, 1), float(rng.uniform(0, 360))), (side, side), look)
        return dataclasses.replace(view, surfaces=(*view.surfaces, floor))
    height = making.between("support.height_m", rng)
    least = 2.2 * half_width(view)  # the picture's own width, and a rim
    sides = (max(making.between("support.sides_m", rng), least), max(making.between("support.sides_m", rng), least))
    table = block_at((0.0, 0.0, 0.0), (*sides, height), 0.0, material_of(making, rng))
    return dataclasses.replace(view, ground_m=-height, surfaces=(*view.surfaces, *table))


def block_at(top: Vector, size_m: Vector, yaw_deg: float, look: Material) -> list[Surface]:
    """Return the top and the four sides of a block of this width, depth and height, its top's middle at `top`."""
    width, depth, height = size_m
    lid = Surface(top, turn((0, 0, 1), yaw_deg), (width, depth), look)
    return [lid, *sides_at(np.asarray(top) - (0, 0, height / 2), size_m, yaw_deg, look, outward=True)]


def sides_at(middle: Array, size_m: Vector, yaw_deg: float, look: Material, outward: bool) -> list[Surface]:
    """Return the four sides of a box about its middle, each facing outward or inward."""
    width, depth, height = size_m
    made = []
    for quarter, away, long in ((0, depth, width), (90, width, depth), (180, depth, width), (270, width, depth)):
        angle = math.radians(quarter + yaw_deg)
        normal = np.array([math.sin(angle), -math.cos(angle), 0.0])
        made.append(upright(middle + normal * away / 2, normal if outward else -normal, (long, height), look))
    return made


def upright(place: Array, normal: Array, size_m: tuple[float, float], look: Material) -> Surface:
    """Return a wall of this width and height that faces along a level `normal`."""
    return Surface((float(place[0]), float(place[1]), float(place[2])), looking(-normal), size_m, look)


def material_of(making: Making, rng: Rng) -> Material:
    """Return the look of a support."""
    return making.material("support.materials" if making.recipe.support.materials else "around.surfaces", rng)
