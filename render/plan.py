"""Stage `plan`: draw every scene as plain numbers, before Blender starts."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from dataset.folds import read_folds
from dataset.formats.mask_values import names_in
from dataset.records import each_sample
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.stage import run_stage
from render.catalog import Asset, read_catalog
from render.scenes.balance import POWERS, balanced, objects_of
from render.scenes.photos import Photos
from render.scenes.recipe import Recipe, read_recipe
from render.scenes.recipe_rules import leaves
from render.scenes.scene import PictureSettings, make_scene
from render.spec import OUTPUTS, Quality, SceneSpec, to_line


@dataclasses.dataclass(frozen=True)
class Plan:
    """Section `plan` of params.yaml."""

    recipe: str  # name of a file in render/recipes/
    seed: int
    scenes: int
    size_hw: tuple[int, int]
    quality: Quality = Quality()  # noqa: RUF009 - frozen
    also: tuple[str, ...] = ()  # further outputs: "depth", "normals"
    spares: int = 0  # scenes that take the place of refused ones, in order
    balance: str = "none"  # or root, inverse: categories that are rare in the training photos are rendered more often

    def __post_init__(self) -> None:
        """Refuse numbers that make no picture."""
        if self.scenes < 0 or self.spares < 0:
            raise ValueError(f"scenes and spares are {self.scenes} and {self.spares}, wanted 0 or more")
        if min(self.size_hw) < 16:
            raise ValueError(f"size_hw is {list(self.size_hw)}, wanted at least 16 pixels each way")
        for name in self.also:
            if name not in OUTPUTS:
                raise ValueError(f"also holds {name!r}, wanted any of {', '.join(OUTPUTS)}")
        if self.balance not in POWERS:
            raise ValueError(f"balance is {self.balance!r}, wanted one of {', '.join(POWERS)}")


def make_scenes(settings: Plan, assets: Path, photos: Path | None = None) -> list[SceneSpec]:
    """Return all scenes in their order; raise InputError for a bad catalogue or recipe.

    photos: manifest of the training samples, read only if the recipe puts photos behind its scenes, or if what they
    show decides how often each category is rendered.
    """
    catalog = read_catalog(assets)
    if not any(asset.kind == "hdri" for asset in catalog):
        raise InputError(f"{assets}: there is no hdri; add an environment map to light the scenes")
    recipe = recipe_of(settings, photos)
    say_without_maps(recipe, settings.recipe, catalog)
    behind = Photos(photos) if photos and "plate" in recipe.around.background else None
    picture = PictureSettings(settings.size_hw, settings.quality, settings.also, behind)
    scenes = [
        make_scene(recipe, settings.recipe, catalog, picture, settings.seed, number)
        for number in range(settings.scenes + settings.spares)
    ]
    return [dataclasses.replace(scene, spare=number >= settings.scenes) for number, scene in enumerate(scenes)]


def recipe_of(settings: Plan, photos: Path | None) -> Recipe:
    """Return the recipe, its categories weighed by what the photos show if the settings say so; that is said.

    Raises ValueError when they do and there is no manifest.
    """
    recipe = read_recipe(settings.recipe)
    if settings.balance == "none":
        return recipe
    if photos is None:
        raise ValueError("balance wants the manifest of the training photos")
    found = objects_of(each_sample(photos))
    made = balanced(recipe, found, settings.balance)
    said = ", ".join(f"{name} {found[name]} -> {weight:.3g}" for name, weight in made.targets.weights.items())
    sys.stderr.write(f"plan: objects in the training photos and weight in the renders: {said}\n")
    return made


def say_without_maps(recipe: Recipe, name: str, catalog: Sequence[Asset]) -> None:
    """Say so when a recipe asks for pictures of surfaces and there are none: what should have them is plain."""
    asking = sorted({key for key, value in leaves(recipe) if key.endswith(".textures") and "maps" in value})
    if asking and not any(asset.role == "surface" for asset in catalog):
        sys.stderr.write(
            f"plan: render/recipes/{name}.toml asks for texture maps in {', '.join(asking)}, but assets has no texture "
            "(role surface): plain colours take their place; add one with 'admix add FOLDER --role surface'\n"
        )


def check_names(rendered: Sequence[str], labelled: Sequence[str], recipe: str, categories: Path) -> None:
    """Raise InputError for a category of the renders that no label of the photos can have: it would be background.

    rendered: the recipe's targets. labelled: the photos' categories, of the file `categories`. A category of the photos
    that no render shows is said, and no mistake.
    """
    strange = [name for name in rendered if name not in labelled]
    if strange:
        raise InputError(
            f"{categories}: the photos' categories are {', '.join(map(repr, labelled))}, but the recipe {recipe} "
            f"labels its renders {strange[0]!r}: give both one name, in the photos' categories.json (or COCO), or in "
            f"the assets' sidecars and render/recipes/{recipe}.toml"
        )
    unseen = [name for name in labelled if name not in rendered]
    if unseen:
        sys.stderr.write(f"plan: no render will show {', '.join(unseen)}, which the photos' labels name\n")


def main(settings: Plan, assets: Path, photos: Path, categories: Path, out: Path, folds: Path | None = None) -> None:
    """Write scenes.jsonl, one SceneSpec a line. categories: the names of the photos' categories.

    folds: file of the folds of the real photos, if there may be any. Raises InputError where scores would be taken on
    photos that stand behind the scenes.
    """
    recipe = read_recipe(settings.recipe)
    if folds and read_folds(folds) and "plate" in recipe.around.background:
        raise InputError(
            f"plan.recipe: {settings.recipe} puts training photos behind its scenes, and with split.folds scores are "
            "taken on them; take plate out of the recipe's background, or give split.val a rule in place of split.folds"
        )
    rendered = recipe.targets.categories
    check_names(rendered, names_in(categories), settings.recipe, categories)
    write_text(out, "".join(to_line(scene) + "\n" for scene in make_scenes(settings, assets, photos)))


if __name__ == "__main__":
    run_stage(main)
