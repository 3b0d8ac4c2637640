import numpy as np
import pytest

from pipeline.errors import InputError
from train.scoring.interval import gain_interval, interval, pool, resampled, score_of
from train.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores


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
        pytest.param([scores([(0, 0)] * 3)], (1.0, 1.0), id="nothing there and nothing said"),
        pytest.param([scores([(1, 4)]), scores([(3, 4)], seed=2)], (0.25, 0.75), id="two runs that differ, one photo"),
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


def test_about_95_of_100_intervals_hold_the_true_score():
    """Photos of 100 pixels whose share of hits is uniform in 0.5..0.9: the pooled score is 0.7."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        lo, hi = interval([scores([(int(100 * share), 100) for share in rng.uniform(0.505, 0.905, 30)])], 200)
        held += lo <= 0.7 <= hi
    assert 0.88 <= held / 200 <= 0.99


def test_a_gain_on_every_photo_shows_although_the_photos_differ_more_than_it():
    base = [(i, 100) for i in range(10, 90, 4)]
    better = scores([(hit + 5, union) for hit, union in base], ratio=0.8)
    plain = scores(base, ratio=0.0)
    assert interval([better], 500)[0] < interval([plain], 500)[1]  # the two intervals overlap
    assert gain_interval([better], [plain], 500) == pytest.approx((0.05, 0.05))


def test_resampled_scores_have_one_number_a_draw():
    assert resampled([scores([(1, 2), (2, 2)])], 7).shape == (7,)


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
