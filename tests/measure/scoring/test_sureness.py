import numpy as np
import pytest

from measure.scoring.intervals import half_width, seeds_part

THREE = np.array([0.899, 0.902, 0.893])


def test_the_mean_of_own_seeds_has_the_variance_of_a_mean_and_a_degree_less():
    part = seeds_part(THREE)
    assert (part.variance, part.degrees) == (pytest.approx(THREE.var(ddof=1) / 3), 2)


def test_a_run_without_a_score_is_no_seed():
    assert seeds_part(np.array([*THREE, np.nan])) == seeds_part(THREE)
    assert seeds_part(np.array([0.9, np.nan])) is None


@pytest.mark.parametrize(("scores", "quantile"), [([0.8, 0.9], 12.706), ([0.8, 0.85, 0.9], 4.303)])
def test_few_seeds_are_as_wide_as_students_t(scores: list[float], quantile: float):
    error = np.std(scores, ddof=1) / len(scores) ** 0.5
    assert half_width([seeds_part(np.array(scores))]) == pytest.approx(quantile * error, rel=1e-3)
