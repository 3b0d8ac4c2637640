"""LICENCES.csv, where names come from strangers."""

from pathlib import Path

import pytest
from spreadsheet import HOSTILE, as_text, rows_of

from dataset.export_licences import Credit, write_licences
from dataset.export_source import Source


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_licence_or_source_is_computed_by_a_spreadsheet(tmp_path, text):
    source = Source(Path("samples.jsonl"), 2, (), (), {(text, text): 3}, {text: 2}, {})
    write_licences(tmp_path, source, {text: Credit(text, text)})
    rows = rows_of((tmp_path / "LICENCES.csv").read_bytes().decode())
    said = as_text(text)
    assert rows[1:] == [["asset", said, said, said, "2"], ["photos", "", said, said, "3"]]
