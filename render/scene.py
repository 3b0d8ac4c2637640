"""One whole scene from a recipe, the catalogue and a number."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from pipeline.seeds import rng_for
from render.catalog import Asset
from render.draw import Rng, chance, development, log_between, paint_material, rendezvous, tinted, two, whole
from render.geometry import at_picture, looking, tangent, times, turn
from render.placing import Slot, View, beside, place, vector
from render.recipe import Paint, Recipe
from render.spec import Lamp, Material, Placed, Quality, SceneSpec, Surface, Vector, World, with_id

SKIN = (Paint(hue=(0.01, 0.09), saturation=(0.2, 0.65), value=(0.15, 1), roughness=(0.3, 0.6)),)
CLOTH = (
    Paint(hue=(0, 1), saturation=(0, 0.8), value=(0.03, 1), roughness=(0.7, 1), textures=("plain", "wave", "checker"),
          scale=(8, 80), spread=(0, 0.6)),
)  # fmt: skip
HAIR = (Paint(hue=(0.03, 0.12), saturation=(0.1, 0.7), value=(0.02, 0.6), roughness=(0.4, 0.8)),)
FLOOR_M = 40.0
LIFT = 0.002  # of the distance: a sheet in the very plane of the floor would be black
SHEET_M = 0.03  # what is thinner is a sheet: a poster, a sign


@dataclasses.dataclass(frozen=True)
class Picture:
    """What every picture of a plan has in common."""

    size_hw: tuple[int, int]
    quality: Quality = Quality()  # noqa: RUF009 - frozen
    also: tuple[str, ...] = ()  # of spec.OUTPUTS


def make_scene(
    recipe: Recipe, name: str, assets: Sequence[Asset], picture: Picture, seed: int, number: int
) -> SceneSpec:
    """Return scene `number` of a seed: the same numbers on any machine, whatever other scenes there are."""
    slot: Slot = (seed, "scene", number)
    view = place(recipe, assets, slot)
    surfaces = background(recipe, view, rng_for(*slot, "surfaces"))
    others = [*people(recipe, view, assets, slot), *hands(recipe, view, assets, slot)]
    others += clutter(recipe, view, assets, slot)
    taken = recipe.taken
    scene = SceneSpec(
        id="",
        recipe=name,
        size_hw=picture.size_hw,
        quality=picture.quality,
        also=picture.also,
        camera=view.camera,
        world=world(recipe, assets, slot),
        lamps=tuple(lamps(recipe, view, rng_for(*slot, "lamps"))),
        surfaces=tuple(surfaces),
        objects=(*view.targets, *others),
        development=development(taken.exposure_ev, taken.warmth, taken.contrast, rng_for(*slot, "development")),
    )
    return with_id(scene)


def world(recipe: Recipe, assets: Sequence[Asset], slot: Slot) -> World:
    """Return the environment map of the scene."""
    asset = rendezvous([a for a in assets if a.kind == "hdri"], *slot, "world")
    rng = rng_for(*slot, "world")
    return World(asset.id, asset.key, float(rng.uniform(0, 360)), log_between(recipe.taken.world_strength, rng))


def background(recipe: Recipe, view: View, rng: Rng) -> list[Surface]:
    """Return the floor and the wall, each by its chance."""
    around, surfaces = recipe.around, []
    floor, wall = chance(around.floor, rng), chance(around.wall, rng)
    side = FLOOR_M if recipe.placement != "lying" else 12 * view.distance_m
    if floor:
        turned = turn((0, 0, 1), float(rng.uniform(0, 360)))
        surfaces.append(Surface((0.0, 0.0, 0.0), turned, (side, side), paint_material(around.surfaces, rng)))
    if wall:
        behind = view.focus[1] + view.extent_m + float(rng.uniform(0.4, 3.5))
        facing = times(turn((0, 0, 1), float(rng.normal(0, 20))), turn((1, 0, 0), 90))
        surfaces.append(Surface((0.0, behind, 2.0), facing, (FLOOR_M, FLOOR_M), paint_material(around.surfaces, rng)))
    return surfaces


def lamps(recipe: Recipe, view: View, rng: Rng) -> list[Lamp]:
    """Return a lamp above the targets and a flash beside the camera, each by its chance."""
    made = []
    focus = np.asarray(view.focus)
    reach = max(view.distance_m, 2 * view.extent_m)
    if chance(recipe.taken.lamp, rng):
        made.append(
            lamp(away(rng) * reach * float(rng.uniform(0.7, 1.5)) + focus, focus, log_between((0.1, 1), rng), rng)
        )
    if chance(recipe.taken.flash, rng):
        offset = rng.uniform(-0.05, 0.05, 3) * view.distance_m
        made.append(lamp(np.asarray(view.camera.location_m) + offset, focus, 0.03, rng))
    return made


def away(rng: Rng) -> np.ndarray:
    """Return a direction of the upper half of the sphere, towards the camera's side as often as not."""
    heading, height = rng.uniform(0, 2 * math.pi), rng.uniform(0.25, 1)
    level = math.sqrt(1 - height * height)
    return np.array([level * math.cos(heading), level * math.sin(heading), height])


def lamp(where: np.ndarray, focus: np.ndarray, relative_size: float, rng: Rng) -> Lamp:
    """Return a lamp that lights `focus` an eighth to five times as much as an even environment of radiance 1."""
    distance = float(np.linalg.norm(focus - where))
    warm = float(rng.uniform(-0.3, 0.5))
    colour = (1.0, 1 - 0.3 * max(warm, 0) + 0.1 * min(warm, 0), 1 - 0.7 * max(warm, 0))
    power = math.pi**2 * distance**2 * log_between((0.5, 20), rng) / 4
    return Lamp(vector(where), looking(focus - where), relative_size * distance, power, colour)


def people(recipe: Recipe, view: View, assets: Sequence[Asset], slot: Slot) -> list[Placed]:
    """Return figures that stand on the floor behind or beside the first target."""
    rng, figures = rng_for(*slot, "people"), [a for a in assets if a.role == "person"]
    if not figures or not chance(recipe.around.people, rng):
        return []
    made = []
    for number in range(whole((1, 2), rng)):
        asset = rendezvous(figures, *slot, "person", number)
        side = float(rng.normal(0, 0.25)) + number * float(rng.choice([-1, 1])) * float(rng.uniform(0.6, 1.5))
        depth = view.focus[1] + view.extent_m * 0.5 + float(rng.uniform(0.15, 0.6)) + number * float(rng.uniform(0, 2))
        yaw = turn((0, 0, 1), float(rng.normal(0, 40)) + 180 * chance(0.25, rng))
        place_m: Vector = (view.focus[0] + side, depth, 0.0)
        made.append(Placed(asset.id, asset.key, place_m, yaw, float(rng.uniform(0.9, 1.1)), dressed(rng)))
    return made


def standing_deg(recipe: Recipe, asset: Asset) -> float:
    """Return how far to turn a distractor about X: sheets lie on a floor, but hang where people look straight ahead."""
    return 90.0 if asset.size_m[2] < SHEET_M and recipe.placement != "lying" else 0.0


def dressed(rng: Rng) -> dict[str, Material]:
    """Return skin, hair and clothes."""
    parts = {"skin": SKIN, "hair": HAIR, "cloth": CLOTH, "trousers": CLOTH, "shoe": CLOTH}
    return {name: paint_material(paints, rng) for name, paints in parts.items()} | {"*": tinted(rng)}


def hands(recipe: Recipe, view: View, assets: Sequence[Asset], slot: Slot) -> list[Placed]:
    """Return one or two hands across the edge of the first target."""
    rng = rng_for(*slot, "hands")
    choice = [a for a in assets if a.role == "hand"]
    if not choice or not chance(recipe.around.hands, rng):
        return []
    target = view.targets[0]
    size = next(a.size_m for a in assets if a.id == target.asset)
    made = []
    for number in range(whole((1, 2), rng)):
        asset = rendezvous(choice, *slot, "hand", number)
        where, rotation = beside(target, (size[0] / 2, size[1] / 2), rng)
        made.append(Placed(asset.id, asset.key, where, rotation, float(rng.uniform(0.85, 1.15)), dressed(rng)))
    return made


def clutter(recipe: Recipe, view: View, assets: Sequence[Asset], slot: Slot) -> list[Placed]:
    """Return distractors: on the floor where targets lie, anywhere behind them otherwise."""
    rng = rng_for(*slot, "clutter")
    choice = [a for a in assets if a.role == "distractor"]
    made = []
    for number in range(whole(recipe.around.distractors, rng) if choice else 0):
        asset = rendezvous(choice, *slot, "distractor", number)
        depth = view.distance_m * (1 if recipe.placement == "lying" else float(rng.uniform(1.15, 2.5)))
        share = log_between((0.08, 0.5), rng)
        scale = share * 2 * depth * tangent(view.camera) / max(asset.size_m)
        where = at_picture(view.camera, *two(1.1, rng), depth)
        if recipe.placement == "lying":
            where = (where[0], where[1], LIFT * depth)
        tilt = turn((1, 0, 0), standing_deg(recipe, asset) + float(rng.normal(0, 12)) * (recipe.placement != "lying"))
        rotation = times(turn((0, 0, 1), float(rng.uniform(0, 360))), tilt)
        made.append(Placed(asset.id, asset.key, where, rotation, scale, {"*": tinted(rng)}))
    return made
