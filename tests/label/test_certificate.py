import numpy as np
import pytest

from label.certificate import certified_score, checks_needed, each_confidence, lower_bound


@pytest.mark.parametrize(
    ("target", "needed"),
    [pytest.param(0.9, 29, id="0.9"), pytest.param(0.99, 299, id="0.99"), pytest.param(0.999, 2995, id="0.999")],
)
def test_so_many_faultless_checks_certify_a_target_and_one_less_does_not(target, needed):
    assert checks_needed(target, 0.95) == needed
    assert lower_bound(needed, needed, 0.95) >= target > lower_bound(needed - 1, needed - 1, 0.95)


def test_the_bound_is_that_of_the_binomial_distribution():
    assert lower_bound(473 - 1, 473, 0.95) >= 0.99 > lower_bound(472 - 1, 472, 0.95)  # with one error, by the tables
    assert lower_bound(0, 5, 0.95) == lower_bound(0, 0, 0.95) == 0


def test_the_score_is_the_lowest_that_holds():
    scores = [k / 100 for k in range(100)]
    lowest = certified_score(scores, [score >= 0.4 for score in scores], 0.9, 0.95)
    assert 0.38 <= lowest <= 0.42
    assert certified_score(scores, [True] * 100, 0.9, 0.95) == 0
    assert certified_score(scores, [False] * 100, 0.9, 0.95) is None
    needed = checks_needed(0.9, each_confidence(0.95))
    assert certified_score([0.9] * needed, [True] * needed, 0.9, 0.95) == 0.9
    assert certified_score([0.9] * (needed - 1), [True] * (needed - 1), 0.9, 0.95) is None
    assert certified_score([], [], 0.9, 0.95) is None


def test_objects_of_one_score_stand_or_fall_together():
    scores = [0.9] * 40 + [0.5] * 40
    assert certified_score(scores, [True] * 60 + [False] * 20, 0.9, 0.95) == 0.9


def test_one_error_at_the_highest_score_does_not_end_it():
    scores = [k / 200 for k in range(200)]
    assert certified_score(scores, [k != 199 for k in range(200)], 0.9, 0.95) == 0


def test_at_most_one_certificate_in_twenty_is_false():
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(400):
        scores = rng.random(200)
        right = rng.random(200) < 0.6 + 0.4 * scores  # above s they are right in 0.6 + 0.2 (1 + s) of all cases
        score = certified_score(scores.tolist(), right.tolist(), 0.9, 0.95)
        false += score is not None and 0.6 + 0.2 * (1 + score) < 0.9
    assert false <= 400 * 0.05
