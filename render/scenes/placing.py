"""What all placements share: the view of a scene, its camera, its targets, and free places for them."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from render.catalog import Asset
from render.geometry import Array, at_picture, looking, matrix, tangent, times, turn
from render.scenes.draw import Rng, two
from render.scenes.making import Making
from render.spec import Camera, Material, Placed, Quaternion, Surface, Vector

MAX_TRIES = 30  # for a place beside the others
FLAT = 0.5  # thickness over the shorter side of what is flat
ONTO = turn((1, 0, 0), 90)  # what lay flat, +Z up, now faces along -Y
Sampler = Callable[[Rng, float], Array]  # gives a place; the number says how far out, 0 = the first one's

Ball = tuple[Array, float]  # middle and radius in metres


@dataclasses.dataclass(frozen=True)
class PlacedView:
    """A camera, the targets before it, and what holds them."""

    camera: Camera
    targets: tuple[Placed, ...]
    focus: Vector  # the first target's place
    distance_m: float  # from the camera to it
    extent_m: float  # the first target's width, as it is scaled
    heading_deg: float = 0.0  # of the camera over the ground, counter-clockwise from +Y
    ground_m: float = 0.0  # height of the floor; below 0 under a table
    surfaces: tuple[Surface, ...] = ()  # what targets lie, hang or fall on, if it is no asset
    others: tuple[Placed, ...] = ()  # the same if it is one, and all else that is not labelled
    settle_s: float = 0.0


def camera_above(making: Making, extent_m: float, rng: Rng) -> PlacedView:
    """Return a view over the ground whose picture is `share` filled by `extent_m` at the origin."""
    angle = making.between("taken.fov_deg", rng)
    distance = distance_of(making, extent_m, angle, rng)
    elevation = math.radians(making.between("taken.elevation_deg", rng))
    heading = float(rng.uniform(0, 2 * math.pi))
    level = np.array([math.cos(heading), math.sin(heading), 0.0])
    direction = level * math.cos(elevation) - np.array([0, 0, math.sin(elevation)])
    half = distance * math.tan(math.radians(angle) / 2) * making.recipe.targets.off_centre
    aim = np.array([*rng.uniform(-half, half, 2), 0.0])
    rotation = looking(direction, making.between("taken.roll_deg", rng))
    camera = Camera(vector(aim - direction * distance), rotation, angle)
    return PlacedView(camera, (), (0.0, 0.0, 0.0), distance, extent_m, heading_deg=math.degrees(heading) - 90)


def level_view(making: Making, first: Asset, rng: Rng) -> PlacedView:
    """Return a person's view along +Y, with a place for the first target that fills its share of the picture."""
    extent = labelled_extent(first)
    angle = making.between("taken.fov_deg", rng)
    distance = distance_of(making, extent, angle, rng)
    down = math.radians(making.between("taken.elevation_deg", rng))
    rotation = looking(np.array([0, math.cos(down), -math.sin(down)]), making.between("taken.roll_deg", rng))
    camera = Camera((0.0, 0.0, float(rng.uniform(1.0, 1.8))), rotation, angle)
    focus = at_picture(camera, *two(making.recipe.targets.off_centre, rng), distance)
    return PlacedView(camera, (), focus, distance, extent)


def distance_of(making: Making, extent_m: float, angle_deg: float, rng: Rng) -> float:
    """Return how far away the first target is: as the recipe says, or so that it spans its share of the picture."""
    if making.recipe.taken.distance_m:
        return making.between("taken.distance_m", rng)
    return extent_m / (2 * making.log_between("targets.share", rng) * math.tan(math.radians(angle_deg) / 2))


def labelled_extent(asset: Asset) -> float:
    """Return the asset's width in metres as the camera sees it: strings and stands hang along Z and do not count."""
    return max(asset.size_m[:2])


def target_at(making: Making, asset: Asset, where: Vector, rotation: Quaternion, number: int, body: str = "") -> Placed:
    """Return a target with its origin at `where`, painted as the recipe says."""
    rng, targets = making.rng("paint", number), making.recipe.targets
    materials: dict[str, Material] = {
        name: making.material(f"targets.materials.{name}", rng) for name in sorted(targets.materials)
    }
    materials |= {name: materials[targets.alike[0]] for name in targets.alike}
    scale = making.target_scale(asset.category)
    return Placed(asset.id, asset.key, where, rotation, scale, materials, body)


def centred(asset: Asset, where: Sequence[float] | Array, rotation: Quaternion, scale: float = 1.0) -> Vector:
    """Return the place of an asset's origin that brings the middle of its bounding box to `where`."""
    return vector(np.asarray(where) - matrix(rotation) @ (np.asarray(asset.centre_m) * scale))


def over(spot: Array, height_m: float) -> Vector:
    """Return the point that is this far above a spot."""
    return vector(spot + np.array([0.0, 0.0, height_m]))


def leaning(making: Making, rng: Rng) -> Quaternion:
    """Return a rotation by `turn_deg` about Z, then tilted by `tilt_deg` in any direction."""
    heading = float(rng.uniform(0, 2 * math.pi))
    tilt = turn((math.cos(heading), math.sin(heading), 0), making.between("targets.tilt_deg", rng))
    return times(tilt, turn((0, 0, 1), making.between("targets.turn_deg", rng)))


def in_the_air(making: Making, asset: Asset, rng: Rng) -> Quaternion:
    """Return how an asset is turned that nothing carries: what is flat as it lies shows its face to the front."""
    flat = asset.size_m[2] < FLAT * min(asset.size_m[:2])
    return times(leaning(making, rng), ONTO if flat else turn((0, 0, 1), 0))


def free_place(taken: Sequence[Array], apart_m: float, draw: Sampler, rng: Rng) -> list[Array]:
    """Return a list with one place at least `apart_m` from all others, or an empty one after MAX_TRIES."""
    for _ in range(MAX_TRIES):
        place = draw(rng, 1.0)
        if all(np.linalg.norm(place - other) >= apart_m for other in taken):
            return [place]
    return []


def spread_out(radii_m: Sequence[float], draw: Sampler, rng: Rng, taken: Sequence[Ball] = ()) -> list[Array]:
    """Return a place for each ball of these radii, none within another or within those that are `taken`.

    If none is taken, the first stands where `draw` begins. Each finds its place, the farther out the longer it takes:
    so whether a thing is there does not depend on its size, and a new asset changes only scenes that hold it.
    """
    balls = list(taken)
    for own in radii_m:
        for number in range(MAX_TRIES):
            place = draw(rng, 1.1**number if balls else 0.0)
            if all(np.linalg.norm(place - other) >= own + radius_m for other, radius_m in balls):
                break
        balls.append((place, own))
    return [place for place, _ in balls[len(taken) :]]


def in_square(half_m: float) -> Sampler:
    """Return a sampler of places on the ground around the origin."""
    return lambda rng, reach: np.array([*rng.uniform(-half_m, half_m, 2), 0.0]) * reach


def in_view(view: PlacedView, farthest: float = 3.0) -> Sampler:
    """Return a sampler of places in the picture, from as near as the first target to `farthest` times as far."""

    def draw(rng: Rng, reach: float) -> Array:
        if not reach:
            return np.asarray(view.focus)
        right, up = two(1, rng)
        return np.asarray(
            at_picture(view.camera, right, up, view.distance_m * float(rng.uniform(0.9, farthest)) * reach)
        )

    return draw


def half_width(view: PlacedView) -> float:
    """Return half the width of what the picture shows at the first target's distance, in metres."""
    return view.distance_m * tangent(view.camera)


def footprint(asset: Asset) -> float:
    """Return the radius of the circle about the middle of an upright asset that it does not leave, in metres."""
    return math.hypot(*asset.size_m[:2]) / 2


def radius(asset: Asset) -> float:
    """Return the radius of the ball about the middle of an asset that it does not leave, in metres."""
    return math.hypot(*asset.size_m) / 2


def vector(array: Array) -> Vector:
    """Return three numbers as a plain tuple."""
    x, y, z = (float(value) for value in array)
    return x, y, z
