import pytest
from spreadsheet import FORMULAS, HOSTILE, INNER, as_text, computed, rows_of

from pipeline.tables import csv_text


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_begins_as_a_formula_gets_a_quote_in_front(text):
    assert rows_of(csv_text(("name",), [(text,)])) == [["name"], [f"'{text}"]]


@pytest.mark.parametrize("text", INNER)
def test_no_text_becomes_a_further_cell_or_line(text):
    assert rows_of(csv_text(("name", "number"), [(text, 1)])) == [["name", "number"], [text, "1"]]


def test_numbers_stay_numbers():
    assert csv_text(("a", "b", "c", "d"), [(-1, -0.5, 1e-05, None)]) == "a,b,c,d\n-1,-0.5,1e-05,\n"


def test_plain_text_stays_as_it_is():
    assert csv_text(("name",), [("it's 5 - 3 = 2",), ("Gläser",)]) == "name\nit's 5 - 3 = 2\nGläser\n"


def test_no_rows_give_the_head_alone():
    assert csv_text(("a", "b"), []) == "a,b\n"


def test_a_spreadsheet_computes_no_cell():
    text = csv_text(("name", "twice"), [(name, name) for name in HOSTILE])
    assert computed(text) == []
    assert rows_of(text)[1:] == [[as_text(name)] * 2 for name in HOSTILE]


def test_every_csv_is_written_here(sources):
    assert [file for file in sources.files() if "csv" in sources.imported(file)] == ["pipeline/tables.py"]
