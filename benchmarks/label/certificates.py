"""How often a certificate is false, and how much it lets through, over many simulated draws of checks.

`python -m benchmarks.label.certificates` prints both. Where MAPIE is installed (no dependency of ours: an environment
of its own with numpy, scipy and mapie 1.6.0 will do) its controller judges the same checks.
"""

import dataclasses
import itertools
import math
import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from label.certificate import Rung, judged_at, ladder, starts_for, widest
from label.routing.checks import CONTROL
from pipeline.seeds import rng_for

Scores = NDArray[np.float64]
Right = NDArray[np.bool_]
POOL = 20_000  # objects of a simulated pool
ERROR = 0.05
DRAWS = 1000
CASES = ((0.9, 300), (0.95, 300), (0.99, 1000), (0.995, 2000), (0.999, 10_000))  # target, checks


@dataclasses.dataclass(frozen=True)
class DrawRule:
    """Where checks are drawn, and what the starts of the sequence let pass; as in section `route` of params.yaml."""

    among: float
    spare: tuple[int, ...] | None


EVERYWHERE = DrawRule(1.0, None)
SHIPPED = DrawRule(0.4, (0, 2))  # in params.yaml
RULES = (EVERYWHERE, SHIPPED)


def calibrated(_: float, rng: np.random.Generator, sure: float = 3.5) -> tuple[Scores, Right]:
    """Return a pool whose scores are what they say: most of it sure, a tail that is not; 84 % of it is right.

    sure: the mean log-odds of being right.
    """
    scores = 1 / (1 + np.exp(-rng.normal(sure, 3, POOL)))
    return scores, rng.random(POOL) < scores


def surer(target: float, rng: np.random.Generator) -> tuple[Scores, Right]:
    """Return a calibrated pool that is easier: 92 % of it is right."""
    return calibrated(target, rng, 5.0)


def at_the_edge(target: float, rng: np.random.Generator) -> tuple[Scores, Right]:
    """Return a pool just below the target at every threshold: the hardest one to refuse."""
    wrong = int(np.floor(POOL * (1 - target))) + 1
    right = np.ones(POOL, bool)
    right[np.linspace(0, POOL - 1, wrong).round().astype(int)] = False
    return np.linspace(1, 0, POOL) + rng.random(POOL) * 1e-9, right


def upside_down(target: float, rng: np.random.Generator) -> tuple[Scores, Right]:
    """Return a pool that is wrong most where its scores are highest."""
    scores = np.sort(rng.random(POOL))
    return scores, rng.random(POOL) < 1 - 3 * (1 - target) * scores


def with_a_hole(target: float, rng: np.random.Generator) -> tuple[Scores, Right]:
    """Return a pool that is right above the middle and at the bottom, and bad between."""
    scores = rng.random(POOL)
    bad = (scores > 0.3) & (scores < 0.6)
    return scores, rng.random(POOL) < np.where(bad, 1 - 6 * (1 - target), 1 - 0.3 * (1 - target))


POOLS: dict[str, Callable[[float, np.random.Generator], tuple[Scores, Right]]] = {
    "calibrated": calibrated,
    "calibrated, surer": surer,
    "at the edge": at_the_edge,
    "upside down": upside_down,
    "with a hole": with_a_hole,
}


@dataclasses.dataclass(frozen=True)
class Draws:
    """What became of many draws of checks from one pool."""

    certified: float  # share of the draws that certified something
    accepted: float  # mean share of the pool that was certified, 0 where nothing was
    false: float  # share of the draws whose certified part is less right than the target


def rungs_for(pool: Scores, checks: int, target: float, rule: DrawRule) -> list[Rung]:
    """Return the thresholds that are tried. pool: scores of all that checks were drawn among."""
    return ladder(pool, checks, starts_for(target, ERROR, checks, rule.spare), ERROR)


def lowest(rungs: list[Rung], scores: Scores, right: Right, target: float) -> float | None:
    """Return the lowest score that the checked objects certify, None for none."""
    best = widest(judged_at(rungs, scores, right, target, ERROR))
    return best.score if best else None


def ours(pool: Scores, scores: Scores, right: Right, target: float) -> float | None:
    """Return the lowest score that is certified where checks were drawn among the whole pool, None for none."""
    return lowest(rungs_for(pool, len(scores), target, EVERYWHERE), scores, right, target)


def likely_in(scores: Scores, rule: DrawRule) -> NDArray[np.int64]:
    """Return the places of the objects that checks are drawn among."""
    return np.argsort(-scores, kind="stable")[: math.ceil(rule.among * len(scores))]


def draws(
    scores: Scores, right: Right, checks: int, count: int, rule: DrawRule = EVERYWHERE
) -> Iterator[tuple[Scores, Right]]:
    """Yield the checked objects of each draw: their scores and whether they are right. checks: with those of control.

    All objects are checked where they are fewer.
    """
    likely = likely_in(scores, rule)
    control = checks // CONTROL if rule.among < 1 else 0
    for number in range(count):
        rng = rng_for(number, "draw", checks)
        chosen = rng.choice(len(likely), min(checks - control, len(likely)), replace=False)
        yield scores[likely[chosen]], right[likely[chosen]]


def outcome(scores: Scores, right: Right, limits: list[float | None], target: float) -> Draws:
    """Return what thresholds, one a draw, let through of a pool."""
    above = [scores >= limit for limit in limits if limit is not None]
    false = sum(bool(right[part].mean() < target) for part in above)
    return Draws(len(above) / len(limits), sum(float(part.mean()) for part in above) / len(limits), false / len(limits))


def tried(kind: str, target: float, checks: int, count: int = DRAWS, rule: DrawRule = EVERYWHERE) -> Draws:
    """Return what `count` draws of `checks` from a pool of one kind come to."""
    scores, right = POOLS[kind](target, rng_for(1, "pool", kind))
    checked = list(draws(scores, right, checks, count, rule))
    rungs = rungs_for(scores[likely_in(scores, rule)], len(checked[0][0]), target, rule)  # the same for every draw
    return outcome(scores, right, [lowest(rungs, *each, target) for each in checked], target)


def mapie(_: Scores, scores: Scores, right: Right, target: float) -> float | None:
    """Return the threshold of MAPIE's controller of precision, None where it certifies none."""
    from mapie.risk_control import BinaryClassificationController  # not at the head: most machines lack it

    def chances(these: Scores) -> NDArray[np.float64]:
        return np.stack([1 - these[:, 0], these[:, 0]], axis=1)

    controller = BinaryClassificationController(chances, "precision", target, 1 - ERROR)
    controller.calibrate(scores[:, None], right.astype(int))
    best = controller.best_predict_param
    return None if best is None else float(best)


def beside_mapie(target: float, checks: int, count: int) -> tuple[Draws, Draws]:
    """Return what our certificate and MAPIE's come to on the same draws of a whole calibrated pool."""
    scores, right = calibrated(target, rng_for(1, "pool", "calibrated"))
    found = []
    for judge in (ours, mapie):
        limits = [judge(scores, *each, target) for each in draws(scores, right, checks, count)]
        found.append(outcome(scores, right, limits, target))
    return found[0], found[1]


def main(words: list[str]) -> None:
    """Print false certificates for every kind of pool; with the word mapie what both certify."""
    if words == ["mapie"]:
        for target, checks in ((0.95, 300), (0.99, 1000), (0.99, 3000), (0.999, 10_000)):
            one, other = beside_mapie(target, checks, 20)
            sys.stdout.write(f"{target} with {checks}: ours {one}, MAPIE {other}\n")
        return
    for kind, (target, checks), rule in itertools.product(POOLS, CASES, RULES):
        sys.stdout.write(f"{kind}, {target} with {checks}, {rule}: {tried(kind, target, checks, rule=rule)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
