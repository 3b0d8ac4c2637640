import csv
import io

import pytest

from pipeline.tables import rows_of, table_text, write_table


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x";"y")'])
def test_a_text_that_a_spreadsheet_would_compute_is_quoted(text):
    ((head,), (found,)) = csv.reader(io.StringIO(table_text([text], [(text,)]), newline=""))
    assert head == found == "'" + text.replace("\r", "\n")


def test_numbers_and_other_texts_stay_as_they_are_and_nothing_is_an_empty_cell():
    text = table_text(("name", "value"), [("a, b", -0.5), ('say "x"', 3), ("", None), ("a=b", 1e-9)])
    assert text == 'name,value\n"a, b",-0.5\n"say ""x""",3\n,\na=b,1e-09\n'


def test_a_table_is_written_whole(tmp_path):
    write_table(tmp_path / "a.csv", ("file",), [("=x.jpg",), ("grün.jpg",)])
    assert (tmp_path / "a.csv").read_bytes() == "file\n'=x.jpg\ngrün.jpg\n".encode()


def test_rows_come_back_without_the_head_and_the_blanks_around_cells():
    assert rows_of('name, r,g\nmug , 1,2\n"a, b",3,4\n') == [["mug", "1", "2"], ["a, b", "3", "4"]]


@pytest.mark.slow
def test_every_csv_is_read_and_written_here(sources):
    assert [file for file in sources.files() if "csv" in sources.imported(file)] == ["pipeline/tables.py"]
