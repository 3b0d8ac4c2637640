"""Small samplers: each takes what it needs and an `rng`, in that order, and returns plain numbers."""

import colorsys
import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from render.blender.develop import to_linear
from render.catalog import Asset
from render.scenes.recipe import MaterialRange, Range
from render.spec import Colour, Material

Rng = np.random.Generator
Item = TypeVar("Item")
PATTERN_REPEATS = 100.0  # within which a pattern is shifted: beyond that its rows and joints only come again


def between(limits: Range, rng: Rng) -> float:
    """Return a number drawn evenly from lo to hi."""
    return float(rng.uniform(*limits))


def log_between(limits: Range, rng: Rng) -> float:
    """Return a number whose logarithm is drawn evenly from lo to hi, both above 0."""
    return math.exp(rng.uniform(math.log(limits[0]), math.log(limits[1])))


def whole(limits: tuple[int, int], rng: Rng) -> int:
    """Return a whole number from lo to hi, both included."""
    return int(rng.integers(limits[0], limits[1] + 1))


def two(limit: float, rng: Rng) -> tuple[float, float]:
    """Return two numbers drawn evenly from -limit to limit."""
    return float(rng.uniform(-limit, limit)), float(rng.uniform(-limit, limit))


def happens(probability: float, rng: Rng) -> bool:
    """Return True with this probability."""
    return bool(rng.random() < probability)


def rendezvous(assets: Sequence[Asset], *slot: str | int) -> Asset:
    """Return the asset that wins this slot, each as often as its weight says. Raises ValueError if there is none."""
    return winner(assets, slot, lambda asset: asset.id, lambda asset: asset.weight)


def winner(
    items: Sequence[Item], slot: tuple[str | int, ...], name: Callable[[Item], str], weight: Callable[[Item], float]
) -> Item:
    """Return the item that wins this slot: the one with the highest score of slot, name and weight.

    So a new item takes over only the slots that it wins, and every other slot stays as it is (Thaler and Ravishankar
    1998, rendezvous hashing; with weights w the score is -w / ln u, Schindelhauer and Schomaker 2005).
    Raises ValueError if there is no item.
    """
    if not items:
        raise ValueError("no asset to choose from")
    return max(items, key=lambda item: score((*slot, name(item)), weight(item)))


def score(names: tuple[str | int, ...], weight: float) -> tuple[float, bytes]:
    """Return what the names score: u is their hash as a number between 0 and 1; the whole hash settles a tie."""
    digest = hashlib.sha256(repr(names).encode()).digest()
    u = ((int.from_bytes(digest[:8], "big") >> 12) + 0.5) / 2**52  # never 0 or 1
    return -weight / math.log(u), digest


def colour_of(hue: float, saturation: float, value: float) -> Colour:
    """Return linear RGB of an sRGB hue, saturation and value; the hue wraps at 1."""
    red, green, blue = to_linear(np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value)))
    return float(red), float(green), float(blue)


def draw_material(materials: Sequence[MaterialRange], rng: Rng) -> tuple[Material, dict[str, float | str]]:
    """Return a material of one of the materials, drawn by weight, and what was drawn, by the keys of its ranges."""
    weights = np.array([ranges.weight for ranges in materials])
    number = int(rng.choice(len(materials), p=weights / weights.sum()))
    ranges = materials[number]
    hue, saturation, value = between(ranges.hue, rng), between(ranges.saturation, rng), between(ranges.value, rng)
    apart = between(ranges.spread, rng) * rng.choice([-1, 1])
    second = (hue + apart / 6, min(saturation + abs(apart) / 4, 1), float(np.clip(value + apart, 0.02, 1)))
    material = Material(
        texture=str(rng.choice(ranges.textures)),
        colours=(colour_of(hue, saturation, value), colour_of(*second)),
        roughness=between(ranges.roughness, rng),
        scale=log_between(ranges.scale, rng),
        bump=between(ranges.bump, rng),
        thin=between(ranges.transmission, rng),
        **placed_and_worn(ranges.wear, rng),
    )
    drawn: dict[str, float | str] = {
        "number": number + 1,
        "hue": hue % 1,
        "saturation": saturation,
        "value": value,
        "textures": material.texture,
        "scale": material.scale,
        "roughness": material.roughness,
        "wear": material.wear,
    }
    return material, drawn


def beside(rng: Rng) -> Rng:
    """Return a generator of its own, for what is drawn without moving on the numbers that `rng` will give."""
    return rng.spawn(1)[0]


def placed_and_worn(wear: Range, rng: Rng) -> dict[str, Any]:
    """Return where a pattern begins, how it is turned and how worn it is, as fields of `Material`."""
    own = beside(rng)
    x, y, z = (float(value) for value in own.uniform(0, PATTERN_REPEATS, 3))
    return {"offset": (x, y, z), "turn_deg": float(own.uniform(0, 360)), "wear": between(wear, own)}


def tinted(rng: Rng, wear: Range = (0.0, 0.0)) -> Material:
    """Return the asset's own look, a little lighter, darker or of another tint."""
    tint = tuple(float(x) for x in rng.uniform(0.55, 1.0) * rng.uniform(0.85, 1.0, 3))
    colour = (tint[0], tint[1], tint[2])
    roughness = float(rng.uniform(0.2, 0.9))
    return Material("own", (colour, colour), roughness, **placed_and_worn(wear, rng))
