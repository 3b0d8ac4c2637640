"""Where targets stand and from where they are seen: held up, lying, floating."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.errors import InputError
from pipeline.seeds import rng_for
from render.catalog import Asset
from render.draw import Rng, between, chance, log_between, paint_material, rendezvous, two, whole
from render.geometry import at_picture, looking, matrix, tangent, times, turn
from render.recipe import Recipe
from render.spec import Camera, Placed, Quaternion, Vector

MAX_TRIES = 30  # for a place beside the others; then the scene holds one target less
Slot = tuple[int, str, int]  # seed, "scene", number: whose randomness it is


@dataclasses.dataclass(frozen=True)
class View:
    """A camera, the targets before it, and how far away they are."""

    camera: Camera
    targets: tuple[Placed, ...]
    focus: Vector  # the first target's place
    distance_m: float
    extent_m: float  # the first target's largest side, as it is scaled


def place(recipe: Recipe, assets: Sequence[Asset], slot: Slot) -> View:
    """Return the view of one scene; raise InputError when no asset has a category of the recipe."""
    wanted = [asset for asset in assets if asset.category in recipe.targets.categories]
    missing = set(recipe.targets.categories) - {asset.category for asset in wanted}
    if missing:
        raise InputError(f"assets/catalog.toml: no asset of category {min(missing)!r}; add one or change the recipe")
    return PLACERS[recipe.placement](recipe, wanted, slot)


def held(recipe: Recipe, assets: Sequence[Asset], slot: Slot) -> View:
    """Return targets that face the camera, +Z towards it, tilted and turned."""
    rng = rng_for(*slot, "place")
    view = level_view(recipe, pick(assets, slot, 0), rng)
    targets = [target_at(recipe, pick(assets, slot, 0), view.focus, facing(recipe, view.camera, rng), slot, 0)]
    for number in range(1, whole(recipe.targets.count, rng)):
        where = at_picture(view.camera, *two(1, rng), view.distance_m * float(rng.uniform(1.2, 2)))
        targets.append(
            target_at(recipe, pick(assets, slot, number), where, facing(recipe, view.camera, rng), slot, number)
        )
    return dataclasses.replace(view, targets=tuple(targets))


def facing(recipe: Recipe, camera: Camera, rng: Rng) -> Quaternion:
    """Return a rotation that turns +Z to the camera and then tilts it away, mostly upright or on its side."""
    around = float(rng.uniform(0, 2 * math.pi))
    tilt = turn((math.cos(around), math.sin(around), 0), between(recipe.targets.tilt_deg, rng))
    spin = turn((0, 0, 1), float(rng.normal(0, 20)) + 90 * int(rng.integers(4)))
    return times(camera.rotation, times(tilt, spin))


def floating(recipe: Recipe, assets: Sequence[Asset], slot: Slot) -> View:
    """Return targets in the air, upright but for their tilt: a bunch around the first, or anywhere in view."""
    rng = rng_for(*slot, "place")
    view = level_view(recipe, pick(assets, slot, 0), rng)
    count, bunch = whole(recipe.targets.count, rng), chance(0.6, rng)
    places = [np.asarray(view.focus)]
    for _ in range(1, count):
        draw = near(view.focus, view.extent_m * 0.5 * count**0.5) if bunch else in_view(view)
        places += free_place(places, view.extent_m * 0.6, draw, rng)
    targets = []
    for number, where in enumerate(places):
        heading = float(rng.uniform(0, 2 * math.pi))
        tilt = turn((math.cos(heading), math.sin(heading), 0), between(recipe.targets.tilt_deg, rng))
        rotation = times(tilt, turn((0, 0, 1), float(rng.uniform(0, 360))))
        targets.append(target_at(recipe, pick(assets, slot, number), vector(where), rotation, slot, number))
    return dataclasses.replace(view, targets=tuple(targets))


def lying(recipe: Recipe, assets: Sequence[Asset], slot: Slot) -> View:
    """Return targets flat on the floor, +Z up, seen from above: scattered, or end to end."""
    rng = rng_for(*slot, "place")
    first = pick(assets, slot, 0)
    extent = max(first.size_m[:2])
    camera, distance = camera_above(recipe, extent, rng)
    count = whole(recipe.targets.count, rng)
    arrange = in_rows if chance(recipe.targets.in_rows, rng) else scattered
    spots = arrange(count, first.size_m, distance * tangent(camera), rng)
    targets = []
    for number, (x, y, yaw_deg) in enumerate(spots):
        asset = pick(assets, slot, number)
        where = (x, y, asset.size_m[2] / 2)
        targets.append(target_at(recipe, asset, where, turn((0, 0, 1), yaw_deg), slot, number))
    return View(camera, tuple(targets), (0.0, 0.0, 0.0), distance, extent)


def camera_above(recipe: Recipe, extent_m: float, rng: Rng) -> tuple[Camera, float]:
    """Return a camera over the floor whose picture is `share` filled by `extent_m`, and its distance."""
    angle = between(recipe.taken.angle_deg, rng)
    share = log_between(recipe.targets.share, rng)
    distance = extent_m / (2 * share * math.tan(math.radians(angle) / 2))
    elevation, heading = math.radians(between(recipe.taken.elevation_deg, rng)), float(rng.uniform(0, 2 * math.pi))
    level = np.array([math.cos(heading), math.sin(heading), 0.0])
    direction = level * math.cos(elevation) - np.array([0, 0, math.sin(elevation)])
    half = distance * math.tan(math.radians(angle) / 2) * recipe.targets.off_centre
    aim = np.array([*rng.uniform(-half, half, 2), 0.0])
    rotation = looking(direction, between(recipe.taken.roll_deg, rng))
    return Camera(vector(aim - direction * distance), rotation, angle), distance


def level_view(recipe: Recipe, first: Asset, rng: Rng) -> View:
    """Return a person's view along +Y, with a place for the first target that fills its share of the picture."""
    angle, share = between(recipe.taken.angle_deg, rng), log_between(recipe.targets.share, rng)
    down = math.radians(between(recipe.taken.elevation_deg, rng))
    rotation = looking(np.array([0, math.cos(down), -math.sin(down)]), between(recipe.taken.roll_deg, rng))
    camera = Camera((0.0, 0.0, float(rng.uniform(1.0, 1.8))), rotation, angle)
    extent = labelled_extent(first)
    distance = extent / (2 * share * tangent(camera))
    edge = recipe.targets.off_centre
    return View(camera, (), at_picture(camera, *two(edge, rng), distance), distance, extent)


def labelled_extent(asset: Asset) -> float:
    """Return the asset's width in metres as the camera sees it: strings and stands hang along Z and do not count."""
    return max(asset.size_m[:2])


def scattered(
    count: int, size_m: tuple[float, float, float], half_m: float, rng: Rng
) -> list[tuple[float, float, float]]:
    """Return (x, y, yaw in degrees) of up to `count` things that do not touch, the first at the origin."""
    apart = math.hypot(size_m[0], size_m[1])
    places = [np.zeros(3)]
    for _ in range(1, count):
        places += free_place(places, apart, lambda r: np.array([*r.uniform(-half_m, half_m, 2), 0.0]), rng)
    return [(float(x), float(y), float(rng.uniform(0, 360))) for x, y, _ in places]


def in_rows(
    count: int, size_m: tuple[float, float, float], _half_m: float, rng: Rng
) -> list[tuple[float, float, float]]:
    """Return (x, y, yaw in degrees) of `count` tiles laid end to end, some of them across, as dominoes are played."""
    long, short = max(size_m[:2]), min(size_m[:2])
    base_deg = 0.0 if size_m[0] >= size_m[1] else 90.0
    heading = float(rng.uniform(0, 360))
    place, before = np.zeros(2), 0.0
    spots: list[tuple[float, float, float]] = []
    for _ in range(count):
        across = chance(0.25, rng)
        half = (short if across else long) / 2
        forward = np.array([math.cos(math.radians(heading)), math.sin(math.radians(heading))])
        if spots:
            place = place + forward * (before + half + float(rng.uniform(0.0, 0.06)) * long)
        spots.append((float(place[0]), float(place[1]), heading + base_deg + 90 * across + float(rng.normal(0, 2))))
        before = half
    return spots


def free_place(
    taken: Sequence[np.ndarray], apart_m: float, draw: Callable[[Rng], np.ndarray], rng: Rng
) -> list[np.ndarray]:
    """Return a list with one place at least `apart_m` from all others, or an empty one after MAX_TRIES."""
    for _ in range(MAX_TRIES):
        place = draw(rng)
        if all(np.linalg.norm(place - other) >= apart_m for other in taken):
            return [place]
    return []


def near(centre: Vector, radius_m: float) -> Callable[[Rng], np.ndarray]:
    """Return a sampler of places around a centre."""
    return lambda rng: np.asarray(centre) + rng.normal(0, radius_m, 3)


def in_view(view: View) -> Callable[[Rng], np.ndarray]:
    """Return a sampler of places in the picture, from as near as the first target to three times as far."""
    return lambda rng: np.asarray(at_picture(view.camera, *two(1, rng), view.distance_m * float(rng.uniform(0.9, 3))))


def pick(assets: Sequence[Asset], slot: Slot, number: int) -> Asset:
    """Return the target asset of one slot of the scene."""
    return rendezvous(assets, *slot, "target", number)


def target_at(recipe: Recipe, asset: Asset, where: Vector, rotation: Quaternion, slot: Slot, number: int) -> Placed:
    """Return a target, painted as the recipe says."""
    rng = rng_for(*slot, "paint", number)
    paints = {name: paint_material(choice, rng) for name, choice in sorted(recipe.targets.paints.items())}
    paints |= {name: paints[recipe.targets.alike[0]] for name in recipe.targets.alike}
    return Placed(asset.id, asset.key, where, rotation, 1.0, paints)


def vector(array: np.ndarray) -> Vector:
    """Return three numbers as a plain tuple."""
    x, y, z = (float(value) for value in array)
    return x, y, z


def beside(target: Placed, half_m: tuple[float, float], rng: Rng) -> tuple[Vector, Quaternion]:
    """Return place and rotation of a hand at a random point of a target's edge: +Y inward, +Z as the target's.

    half_m: half width and half height of the target in its own X and Y.
    """
    around = float(rng.uniform(0, 2 * math.pi))
    inward = -np.array([math.cos(around), math.sin(around), 0.0])
    edge = -inward * (half_m[0], half_m[1], 0) * float(rng.uniform(0.95, 1.05))
    offset = matrix(target.rotation) @ (edge + np.array([0, 0, float(rng.uniform(-0.002, 0.002))]))
    spin = turn((0, 0, 1), math.degrees(math.atan2(-inward[0], inward[1])) + float(rng.normal(0, 15)))
    return vector(np.asarray(target.location_m) + offset), times(target.rotation, spin)


PLACERS: dict[str, Callable[[Recipe, Sequence[Asset], Slot], View]] = {
    "held": held,
    "lying": lying,
    "floating": floating,
}
