from pathlib import Path

import pytest

from benchmarks.label.effects import main, page, parts
from label.record import Effect
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.settings import read_settings
from train.settings import Fit

COSTS, FIT = read_settings(Costs), read_settings(Fit)


def test_a_set_that_is_missing_is_named_before_anything_is_measured(tmp_path: Path):
    (tmp_path / "domino").mkdir()
    with pytest.raises(InputError, match=r"balloon: there is no such folder; make label REAL="):
        main(COSTS, FIT, tmp_path, tmp_path / "work", tmp_path / "label.json", tmp_path / "label.html")
    assert not (tmp_path / "label.json").exists()


def test_every_part_has_a_measure_and_a_row_of_the_page():
    effect = Effect("minutes", 3.0, "<b>nobody</b>", 7.0, (2.0, 4.0), 4.0, 1.0, "one draw")
    shown = page(dict.fromkeys(parts(COSTS, FIT, Path(), Path()), effect), "EUR")
    assert shown.count("&lt;b&gt;nobody&lt;/b&gt;") == 8
    assert "3 (2 to 4)" in shown
    assert "4 minutes, 1 EUR" in shown
