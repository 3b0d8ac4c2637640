import math

import pytest

from measure.scoring.differences import gain_interval, interval, leaves_out, pool, score_of
from measure.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores
from measure.scoring.seed_spread import USUAL_SPREAD
from pipeline.errors import InputError


def scores(pixels: list[tuple[int, int]], seed: int = 1, ratio: float = 0.5, groups: str = "") -> Scores:
    """pixels: intersection and union of each photo; groups: one letter a photo, none for groups of their own."""
    photos = tuple(PhotoScore(f"p{i}", groups[i : i + 1], {FOREGROUND: Pixels(*pair)}) for i, pair in enumerate(pixels))
    return Scores("val", ratio, seed, 1, 1, photos)


def test_the_score_pools_pixels_of_photos_and_averages_over_runs():
    first, second = scores([(1, 10), (89, 90)]), scores([(0, 10), (50, 90)], seed=2)
    assert score_of([first, second]) == pytest.approx((0.9 + 0.5) / 2)


def test_photos_of_one_group_are_added_up():
    pixels = pool([scores([(1, 2), (3, 4), (5, 6)], groups="aba")])
    assert pixels.intersection.tolist() == [[6, 3]]
    assert pixels.union.tolist() == [[8, 4]]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([scores([(3, 4)])], (0.75, 0.75), id="one photo, one run"),
        pytest.param([scores([(1, 2), (1, 4)], groups="aa")], (1 / 3, 1 / 3), id="two photos of one group"),
        pytest.param([scores([(1, 2)] * 9)], (0.5, 0.5), id="photos that agree"),
        pytest.param([scores([(0, 0)] * 3)], (0.0, 1.0), id="nothing there and nothing said shows nothing"),
        pytest.param([scores([(4, 4)] * 8)], (0.025 ** (1 / 8), 1.0), id="eight photos without a mistake"),
        pytest.param([scores([(0, 4)] * 2)], (0.0, 1 - 0.025**0.5), id="two photos where nothing is right"),
    ],
)
def test_the_interval_where_it_is_known(runs, expected):
    assert interval(runs, 200) == pytest.approx(expected)


def test_an_interval_is_the_same_every_time():
    runs = [scores([(i, 10) for i in range(10)])]
    assert interval(runs, 50) == interval(runs, 50)


def test_photos_that_move_together_widen_the_interval():
    pixels = [(9, 10)] * 10 + [(1, 10)] * 10
    alone = interval([scores(pixels)], 1000)
    together = interval([scores(pixels, groups="aaaaabbbbbcccccddddd")], 1000)
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_an_interval_stays_within_0_and_1():
    lo, hi = interval([scores([(99, 100), (60, 100), (100, 100)])], 200)
    assert 0 < lo < 0.8633 < hi < 1


def test_two_runs_on_one_photo_say_almost_nothing():
    lo, hi = interval([scores([(1, 4)]), scores([(3, 4)], seed=2)], 200)
    assert (lo, hi) == pytest.approx((0, 1), abs=1e-4)


def test_a_gain_on_every_photo_shows_although_the_photos_differ_more_than_it():
    base = [(i, 100) for i in range(10, 90, 4)]
    better = [scores([(hit + 5, union) for hit, union in base], seed, ratio=0.8) for seed in (1, 2)]
    plain = [scores(base, seed, ratio=0.0) for seed in (1, 2)]
    assert interval(better, 500)[0] < interval(plain, 500)[1]  # the two intervals overlap
    assert gain_interval(better, plain, 500) == pytest.approx((0.05, 0.05))


def test_while_no_candidate_has_two_runs_a_gain_allows_for_runs_that_differ_by_a_tenth_of_their_error():
    base = [(i, 100) for i in range(10, 90, 4)]
    better = scores([(hit + 5, union) for hit, union in base], ratio=0.8)
    half = 1.96 * USUAL_SPREAD * math.hypot(1 - 0.48, 1 - 0.53)
    assert gain_interval([better], [scores(base)], 500) == pytest.approx((0.05 - half, 0.05 + half), abs=1e-4)


def test_one_group_shows_no_gain():
    assert gain_interval([scores([(9, 10)])], [scores([(1, 10)])], 100) == (-1, 1)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        pytest.param([scores([(1, 2)])], "One group of photos and one training run", id="one of each"),
        pytest.param([scores([(1, 2)] * 3)], "One training run", id="one run"),
        pytest.param([scores([(1, 2), (1, 2)], s, groups="aa") for s in (1, 2)], "belong to one group", id="one group"),
        pytest.param([scores([(1, 2), (0, 0)], s) for s in (1, 2)], "belong to one group", id="one photo with a pixel"),
    ],
)
def test_what_an_interval_leaves_out_is_said(runs: list[Scores], said: str):
    assert said in str(leaves_out(runs))


def test_an_interval_over_photos_and_seeds_leaves_nothing_out():
    assert leaves_out([scores([(1, 2)] * 2, seed) for seed in (1, 2)]) is None


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        pytest.param([scores([])], "val split has no photo", id="no photo"),
        pytest.param([scores([(1, 2)]), scores([(1, 2)] * 2, seed=2)], "other val photos than", id="other photos"),
    ],
)
def test_what_has_no_interval_is_said(runs, message):
    with pytest.raises(InputError, match=message):
        interval(runs, 10)


def test_no_run_is_the_callers_mistake():
    with pytest.raises(ValueError, match="needs a run"):
        interval([], 10)
