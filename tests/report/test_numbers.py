import dataclasses

import pytest
from page_project import WORTH, transfer, typed

from report.numbers import numbers, of_worth
from report.record import WorthRecord, WorthRow

ROW = {field.name: WORTH[field.name] for field in dataclasses.fields(WorthRow)}
EACH = [
    ROW | {"n_real": 7, "iou_mix": 0.8, "iou_real": 0.7, "real_labels": 9.0, "ci95": [4.0, 20.0]},
    ROW | {"censored": True, "open_above": True, "ci95": [31.0, 40.0]},
    ROW | {"n_real": 20, "iou_mix": 0.9, "iou_real": None, "real_labels": None, "ci95": None},
]


def test_a_known_worth_is_told_with_factor_money_and_interval():
    text = of_worth(typed(WORTH, WorthRecord))
    assert "does as much as 3.2 without." in text
    assert "To label as many would cost 12 EUR (5 to 23)." in text
    assert "After what renders cost: 7.10 EUR." in text


def test_what_follows_from_a_lower_bound_is_told_as_one():
    text = of_worth(typed(WORTH | {"censored": True, "open_above": True}, WorthRecord))
    assert "does as much as more than 3.2 without." in text
    assert "would cost more than 12 EUR." in text
    assert "After what renders cost: more than 7.10 EUR." in text


@pytest.mark.slow
@pytest.mark.parametrize("worth", [pytest.param(WORTH, id="from before"), pytest.param(None, id="unknown")])
def test_without_a_worth_at_each_number_there_is_no_table(worth):
    assert numbers(typed(transfer(worth=worth)))["worths"] is None


def test_the_worth_beside_each_number_is_a_table_with_the_told_one_marked():
    table = numbers(typed(transfer(worth=WORTH | {"each": EACH})))["worths"]
    assert [row[3] for row in table.rows] == ["9", "more than 31", "\N{EN DASH}"]
    assert table.rows[1][4] == "31 or more"
    assert table.marked == (1,)


@pytest.mark.slow
def test_how_labels_lie_and_what_they_allow_is_told():
    found = numbers(typed(transfer()))
    assert found["outlines"].rows == (("val", "right", "+1.020", "+0.90 to +1.10", "41"),)
    assert "allow about 0.930 (0.920 to 0.950)" in found["ceiling"]
    assert numbers(typed(transfer(outlines=None)))["outlines"] is None
