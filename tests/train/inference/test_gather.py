"""The files that gather a folder of predictions."""

from spreadsheet import HOSTILE, as_text, rows_of

from train.inference.gather import write_ranking
from train.inference.record import Prediction


def prediction(file, bits):
    return Prediction("key", file, (4, 4), bits, (), (), {})


def test_no_photo_s_name_is_computed_by_a_spreadsheet(tmp_path):
    names = [f"{text}.png" for text in HOSTILE]
    write_ranking(tmp_path / "uncertain.csv", [prediction(name, 1 - at / 100) for at, name in enumerate(names)])
    rows = rows_of((tmp_path / "uncertain.csv").read_bytes().decode())
    wanted = [[f"{as_text(text)}.png", str(1 - at / 100), "0", ""] for at, text in enumerate(HOSTILE)]
    assert rows == [["file", "uncertainty_bits", "instances", "lowest_score"], *wanted]


def test_of_no_photo_the_ranking_is_its_head(tmp_path):
    write_ranking(tmp_path / "uncertain.csv", [])
    assert (tmp_path / "uncertain.csv").read_text() == "file,uncertainty_bits,instances,lowest_score\n"
