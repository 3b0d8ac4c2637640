"""Simulated projects: the laws are known, so the right step is; measured are sizes with noise between seeds."""

import json
from collections import Counter

import numpy as np
import pytest

from measure.worth.advice import advice_json, advise
from measure.worth.curve import fit_curve
from measure.worth.options import Evidence, GroupHelp, Lost, TriedChange
from measure.worth.points import ScoreEstimate
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


LONGER = TriedChange("longer training", "architecture", 0.02, 0.01, 0.03, 2.0)
PERHAPS = TriedChange("longer training", "architecture", 0.02, -0.01, 0.05, 2.0)
HARM = (GroupHelp("mug", "asset", -0.03, -0.05, -0.01),)
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
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "groups": HARM}, "assets", id="an asset does harm"),
    pytest.param(law(0.2, 0.6), law(0.2), {"on_training": 0.98, "assets": 2}, "assets", id="two assets"),
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


def test_a_harmful_recipe_is_looked_at_and_named(costs):
    groups = (GroupHelp("night", "recipe", -0.03, -0.05, -0.01), GroupHelp("day", "recipe", 0.02, 0.01, 0.03))
    advice = advise(Evidence(ScoreEstimate(0.5, 0.4, 0.6), 100, 100, groups=groups), 0.9, costs)
    assert advice.action == "look"
    assert "do harm: night." in advice.why


def test_the_gap_speaks_where_held_out_renders_were_not_scored(costs):
    ends = {"real_only": ScoreEstimate(0.8, 0.7, 0.9), "render_only": ScoreEstimate(0.3, 0.2, 0.4)}
    assert "score 0.500 less" in advise(Evidence(ScoreEstimate(0.8, 0.7, 0.85), 9, 9, **ends), 0.9, costs).why


def test_more_data_that_does_not_lead_there_is_named(points, costs):
    advice = project(points, costs, "named", 1, law(0.2, 0.6), law(0.2), on_training=0.98)
    assert "More labels or renders are not shown to get there." in advice.why


def test_the_json_has_one_action_and_a_line_for_each(points, costs):
    found = json.loads(json.dumps(advice_json(project(points, costs, "json", 1, law(0.0, 6.73, 0.8), law(0.2)))))
    assert (found["action"], found["target"]) == ("label", 0.9)
    rows = {row["action"]: row for row in found["options"]}
    assert len(rows) == 6
    assert rows["label"]["reaches"] is True
    assert rows["label"]["ci95"][0] <= rows["label"]["iou"] <= rows["label"]["ci95"][1]
    assert {key for key, value in rows["look"].items() if value is not None} == {"action", "what"}
    assert np.isfinite(rows["label"]["cost"])


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
