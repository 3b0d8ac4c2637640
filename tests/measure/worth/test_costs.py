import dataclasses

import pytest

from measure.worth.costs import LabelledPhotos, Spent, money_json, spending


def test_prices_of_one_label_render_and_asset(costs):
    assert (costs.per_label, costs.per_render, costs.per_asset) == pytest.approx((1.0, 0.001, 240.0))


@pytest.mark.parametrize(
    ("given", "hour"), [pytest.param(None, 120.0, id="12 labellers"), pytest.param(70.0, 70.0, id="given")]
)
def test_an_engineers_hour(given, hour, costs):
    assert dataclasses.replace(costs, engineer_per_hour=given).engineer == hour


def test_the_bill_has_a_line_for_all_that_renders_cost(costs):
    rows = spending(dataclasses.replace(costs, assets_made=3), Spent(renders=1000, steps=20000))
    assert [row.hours for row in rows] == pytest.approx([1, 2, 6, 8])
    assert [row.money for row in rows] == pytest.approx([1, 2, 720, 960])


@pytest.mark.parametrize(
    ("labels", "lines"), [pytest.param(None, 7, id="worth unknown"), pytest.param(30.0, 8, id="known")]
)
def test_the_money_of_the_report(labels, lines, costs):
    found = money_json(costs, Spent(10, 10), LabelledPhotos(50, 20, 10), labels)
    assert (found["currency"], len(found["rows"])) == ("EUR", lines)
    assert found["rows"][0] == {
        "what": "labelling 50 real photos to train on",
        "hours": pytest.approx(5),
        "money": pytest.approx(50),
    }
    assert [row["hours"] for row in found["rows"][1:3]] == pytest.approx([2, 1])  # val, then test


def test_labels_that_are_a_lower_bound_are_named_as_one(costs):
    rows = money_json(costs, Spent(10, 10), LabelledPhotos(50, 20, 10), 15.0, censored=True)["rows"]
    assert rows[3]["what"] == "labels that the renders replace: more than 15"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"currency": " "}, "currency is empty", id="no currency"),
        pytest.param({"minutes_per_label": -1.0}, "minutes_per_label is -1", id="negative"),
        pytest.param({"machine_per_hour": float("inf")}, "machine_per_hour is inf", id="endless"),
        pytest.param({"assets_made": -2}, "assets_made is -2", id="fewer than no assets"),
    ],
)
def test_what_is_no_cost_is_refused(change, message, costs):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(costs, **change)
