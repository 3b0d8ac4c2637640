import pytest

from measure.convergence import rise_of, training_curve


def test_a_training_curve_is_the_mean_of_what_all_runs_have():
    ways = [{10: 0.5, 20: 0.7, 30: 0.8}, {10: 0.7, 20: 0.8}]
    assert training_curve(ways, [(40, 0.9), (40, 0.8)]) == [
        (10, pytest.approx(0.6)),
        (20, pytest.approx(0.75)),
        (40, pytest.approx(0.85)),
    ]


def test_runs_that_ended_after_other_numbers_of_steps_have_no_common_end():
    assert training_curve([{10: 0.5}, {10: 0.7}], [(40, 0.9), (30, 0.8)]) == [(10, pytest.approx(0.6))]


def test_a_run_that_was_begun_has_the_points_that_it_reached():
    assert training_curve([{10: 0.5, 20: 0.6}], []) == [(10, 0.5), (20, 0.6)]
    assert training_curve([], []) == []


@pytest.mark.parametrize(
    ("curve", "rise"),
    [
        pytest.param([(10, 0.5), (20, 0.7), (40, 0.75), (57, 0.8)], 0.05, id="from the last but one look to the last"),
        pytest.param([(10, 0.5), (20, 0.7)], None, id="the last look is missing"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_the_rise_is_what_the_last_doubling_brought(curve: list[tuple[int, float]], rise: float | None):
    found = rise_of(curve, (10, 20, 40))
    assert found == (None if rise is None else pytest.approx(rise))
