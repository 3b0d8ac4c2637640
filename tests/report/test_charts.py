import json
import re

import pytest
import vl_convert
from page_project import EVIL, WORTH, curve, group, ratio_row, transfer, typed

from measure.attribution.record import HelpRow
from pipeline.pages import allowed
from report.charts import (
    MEAN,
    RUN,
    TEST,
    figure,
    help_chart,
    line_rows,
    precision_chart,
    ratio_chart,
    scripts,
    still,
)
from report.curve_chart import curve_chart, way
from report.record import CurveRecord, RatioRow, WorthRecord
from report.training_chart import of_trainings, training_chart

METRIC = "IoU of the foreground"
FULL = typed(transfer())
SPECS = [
    pytest.param(ratio_chart(FULL.ratios, FULL.test, METRIC), id="ratios"),
    pytest.param(curve_chart(FULL.curves, FULL.worth, METRIC), id="curves"),
    pytest.param(precision_chart(FULL.scores.val.instances), id="single objects"),
    pytest.param(help_chart(FULL.attribution.groups), id="attribution"),
]


def rows_of(spec):
    """Return every row of data in a chart."""
    return [row for layer in spec["layer"] for row in layer["data"]["values"]]


@pytest.mark.parametrize("spec", SPECS)
def test_a_chart_takes_every_colour_from_the_page(spec):
    drawn = still(spec, "name")
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn))
    assert all(colour in {"none", "transparent"} or colour.startswith("var(--") for colour in colours)


@pytest.mark.parametrize("spec", SPECS)
def test_a_chart_compiles_to_vega_without_a_warning(spec, capfd):
    assert vl_convert.vegalite_to_vega(spec, vl_version="6.4", show_warnings=True)["marks"]
    assert capfd.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_two_charts_on_a_page_share_no_id(spec):
    ids = [re.findall(r'\bid="([^"]+)"', still(spec, name)) for name in ("one", "two")]
    assert not set(ids[0]) & set(ids[1])


def test_the_chart_of_ratios_marks_means_runs_and_what_was_tested():
    rows = rows_of(ratio_chart(FULL.ratios, FULL.test, METRIC))
    seen = {(row["what"], row["ratio"], row["iou"]) for row in rows if "what" in row}
    assert {(MEAN, row.ratio, row.iou) for row in FULL.ratios} <= seen
    assert {(RUN, row.ratio, iou) for row in FULL.ratios for iou in row.seeds.values()} <= seen
    assert {(ratio, iou) for what, ratio, iou in seen if what == TEST} == {(0.0, 0.8), (0.8, 0.85), (1.0, 0.7)}


def test_two_candidates_of_one_ratio_are_joined_by_no_line():
    rows = [
        ratio_row(0.5, name="a"),
        ratio_row(0.5, name="b"),
        ratio_row(0.8),
        ratio_row(0.8, schedule="renders first"),
    ]
    assert [row["schedule"] for row in line_rows(rows)] == ["renders first"]


@pytest.mark.parametrize(
    ("worth", "begin", "end"),
    [
        pytest.param(WORTH, 14, 45, id="measured"),
        pytest.param(
            WORTH | {"censored": True, "real_labels": 5.0}, 14, 25, id="censored: beyond all that was measured"
        ),
        pytest.param(WORTH | {"censored": True, "real_labels": None}, 14, 25, id="censored without a number"),
        pytest.param(WORTH | {"censored": True, "real_labels": 40.0}, 14, 54, id="censored far out"),
    ],
)
def test_worth_is_the_way_from_the_mix_to_where_real_photos_alone_reach_its_score(worth, begin, end):
    arrow = way(typed(worth, WorthRecord), 20, METRIC)[-1]["data"]["values"][0]
    assert (arrow["n"], arrow["end"], arrow["iou"]) == (begin, end, WORTH["iou_mix"])


@pytest.mark.parametrize(
    "worth",
    [
        pytest.param(None, id="unknown"),
        pytest.param(WORTH | {"real_labels": 0.0}, id="nothing"),
        pytest.param(WORTH | {"real_labels": None}, id="no number"),
        pytest.param(WORTH | {"iou_mix": None}, id="no score of the mix"),
    ],
)
def test_no_worth_is_no_arrow(worth):
    assert way(worth and typed(worth, WorthRecord), 20, METRIC) == []


def test_the_chart_of_trainings_has_a_line_a_ratio_with_its_points_rising_in_steps():
    rows = [typed(ratio_row(ratio), RatioRow) for ratio in (0, 0.5)]
    line, marks = training_chart(rows, "IoU")["layer"]
    found = [(row["name"], row["steps"]) for row in line["data"]["values"]]
    assert found == [(name, steps) for name in ("0", "0.5") for steps in (42, 84, 168, 240)]
    assert marks["data"] == line["data"]
    table = of_trainings(rows)
    assert [row[3] for row in table.rows] == ["", "", "", "+0.002"] * 2


def test_without_numbers_there_is_no_chart():
    assert ratio_chart([], None, METRIC) is None
    assert curve_chart(None, None, METRIC) is None
    assert curve_chart({"real": typed(curve(0.1, 0.2) | {"points": []}, CurveRecord)}, FULL.worth, METRIC) is None
    assert precision_chart(()) is None
    assert help_chart([]) is None
    assert figure("none", "", None, None) is None


def test_names_in_a_chart_are_text():
    spec = help_chart([typed(group(EVIL, 0.1), HelpRow)])
    assert "<script" not in still(spec, "name")
    assert EVIL in json.dumps(spec).replace('\\"', '"')


def test_of_many_groups_the_chart_shows_those_with_the_largest_effect():
    groups = [typed(group(f"asset-{at:02}", (-1) ** at * at / 100), HelpRow) for at in range(60)]
    shown = {row["name"] for row in rows_of(help_chart(groups)) if "name" in row}
    assert shown == {f"asset-{at:02}" for at in range(36, 60)}


def test_the_library_cannot_end_its_own_element_and_is_named_by_its_hash():
    library, draw = scripts()
    assert "</script" not in library.lower()
    assert "vegaEmbed" in draw
    # the hash of "alert('Hello, world.');" as the standard's own example has it
    assert allowed("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
