import csv
import io

import pytest

from report.transfer import labels_csv, metrics_of, ratio_csv

ROW = {"ratio": 0.5, "iou": 0.9, "ci95": [0.8, 0.95]}
TRANSFER = {
    "runs": [
        {"ratio": 0.5, "schedule": "mix", "seed": 1, "iou": 0.9, "ci95": [0.8, 0.95], "split": "val", "kind": "race"},
        {"ratio": 0.5, "schedule": "mix", "seed": 1, "iou": 0.7, "ci95": [0.6, 0.75], "split": "test", "kind": "test"},
    ],
    "best": ROW,
    "real_only": ROW | {"ratio": 0.0},
    "render_only": None,
    "gap": None,
    "scores": {"val": {"boundary_iou": {"value": 0.6, "ci95": None}, "calibration_error": None}},
    "test": {"iou": 0.7, "mean_iou": 0.72, "real_only": None, "render_only": None, "gain": None},
    "worth": {"real_labels": 12.0, "net": None},
    "curves": {"real": {"points": [{"n": 10, "iou": 0.5, "ci95": [0.4, 0.6]}]}, "mixed": None},
}


def test_metrics_hold_what_is_known_and_nothing_else():
    assert metrics_of(TRANSFER) == {
        "val_best": 0.9, "val_real_only": 0.9, "test_picked": 0.7, "best_ratio": 0.5, "test_mean": 0.72,
        "val_boundary_iou": 0.6, "worth_real_labels": 12.0,
    }  # fmt: skip


def test_the_ratio_table_holds_the_val_runs_of_the_race():
    assert ratio_csv(TRANSFER) == "ratio,schedule,seed,iou,lo,hi\n0.5,mix,1,0.9,0.8,0.95\n"


def test_the_labels_table_holds_the_curves_that_were_trained():
    assert labels_csv(TRANSFER) == "labels,photos,iou,lo,hi\n10,real,0.5,0.4,0.6\n"


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@A1", "\t=1", '=HYPERLINK("http://x","y")'])
def test_no_text_is_computed_by_a_spreadsheet_not_even_where_a_number_was_wanted(text):
    run = TRANSFER["runs"][0] | {"schedule": text, "seed": text, "iou": -0.5}
    assert rows_of(ratio_csv({"runs": [run]})) == [["0.5", f"'{text}", f"'{text}", "-0.5", "0.8", "0.95"]]
    curves = {"real": {"points": [{"n": text, "iou": text, "ci95": [text, -1]}]}, "mixed": None}
    assert rows_of(labels_csv({"curves": curves})) == [[f"'{text}", "real", f"'{text}", f"'{text}", "-1"]]
