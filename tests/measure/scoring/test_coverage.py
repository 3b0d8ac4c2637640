"""Simulation: of 100 intervals, how many hold the truth, and of 100 comparisons of equals, how many say otherwise."""

import dataclasses
import functools
import itertools
import statistics

import pytest

from measure.scoring.differences import difference
from measure.scoring.intervals import IOU, estimate
from tests.measure.scoring.worlds import World, tables, true_score

TRIALS = 500  # a coverage of 95 % is then known to +- 2 %
RESAMPLES = 300

WORLDS = [
    World(groups, burst, seeds, iou, seed_sd)
    for groups, (burst, seeds), (iou, seed_sd) in itertools.product(
        (8, 14, 40, 120), ((1, 2), (6, 3), (3, 4)), ((0.5, 0.03), (0.8, 0.003), (0.8, 0.02), (0.95, 0.005))
    )
]


def name_of(world: World) -> str:
    return f"{world.groups} groups to {world.burst}, {world.seeds} seeds +-{world.seed_sd}, IoU {world.iou}"


@functools.cache
def held(world: World) -> tuple[float, float]:
    """Return the share of intervals that hold the truth, and their median width."""
    truth, found = true_score(world), []
    for (own,) in tables(world, TRIALS, 7):
        found.append(estimate(own, own.drawn(RESAMPLES), IOU).ci95)
    return statistics.mean(lo <= truth <= hi for lo, hi in found), statistics.median(hi - lo for lo, hi in found)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=name_of)
def test_92_to_98_of_100_intervals_hold_the_true_score(world: World):
    """Two seeds alone say little of how seeds differ: there up to 99.5 is as near as it gets."""
    share, _ = held(world)
    noise = 0.02
    assert 0.92 - noise <= share <= 0.995 if world.seeds == 2 else 0.98 + noise / 2


@pytest.mark.slow
def test_the_coverage_over_all_situations_is_95_of_100():
    assert 0.94 <= statistics.mean(held(world)[0] for world in WORLDS[::3]) <= 0.98


STEADY, UNSTEADY = 0.005, 0.05  # IoU


@functools.cache
def gains_held(own: float, base: float, seeds: int) -> float:
    """Return how many intervals of a difference hold it, of candidates whose spreads over seeds differ."""
    world = World(40, 2, seeds, 0.8, own, unlike=(own, base))
    one, other = (true_score(dataclasses.replace(world, seed_sd=sd, unlike=())) for sd in (own, base))
    found = [difference(a, b, RESAMPLES) for a, b in tables(world, TRIALS, 13, 2)]
    return statistics.mean(lo <= one - other <= hi for lo, hi in found)


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("sd", [STEADY, UNSTEADY])
def test_a_score_holds_whatever_the_spread_of_others(sd: float, seeds: int):
    share, _ = held(World(40, 2, seeds, 0.8, sd))
    assert 0.92 - 0.01 <= share <= 0.98 + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(("own", "base"), [(UNSTEADY, STEADY), (STEADY, UNSTEADY), (UNSTEADY, UNSTEADY)])
def test_a_difference_of_unequal_spreads_over_seeds_holds(own: float, base: float, seeds: int):
    assert 0.92 - 0.01 <= gains_held(own, base, seeds) <= 0.98 + 0.01


@pytest.mark.parametrize(("own", "base"), [(UNSTEADY, STEADY), (STEADY, UNSTEADY)])
def test_two_seeds_hold_more_than_they_must(own: float, base: float):
    assert gains_held(own, base, 2) >= 0.92 - 0.01


def verdicts(world: World, ahead: float) -> list[int]:
    """Return -1, 0 or 1 for each comparison of two candidates of which the first is `ahead` in IoU."""
    found = []
    for a, b in tables(world, TRIALS, 11, 2):
        a.counts[..., 0] += ahead * a.counts[..., 1]
        lo, hi = difference(a, b, RESAMPLES)
        found.append((lo > 0) - (hi < 0))
    return found


EQUALS = [
    World(groups, burst, seeds, iou, seed_sd)
    for groups, (burst, seeds), (iou, seed_sd) in itertools.product(
        (8, 14, 40, 120), ((1, 2), (6, 3), (3, 4)), ((0.5, 0.03), (0.8, 0.003), (0.95, 0.005))
    )
]


@pytest.mark.slow
@pytest.mark.parametrize("world", EQUALS, ids=name_of)
def test_of_100_comparisons_of_equals_at_most_8_show_a_difference(world: World):
    assert statistics.mean(verdict != 0 for verdict in verdicts(world, 0)) <= 0.08


@pytest.mark.parametrize(
    ("world", "ahead"),
    [
        pytest.param(World(14, 1, 5, 0.8, 0.005), 0.03, id="14 photos, 5 steady seeds, 0.03 ahead"),
        pytest.param(World(40, 3, 5, 0.8, 0.01), 0.04, id="40 bursts, 5 seeds, 0.04 ahead"),
        pytest.param(World(120, 3, 4, 0.8, 0.02), 0.06, id="120 bursts, 4 unsteady seeds, 0.06 ahead"),
    ],
)
def test_a_real_difference_is_seen_most_of_the_time(world: World, ahead: float):
    found = verdicts(world, ahead)
    assert statistics.mean(verdict == 1 for verdict in found) >= 0.8
    assert -1 not in found
