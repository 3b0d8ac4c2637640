"""What is in the picture besides the targets, unlabelled: people, hands, distractors, occluders."""

import math

import numpy as np

from render.catalog import Asset
from render.geometry import at_picture, matrix, tangent, times, turn
from render.scenes.draw import Rng, draw_material, happens, log_between, rendezvous, tinted, two, whole
from render.scenes.making import Making
from render.scenes.placing import (
    ONTO,
    PlacedView,
    centred,
    footprint,
    half_width,
    in_square,
    over,
    radius,
    spread_out,
    vector,
)
from render.scenes.placing_ground import SETTLED_M
from render.scenes.placing_wall import on_wall
from render.scenes.recipe import FALLING, GROUND, MaterialRange
from render.spec import Material, Placed, Quaternion, Vector

SKIN = (MaterialRange(hue=(0.01, 0.09), saturation=(0.2, 0.65), value=(0.15, 1), roughness=(0.3, 0.6)),)
CLOTH = (
    MaterialRange(hue=(0, 1), saturation=(0, 0.8), value=(0.03, 1), roughness=(0.7, 1),
                  textures=("plain", "wave", "checker"), scale=(8, 80), spread=(0, 0.6)),
)  # fmt: skip
HAIR = (MaterialRange(hue=(0.03, 0.12), saturation=(0.1, 0.7), value=(0.02, 0.6), roughness=(0.4, 0.8)),)
LIFT = 0.002  # of the distance: a sheet in the very plane of the floor would be black
SHEET_M = 0.03  # what is thinner is a sheet: a poster, a sign
HIDDEN = (0.3, 0.95)  # how far aside an occluder stands, 1 = it just touches the first target's outline
NEARER = (0.35, 0.75)  # of the first target's distance
IN_BIN = (0.6, 1.5)  # widths of the first target that a distractor in its bin has


def others(making: Making, view: PlacedView) -> list[Placed]:
    """Return all that is not labelled, but what the targets stand on."""
    return [*people(making, view), *hands(making, view), *distractors(making, view), *occluders(making, view)]


def people(making: Making, view: PlacedView) -> list[Placed]:
    """Return figures that stand on the floor behind or beside the first target."""
    rng, figures = making.rng("people"), making.role("person")
    if not figures or not making.happens("around.people", rng):
        return []
    made = []
    for number in range(whole((1, 2), rng)):
        asset = rendezvous(figures, *making.slot, "person", number)
        side = float(rng.normal(0, 0.25)) + number * float(rng.choice([-1, 1])) * float(rng.uniform(0.6, 1.5))
        depth = view.focus[1] + view.extent_m * 0.5 + float(rng.uniform(0.15, 0.6)) + number * float(rng.uniform(0, 2))
        yaw = turn((0, 0, 1), float(rng.normal(0, 40)) + 180 * happens(0.25, rng))
        place_m: Vector = (view.focus[0] + side, depth, view.ground_m)
        made.append(Placed(asset.id, asset.key, place_m, yaw, float(rng.uniform(0.9, 1.1)), dressed(rng)))
    return made


def dressed(rng: Rng) -> dict[str, Material]:
    """Return skin, hair and clothes."""
    parts = {"skin": SKIN, "hair": HAIR, "cloth": CLOTH, "trousers": CLOTH, "shoe": CLOTH}
    return {name: draw_material(materials, rng)[0] for name, materials in parts.items()} | {"*": tinted(rng)}


def hands(making: Making, view: PlacedView) -> list[Placed]:
    """Return one or two hands across the edge of the first target."""
    rng, choice = making.rng("hands"), making.role("hand")
    if not choice or not making.happens("around.hands", rng):
        return []
    size, made = making.target(0).size_m, []
    for number in range(whole((1, 2), rng)):
        asset = rendezvous(choice, *making.slot, "hand", number)
        where, rotation = at_edge(view.targets[0], (size[0] / 2, size[1] / 2), rng)
        made.append(Placed(asset.id, asset.key, where, rotation, float(rng.uniform(0.85, 1.15)), dressed(rng)))
    return made


def at_edge(target: Placed, half_m: tuple[float, float], rng: Rng) -> tuple[Vector, Quaternion]:
    """Return place and rotation of a hand at a random point of a target's edge: +Y inward, +Z as the target's.

    half_m: half width and half height of the target in its own X and Y.
    """
    around = float(rng.uniform(0, 2 * math.pi))
    inward = -np.array([math.cos(around), math.sin(around), 0.0])
    edge = -inward * (half_m[0], half_m[1], 0) * float(rng.uniform(0.95, 1.05))
    offset = matrix(target.rotation) @ (edge + np.array([0, 0, float(rng.uniform(-0.002, 0.002))]))
    spin = turn((0, 0, 1), math.degrees(math.atan2(-inward[0], inward[1])) + float(rng.normal(0, 15)))
    return vector(np.asarray(target.location_m) + offset), times(target.rotation, spin)


def distractors(making: Making, view: PlacedView) -> list[Placed]:
    """Return distractors where the placement has room for them."""
    rng, choice = making.rng("clutter"), making.role("distractor")
    if making.recipe.placement == "wall":
        choice = [asset for asset in choice if asset.size_m[2] < SHEET_M]
    count = making.whole("around.distractors", rng) if choice else 0
    assets = [rendezvous(choice, *making.slot, "distractor", number) for number in range(count)]
    if making.recipe.placement == "bin":
        return in_bin(making, view, assets, rng)
    if making.recipe.placement == "wall":
        return on_the_wall(making, view, [(a, scale_for(a, view, view.distance_m, rng)) for a in assets], rng)
    if making.recipe.placement in GROUND and making.recipe.placement != "lying":
        return standing(making, view, [(a, scale_for(a, view, view.distance_m, rng)) for a in assets], rng)
    return [behind(making, view, asset, rng) for asset in assets]


def scale_for(asset: Asset, view: PlacedView, depth_m: float, rng: Rng) -> float:
    """Return the scale at which an asset spans some share of the picture."""
    share = log_between((0.08, 0.5), rng)
    return share * 2 * depth_m * tangent(view.camera) / max(asset.size_m)


def behind(making: Making, view: PlacedView, asset: Asset, rng: Rng) -> Placed:
    """Return a distractor: on the floor where targets lie, anywhere behind them otherwise."""
    lying = making.recipe.placement == "lying"
    depth = view.distance_m * (1 if lying else float(rng.uniform(1.15, 2.5)))
    scale = scale_for(asset, view, depth, rng)
    where = at_picture(view.camera, *two(1.1, rng), depth)
    if lying:
        where = (where[0], where[1], LIFT * depth)
    upright_deg = 90.0 if asset.size_m[2] < SHEET_M and not lying else 0.0  # people look straight ahead at sheets
    tilt = turn((1, 0, 0), upright_deg + float(rng.normal(0, 12)) * (not lying))
    rotation = times(turn((0, 0, 1), float(rng.uniform(0, 360))), tilt)
    return Placed(asset.id, asset.key, where, rotation, scale, {"*": making.tinted(rng)})


def standing(making: Making, view: PlacedView, sized: list[tuple[Asset, float]], rng: Rng) -> list[Placed]:
    """Return distractors that stand on the ground beside the targets, upright; what falls may come to lean on them."""
    taken = [
        (np.array([*target.location_m[:2], 0.0]), radius(making.target(number)))
        for number, target in enumerate(view.targets)
    ]
    radii = [footprint(asset) * scale for asset, scale in sized]
    spots = spread_out(radii, in_square(half_width(view)), rng, taken)
    body = "still" if making.recipe.placement in FALLING else ""
    made = []
    for (asset, scale), spot in zip(sized, spots, strict=True):
        yaw = turn((0, 0, 1), float(rng.uniform(0, 360)))
        where = centred(asset, over(spot, asset.size_m[2] * scale / 2 + SETTLED_M), yaw, scale)
        made.append(Placed(asset.id, asset.key, where, yaw, scale, {"*": making.tinted(rng)}, body))
    return made


def on_the_wall(making: Making, view: PlacedView, sized: list[tuple[Asset, float]], rng: Rng) -> list[Placed]:
    """Return sheets flat on the wall beside the targets."""
    offsets = [np.asarray(target.location_m) - view.focus for target in view.targets]
    taken = [
        (np.array([east, up, 0.0]), footprint(making.target(number))) for number, (east, _, up) in enumerate(offsets)
    ]
    radii = [footprint(asset) * scale for asset, scale in sized]
    spots = spread_out(radii, in_square(half_width(view)), rng, taken)
    made = []
    for (asset, scale), spot in zip(sized, spots, strict=True):
        rotation = times(ONTO, turn((0, 0, 1), float(rng.normal(0, 4))))
        where = centred(asset, on_wall(view, spot, asset.size_m[2] * scale), rotation, scale)
        made.append(Placed(asset.id, asset.key, where, rotation, scale, {"*": making.tinted(rng)}))
    return made


def in_bin(making: Making, view: PlacedView, assets: list[Asset], rng: Rng) -> list[Placed]:
    """Return distractors that fall into the bin after the targets, about as large as these."""
    made = []
    height = max(target.location_m[2] + radius(making.target(n)) for n, target in enumerate(view.targets))
    for asset in assets:
        scale = float(rng.uniform(*IN_BIN)) * view.extent_m / max(asset.size_m)
        own = radius(asset) * scale
        rotation = turn((rng.normal(), rng.normal(), rng.normal()), float(rng.uniform(0, 180)))
        aside = rng.uniform(-0.5, 0.5, 2) * view.extent_m
        where = centred(asset, (*aside, height + own), rotation, scale)
        made.append(Placed(asset.id, asset.key, where, rotation, scale, {"*": making.tinted(rng)}, "falls"))
        height += 2 * own
    return made


def occluders(making: Making, view: PlacedView) -> list[Placed]:
    """Return things between the camera and the first target that hide some of it."""
    rng, choice = making.rng("occluders"), making.role("distractor")
    if not choice or not making.happens("around.occluders", rng):
        return []
    made = []
    middle = np.asarray(view.focus) - view.camera.location_m
    right, up, back = matrix(view.camera.rotation).T @ middle
    half = -back * tangent(view.camera)
    span = view.extent_m / 2 / half
    for number in range(making.whole("around.occluder_count", rng)):
        asset = rendezvous(choice, *making.slot, "occluder", number)
        depth, share = -back * float(rng.uniform(*NEARER)), making.log_between("around.occluder_share", rng)
        around, apart = float(rng.uniform(0, 2 * math.pi)), (span + share) * float(rng.uniform(*HIDDEN))
        spot = (right / half + apart * math.cos(around), up / half + apart * math.sin(around))
        scale = share * 2 * depth * tangent(view.camera) / max(asset.size_m)
        rotation = turn((rng.normal(), rng.normal(), rng.normal()), float(rng.uniform(0, 360)))
        where = centred(asset, at_picture(view.camera, *spot, depth), rotation, scale)
        made.append(Placed(asset.id, asset.key, where, rotation, scale, {"*": making.tinted(rng)}))
    return made
