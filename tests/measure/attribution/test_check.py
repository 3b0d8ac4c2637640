import numpy as np
import pytest

from measure.attribution.leave_out import Agreement, rank_agreement, sentence, steadiness


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param([1, 2, 3, 40], 1.0, id="the same order"),
        pytest.param([4, 3, 2, -1], -1.0, id="reversed"),
        pytest.param([2, 1, 4, 3], 0.6, id="two pairs swapped: 1 - 6 * 4 / 60"),
    ],
)
def test_the_order_alone_counts(measured: list[float], expected: float):
    found = rank_agreement([1, 2, 3, 4], measured, 200)
    assert found is not None
    assert found.spearman == pytest.approx(expected)
    assert found.groups == 4


@pytest.mark.parametrize(
    "values",
    [pytest.param(([1, 2, 3], [1, 2, 3]), id="three groups"), pytest.param(([1] * 5, range(5)), id="no order")],
)
def test_too_little_to_compare_is_none(values):
    assert rank_agreement(list(values[0]), list(values[1]), 50) is None


def test_lists_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="2 estimates for 3 measurements"):
        rank_agreement([1, 2], [1, 2, 3], 50)


def test_the_interval_is_sure_of_a_strong_order_and_not_of_chance():
    rng = np.random.default_rng(3)
    truth = rng.normal(size=30)
    close, chance = (
        rank_agreement(truth, truth + 0.3 * rng.normal(size=30), 300),
        rank_agreement(truth, rng.normal(size=30), 300),
    )
    assert close is not None
    assert close.ci95[0] > 0.5
    assert chance is not None
    assert chance.ci95[0] < 0 < chance.ci95[1]


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        pytest.param([(1, 2), (2, 4), (3, 6), (4, 9)], 1.0, id="two seeds that agree"),
        pytest.param([(1, 4), (2, 3), (3, 2), (4, 1)], -1.0, id="reversed"),
        pytest.param([(1, 1, 4), (2, 2, 3), (3, 3, 2), (4, 4, 1)], -1 / 3, id="the mean over pairs"),
        pytest.param([(1,), (2,), (3,), (4,)], None, id="one seed"),
        pytest.param([(1, 2), (2, 3), (3, 4)], None, id="three groups"),
        pytest.param([(1, 2), (2, 3), (3, 4), (4,)], None, id="a seed that a group lacks"),
        pytest.param([(1, 2)] * 4, None, id="no order"),
    ],
)
def test_how_alike_seeds_rank(each, expected):
    assert steadiness(each) == (None if expected is None else pytest.approx(expected))


UNSURE = Agreement(0.2, (-0.6, 0.9), 6)


@pytest.mark.parametrize(
    ("check", "steady", "trained", "part"),
    [
        pytest.param(
            Agreement(0.8, (0.2, 1.0), 6),
            0.1,
            6,
            "ranks as training does (Spearman +0.80, +0.20 to +1.00).",
            id="shown",
        ),
        pytest.param(UNSURE, None, 6, "is not shown (Spearman +0.20", id="not shown"),
        pytest.param(UNSURE, 0.1, 6, "seeds do not rank them alike either (+0.10)", id="training by chance"),
        pytest.param(UNSURE, 0.9, 6, "alike (+0.90), so the estimate is to be doubted", id="a poor estimate"),
        pytest.param(None, None, 2, "too little to say", id="too few"),
    ],
)
def test_the_check_is_said_in_words(check: Agreement | None, steady: float | None, trained: int, part: str):
    assert part in str(sentence(check, steady, trained))


def test_without_a_training_there_is_no_check():
    assert sentence(None, None, 0) is None
