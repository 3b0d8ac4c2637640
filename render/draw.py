"""Small samplers: each takes what it needs and an `rng`, in that order, and returns plain numbers."""

import colorsys
import hashlib
import math
from collections.abc import Sequence

import numpy as np

from render.catalog import Asset
from render.develop import to_linear
from render.recipe import Paint, Range
from render.spec import Colour, Development, Material

Rng = np.random.Generator


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


def chance(probability: float, rng: Rng) -> bool:
    """Return True with this probability."""
    return bool(rng.random() < probability)


def rendezvous(assets: Sequence[Asset], *slot: str | int) -> Asset:
    """Return the asset that wins this slot: the one with the highest hash of slot and asset.

    So a new asset takes over only the slots that it wins, and every other scene stays as it is
    (Thaler and Ravishankar 1998, rendezvous hashing). Raises ValueError if there is no asset.
    """
    if not assets:
        raise ValueError("no asset to choose from")
    return max(assets, key=lambda asset: hashlib.sha256(repr((*slot, asset.id)).encode()).digest())


def colour_of(hue: float, saturation: float, value: float) -> Colour:
    """Return linear RGB of an sRGB hue, saturation and value; the hue wraps at 1."""
    red, green, blue = to_linear(np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value)))
    return float(red), float(green), float(blue)


def paint_material(paints: Sequence[Paint], rng: Rng) -> Material:
    """Return a material of one of the paints, drawn by weight."""
    weights = np.array([paint.weight for paint in paints])
    paint = paints[int(rng.choice(len(paints), p=weights / weights.sum()))]
    hue, saturation, value = between(paint.hue, rng), between(paint.saturation, rng), between(paint.value, rng)
    apart = between(paint.spread, rng) * rng.choice([-1, 1])
    second = (hue + apart / 6, min(saturation + abs(apart) / 4, 1), float(np.clip(value + apart, 0.02, 1)))
    return Material(
        texture=str(rng.choice(paint.textures)),
        colours=(colour_of(hue, saturation, value), colour_of(*second)),
        roughness=between(paint.roughness, rng),
        scale=log_between(paint.scale, rng),
        bump=between(paint.bump, rng),
        thin=between(paint.thin, rng),
    )


def tinted(rng: Rng) -> Material:
    """Return the asset's own look, a little lighter, darker or of another tint."""
    tint = tuple(float(x) for x in rng.uniform(0.55, 1.0) * rng.uniform(0.85, 1.0, 3))
    colour = (tint[0], tint[1], tint[2])
    return Material("own", (colour, colour), roughness=float(rng.uniform(0.2, 0.9)))


def development(exposure_ev: Range, warmth: Range, contrast: Range, rng: Rng) -> Development:
    """Return how the picture is developed."""
    warm = between(warmth, rng)
    white = (2 ** (0.3 * warm), float(2 ** rng.uniform(-0.08, 0.08)), 2 ** (-0.4 * warm))
    return Development(between(exposure_ev, rng), white, between(contrast, rng))
