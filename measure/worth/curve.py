"""A learning curve: what the score is, and would be, at sizes that were not trained, with 95 % intervals."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from measure.worth.families import FAMILIES, Family, Fits, families_for, fit
from measure.worth.points import (
    RESAMPLES,
    SEED,
    Floats,
    MeasuredCurve,
    Point,
    ScoreEstimate,
    estimate_of,
    flatness,
    measure,
    problems,
)
from pipeline.reading import Record
from pipeline.seeds import rng_for

BEYOND = {3: 1.5, 4: 2.0}  # sizes -> how many times its largest size a trusted curve may be read to
BEND = 3.0  # how far the way between two points may bend; 1 = straight over log n
KNOTS = 160  # sizes at which each redraw is kept
DRAWN = 40  # sizes that a page draws
# Share of the evidence for a family that counts. With all of it, intervals at twice the largest of four sizes held the
# truth of some laws in 82 of 100 simulated projects; with this share in 88 or more.
TEMPER = 0.7
CEILING_SIZES = 4  # three sizes show a floor for one exponent alone


@dataclasses.dataclass(frozen=True)
class FamilyShare(Record):
    """How much one family counts in a curve; floor: the error it ends at, None where it ends at none."""

    name: str
    weight: float
    floor: float | None


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """A curve as B redraws of it, each a photo draw, a seed draw and a family."""

    points: tuple[Point, ...]  # by rising n
    spread: tuple[ScoreEstimate, ...]  # of each point
    sizes: Floats  # (G,), rising, from the smallest measured to the largest that may be read
    draws: Floats  # (B, G) IoU
    families: tuple[FamilyShare, ...]  # descending in weight; () if not trusted
    ceilings: Floats | None  # (B,) IoU that endless samples would give
    flags: tuple[str, ...]  # why it is not trusted
    notes: tuple[str, ...] = ()  # what else is to be said of it

    @property
    def trusted(self) -> bool:
        """Return whether a law was fitted; else neighbouring points are joined over log n."""
        return not self.flags

    @property
    def limit(self) -> float:
        """Return the largest size that may be read."""
        return float(self.sizes[-1])

    @property
    def measured_to(self) -> int:
        """Return the largest size that was trained."""
        return self.points[-1].n

    @property
    def ceiling(self) -> ScoreEstimate | None:
        """Return the IoU that endless samples would give; None if the points cannot say."""
        return None if self.ceilings is None else estimate_of(self.ceilings)

    def at(self, n: float) -> Floats:
        """Return (B,) redrawn scores at a size. Raises ValueError for a size that may not be read."""
        if not self.sizes[0] <= n <= self.limit:
            raise ValueError(f"the curve is known from {self.sizes[0]:.0f} to {self.limit:.0f}, not at {n}")
        where = np.log(self.sizes)
        left = min(max(int(np.searchsorted(self.sizes, n, side="right")) - 1, 0), max(len(self.sizes) - 2, 0))
        right = min(left + 1, len(self.sizes) - 1)
        share = (np.log(n) - where[left]) / (where[right] - where[left]) if where[right] > where[left] else 0.0
        return np.asarray((1 - share) * self.draws[:, left] + share * self.draws[:, right])

    def reach(self, scores: Floats) -> Floats:
        """Return (B,) the smallest size at which redraw b has the score b; infinite if none up to `limit` has."""
        enough = self.draws >= scores[:, None]  # (B, G)
        right = enough.argmax(axis=1)
        left, draw = np.maximum(right - 1, 0), np.arange(len(scores))
        low, high = self.draws[draw, left], self.draws[draw, right]
        share = np.divide(scores - low, high - low, out=np.zeros_like(low), where=high > low).clip(0, 1)
        log = np.log(self.sizes)
        found = np.exp((1 - share) * log[left] + share * log[right])
        return np.where(enough.any(axis=1), found, np.inf)


def beyond(sizes: int) -> float:
    """Return how many times its largest size a trusted curve of so many sizes may be read to, and no further."""
    return BEYOND[min(sizes, max(BEYOND))]


def weights_of(measured: MeasuredCurve, fits: Sequence[Fits]) -> Floats:
    """Return (F,) weights of laws, summing to 1: Akaike's, exp(-number of fitted numbers) times the likelihood.

    The likelihood is Student's t, since the noise is itself an estimate from few seeds (Burnham and Anderson 2002,
    section 2.9; the integral over the noise as in Gelman et al. 2013, section 3.2). Laws of one name share what the
    best of them has: how finely its exponents are listed must not decide how much a family counts.
    No law is quite true, so the evidence counts for a share, `TEMPER` (Grünwald 2012). fits: one redraw each.
    """
    misfit = np.array([found.misfit[0] for found in fits])
    free = np.array([found.family.free for found in fits])
    half = (measured.freedom + len(measured.n)) / 2
    log = TEMPER * (-half * np.log1p(misfit / measured.freedom) - free)
    weights = np.exp(log - log.max())
    names = np.array([found.family.name for found in fits])
    same = names[:, None] == names  # (F, F)
    weights *= np.where(same, weights, 0).max(axis=1) / (same @ weights)
    return np.asarray(weights / weights.sum())


def shares_of(fits: Sequence[Fits], weights: Floats) -> tuple[FamilyShare, ...]:
    """Return the families descending in weight; the floor is that of a family's heaviest law."""
    found: dict[str, FamilyShare] = {}
    for law, weight in sorted(zip(fits, weights, strict=True), key=lambda pair: -float(pair[1])):
        floor = float(law.floor[0]) if law.family.floored else None
        known = found.get(law.family.name, FamilyShare(law.family.name, 0.0, floor))
        found[law.family.name] = dataclasses.replace(known, weight=known.weight + float(weight))
    return tuple(sorted(found.values(), key=lambda share: -share.weight))


def fit_curve(
    points: Sequence[Point], name: str, resamples: int = RESAMPLES, families: Sequence[Family] = FAMILIES
) -> Curve:
    """Return the learning curve of points, in any order.

    name: as `measure`. Families are averaged: each redraw of the points is fitted by one family, drawn by weight, so
    that the interval holds chance and the choice of the law. An ill-behaved curve is flagged and not fitted: it is read
    between its points alone. Errors as `measure`.
    """
    measured = measure(points, name, resamples)
    points = tuple(sorted(points, key=lambda point: point.n))
    spread = tuple(estimate_of(draws) for draws in measured.draws.T)
    fits = [fit(law, measured, measured.iou[None]) for law in families_for(measured.n / measured.n[0], families)]
    best = min(fits, key=lambda found: float(found.misfit[0]), default=None)
    notes = tuple(flatness(measured))
    flags = problems(points, measured, *((float(best.misfit[0]), best.family.free) if best else (None, 0)))
    last = measured.n[-1] * (1 if flags else beyond(len(points)))
    sizes = np.clip(np.geomspace(measured.n[0], last, KNOTS), measured.n[0], last)  # rounding may step over the ends
    if flags:
        return Curve(points, spread, sizes, joined(measured, sizes, name), (), None, tuple(flags), notes)
    weights = weights_of(measured, fits)
    draws, ceilings = averaged(measured, fits, weights, sizes, name)
    known = ceilings if len(points) >= CEILING_SIZES else None
    return Curve(points, spread, sizes, draws, shares_of(fits, weights), known, (), notes)


def averaged(
    measured: MeasuredCurve, fits: Sequence[Fits], weights: Floats, sizes: Floats, name: str
) -> tuple[Floats, Floats]:
    """Return redrawn scores (B, G) and ceilings (B,), each redraw fitted by a family drawn by its weight."""
    chosen = rng_for(SEED, "family", name).choice(len(fits), len(measured.draws), p=weights)
    draws, ceilings = np.empty((len(chosen), len(sizes))), np.ones(len(chosen))
    for number, found in enumerate(fits):
        mine = chosen == number
        if mine.any():
            refit = fit(found.family, measured, measured.draws[mine])
            draws[mine] = 1 - refit.errors(sizes / measured.n[0])
            ceilings[mine] = 1 - (refit.floor if found.family.floored else 0)
    return draws, ceilings


def joined(measured: MeasuredCurve, sizes: Floats, name: str) -> Floats:
    """Return (B, G) redrawn scores between measured points, where no law is trusted; sizes: (G,) within them.

    Two points do not say how the curve bends between them: each redraw takes the way ``t ** bend`` from one to the
    next, t from 0 to 1 over log n, its bend log-uniform in 1 / `BEND` .. `BEND`. The power law n^-1 over a factor of 8
    has about 0.44.
    """
    total, draws = len(measured.n), measured.draws
    if total == 1:
        return np.repeat(draws, len(sizes), axis=1)
    bend = BEND ** rng_for(SEED, "bend", name).uniform(-1, 1, (len(draws), 1))
    left = np.searchsorted(measured.n, sizes, side="right").clip(1, total - 1) - 1  # (G,)
    log, where = np.log(measured.n), np.log(sizes)
    way = ((where - log[left]) / (log[left + 1] - log[left])).clip(0, 1) ** bend  # (B, G)
    return np.asarray(draws[:, left] + way * (draws[:, left + 1] - draws[:, left]))


def drawn_sizes(curve: Curve) -> list[float]:
    """Return `DRAWN` sizes for a page, rising, the first and the last of the curve among them."""
    return list(curve.sizes[np.unique(np.linspace(0, len(curve.sizes) - 1, DRAWN).round().astype(int))])


def curve_json(curve: Curve) -> dict[str, Any]:
    """Return a curve as transfer.json has it: points, dense fit, families, ceiling, and why it is not trusted."""
    ceiling = curve.ceiling
    fitted = [(size, estimate_of(curve.at(size))) for size in drawn_sizes(curve)]
    return {
        "points": [
            {"n": point.n, "iou": point.iou, "ci95": [seen.lo, seen.hi], "seeds": dict(point.scores)}
            for point, seen in zip(curve.points, curve.spread, strict=True)
        ],
        "fit": [{"n": float(size), "iou": found.iou, "lo": found.lo, "hi": found.hi} for size, found in fitted],
        "families": [dataclasses.asdict(share) for share in curve.families],
        "ceiling": {"iou": ceiling.iou, "ci95": [ceiling.lo, ceiling.hi]} if ceiling else None,
        "trusted": curve.trusted,
        "flags": list(curve.flags),
        "notes": list(curve.notes),
    }
