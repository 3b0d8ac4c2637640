"""The files that gather a folder of predictions."""

import csv

import pytest

from dataset.predictions import Prediction
from train.inference.writers import write_ranking


@pytest.mark.parametrize(
    "name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "=cmd|' /C calc'!A0.png", "a,=1.png", "a\n=1.png"]
)
def test_no_photo_s_name_is_computed_by_a_spreadsheet(tmp_path, name):
    write_ranking(tmp_path / "uncertain.csv", [Prediction("key", name, (4, 4), 0.5, (), (), {})])
    with (tmp_path / "uncertain.csv").open(encoding="utf-8", newline="") as file:
        head, row = csv.reader(file)
    assert head == ["file", "uncertainty_bits", "instances", "lowest_score"]
    assert row == [f"'{name}" if name[0] in "=+-@" else name, "0.5", "0", ""]


def test_of_no_photo_the_ranking_is_its_head(tmp_path):
    write_ranking(tmp_path / "uncertain.csv", [])
    assert (tmp_path / "uncertain.csv").read_text() == "file,uncertainty_bits,instances,lowest_score\n"
