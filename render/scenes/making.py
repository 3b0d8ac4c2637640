"""One scene in the making: what it is made from, whose randomness it is, and what was drawn for it so far."""

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any, TypeVar

from pipeline.seeds import rng_for
from render.catalog import Asset
from render.scenes.draw import (
    Rng,
    beside,
    between,
    draw_material,
    happens,
    log_between,
    rendezvous,
    tinted,
    whole,
    winner,
)
from render.scenes.photos import Photos
from render.scenes.recipe import Recipe
from render.spec import Development, Material

Slot = tuple[int, str, int]  # seed, "scene", number
Drawn = TypeVar("Drawn", bound=float | str)


@dataclasses.dataclass(frozen=True)
class Making:
    """The samplers of one scene. Each takes the path of a key in the recipe, draws from its range and notes the draw.

    Of a range that is drawn from more than once, such as every target's tilt, the first draw is noted.
    """

    recipe: Recipe
    assets: Sequence[Asset]
    slot: Slot
    photos: Photos | None = None
    draws: dict[str, float | str] = dataclasses.field(default_factory=dict)  # key path -> 4 digits, or a word

    def rng(self, *names: str | int) -> Rng:
        """Return the generator that belongs to these names in this scene."""
        return rng_for(*self.slot, *names)

    def note(self, key: str, value: Drawn) -> Drawn:
        """Note what was drawn for a key, and return it."""
        self.draws.setdefault(key, value if isinstance(value, str) else round(float(value), 4))
        return value

    def value(self, key: str) -> Any:
        """Return what the recipe says, e.g. for ``taken.fov_deg``."""
        return operator.attrgetter(key)(self.recipe)

    def between(self, key: str, rng: Rng) -> float:
        """Return a number drawn evenly from a range."""
        return self.note(key, between(self.value(key), rng))

    def log_between(self, key: str, rng: Rng) -> float:
        """Return a number whose logarithm is drawn evenly from a range above 0."""
        return self.note(key, log_between(self.value(key), rng))

    def whole(self, key: str, rng: Rng) -> int:
        """Return a whole number of a range, both ends included."""
        return self.note(key, whole(self.value(key), rng))

    def happens(self, key: str, rng: Rng) -> bool:
        """Return True with the probability that the recipe says."""
        return self.note(key, happens(self.value(key), rng))

    def kind(self, key: str, rng: Rng) -> str:
        """Return a name drawn by its weight."""
        weights: dict[str, float] = self.value(key)
        total = sum(weights.values())
        return self.note(key, str(rng.choice(list(weights), p=[weight / total for weight in weights.values()])))

    def material(self, key: str, rng: Rng) -> Material:
        """Return a material of one of the materials of a key, such as ``around.surfaces``."""
        section, _, name = key.partition(".materials.")
        materials = self.value(f"{section}.materials")[name] if name else self.value(key)
        material, drawn = draw_material(materials, rng)
        for part, value in drawn.items():
            self.note(f"{key}.{part}", value)
        return self.mapped(material, rng) if material.texture == "maps" else material

    def mapped(self, material: Material, rng: Rng) -> Material:
        """Return the material with one of the catalogue's textures; plain if it has none."""
        sheets = self.role("surface")
        if not sheets:
            return dataclasses.replace(material, texture="plain")
        sheet = rendezvous(sheets, *self.slot, "maps", int(beside(rng).integers(2**31)))
        return dataclasses.replace(material, maps=sheet.id, maps_key=sheet.key)

    def tinted(self, rng: Rng) -> Material:
        """Return a distractor's own look, a little changed."""
        material = tinted(rng, self.recipe.around.wear)
        self.note("around.wear", material.wear)
        return material

    def target(self, number: int) -> Asset:
        """Return the target asset of one slot: its category by the recipe's weights, then the asset by its own.

        Its measures are those that it has in this scene, not those of its file.
        """
        weights = self.recipe.targets.weights
        names = (*self.slot, "target", number)
        category = winner(
            self.recipe.targets.categories, (*names, "category"), str, lambda name: weights.get(name, 1.0)
        )
        asset = rendezvous([asset for asset in self.assets if asset.category == category], *names)
        times = self.target_scale(category)
        (x, y, z), (right, up, out) = asset.size_m, asset.centre_m
        size, centre = (x * times, y * times, z * times), (right * times, up * times, out * times)
        return dataclasses.replace(asset, size_m=size, centre_m=centre)

    def target_scale(self, category: str) -> float:
        """Return how many times as large as their files the targets of a category are in this scene."""
        return self.log_between("targets.size", self.rng("size", category))

    def role(self, role: str) -> list[Asset]:
        """Return all assets of a role."""
        return [asset for asset in self.assets if asset.role == role]

    def development(self) -> Development:
        """Return how the picture is developed."""
        rng = self.rng("development")
        warm = self.between("taken.warmth", rng)
        white = (2 ** (0.3 * warm), float(2 ** rng.uniform(-0.08, 0.08)), 2 ** (-0.4 * warm))
        return Development(self.between("taken.exposure_ev", rng), white, self.between("taken.contrast", rng))
