import math

import pytest

from measure.scoring.differences import compare, optimism, overstatement, spread
from measure.scoring.records import Scores
from pipeline.errors import InputError
from tests.measure.scoring.test_interval import scores

HITS = list(range(10, 90, 4))


def candidate(ahead: int, seeds: int = 3, shake: int = 0) -> list[Scores]:
    """Return runs on 20 photos; each seed adds `shake` more hits of 100 to each photo."""
    return [scores([(hits + ahead + shake * seed, 100) for hits in HITS], seed) for seed in range(seeds)]


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        pytest.param(candidate(5), candidate(0), "better", id="ahead on every photo"),
        pytest.param(candidate(0), candidate(5), "worse", id="behind on every photo"),
        pytest.param(candidate(0), candidate(0), "no difference shown", id="the same"),
        pytest.param(candidate(2, shake=4), candidate(0, shake=4), "no difference shown", id="less than seeds differ"),
        pytest.param(candidate(3, seeds=1), candidate(0, seeds=1), "no difference shown", id="a little, one seed each"),
        pytest.param(candidate(14, seeds=1), candidate(0, seeds=1), "better", id="a lot, one seed each"),
        pytest.param(candidate(9, seeds=1), candidate(0, seeds=3), "better", id="one seed against three"),
        pytest.param([scores([(9, 10)])] * 2, [scores([(1, 10)])] * 2, "no difference shown", id="one photo"),
    ],
)
def test_the_verdict_where_it_is_known(a: list[Scores], b: list[Scores], verdict: str):
    assert compare(a, b).verdict == verdict


def test_a_comparison_turned_round_has_the_other_sign():
    a, b = candidate(4, shake=1), candidate(0, shake=2)
    there, back = compare(a, b), compare(b, a)
    assert there.iou == pytest.approx(-back.iou)
    assert there.ci95 == pytest.approx((-back.ci95[1], -back.ci95[0]))


def test_unsteady_seeds_of_its_own_take_a_verdict_back():
    assert compare(candidate(3), candidate(0)).verdict == "better"
    assert compare(candidate(3, shake=8), candidate(0)).verdict == "no difference shown"


def test_candidates_on_other_photos_are_not_compared():
    with pytest.raises(InputError, match="other val photos"):
        compare(candidate(0), [scores([(1, 2)])])


def test_spread_is_the_standard_deviation_over_seeds():
    assert spread(candidate(0, shake=2)) == pytest.approx(0.02)
    assert spread(candidate(0, seeds=1)) is None


def test_overstatement_is_what_renders_promise_too_much():
    assert overstatement(scores([(9, 10)]), scores([(7, 10)])) == pytest.approx(0.2)


def test_a_choice_flatters_as_much_as_chance_could_have_decided_it():
    good, bad = [(90, 100), (50, 100)] * 10, [(50, 100), (90, 100)] * 10  # alike on the whole, unlike on each photo
    one_sd = 0.2 / 20**0.5  # of the mean over 20 photos
    assert optimism([[scores(good)], [scores(bad)]], 4000) == pytest.approx(one_sd * (2 / math.pi) ** 0.5, rel=0.1)


def test_a_clear_choice_and_no_choice_flatter_nothing():
    assert optimism([candidate(9), candidate(0), candidate(1)], 500) == pytest.approx(0, abs=0.004)
    assert optimism([candidate(9)], 500) == 0.0
    assert optimism([], 500) == 0.0
