import json

import numpy as np
import pytest

from measure.worth.costs import Spent
from measure.worth.curve import fit_curve
from measure.worth.points import Point
from measure.worth.worth import telling, worth_json, worth_of, worths_of

SIZES = (20, 40, 80, 160)


def power(n):
    return 0.08 + 1.5 * n**-0.5


def exponential(n):
    return 0.12 + 0.5 * np.exp(-n / 60)


def projects(law, real_labels, points, name, **noise):
    """Yield 100 worths of a mix at 40 real labels that scores what `40 + real_labels` real labels score."""
    for trial in range(100):
        curve = fit_curve(points(law, SIZES, name, trial, **noise), "real", 300)
        mix = points(lambda n: law(n + real_labels), (40,), name, "mix", trial, **noise)[0]
        yield worth_of(curve, mix)


@pytest.mark.slow
@pytest.mark.parametrize("real_labels", [20, 60, 120, 200])
@pytest.mark.parametrize("law", [power, exponential], ids=lambda law: law.__name__)
def test_the_interval_holds_the_true_worth(law, real_labels, points):
    found = list(projects(law, real_labels, points, law.__name__ + str(real_labels)))
    held = [worth.lo <= real_labels and (worth.open_above or real_labels <= worth.hi) for worth in found]
    assert np.mean(held) >= 0.88


def test_worth_is_right_on_average(points):
    found = [worth.labels for worth in projects(power, 60, points, "mean")]
    assert np.mean(found) == pytest.approx(60, rel=0.15)


def test_photos_that_shift_all_scores_alike_hardly_widen_the_worth():
    """The mix and the curve are evaluated by the same photos: a shift of 0.05 moves both."""
    photos = np.linspace(-0.05, 0.05, 400)
    rows = [Point(n, {"1": 1 - power(n), "2": 1 - power(n)}, 1 - power(n) + photos) for n in SIZES]
    mix = {"1": 1 - power(100), "2": 1 - power(100)}
    paired = worth_of(fit_curve(rows, "real"), Point(40, mix, 1 - power(100) + photos))
    lone = worth_of(fit_curve(rows, "real"), Point(40, mix, np.full(400, 1 - power(100))))
    assert paired.hi - paired.lo < 0.6 * (lone.hi - lone.lo)


def test_beyond_the_curve_nothing_but_more_is_claimed(points):
    worth = worth_of(fit_curve(points(power, SIZES, "end"), "real"), Point(40, {"1": 0.99, "2": 0.99}))
    assert (worth.labels, worth.censored, worth.open_above) == (280, True, True)
    assert worth.multiplier == pytest.approx(8)
    assert worth.why.startswith("Beside 40 real labels the renders replace more than 280 others")


def test_an_untrusted_curve_is_not_read_beyond_its_points():
    rows = [Point(15, {"1": 0.836, "2": 0.826}), Point(61, {"1": 0.866, "2": 0.866})]
    worth = worth_of(fit_curve(rows, "real"), Point(15, {"1": 0.95, "2": 0.95}))
    assert (worth.labels, worth.censored) == (46, True)


def test_a_mix_that_scores_worse_is_worth_nothing_and_it_is_said(points):
    curve = fit_curve(points(power, SIZES, "worse"), "real")
    worth = worth_of(curve, Point(40, {"1": 0.6, "2": 0.61}))
    assert (worth.labels, worth.lo, worth.hi, worth.multiplier) == (0, 0, 0, 1)
    assert "worth nothing" in worth.why


def test_a_mix_like_real_photos_shows_no_worth(points):
    rows = points(power, SIZES, "same")
    worth = worth_of(fit_curve(rows, "real"), rows[1])
    assert worth.lo == 0
    assert "is not shown" in worth.why


def ending(*sizes):
    """Return the curve of real photos alone that ends at the last size, since each was trained with one seed."""
    return fit_curve([Point(n, {"1": 0.40}) for n in sizes], "real")


def mixes(**scores):
    return [Point(int(n.removeprefix("n")), {"1": iou, "2": iou + 0.01}) for n, iou in scores.items()]


@pytest.mark.parametrize(
    ("trained", "n_real", "labels"),
    [
        pytest.param(mixes(n5=0.88, n10=0.89, n20=0.9), 5, 15, id="fewer labels where all end with the curve"),
        pytest.param(mixes(n5=0.3, n10=0.89, n20=0.9), 10, 10, id="no number that is not sure"),
        pytest.param(mixes(n20=0.9), 20, 0, id="nothing else was trained"),
        pytest.param(mixes(n5=0.88, n20=0.3), 20, 0, id="all labels where the mix is no better there"),
    ],
)
def test_the_worth_that_is_told_is_one_that_says_something(trained, n_real, labels):
    worths = worths_of(ending(5, 10, 15, 20), trained)
    assert [worth.n_real for worth in worths] == [mix.n for mix in trained]
    told = telling(worths)
    assert (told.n_real, told.labels) == (n_real, labels)


def test_the_worth_at_all_labels_is_told_where_the_curve_goes_on(points):
    real = fit_curve(points(power, SIZES, "on"), "real")
    worths = worths_of(real, points(lambda n: power(n + 60), (20, 40, 160), "on", "mix"))
    assert telling(worths) is worths[-1]
    assert worths[-1].labels >= 1


def test_every_worth_is_written(costs):
    found = worth_json(worths_of(ending(5, 10, 20), mixes(n5=0.88, n20=0.9)), costs, Spent(0, 0))
    assert [(row["n_real"], row["real_labels"], row["censored"]) for row in found["each"]] == [
        (5, 15, True),
        (20, 0, True),
    ]
    assert (found["n_real"], found["real_labels"], found["money"]) == (5, 15, 15)


@pytest.mark.parametrize(
    ("real", "n", "why"),
    [
        pytest.param(False, 40, "curve over real labels was not trained", id="no curve"),
        pytest.param(True, None, "a mix of real photos and renders was not trained", id="no mix"),
        pytest.param(True, 10, "runs from 20 to 320", id="fewer real labels than the curve has"),
    ],
)
def test_what_cannot_be_said_is_said(real, n, why, points, costs):
    curve = fit_curve(points(power, SIZES, "none"), "real") if real else None
    mix = Point(n, {"1": 0.8}) if n else None
    assert why in worth_of(curve, mix).why
    found = worth_json(worths_of(curve, [mix] if mix else []), costs, Spent(0, 0))
    assert [found[key] for key in ("real_labels", "ci95", "multiplier", "money", "money_ci95", "net")] == [None] * 6


def test_the_money_of_a_worth_is_its_labels_less_what_renders_cost(points, costs):
    worths = worths_of(fit_curve(points(power, SIZES, "money"), "real"), [Point(40, {"1": 0.99, "2": 0.99})])
    found = json.loads(json.dumps(worth_json(worths, costs, Spent(renders=2000, steps=10000))))
    assert found["money"] == pytest.approx(280)  # 1 EUR a label
    assert found["net"] == pytest.approx(280 - 2 - 1 - 8 * 120)  # renders, steps, eight hours of an engineer
    assert (found["currency"], found["n_real"], found["censored"]) == ("EUR", 40, True)
