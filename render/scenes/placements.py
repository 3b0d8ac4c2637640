"""From the name of a placement to the view of a scene."""

from collections.abc import Callable

from pipeline.errors import InputError
from render.scenes.making import Making
from render.scenes.placing import PlacedView
from render.scenes.placing_air import floating, hanging, held, scattered
from render.scenes.placing_fall import bin_, dropped
from render.scenes.placing_ground import lying, on, stacked
from render.scenes.placing_wall import wall

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
