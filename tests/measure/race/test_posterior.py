import numpy as np
import pytest

from measure.race.posterior import posterior_of, root, seed_noise
from measure.race.records import Key, Result
from measure.scoring.seed_spread import USUAL_SPREAD
from tests.measure.race.grids_at_random import SHAPES, ratio_of, simulated

pytestmark = pytest.mark.slow


def at(iou: float) -> Result:
    return Result(np.array([iou * 1e6]), np.array([1e6]), ("p",), ("g",))


def test_a_level_is_near_what_was_seen_and_surer_with_every_seed():
    pair = [ratio_of(0.2), ratio_of(0.8)]
    first = {Key("0.2", 1, 1.0): at(0.7), Key("0.8", 1, 1.0): at(0.8)}
    once = posterior_of(pair, first)
    twice = posterior_of(pair, {**first, Key("0.2", 2, 1.0): at(0.7), Key("0.8", 2, 1.0): at(0.8)})
    assert once.mean == pytest.approx([0.7, 0.8], abs=0.02)
    assert np.all(np.diag(twice.covariance) < np.diag(once.covariance))


def test_a_candidate_seen_at_the_rung_alone_is_lifted_by_what_the_others_gained_since():
    results = {Key(f"{r}", 1, 0.5): at(0.6) for r in (0.0, 0.5, 1.0)} | {Key("0.5", 1, 1.0): at(0.7)}
    posterior = posterior_of([ratio_of(r) for r in (0.0, 0.5, 1.0)], results)
    assert posterior.mean == pytest.approx([0.7, 0.7, 0.7], abs=0.01)
    assert posterior.covariance[1, 1] < posterior.covariance[0, 0]


def test_the_noise_of_seeds_is_learned_from_all_candidates_as_a_share_of_their_error():
    assert seed_noise({Key("0.2", 1, 1.0): at(0.7)}) == (pytest.approx(USUAL_SPREAD), 4)
    level = {f"{r}": 0.1 + 0.1 * r for r in range(9)}
    many = {Key(name, s, 1.0): at(iou + 0.2 * (1 - iou) * (-1) ** s) for name, iou in level.items() for s in range(8)}
    learned, freedom = seed_noise(many)
    assert learned == pytest.approx(0.2, rel=0.1)
    assert freedom == 4 + 9 * 7


def test_a_candidate_with_a_larger_error_is_less_sure():
    results = {Key(f"{r}", s, 1.0): at(iou) for r, iou in ((0.0, 0.4), (1.0, 0.9)) for s in (1, 2)}
    posterior = posterior_of([ratio_of(0.0), ratio_of(1.0)], results)
    assert posterior.covariance[0, 0] > 4 * posterior.covariance[1, 1]


def test_the_order_of_results_is_no_matter():
    grid, _ = simulated(0, "peaked")
    turned = dict(reversed(grid.results.items()))
    assert np.array_equal(posterior_of(grid.candidates, grid.results).mean, posterior_of(grid.candidates, turned).mean)


def test_draws_have_the_mean_and_the_spread_of_the_posterior():
    results = {Key(f"{r}", s, 1.0): at(0.8) for r in (0.2, 0.8) for s in range(40)}
    posterior = posterior_of([ratio_of(0.2), ratio_of(0.8)], results)
    drawn = posterior.draws()
    assert drawn.mean(axis=0) == pytest.approx(posterior.mean, abs=2e-4)
    assert np.cov(drawn.T) == pytest.approx(posterior.covariance, rel=0.15, abs=5e-8)
    assert np.array_equal(drawn, posterior.draws())


def test_a_root_of_a_covariance_gives_it_back_even_if_it_is_singular():
    covariance = np.array([[2.0, 2.0], [2.0, 2.0]])
    assert root(covariance) @ root(covariance).T == pytest.approx(covariance)


def test_nothing_seen_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="needs a result"):
        posterior_of([ratio_of(0.5)], {})


def test_the_level_lies_within_what_is_believed_as_often_as_it_says():
    """Of levels on the scored photos, over seeds; after one seed to the end of every candidate."""
    inside = []
    for shape in SHAPES:
        for number in range(20):
            grid, _ = simulated(number, shape, seeds=12)
            posterior = posterior_of(grid.candidates, {key: r for key, r in grid.results.items() if key.seed <= 2})
            lo, hi = np.percentile(posterior.draws(), (5, 95), axis=0)
            level = np.array([grid.mean_iou(each.name) for each in grid.candidates])
            inside += list((lo <= level) & (level <= hi))
    assert 0.85 <= np.mean(inside) <= 0.97
