import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.label.certificates import RULES, SHIPPED, DrawRule, tried
from label.certificate import (
    judged_at,
    ladder,
    least_checks,
    lower_bound,
    missing,
    starts_for,
    upper_bound,
    widest,
)
from label.route import Route
from pipeline.settings import read_settings


@pytest.mark.parametrize(
    ("target", "wrong", "error", "checks"),
    [
        (0.9, 0, 0.05, 29), (0.9, 2, 0.05, 61), (0.95, 1, 0.05, 93), (0.99, 0, 0.05, 299), (0.99, 0, 0.1, 230),
        (0.995, 1, 0.05, 947), (0.999, 0, 0.05, 2995), (0.999, 1, 0.05, 4742), (0.999, 2, 0.05, 6294),
    ],
)  # fmt: skip
def test_the_least_number_of_checks_is_the_exact_one(target, wrong, error, checks):
    assert least_checks(target, error, wrong) == checks
    assert binom.cdf(wrong, checks, 1 - target) <= error < binom.cdf(wrong, checks - 1, 1 - target)


def test_so_many_faultless_checks_show_what_the_bound_says():
    assert lower_bound(1037, 0, 0.05) == pytest.approx(0.05 ** (1 / 1037))
    assert lower_bound(0, 0, 0.05) == 0
    assert upper_bound(0, 0, 0.05) == 1
    assert upper_bound(100, 0, 0.05) == pytest.approx(1 - 0.05 ** (1 / 100))


def test_with_as_many_faultless_checks_as_it_takes_all_is_certified_and_with_one_less_nothing():
    scores = np.linspace(0, 1, 5000)
    for checks, certified in ((298, False), (299, True)):
        rungs = ladder(scores, checks, starts_for(0.99, 0.05, checks, [0]), 0.05)
        found = judged_at(rungs, scores[:checks], np.ones(checks, bool), 0.99, 0.05)
        assert bool(found and found[-1].certified) is certified


def test_objects_of_one_score_stand_on_one_side_of_a_threshold():
    scores = np.repeat([0.5, 0.9], 500)
    assert [(rung.score, rung.objects) for rung in ladder(scores, 200, [50], 0.05)] == [(0.9, 500), (0.5, 1000)]


def test_several_starts_share_the_error_and_pass_on_what_they_had():
    scores = np.linspace(0, 1, 1000)
    rungs = ladder(scores, 1000, [300, 600], 0.05)
    assert sum(rung.error for rung in rungs) == pytest.approx(0.05)
    assert [rung.error for rung in rungs if rung.error] == [0.025, 0.025]


def test_the_sequence_stops_at_its_first_failure():
    scores = np.linspace(1, 0, 1000)
    accepted = np.ones(1000, bool)
    accepted[450:520] = False  # after them the share of right ones rises again, and is no matter
    found = judged_at(ladder(scores, 1000, [400], 0.05), scores, accepted, 0.9, 0.05)
    passed = [above.certified for above in found]
    assert passed == sorted(passed, reverse=True)
    assert 0 < widest(found).objects < 1000


def test_it_says_how_many_checks_are_missing():
    scores = np.linspace(0, 1, 5000)
    none = np.zeros(0), np.zeros(0, bool)
    assert missing(scores, *none, 0.999, 0.05) == 2995
    assert missing(scores, scores[::5], np.ones(1000, bool), 0.999, 0.05) == 1995


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "target", "checks"), [("at the edge", 0.95, 300), ("at the edge", 0.99, 1000), ("with a hole", 0.9, 300)]
)
@pytest.mark.parametrize("rule", RULES)
def test_at_most_one_certificate_in_twenty_is_false(kind, target, checks, rule):
    found = tried(kind, target, checks, 400, rule)
    assert found.false <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_one_thousand_checks_certify_what_the_pool_holds():
    assert tried("calibrated", 0.95, 1000, 30).certified > 0.9
    assert tried("calibrated", 0.99, 1000, 100, SHIPPED).certified > 0.95


def test_the_bench_draws_as_the_settings_say():
    settings = read_settings(Route)
    assert DrawRule(settings.among, settings.spare) == SHIPPED
