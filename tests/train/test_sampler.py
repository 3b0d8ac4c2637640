"""The mix's weights are kept exactly."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from train.sampler import schedule

RATIOS = [0.0, 0.01, 0.1, 0.15, 0.3, 1 / 3, 0.5, 0.7, 0.8, 0.95, 0.99, 1.0]
SIZES = [(8, 20), (1, 7), (3, 1), (16, 5), (7, 13)]  # batch, epoch_steps


def weights_of(ratio: float) -> tuple[float, float]:
    return float(1 - Fraction(str(ratio))), ratio


def counts(rows: np.ndarray, source: int) -> np.ndarray:
    return (rows[:, :, 0] == source).sum(axis=1)


@pytest.mark.parametrize(("ratio", "size"), itertools.product(RATIOS, SIZES))
def test_every_epoch_holds_the_share_that_whole_numbers_come_nearest_to(ratio: float, size: tuple[int, int]):
    batch, epoch_steps = size
    rows = schedule(weights_of(ratio), (5, 30), 3 * epoch_steps, batch, epoch_steps, seed=1)
    exact = Fraction(str(ratio)) * batch * epoch_steps
    for epoch in np.split(rows, 3):
        assert abs(int(counts(epoch, 1).sum()) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(("ratio", "size"), itertools.product(RATIOS, SIZES))
def test_batches_differ_by_at_most_one_and_any_beginning_is_within_one_of_its_share(
    ratio: float, size: tuple[int, int]
):
    batch, epoch_steps = size
    per_batch = counts(schedule(weights_of(ratio), (5, 30), epoch_steps, batch, epoch_steps, seed=1), 1)
    assert per_batch.max() - per_batch.min() <= 1
    for steps, drawn in enumerate(np.cumsum(per_batch).tolist(), 1):
        assert abs(drawn - Fraction(str(ratio)) * steps * batch) <= 1


@pytest.mark.parametrize("weights", [(0.1, 0.2, 0.7), (0.25, 0.25, 0.3, 0.2), (1.0,), (0.07, 0.13, 0.2, 0.3, 0.3)])
@pytest.mark.parametrize("size", SIZES)
def test_the_promises_hold_for_any_number_of_sources(weights: tuple[float, ...], size: tuple[int, int]):
    batch, epoch_steps = size
    rows = schedule(weights, [9] * len(weights), epoch_steps, batch, epoch_steps, seed=1)
    for source, weight in enumerate(weights):
        per_batch = counts(rows, source)
        assert abs(int(per_batch.sum()) - Fraction(str(weight)) * batch * epoch_steps) < 1
        assert per_batch.max() - per_batch.min() <= 1


def test_many_uneven_sources_still_sum_up():
    rng = np.random.default_rng(0)
    for _ in range(100):
        parts = rng.integers(1, 50, rng.integers(2, 12))
        rows = schedule((parts / parts.sum()).tolist(), [3] * len(parts), 12, 7, 12, seed=1)
        for source, part in enumerate(parts.tolist()):
            assert abs(int(counts(rows, source).sum()) - part / parts.sum() * 84) < 1
            assert np.ptp(counts(rows, source)) <= 1


def test_a_source_shows_its_whole_pool_before_anything_comes_again():
    rows = schedule((0.5, 0.5), (5, 8), 20, 4, 10, seed=3).reshape(-1, 2)
    for source, size in ((0, 5), (1, 8)):
        items = rows[rows[:, 0] == source, 1]
        cycles = [items[start : start + size].tolist() for start in range(0, len(items), size)]
        assert all(sorted(cycle) == list(range(size)) for cycle in cycles)
        assert len({tuple(cycle) for cycle in cycles}) > 1


def test_a_longer_run_starts_with_the_shorter_one():
    short, long = (schedule((0.7, 0.3), (6, 40), steps, 5, 8, seed=2) for steps in (11, 29))
    assert (long[:11] == short).all()


def test_the_seed_decides_the_order():
    first, again, other = (schedule((0.5, 0.5), (20, 20), 10, 4, 5, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(("ratio", "only"), [(0.0, 0), (1.0, 1)], ids=["no render", "no real"])
def test_an_end_of_the_scale_draws_one_source_only(ratio: float, only: int):
    pools = (4, 0) if only == 0 else (0, 4)
    assert (schedule(weights_of(ratio), pools, 9, 4, 5, seed=1)[:, :, 0] == only).all()


def test_no_steps_give_an_empty_schedule():
    assert schedule((1.0,), (3,), 0, 8, 20, seed=1).shape == (0, 8, 2)


@pytest.mark.parametrize(
    ("weights", "pools", "batch", "message"),
    [
        pytest.param((0.5, 0.5), (3,), 4, "2 weights for 1 pools", id="a pool is missing"),
        pytest.param((), (), 4, "at least one", id="no source"),
        pytest.param((0.5, 0.4), (3, 3), 4, "found the sum 0.9", id="weights are no whole"),
        pytest.param((1.5, -0.5), (3, 3), 4, "none below 0", id="a negative weight"),
        pytest.param((float("nan"), 1.0), (3, 3), 4, "nan", id="a weight that is no number"),
        pytest.param((0.5, 0.5), (3, 0), 4, "source 1 has weight 0.5 but nothing", id="an empty pool"),
        pytest.param((1.0,), (3,), 0, "batch 0", id="an empty batch"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(weights, pools, batch, message):
    with pytest.raises(ValueError, match=message):
        schedule(weights, pools, 4, batch, 2, seed=1)
