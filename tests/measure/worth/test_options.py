import pytest

from measure.worth.curve import fit_curve
from measure.worth.options import options
from measure.worth.points import Point, ScoreEstimate
from measure.worth.records import Evidence, WeakKind
from measure.worth.samples import step
from measure.worth.tried import TriedChange, UntriedChange

SIZES = (20, 40, 80, 160)
SCORE = ScoreEstimate(0.8, 0.78, 0.82)


def power(n):
    return 1.5 * n**-0.5


def by_action(evidence, target, costs):
    return {option.action: option for option in options(evidence, target, costs)}


def test_a_step_ends_where_the_law_has_the_target(points):
    found = step(fit_curve(points(power, SIZES, "step", spread=0.02), "real"), 160, 1 - power(225))
    assert found.reaches
    assert found.lo <= 225 - 160 <= found.hi
    assert found.amount == pytest.approx(65, rel=0.4)


def test_a_step_that_does_not_reach_goes_as_far_as_the_curve(points):
    found = step(fit_curve(points(power, SIZES, "step"), "real"), 160, 0.999)
    assert (found.reaches, found.amount) == (False, 160)
    assert found.iou.lo <= 1 - power(320) <= found.iou.hi


@pytest.mark.parametrize("now", [pytest.param(10, id="fewer than measured"), pytest.param(320, id="at the end")])
def test_a_curve_says_nothing_outside_itself(now, points):
    assert step(fit_curve(points(power, SIZES, "step"), "real"), now, 0.9) is None


def test_without_measurements_every_option_stands_with_what_is_missing(costs):
    rows = by_action(Evidence(SCORE, 160, 1000), 0.95, costs)
    assert list(rows) == ["label", "render", "assets", "look", "architecture", "stop"]
    assert "no learning curve over real labels" in rows["label"].what
    assert "no learning curve over renders" in rows["render"].what
    assert "score the network on its own training photos" in rows["architecture"].what
    assert [rows[name].iou for name in ("label", "render", "assets", "look", "architecture")] == [None] * 5


def untried(why, *names, action="architecture", possible=True):
    return tuple(UntriedChange(name, action, why, possible) for name in names)


SPENT = "the budget of 2 ended before it"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        pytest.param(untried("probe.runs is 0", "longer"), "Not known: longer (probe.runs is 0).", id="no budget"),
        pytest.param(
            untried(SPENT, "a", "b", "c", "d", "e"), f"Not known: a, b, c and 2 more ({SPENT}).", id="many at once"
        ),
        pytest.param(
            untried(SPENT, "a") + untried("it is not in probe.changes", "b"),
            f"Not known: a ({SPENT}); b (it is not in probe.changes).",
            id="two reasons",
        ),
        pytest.param(
            untried("the pick has no such samples", "a", possible=False),
            "Not possible: a (the pick has no such samples).",
            id="no budget would do",
        ),
    ],
)
def test_what_was_not_tried_is_told_with_the_reason(missing, words, costs):
    option = by_action(Evidence(SCORE, 160, 1000, untried=missing), 0.95, costs)["architecture"]
    assert f" {words} " in option.what
    assert option.iou is None


def test_beside_what_was_tried_only_what_a_budget_would_try_is_missing(costs):
    missing = untried(SPENT, "larger pictures") + untried("never", "magic", possible=False)
    option = by_action(Evidence(SCORE, 160, 1000, tried=(LONGER,), untried=missing), 0.95, costs)["architecture"]
    assert f"Not known: larger pictures ({SPENT})." in option.what
    assert "magic" not in option.what


LONGER = TriedChange("longer training", "architecture", 0.02, (0.01, 0.03), 2.0)
LARGER = TriedChange("larger pictures", "architecture", 0.03, (-0.01, 0.07), 2.25)
DEEPER = TriedChange("another decoder", "architecture", 0.01, (-0.03, 0.05), 1.0)
DOUBLING = TriedChange("half the labels", "label", 0.06, (0.04, 0.08), 1.0)


def test_of_the_changes_that_were_tried_the_best_is_expected_and_all_are_told(costs):
    row = by_action(Evidence(SCORE, 160, 1000, tried=(DEEPER, LARGER), steps=100), 0.95, costs)["architecture"]
    assert row.what.startswith("Larger pictures brought +0.030 (-0.010 to +0.070) IoU on val. Also tried: another ")
    assert row.iou.iou == pytest.approx(0.83)
    assert row.iou.hi - row.iou.iou == pytest.approx((0.02**2 + 0.04**2) ** 0.5)
    assert row.cost == pytest.approx(2.25 * 100 * costs.per_step)
    assert (row.reaches, row.compared, row.value) == (False, False, pytest.approx(0.03))


def test_of_many_groups_that_were_tried_a_few_are_told(costs):
    tried = tuple(TriedChange(f"without asset {n}", "assets", -n / 100, (-0.2, 0.1), 1.0) for n in range(9))
    what = by_action(Evidence(SCORE, 160, 1000, tried=tried), 0.95, costs)["assets"].what
    assert what.startswith("Without asset 0 brought")
    assert what.endswith("without asset 3 -0.030 (-0.200 to +0.100) and 5 more.")


def test_a_change_that_is_shown_to_help_goes_before_a_larger_gain_that_is_not(costs):
    row = by_action(Evidence(SCORE, 160, 1000, tried=(LONGER, LARGER), steps=100), 0.95, costs)["architecture"]
    assert row.what.startswith("Longer training brought +0.020 (+0.010 to +0.030) IoU on val. Also tried: larger pic")
    assert (row.compared, row.reaches, row.value) == (True, False, pytest.approx(0.02))
    assert row.value_per_cost == pytest.approx(0.02 / (2 * 100 * costs.per_step))


def test_where_no_curve_can_be_read_half_of_the_last_doubling_is_expected(costs):
    rows = by_action(Evidence(SCORE, 160, 1000, tried=(DOUBLING,)), 0.95, costs)
    assert rows["label"].amount == 160
    assert rows["label"].iou == ScoreEstimate(
        pytest.approx(0.83), 0.78, pytest.approx(0.8 + (0.02**2 + 0.08**2) ** 0.5)
    )
    assert rows["label"].cost == pytest.approx(160 * costs.per_label)
    assert rows["label"].reaches is None
    assert rows["render"].iou is None


def test_a_curve_that_can_be_read_goes_before_a_doubling(points, costs):
    curve = fit_curve(points(power, SIZES, "price"), "real")
    rows = by_action(Evidence(SCORE, 160, 160, real=curve, tried=(DOUBLING,)), 1 - power(220), costs)
    assert "are enough for" in rows["label"].what


def test_labels_and_renders_are_priced(points, costs):
    curve = fit_curve(points(power, SIZES, "price"), "real")
    rows = by_action(Evidence(SCORE, 160, 160, real=curve, renders=curve), 1 - power(220), costs)
    assert rows["label"].cost == pytest.approx(rows["label"].amount * 1.0)
    assert rows["render"].cost == pytest.approx(rows["render"].amount * 0.001)
    lo, hi = rows["label"].cost_ci95
    assert lo <= rows["label"].cost <= hi


def test_more_samples_cost_the_training_with_them_too(points, costs):
    curve = fit_curve(points(power, SIZES, "price"), "real")
    row = by_action(Evidence(SCORE, 160, 160, real=curve, steps=3000), 1 - power(220), costs)["label"]
    assert row.cost == pytest.approx(row.amount * 1.0 + 3000 * costs.per_step)


def test_the_curve_that_needs_fewer_labels_is_read(points, costs):
    slow = fit_curve(points(power, SIZES, "slow"), "real")
    fast = fit_curve(points(lambda n: 0.9 * power(n), SIZES, "fast"), "mixed")
    target = 1 - power(200)
    both = by_action(Evidence(SCORE, 160, 0, real=slow, mixed=fast), target, costs)
    assert both["label"].amount < by_action(Evidence(SCORE, 160, 0, real=slow), target, costs)["label"].amount


def test_a_ceiling_below_the_target_is_named(points, costs):
    curve = fit_curve(points(lambda n: 0.3 + 8 * n**-1.0, SIZES, "low", spread=0.02), "real")
    what = by_action(Evidence(SCORE, 160, 0, real=curve), 0.95, costs)["label"].what
    assert "Endless ones would end at 0." in what


def test_an_untrusted_curve_is_named_with_its_flag(costs):
    rows = [Point(15, {"1": 0.836, "2": 0.826}), Point(61, {"1": 0.866, "2": 0.866})]
    option = by_action(Evidence(SCORE, 61, 0, real=fit_curve(rows, "real")), 0.95, costs)["label"]
    assert option.reaches is None
    assert "Too few sizes were trained (15 and 61)" in option.what


def test_missing_assets_are_counted_and_priced(costs):
    option = by_action(Evidence(SCORE, 1, 1, assets=3), 0.95, costs)["assets"]
    assert (option.amount, option.cost, option.iou) == (2, 480, None)
    assert "has 3 different ones: what 2 more bring shows only when they are rendered" in option.what


def test_leaving_an_asset_out_has_a_score_and_costs_a_training(costs):
    cup = TriedChange("without asset cup", "assets", -0.01, (-0.02, 0.005), 1.0)
    mug = TriedChange("without asset mug", "assets", 0.02, (0.01, 0.03), 1.0)
    option = by_action(Evidence(SCORE, 1, 1, tried=(cup, mug), assets=3, steps=100), 0.95, costs)["assets"]
    assert option.what.startswith("Without asset mug brought +0.020 (+0.010 to +0.030) IoU on val. Also tried: without")
    assert option.iou.iou == pytest.approx(0.82)
    assert option.iou.lo < 0.80 < 0.84 < option.iou.hi
    assert option.cost == pytest.approx(100 * costs.per_step)
    assert option.compared


def test_the_most_missed_instances_are_named(costs):
    failures = (WeakKind("large", 0.9), WeakKind("small", 0.3))
    assert "small: 30%" in by_action(Evidence(SCORE, 1, 1, failures=failures), 0.95, costs)["look"].what
