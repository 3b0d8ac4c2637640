import statistics

import pytest

from pipeline.errors import InputError
from tests.train.scoring.test_interval import scores
from tests.train.scoring.worlds import World, tables
from train.scoring.compare import compare, overstatement, probability_best, spread
from train.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores
from train.scoring.table import Table

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
        pytest.param(candidate(9, seeds=1), candidate(0, seeds=1), "better", id="a lot, one seed each"),
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


def test_peers_of_unsteady_seeds_take_a_verdict_back():
    a, b = candidate(3, seeds=2), candidate(0, seeds=2)
    assert compare(a, b).verdict == "better"
    assert compare(a, b, peers=[candidate(0, shake=8)]).verdict == "no difference shown"


def test_candidates_on_other_photos_are_not_compared():
    with pytest.raises(InputError, match="other val photos"):
        compare(candidate(0), [scores([(1, 2)])])
    with pytest.raises(InputError, match="other val photos"):
        probability_best({"a": candidate(0), "b": [scores([(1, 2)])]})


def test_the_probabilities_of_being_the_best_sum_to_one_and_follow_the_lead():
    found = probability_best({
        "low": candidate(0, shake=1),
        "high": candidate(3, shake=1),
        "mid": candidate(2, shake=1),
    })
    assert sum(found.values()) == pytest.approx(1)
    assert found["high"] > found["mid"] > found["low"]


def test_equal_candidates_share_the_probability():
    found = probability_best({"a": candidate(0), "b": candidate(0)})
    assert found == {"a": 0.5, "b": 0.5}


def test_no_candidate_has_no_probability():
    assert probability_best({}) == {}


def runs_of(table: Table) -> list[Scores]:
    """Return runs with a photo for each group of a table, in thousandths of a pixel."""
    found = []
    for seed, groups in enumerate((table.counts * 1000).astype(int).tolist()):
        photos = tuple(PhotoScore(f"p{k}", "", {FOREGROUND: Pixels(*counts)}) for k, counts in enumerate(groups))
        found.append(Scores("val", 0.5, seed, 1, 1, photos))
    return found


def test_of_two_equals_the_one_that_looks_better_by_chance_is_seldom_called_sure():
    """If the probability is right, more than 0.95 for either of two equals comes up in 10 of 100 simulations."""
    sure = []
    for a, b in tables(World(20, 1, 3, 0.8, 0.01), 150, 17, 2):
        found = probability_best({"a": runs_of(a), "b": runs_of(b)}, 400)
        sure.append(max(found.values()) > 0.95)
    assert 0.02 <= statistics.mean(sure) <= 0.15


def test_spread_is_the_standard_deviation_over_seeds():
    assert spread(candidate(0, shake=2)) == pytest.approx(0.02)
    assert spread(candidate(0, seeds=1)) is None


def test_overstatement_is_what_renders_promise_too_much():
    assert overstatement(scores([(9, 10)]), scores([(7, 10)])) == pytest.approx(0.2)
