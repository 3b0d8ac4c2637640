"""Which recipes may show an asset, and how the renders that exist do."""

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median

from dataset.records import Instance, Sample, each_sample
from pipeline.errors import InputError
from render.audit.finding import Seen, Uses
from render.catalog import Asset
from render.scenes.recipe import FALLING, RECIPES, Recipe, read_recipe
from render.stock.facts import Facts


@dataclasses.dataclass
class Tally:
    """What the renders say of one asset."""

    renders: int = 0
    areas_px: list[int] = dataclasses.field(default_factory=list)
    shares: list[float] = dataclasses.field(default_factory=list)
    side_px: int = 0

    def add(self, instance: Instance, sample: Sample) -> None:
        """Count one instance."""
        x0, y0, x1, y1 = instance.box
        self.areas_px.append(instance.area_px)
        self.shares.append(instance.area_px / (sample.size_hw[0] * sample.size_hw[1]))
        self.side_px = max(self.side_px, x1 - x0, y1 - y0)

    def seen(self) -> Seen:
        """Return the counts."""
        if not self.areas_px:
            return Seen(self.renders)
        areas = (min(self.areas_px), int(median(self.areas_px)), max(self.areas_px))
        return Seen(self.renders, areas, median(self.shares), self.side_px)


def manifests(data: Path) -> list[Path]:
    """Return the manifests of all set-ups' renders, by name."""
    return sorted(data.glob("*/renders/samples.jsonl"))


def read_seen(files: Iterable[Path]) -> tuple[dict[str, Seen], int, list[str]]:
    """Return asset id -> how it is seen, the number of renders, and what could not be read."""
    tallies, count, problems = dict[str, Tally](), 0, list[str]()
    for file in files:
        try:
            for sample in each_sample(file):
                count += 1
                add(tallies, sample)
        except InputError as error:
            problems.append(str(error))
    return {name: tally.seen() for name, tally in sorted(tallies.items())}, count, problems


def add(tallies: dict[str, Tally], sample: Sample) -> None:
    """Count one render."""
    for name in sample.assets:
        tallies.setdefault(name, Tally()).renders += 1
    for instance in sample.instances:
        if instance.asset:
            tallies.setdefault(instance.asset, Tally()).add(instance, sample)


def read_recipes(folder: Path = RECIPES) -> dict[str, Recipe]:
    """Return all recipes by name, without those that are broken: the stage plan names their mistakes."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        with contextlib.suppress(InputError):
            found[path.stem] = read_recipe(path.stem, folder)
    return found


def uses_of(asset: Asset, facts: Facts | None, recipes: Mapping[str, Recipe]) -> Uses:
    """Return what the recipes do with a target; nothing for what no recipe names."""
    mine = {name: recipe for name, recipe in recipes.items() if asset.category in recipe.targets.categories}
    thin = any(lets_light_through(recipe, facts.materials) for recipe in mine.values()) if facts else False
    return Uses(tuple(sorted(mine)), thin, any(recipe.placement in FALLING for recipe in mine.values()))


def lets_light_through(recipe: Recipe, materials: Iterable[str]) -> bool:
    """Return whether one of these materials is painted thin."""
    return any(ranges.transmission[1] > 0 for name in materials for ranges in recipe.targets.materials.get(name, ()))
