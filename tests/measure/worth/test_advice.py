"""Simulated projects: the laws are known, so the right step is; measured are sizes with noise between seeds."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest

from measure.worth.advice import advice_json, advise
from measure.worth.curve import fit_curve
from measure.worth.points import ScoreEstimate
from measure.worth.records import Evidence, Lost
from measure.worth.tried import TriedChange
from pipeline.seeds import rng_for

SIZES = (20, 40, 80, 160)
RENDERS = (250, 500, 1000, 2000)
PROJECTS = 40


def law(floor, height=1.5, exponent=0.5):
    return lambda n: floor + height * n**-exponent


def project(points, costs, case, trial, real, renders, **more):
    """Return the advice of one simulated project at the largest sizes; target 0.9."""
    mixed = fit_curve(points(real, SIZES, case, "real", trial), "mixed", 200)
    drawn = fit_curve(points(renders, RENDERS, case, "renders", trial), "renders", 200)
    score = 1 - real(SIZES[-1]) + rng_for(3, case, trial).normal(0, 0.006)
    noisy = ScoreEstimate(score, score - 0.012, score + 0.012)
    return advise(Evidence(noisy, SIZES[-1], RENDERS[-1], mixed=mixed, renders=drawn, **more), 0.9, costs)


LONGER = TriedChange("longer training", "architecture", 0.02, (0.01, 0.03), 2.0)
PERHAPS = TriedChange("longer training", "architecture", 0.02, (-0.01, 0.05), 2.0)
MUG = TriedChange("without asset mug", "assets", 0.03, (0.01, 0.05), 1.0)
CLEAR = [  # real law, render law, further evidence, the right step
    pytest.param(law(0.01, 0.6), law(0.01), {"on_training": 0.98}, "stop", id="the target is met"),
    pytest.param(law(0.0, 6.73, 0.8), law(0.2), {"on_training": 0.98}, "label", id="labels lead there, renders do not"),
    pytest.param(
        law(0.18, 0.6), law(0.0, 24.0, 0.7), {"on_training": 0.98}, "render", id="renders lead there, labels do not"
    ),
    pytest.param(law(0.0, 6.73, 0.8), law(0.0, 24.0, 0.7), {}, "render", id="both lead there, renders cost less"),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.82}, "architecture", id="training photos are not learnt"),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "on_renders": 0.95}, "look", id="renders differ"),
    pytest.param(
        law(0.2, 0.6), law(0.2), {"on_training": 0.98, "lost": Lost(0.2, 0.04, 0.01)}, "architecture", id="outlines"
    ),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "lost": Lost(0.1, 0.1, 0.05)}, "look", id="objects"),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "tried": (MUG,)}, "assets", id="an asset does harm"),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "assets": 2}, "assets", id="two assets"),
    pytest.param(
        law(0.2, 0.6), law(0.2), {"on_training": 0.82, "tried": (MUG,)}, "assets", id="what is shown goes before causes"
    ),
    pytest.param(
        law(0.0, 6.73, 0.8), law(0.2), {"tried": (LONGER,), "steps": 1000}, "architecture", id="longer costs less"
    ),
    pytest.param(law(0.0, 6.73, 0.8), law(0.2), {"tried": (LONGER,), "steps": 10**7}, "label", id="labels cost less"),
    pytest.param(
        law(0.2, 0.6), law(0.2), {"assets": 2, "tried": (LONGER,)}, "architecture", id="longer training helps"
    ),
    pytest.param(law(0.2, 0.6), law(0.2), {"assets": 2, "tried": (PERHAPS,)}, "assets", id="it is not shown to help"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("real", "renders", "more", "right"), CLEAR)
def test_in_a_clear_case_nine_of_ten_projects_get_the_right_advice(real, renders, more, right, points, costs):
    given = Counter(project(points, costs, right, trial, real, renders, **more).action for trial in range(PROJECTS))
    assert given[right] >= 0.9 * PROJECTS, given


@pytest.mark.slow
@pytest.mark.parametrize("floor", [0.12, 0.15, 0.25, 0.4])
def test_where_every_curve_ends_below_the_target_more_data_is_never_advised(floor, points, costs):
    """Laws at random whose floor keeps them below 0.9; 0 of all projects may be told to label or render."""
    given = Counter()
    for trial in range(60):
        rng = rng_for(5, "laws", str(floor), trial)
        real, renders = (law(floor, rng.uniform(0.5, 3), rng.uniform(0.3, 1.2)) for _ in range(2))
        train = float(rng.uniform(0.8, 1))
        given[project(points, costs, f"floor {floor}", trial, real, renders, on_training=train).action] += 1
    assert given["label"] + given["render"] == 0, given


def test_a_mean_at_the_target_is_not_yet_a_reason_to_stop(costs):
    advice = advise(Evidence(ScoreEstimate(0.91, 0.88, 0.94), 100, 100), 0.9, costs)
    assert advice.action == "look"
    assert "more val photos" in advice.why


def test_where_nothing_was_measured_the_advice_says_what_to_measure(costs):
    advice = advise(Evidence(ScoreEstimate(0.5, 0.4, 0.6), 100, 100), 0.9, costs)
    assert advice.action == "look"
    assert "Not measured: the score on the training photos, " in advice.why


@pytest.mark.parametrize(
    ("detail", "part"),
    [
        pytest.param(None, "larger pictures (fit.img_size) or a finer decoder", id="the photos are not known"),
        pytest.param(3.0, "have 3.0 times the pixels a side that the network is shown", id="photos of more detail"),
        pytest.param(0.8, "no more detail than the network is shown: try a finer decoder", id="small photos"),
    ],
)
def test_outlines_are_advised_with_what_each_kind_of_error_costs(detail, part, costs):
    lost = Lost(0.08, 0.015, 0.005)
    advice = advise(Evidence(ScoreEstimate(0.9, 0.88, 0.92), 100, 100, lost=lost, detail=detail), 0.95, costs)
    assert advice.action == "architecture"
    assert "Of the 0.100 that the score lacks, 0.080 lie along the outlines" in advice.why
    assert part in advice.why


LOW = ScoreEstimate(0.5, 0.4, 0.6)


def given(costs, *tried, target=0.9, steps=1000):
    """Return the advice where changes were tried and no curve was trained."""
    return advise(Evidence(LOW, 100, 100, tried=tried, steps=steps), target, costs)


def test_a_harmful_recipe_is_looked_at_and_named(costs):
    night = TriedChange("without recipe night", "look", 0.03, (0.01, 0.05), 1.0)
    advice = given(costs, night, TriedChange("without recipe day", "look", -0.02, (-0.03, -0.01), 1.0))
    assert advice.action == "look"
    assert advice.why.startswith(
        "Without recipe night brought +0.030 (+0.010 to +0.050) IoU on val. It is expected to bring "
    )


def test_the_change_that_brings_most_for_its_money_is_advised_and_the_next_is_named(costs):
    """A thousand steps cost 0.1 EUR: 0.02 IoU for 0.2 EUR are less each than 0.015 for 0.1."""
    mug = TriedChange("without asset mug", "assets", 0.015, (0.005, 0.025), 1.0)
    advice = given(costs, LONGER, mug)
    assert advice.action == "assets"
    assert "bring +0.015 IoU up to the target for 0.1 EUR, which is 0.15 for each EUR." in advice.why
    assert "The next best (architecture) is expected to bring +0.020 IoU up to the target for 0.2 EUR" in advice.why


def test_what_lies_beyond_the_target_counts_nothing(costs):
    """Both reach 0.52: the larger gain is worth no more there, and costs twice."""
    huge = TriedChange("larger pictures", "architecture", 0.2, (0.1, 0.3), 2.0)
    assert given(costs, huge, MUG).action == "architecture"
    assert given(costs, huge, MUG, target=0.52).action == "assets"


def test_a_change_whose_gain_is_not_shown_is_not_compared_however_large(costs):
    perhaps = TriedChange("larger pictures", "architecture", 0.3, (-0.01, 0.6), 1.0)
    assert given(costs, perhaps, LONGER).options[4].what.startswith("Longer training brought +0.020 ")
    assert given(costs, perhaps, MUG).action == "assets"
    alone = given(costs, perhaps)
    assert not alone.options[4].compared


def test_where_nothing_is_shown_to_help_the_best_bet_is_named_as_one(costs):
    perhaps = TriedChange("larger pictures", "architecture", 0.02, (-0.01, 0.05), 2.0)
    cheaper = TriedChange("without asset mug", "assets", 0.015, (-0.01, 0.04), 1.0)
    advice = given(costs, perhaps, cheaper)
    assert advice.action == "assets"  # less, for half the money
    assert "the best bet, though no change is shown to help" in advice.why
    little = dataclasses.replace(perhaps, gain=0.004)
    assert given(costs, little).action == "look"
    assert "names the cause" in given(costs, little).why


def test_what_the_last_doubling_brought_is_expected_and_never_advised(costs):
    """The next doubling may bring nothing, whatever the last one did."""
    last = TriedChange("half the labels", "label", 0.2, (0.15, 0.25), 1.0)
    advice = given(costs, last)
    assert (advice.action, advice.options[0].compared) == ("look", False)
    assert advice.options[0].value_per_cost == pytest.approx(0.1 / (100 * costs.per_label + 1000 * costs.per_step))


def test_ties_and_free_steps_are_decided_by_the_table(costs):
    """What costs nothing goes first, then the larger value would not: the one that stands higher in the table."""
    same = TriedChange("longer training", "architecture", 0.03, (0.01, 0.05), 1.0)
    for tried in ((same, MUG), (MUG, same)):
        assert given(costs, *tried).action == "assets"
        assert given(costs, *tried, steps=0).action == "assets"
    assert given(costs, MUG, steps=0).options[2].value_per_cost is None


def test_the_gap_speaks_where_held_out_renders_were_not_scored(costs):
    ends = {"real_only": ScoreEstimate(0.8, 0.7, 0.9), "render_only": ScoreEstimate(0.3, 0.2, 0.4)}
    assert "score 0.500 less" in advise(Evidence(ScoreEstimate(0.8, 0.7, 0.85), 9, 9, **ends), 0.9, costs).why


def test_more_data_that_does_not_lead_there_is_named(points, costs):
    advice = project(points, costs, "named", 1, law(0.2, 0.6), law(0.2), on_training=0.98)
    assert "More real labels or renders are not shown to get there." in advice.why


def test_the_json_has_one_action_and_a_line_for_each(points, costs):
    found = json.loads(json.dumps(advice_json(project(points, costs, "json", 1, law(0.0, 6.73, 0.8), law(0.2)))))
    assert (found["action"], found["target"]) == ("label", 0.9)
    rows = {row["action"]: row for row in found["options"]}
    assert len(rows) == 6
    assert rows["label"]["reaches"] is True
    assert rows["label"]["ci95"][0] <= rows["label"]["iou"] <= rows["label"]["ci95"][1]
    assert {key for key, value in rows["look"].items() if value is not None} == {"action", "what", "compared"}
    assert np.isfinite(rows["label"]["cost"])
    assert rows["label"]["value_per_cost"] == pytest.approx(rows["label"]["value"] / rows["label"]["cost"])
    assert [name for name, row in rows.items() if row["compared"]] == ["label"]


@pytest.mark.parametrize("target", [0.0, 1.2, float("nan")])
def test_a_target_is_an_iou(target, costs):
    with pytest.raises(ValueError, match="target is"):
        advise(Evidence(ScoreEstimate(0.5, 0.4, 0.6), 1, 1), target, costs)


def test_a_target_above_what_the_labels_allow_is_not_advised(points, costs):
    allowed = ScoreEstimate(0.86, 0.85, 0.88)
    advice = project(points, costs, "labels", 1, law(0.0, 6.73, 0.8), law(0.2), labels=allowed)
    assert advice.action == "look"
    assert "they allow about 0.860 (0.850 to 0.880), less than 0.9" in advice.why
    assert not any(option.reaches for option in advice.options)
    within = project(points, costs, "labels", 1, law(0.0, 6.73, 0.8), law(0.2), labels=ScoreEstimate(0.9, 0.85, 0.92))
    assert within.action == "label"
