import dataclasses

import pytest
from page_project import ADVICE, curve, near, on_test, option, ratio_row, summary, transfer, typed

from report.numbers import details, left_out, numbers
from report.record import AdviceRecord, CurveRecord, ObjectsRow, OnTest, OnVal, RatioRow, Scored
from report.tables import (
    filled,
    of_advice,
    of_attribution,
    of_curves,
    of_objects,
    of_race,
    of_ratios,
    of_stability,
    of_val,
)
from report.words import NOTHING, money, several, signed, span


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(span([0.901, 0.95]), "0.90 to 0.95", id="interval"),
        pytest.param(span([12.0, None], 0), "12 or more", id="open above"),
        pytest.param(span([None, 12.0], 0), "up to 12", id="open below"),
        pytest.param(span(None), NOTHING, id="no interval"),
        pytest.param(span([-0.01, 0.02], 3, "+"), "-0.010 to +0.020", id="interval of a difference"),
        pytest.param(span([1000, 20000], 0), "1,000 to 20,000", id="thousands"),
        pytest.param(signed(0.0123), "+0.012", id="difference"),
        pytest.param(money(1234.5, "EUR"), "1,234 EUR", id="money"),
        pytest.param(money(4.2, "EUR"), "4.20 EUR", id="little money"),
        pytest.param(money(0, "EUR"), "0 EUR", id="no money"),
        pytest.param(money(0.0001, "EUR"), "below 0.01 EUR", id="next to no money"),
        pytest.param(several(1.2, "photo"), "1 photo", id="one"),
        pytest.param(several(0.4, "photo"), "0 photos", id="none"),
    ],
)
def test_numbers_are_written(found, expected):
    assert found == expected


def test_a_column_without_any_value_is_left_out_and_so_is_a_table_without_rows():
    assert filled("t", ("name", "#a", "#b"), [("x", NOTHING, "1"), ("y", NOTHING, NOTHING)]).heads == ("name", "#b")
    assert filled("t", ("name",), []) is None
    assert filled("t", ("name", "#a"), [("", NOTHING)]) is None


def rated(*rows):
    return [typed(row, RatioRow) for row in rows], typed(on_test(), OnTest)


def test_the_table_of_ratios_shows_test_where_it_was_scored_and_marks_the_pick():
    table = of_ratios(*rated(ratio_row(0.0), ratio_row(0.5), ratio_row(0.8, picked=True)))
    at = table.heads.index("#test score")
    assert [row[at] for row in table.rows] == ["0.800", NOTHING, "0.850"]
    assert table.marked == (2,)
    assert "schedule" not in table.heads


def test_of_two_candidates_of_one_ratio_the_picked_one_was_tested():
    picked = ratio_row(0.8, picked=True, schedule="renders first", name="0.8 renders first")
    table = of_ratios(*rated(ratio_row(0.8, name="0.8"), picked))
    assert [row[table.heads.index("#test score")] for row in table.rows] == [NOTHING, "0.850"]
    assert [row[table.heads.index("schedule")] for row in table.rows] == ["mix", "renders first"]


def on_val(name, **more):
    return typed({"name": name, "n_photos": 12, "picked": near(0.9) | {"ratio": 0.8}, "real_only": None} | more, OnVal)


def test_validation_sets_stand_in_one_table_in_which_the_one_that_chose_is_marked():
    ends = {"render_only": near(0.7) | {"ratio": 1.0}}
    table = of_val([on_val("val", **ends), on_val("newest", **ends)])
    assert [row[:2] for row in table.rows] == [("val, which chose", "12"), ("newest", "12")]
    assert table.heads == ("photos", "#how many", "#the pick", "#95 %", "#renders alone", "#95 %")
    assert table.marked == (0,)


def test_val_alone_makes_no_table():
    assert of_val([on_val("val", render_only=None)]) is None


def test_an_option_without_numbers_has_dashes_and_the_advised_one_is_marked():
    table = of_advice(typed(ADVICE, AdviceRecord), "EUR")
    assert [row[6] for row in table.rows] == ["yes", "no", NOTHING]
    assert [row[-1] for row in table.rows] == ["yes", "no", "no"]
    assert table.rows[2][1:-1] == (NOTHING,) * 7
    assert table.marked == (0,)


def test_an_option_says_what_it_is_worth_for_its_cost():
    table = of_advice(typed(ADVICE, AdviceRecord), "EUR")
    assert table.heads[7] == "#IoU a EUR"
    assert [row[7] for row in table.rows] == ["0.012", "0.0017", NOTHING]


def test_a_score_that_may_or_may_not_be_at_the_target_is_not_shown_to_be():
    rows = {**ADVICE, "options": [option("architecture", "Longer", None, 0.9, 0.1, None)]}
    table = of_advice(typed(rows, AdviceRecord), "EUR")
    assert table.rows[0][table.heads.index("at the target")] == "not shown"


def test_groups_of_renders_come_in_order_of_their_help():
    assert [row[0] for row in of_attribution(typed(transfer()).attribution).rows] == ["boards", "mug-green", "mug-red"]


def test_curves_and_spreads_keep_every_run():
    assert of_curves({"real": typed(curve(0.1, 0.2), CurveRecord)}).rows[0][-1].count("·") == 1
    assert of_stability([typed(ratio_row(0.5, seeds=1), RatioRow)]).rows[0][1:] == ("0.851", "0.955", "+0.100")


def test_a_race_says_what_it_cost_and_why_it_ended():
    told = of_race(typed(transfer()).race)
    assert told.startswith("Having been chosen on the val photos flatters the pick's score on them by about 0.004;")
    assert "The race took 9 trainings, 7.5 of the 12.0 of a full grid" in told
    assert of_race(None) == ""


def test_the_race_says_first_why_a_mix_was_picked_that_does_not_lead():
    race = dataclasses.replace(typed(transfer()).race, rule="0.8 is ahead by less than one standard error.")
    assert of_race(race).startswith("0.8 is ahead by less than one standard error. Having been chosen")


def test_details_stand_beside_each_other_and_rare_categories_are_named():
    both = {"val": summary("a", ("board", "mug", "lamp")), "test": summary("a", ("board", "mug", "lamp"))}
    tables = {table.title: table for table in details(typed(both, Scored))}
    assert tables["Scores over all photos"].heads == ("score", "#val", "#95 %", "#test", "#95 %")
    assert [row[0] for row in tables["IoU by category"].rows] == ["board", "lamp (rare)", "mug"]
    assert len(tables["Single objects, val photos"].rows) == 10
    assert tables["By size of the object, val photos"].rows == (("small", "3", "5", "0.400", "0.380 to 0.420"),)


def test_without_scores_there_are_no_details():
    assert details(None) == []


def test_an_untrusted_curve_carries_its_flags():
    found = transfer(curves={"real": curve(0.1, 0.2, trusted=False, flags=["It falls."]), "mixed": curve(0.1, 0.3)})
    flags = numbers(typed(found))["flags"]
    assert flags == ["Real only: It falls.", "Real only: this curve is not trusted beyond its points."]


def test_what_the_intervals_leave_out_is_said_once():
    alike = summary("a", ("board",))
    assert left_out(typed({"val": alike, "test": alike}, Scored)) == left_out(None) == []
    alike["leaves_out"] = "One training run."
    assert left_out(typed({"val": alike, "test": alike}, Scored)) == ["One training run."]


def test_objects_stand_before_and_after_with_their_shares():
    table = of_objects([ObjectsRow("mug", 30, 100, 50.0), ObjectsRow("spoon", 10, 300, 150.0)])
    assert table.rows == (("mug", "30", "75.0%", "100", "25.0%", "50.0", "25.0%"),
                          ("spoon", "10", "25.0%", "300", "75.0%", "150.0", "75.0%"))  # fmt: skip
    assert table.heads[5] == "#in 100 pictures as trained on"


def test_one_category_has_no_table_of_objects_and_nothing_of_nothing_is_no_share():
    assert of_objects([ObjectsRow("mug", 30, 100, 50.0)]) is None
    table = of_objects([ObjectsRow("mug", 0, 1, 1.0), ObjectsRow("spoon", 0, 1, 0.0)])
    assert table.rows[0] == ("mug", "0", "1", "50.0%", "1.0", "100.0%")  # the column of shares without a value is gone
