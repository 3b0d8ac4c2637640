import dataclasses

import numpy as np
import pytest

from label.choosing import PickPlan, choices_of
from label.spread import far_ones
from label.strategies import CHANCE, HYBRID, SPREAD, STRATEGIES, UNSURE, Candidates, order_of

PLACES = 60
PLAN = PickPlan("entropy", "pool", 12, 5, 0.5, 0.25, 1)


def pool_of(heaps: int = PLACES, taken: tuple[int, ...] = (0, 1, 2)) -> Candidates:
    """Return three far heaps of vectors, of which the first is labelled; the scores rise with the place."""
    rng = np.random.default_rng(1)
    centres = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]], PLACES // 3, axis=0)
    vectors = (centres + rng.normal(size=(PLACES, 2))).astype(np.float32)
    scores = {name: np.linspace(0, 1, PLACES) for name in UNSURE}
    strata = [f"floor {at // 20}" for at in range(PLACES)]
    return Candidates(scores, vectors, np.arange(PLACES) % heaps, strata, np.array(taken, np.int64))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_photo_is_asked_for_twice_nor_one_that_is_labelled_nor_near_duplicates(strategy):
    pool = pool_of(heaps=30)
    order = order_of(pool, strategy, 20, 1)
    assert len(order) == len(set(order)) == 20
    assert not set(pool.heap[order]) & set(pool.heap[pool.taken])
    assert len(set(pool.heap[order])) == 20


@pytest.mark.parametrize("strategy", UNSURE)
def test_the_unsure_come_in_the_order_of_their_score(strategy):
    assert order_of(pool_of(), strategy, 3, 1) == [59, 58, 57]


@pytest.mark.parametrize("strategy", [*SPREAD, *HYBRID])
def test_what_is_spread_goes_first_where_nothing_is_labelled(strategy):
    first = order_of(pool_of(), strategy, 2, 1)
    heaps = {at // 20 for at in first}
    assert heaps == {1, 2} if strategy != "k-centre of unsure" else heaps <= {1, 2}


def test_a_stratified_draw_evens_out_what_is_labelled():
    order = order_of(pool_of(taken=(0, 1, 2, 3)), "stratified", 11, 1)
    assert np.bincount([at // 20 for at in order]).tolist() == [1, 5, 5]


def test_k_centre_takes_the_farthest_first():
    line = np.array([[0], [1], [10], [4]], np.float32)
    assert far_ones(line, np.array([0]), 3) == [2, 3, 1]
    assert far_ones(line, np.array([], np.int64), 1) == [3]  # nearest to the mean


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_choice_carries_a_control_by_chance_within_the_budget(strategy):
    prices = np.linspace(0.5, 2, PLACES)
    found = choices_of(pool_of(), prices, dataclasses.replace(PLAN, strategy=strategy))
    control = [one.place for one in found if one.control]
    assert 0 < prices[control].sum() <= 3
    assert prices[[one.place for one in found]].sum() <= 12
    assert len({one.place for one in found}) == len(found)


def test_the_control_is_the_same_whatever_the_strategy_and_the_scores():
    controls = [
        {
            one.place
            for one in choices_of(pool_of(), np.ones(PLACES), dataclasses.replace(PLAN, strategy=name))
            if one.control
        }
        for name in ("entropy", "k-centre", "random")
    ]
    assert controls[0] == controls[1] == controls[2]
    assert len(controls[0]) == 3


def test_a_batch_is_one_round_of_the_budget():
    found = choices_of(pool_of(), np.ones(PLACES), dataclasses.replace(PLAN, protocol="batch"))
    assert (len(found), sum(one.control for one in found)) == (5, 1)


def test_a_stream_takes_photos_as_they_come_from_the_threshold_on():
    found = choices_of(pool_of(), np.ones(PLACES), dataclasses.replace(PLAN, protocol="stream"))
    picked = [one.place for one in found if not one.control]
    control = {one.place for one in found if one.control}
    assert picked == [at for at in range(30, PLACES) if at not in control][: len(picked)]


def test_a_stream_wants_a_score():
    with pytest.raises(ValueError, match="a stream wants a score a photo"):
        choices_of(pool_of(), np.ones(PLACES), dataclasses.replace(PLAN, protocol="stream", strategy=CHANCE[0]))


def test_a_pool_that_is_labelled_gives_nothing():
    assert choices_of(pool_of(taken=tuple(range(PLACES))), np.ones(PLACES), PLAN) == []
