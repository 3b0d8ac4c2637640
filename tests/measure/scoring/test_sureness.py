import numpy as np
import pytest

from measure.scoring.intervals import alike, seeds_part

STEADY, UNSTEADY = np.array([0.899, 0.902, 0.893]), np.array([0.329, 0.490, 0.199])


def test_a_candidate_that_trains_unsteadily_does_not_make_a_steady_one_look_so():
    alone, lent = seeds_part([STEADY], 3), seeds_part([STEADY, UNSTEADY], 3)
    assert alone == lent


def test_candidates_as_steady_as_each_other_lend_their_degrees():
    lent = seeds_part([STEADY, STEADY + 0.01], 3)
    assert lent.degrees == 4
    assert lent.variance == pytest.approx(seeds_part([STEADY], 3).variance)


def test_one_seed_borrows_from_all():
    assert seeds_part([np.array([0.9]), STEADY], 1).degrees == 2


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param(STEADY, UNSTEADY, False, id="thirty times the spread"),
        pytest.param(STEADY[:2], STEADY[1:], True, id="two seeds show little"),
        pytest.param(np.array([0.5, 0.5]), UNSTEADY, True, id="no spread at all"),
        pytest.param(np.array([0.5]), UNSTEADY, True, id="one seed shows nothing"),
    ],
)
def test_variances_are_alike_unless_shown_to_differ(first, second, same):
    assert alike(first, second) is same
