import numpy as np
import pytest

from measure.scoring.seed_spread import USUAL_SPREAD
from measure.worth.points import USUAL_COUNT, Point, estimate_of, measure, seed_noise


def test_noise_is_pooled_over_sizes_and_held_by_the_usual_one():
    points = [Point(10, {"1": 0.5, "2": 0.6}), Point(20, {"1": 0.7, "2": 0.7, "3": 0.7})]
    spread, freedom = seed_noise(points)
    assert freedom == 3 + USUAL_COUNT
    assert spread**2 == pytest.approx((0.005 / 0.45**2 + USUAL_COUNT * USUAL_SPREAD**2) / freedom)


def test_a_size_with_half_the_error_has_half_the_noise():
    few, many = measure([Point(10, {"1": 0.5, "2": 0.6}), Point(20, {"1": 0.75, "2": 0.8})], "real").sd
    assert few == pytest.approx(2 * many)


def test_redraws_spread_like_students_t_around_the_mean():
    points = [Point(10, {"1": 0.49, "2": 0.51})]
    spread, _ = seed_noise(points)
    draws = measure(points, "real", 20000).draws[:, 0]
    assert draws.mean() == pytest.approx(0.5, abs=1e-3)
    expected = spread * 0.5 / np.sqrt(2) * 3.182  # 97.5 % of Student's t with 1 + 2 degrees of freedom
    assert (np.percentile(draws, 97.5) - 0.5) == pytest.approx(expected, rel=0.05)


def test_photos_that_move_all_points_alike_make_no_difference_between_them():
    photos = np.linspace(-0.1, 0.1, 500)
    points = [Point(n, {"1": iou, "2": iou}, iou + photos) for n, iou in ((10, 0.5), (20, 0.6))]
    plain = [Point(p.n, p.scores) for p in points]
    alike, without = measure(points, "real"), measure(plain, "real", 500)
    assert alike.sd == pytest.approx(without.sd)
    assert np.ptp(alike.draws[:, 0]) > 0.2
    assert (alike.draws[:, 1] - alike.draws[:, 0]) == pytest.approx(without.draws[:, 1] - without.draws[:, 0])


def test_two_curves_share_their_photos_but_not_their_seeds():
    points = [Point(10, {"1": 0.5, "2": 0.5})]
    assert not np.allclose(measure(points, "real").draws, measure(points, "mixed").draws)
    assert np.allclose(measure(points, "real").draws, measure(points, "real").draws)


def test_an_estimate_is_the_median_with_the_middle_95_percent():
    found = estimate_of(np.arange(1001) / 1000)
    assert (found.iou, found.lo, found.hi) == pytest.approx((0.5, 0.025, 0.975))


@pytest.mark.parametrize(
    ("n", "scores", "message"),
    [
        pytest.param(0, {"1": 0.5}, "0 samples", id="no sample"),
        pytest.param(5, {}, "no score", id="no seed"),
        pytest.param(5, {"1": float("nan")}, "numbers in 0..1", id="not a number"),
        pytest.param(5, {"1": 1.5}, "numbers in 0..1", id="above 1"),
    ],
)
def test_what_is_no_point_is_refused(n, scores, message):
    with pytest.raises(ValueError, match=message):
        Point(n, scores)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        pytest.param([], "different sizes", id="none"),
        pytest.param([Point(5, {"1": 0.5}), Point(5, {"1": 0.6})], "different sizes", id="one size twice"),
        pytest.param(
            [Point(5, {"1": 0.5}, np.zeros(3)), Point(6, {"1": 0.6}, np.zeros(4))], "wanted one number", id="draws"
        ),
    ],
)
def test_points_that_make_no_curve_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        measure(points, "real")
