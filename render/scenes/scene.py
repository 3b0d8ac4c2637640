"""One whole scene from a recipe, the catalogue and a number; which function places its targets."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.errors import InputError
from render.catalog import Asset
from render.geometry import project
from render.scenes.background import backdrop
from render.scenes.lights import lamps, world
from render.scenes.making import Making
from render.scenes.others import others
from render.scenes.photos import Photos
from render.scenes.placing import PlacedView
from render.scenes.placing_air import floating, hanging, held, scattered
from render.scenes.placing_fall import bin_, dropped
from render.scenes.placing_ground import lying, on, stacked
from render.scenes.placing_wall import wall
from render.scenes.recipe import Recipe
from render.spec import Camera, Quality, SceneSpec, with_id


@dataclasses.dataclass(frozen=True)
class PictureSettings:
    """What every picture of a plan has in common."""

    size_hw: tuple[int, int]
    quality: Quality = Quality()  # noqa: RUF009 - frozen
    also: tuple[str, ...] = ()  # of spec.OUTPUTS
    photos: Photos | None = None  # real training photos, for recipes that put them behind the scene


def make_scene(
    recipe: Recipe, name: str, assets: Sequence[Asset], picture: PictureSettings, seed: int, number: int
) -> SceneSpec:
    """Return scene `number` of a seed: the same numbers on any machine, whatever other scenes there are."""
    making = Making(recipe, assets, (seed, "scene", number), picture.photos)
    view = place(making)
    behind = backdrop(making, view)
    scene = SceneSpec(
        id="",
        recipe=name,
        size_hw=picture.size_hw,
        quality=picture.quality,
        also=picture.also,
        camera=focused(making, view),
        world=world(making),
        lamps=tuple(lamps(making, view, behind)),
        surfaces=(*view.surfaces, *behind.surfaces),
        objects=(*view.targets, *view.others, *others(making, view)),
        development=making.development(),
        settle_s=view.settle_s,
        plate=behind.plate,
        draws=making.draws,
    )
    return with_id(scene)


def focused(making: Making, view: PlacedView) -> Camera:
    """Return the camera, focused on the first target if the recipe's probability of depth of field says so."""
    rng = making.rng("lens")
    if not making.happens("taken.depth_of_field", rng):
        return view.camera
    depth_m = float(project(view.camera, (2, 2), np.array([view.focus]))[0, 2])
    return dataclasses.replace(view.camera, f_stop=making.log_between("taken.f_stop", rng), focus_m=depth_m)


PLACERS: dict[str, Callable[[Making], PlacedView]] = {
    "held": held,
    "floating": floating,
    "scattered": scattered,
    "hanging": hanging,
    "lying": lying,
    "dropped": dropped,
    "on": on,
    "stacked": stacked,
    "bin": bin_,
    "wall": wall,
}


def place(making: Making) -> PlacedView:
    """Return the view of one scene; raise InputError when the recipe names what the catalogue does not have."""
    recipe, ids = making.recipe, {asset.id for asset in making.assets}
    categories = {asset.category for asset in making.assets}
    for category in sorted(set(recipe.targets.categories) - categories):
        raise InputError(f"assets: no asset of category {category!r}; add one or change the recipe")
    for name in sorted({*recipe.support.assets, *recipe.taken.hdris} - ids):
        raise InputError(f"assets: no asset with the id {name!r}, which the recipe names; add it or change the recipe")
    return PLACERS[recipe.placement](making)
