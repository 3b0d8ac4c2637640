"""Families of learning curves: the error 1 - IoU as it may fall with the number of samples, and their best fits.

Every family is ``floor + height * shape(n)`` with floor and height at least 0, and shapes that fall and flatten. For
given exponents that is a straight line, solved exactly; the exponents are searched on a grid (variable projection,
Golub and Pereyra 1973). So a fit has no starting value and cannot get stuck, and thousands of redraws are fitted at
once. With the handful of points that a curve has, robust losses would throw away a point in five: what fits no family
is refused instead (`points.problems`).
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from measure.worth.points import Floats, MeasuredCurve

EXPONENTS = np.geomspace(0.05, 2.0, 32)
SCALES = np.geomspace(0.05, 20.0, 32)  # in smallest measured sizes; `scales` stretches them to the largest
ROUNDS = (0.3, 0.5, 0.7, 1.0)  # Janoschek exponents; above 1 a curve would first fall ever faster
PINNED = 24  # exponents of a family that three sizes are compared with
STEEP = np.geomspace(0.1, 2.0, 8)


@dataclasses.dataclass(frozen=True)
class Family:
    """One law of the error.

    free: how many numbers are fitted. floored: whether the error ends at a fitted floor; else it ends at 0.
    settings: number of smallest sizes in the largest -> (K, M) exponents to try. shape: those and sizes (G,) in
    smallest measured sizes -> (K, G).
    """

    name: str
    free: int
    floored: bool
    settings: Callable[[Floats], Floats]
    shape: Callable[[Floats, Floats], Floats]


@dataclasses.dataclass(frozen=True, eq=False)
class Fits:
    """The best fit of one family to each of B redraws."""

    family: Family
    settings: Floats  # (B, M)
    floor: Floats  # (B,)
    height: Floats  # (B,)
    misfit: Floats  # (B,), sum of squared differences in standard deviations

    def errors(self, ratio: Floats) -> Floats:
        """Return (B, G) errors, 0 or more, at sizes (G,) in smallest measured sizes."""
        shapes = self.family.shape(self.settings, ratio)
        return np.maximum(self.floor[:, None] + self.height[:, None] * shapes, 0)


def nothing(ratio: Floats) -> Floats:
    """Return (1, 0): the family has no exponent."""
    del ratio
    return np.zeros((1, 0))


def exponents(ratio: Floats) -> Floats:
    """Return (K, 1) exponents of power laws."""
    del ratio
    return EXPONENTS[:, None]


def scales(ratio: Floats) -> Floats:
    """Return (K, 1) sizes over which an error falls, from below the smallest to well above the largest measured."""
    return np.geomspace(SCALES[0], SCALES[-1] * ratio[-1], len(SCALES))[:, None]


def rounded_scales(ratio: Floats) -> Floats:
    """Return (K, 2): scale and Janoschek exponent."""
    return np.array([(scale, bend) for bend in ROUNDS for scale in scales(ratio)[:, 0]])


def knots(ratio: Floats) -> Floats:
    """Return (K, 3): exponent before and after a knot, and the knot; the second exponent is at most the first."""
    inner = np.sqrt(ratio[1:-2] * ratio[2:-1]) if len(ratio) > 4 else ratio[1:-1]
    return np.array([(a, b, knot) for knot in inner for a in STEEP for b in STEEP if b <= a])


def power(settings: Floats, ratio: Floats) -> Floats:
    """Return n^-a (Mikami et al. 2021 for renders; Hestness et al. 2017)."""
    return np.asarray(ratio ** -settings[:, :1])


def root(settings: Floats, ratio: Floats) -> Floats:
    """Return 1 / sqrt(n), the rate of averages: the one floor that three points can show."""
    return np.broadcast_to(ratio**-0.5, (len(settings), len(ratio)))


def logarithm(settings: Floats, ratio: Floats) -> Floats:
    """Return -log n (Mahmood et al. 2022); it ends where it reaches the error 0."""
    return np.broadcast_to(-np.log(ratio), (len(settings), len(ratio)))


def exponential(settings: Floats, ratio: Floats) -> Floats:
    """Return exp(-n / s), 1 at the smallest size."""
    return np.asarray(np.exp(-(ratio - 1) / settings[:, :1]))


def inverse_logarithm(settings: Floats, ratio: Floats) -> Floats:
    """Return 1 / log(e + n / s): the slowest fall that still has a floor."""
    return np.asarray(1 / np.log(np.e + ratio / settings[:, :1]))


def arctangent(settings: Floats, ratio: Floats) -> Floats:
    """Return 1 - 2/pi arctan(n / s) (Mahmood et al. 2022)."""
    return np.asarray(1 - 2 / np.pi * np.arctan(ratio / settings[:, :1]))


def janoschek(settings: Floats, ratio: Floats) -> Floats:
    """Return exp(-(n / s)^k) with k up to 1, 1 at the smallest size (Janoschek 1957, also called Weibull's)."""
    scale, bend = settings[:, :1], settings[:, 1:2]
    return np.asarray(np.exp((1 / scale) ** bend - (ratio / scale) ** bend))


def broken_power(settings: Floats, ratio: Floats) -> Floats:
    """Return a power law whose exponent changes at a knot (Jain et al. 2023)."""
    first, second, knot = (settings[:, i : i + 1] for i in range(3))
    return np.asarray(np.where(ratio <= knot, ratio**-first, knot ** (second - first) * ratio**-second))


FAMILIES = (
    Family("power law", 2, floored=False, settings=exponents, shape=power),
    Family("logarithm", 2, floored=False, settings=nothing, shape=logarithm),
    Family("square root with a floor", 2, floored=True, settings=nothing, shape=root),
    Family("power law with a floor", 3, floored=True, settings=exponents, shape=power),
    Family("exponential", 3, floored=True, settings=scales, shape=exponential),
    Family("inverse logarithm", 3, floored=True, settings=scales, shape=inverse_logarithm),
    Family("arctangent", 3, floored=True, settings=scales, shape=arctangent),
    Family("Janoschek", 4, floored=True, settings=rounded_scales, shape=janoschek),
    Family("power law in two pieces", 4, floored=False, settings=knots, shape=broken_power),
)


def families_for(ratio: Floats, families: Sequence[Family] = FAMILIES) -> tuple[Family, ...]:
    """Return those of the families that P sizes can tell apart: at most P - 1 fitted numbers. ratio: (P,), 1 first.

    Three sizes leave two numbers, floor and height. Which exponent they belong to is then left open: each of
    `PINNED` exponents of a family stands as a law of its own, and those that pass by the points are averaged.
    """
    found = [family for family in families if family.free <= len(ratio) - 1]
    if len(ratio) == 3:
        found = [family for family in found if family.shape is not root]
        found += [law for family in families if family.free == 3 for law in pinned(family, ratio)]
    return tuple(found)


def pinned(family: Family, ratio: Floats) -> list[Family]:
    """Return the family once for each of `PINNED` exponents, with one fitted number fewer."""
    settings = family.settings(ratio)
    chosen = settings[np.linspace(0, len(settings) - 1, PINNED).round().astype(int)]
    return [dataclasses.replace(family, free=family.free - 1, settings=constant(row[None])) for row in chosen]


def constant(settings: Floats) -> Callable[[Floats], Floats]:
    """Return a function that gives these settings for any sizes."""
    return lambda _: settings


def fit(family: Family, measured: MeasuredCurve, iou: Floats) -> Fits:
    """Return the least-squares fits of a family, points weighted by 1 / sd^2. iou: (B, P)."""
    ratio, weight = measured.n / measured.n[0], measured.sd**-2.0
    settings = family.settings(ratio)
    shapes = family.shape(settings, ratio)  # (K, P)
    errors = 1 - iou
    anchored = not family.floored and family.shape is not logarithm  # a logarithm's constant is no floor
    floor, height = anchored_lines(shapes, errors, weight) if anchored else lines(shapes, errors, weight)
    left = np.einsum("p,bp->b", weight, errors**2) - 2 * height * ((shapes * weight) @ errors.T)  # (K, B)
    left += -2 * floor * (errors @ weight) + height**2 * ((shapes**2) @ weight)[:, None]
    left += 2 * height * floor * (shapes @ weight)[:, None] + floor**2 * weight.sum()
    best, draw = left.argmin(axis=0), np.arange(len(errors))
    misfit = np.maximum(left[best, draw], 0)
    return Fits(family, settings[best], floor[best, draw], height[best, draw], misfit)


def anchored_lines(shapes: Floats, errors: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return floor 0 and the best height, (K, B) each."""
    height = ((shapes * weight) @ errors.T) / ((shapes**2) @ weight)[:, None]
    return np.zeros_like(height), np.maximum(height, 0)


def lines(shapes: Floats, errors: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the best floor and height that are 0 or more, (K, B) each.

    The squares are convex and errors are not negative, so where the free line leaves the allowed corner on one side the
    best allowed one lies on that side.
    """
    share = weight / weight.sum()
    middle, mean = shapes @ share, errors @ share  # (K,), (B,)
    apart = shapes - middle[:, None]
    spread = np.maximum((apart**2) @ share, 1e-12)  # a shape that does not move has no height
    height = np.maximum(((apart * share) @ errors.T) / spread[:, None], 0)
    floor = mean - height * middle[:, None]
    _, through_zero = anchored_lines(shapes, errors, weight)
    below = floor < 0
    return np.where(below, 0, floor), np.where(below, through_zero, height)
