import csv
import dataclasses
import io

import pytest

from report.record import RunRecord
from report.transfer import labels_csv, metrics_of, ratio_csv
from tests.page_project import curve, on_test, summary, transfer, typed

ROW = {"ratio": 0.5, "iou": 0.9, "ci95": [0.8, 0.95]}
RUN = RunRecord(0.5, 1, 14, 14, "mix", {}, 0.9, {}, (0.8, 0.95), "val", "race")
BARE = summary("0.5", ()) | {"boundary_iou": None, "off_outlines_iou": None, "calibration_error": None}
CURVE = curve(0.1, 0.2) | {"points": [{"n": 10, "iou": 0.5, "ci95": [0.4, 0.6], "seeds": {}}]}


def test_metrics_hold_what_is_known_and_nothing_else():
    known = transfer(
        best=ROW,
        real_only=ROW | {"ratio": 0.0},
        render_only=None,
        gap=None,
        scores={"val": BARE | {"boundary_iou": {"value": 0.6, "ci95": None}}, "test": BARE},
        test=on_test() | {"iou": 0.7, "mean_iou": 0.72, "real_only": None, "render_only": None, "gain": None},
    )
    known["worth"] |= {"real_labels": 12.0, "net": None}
    assert metrics_of(typed(known)) == {
        "val_best": 0.9, "val_real_only": 0.9, "test_picked": 0.7, "best_ratio": 0.5, "test_mean": 0.72,
        "val_boundary_iou": 0.6, "worth_real_labels": 12.0, "worth_n_real": 14,
    }  # fmt: skip


def test_the_ratio_table_holds_the_val_runs_of_the_race():
    other = dataclasses.replace(RUN, iou=0.7, ci95=(0.6, 0.75), split="test", kind="test")
    assert ratio_csv([RUN, other]) == "ratio,schedule,seed,iou,lo,hi\n0.5,mix,1,0.9,0.8,0.95\n"


def test_the_labels_table_holds_the_curves_that_were_trained():
    curves = typed(transfer(curves={"real": CURVE})).curves
    assert labels_csv(curves) == "labels,photos,iou,lo,hi\n10,real,0.5,0.4,0.6\n"


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@A1", "\t=1", '=HYPERLINK("http://x","y")'])
def test_no_text_is_computed_by_a_spreadsheet(text):
    run = dataclasses.replace(RUN, schedule=text, iou=-0.5)
    assert rows_of(ratio_csv([run])) == [["0.5", f"'{text}", "1", "-0.5", "0.8", "0.95"]]
