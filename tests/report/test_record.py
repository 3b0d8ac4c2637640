from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.reading import read_json
from report.record import SCHEMA, as_record, read_transfer, schema, write_transfer
from tests.page_project import transfer


def test_what_is_written_is_read_again(tmp_path: Path):
    found = as_record(transfer())
    write_transfer(tmp_path / "transfer.json", found)
    assert read_transfer(tmp_path / "transfer.json") == found
    assert read_json(tmp_path / "transfer.json") == transfer()


@pytest.mark.parametrize("change", [{"runs": {}}, {"best": {"ratio": 0.5}}, {"gap": "wide"}, {"more": 1}])
def test_anything_else_is_no_record(change: dict):
    with pytest.raises(InputError, match=rf"transfer\.json: {next(iter(change))}"):
        as_record(transfer() | change)


def test_the_schema_beside_it_is_that_of_the_types():
    assert read_json(SCHEMA) == schema(), "run: python -m report.record"


def test_the_schema_names_what_other_tools_rely_on():
    names = {"runs", "real_only", "render_only", "best", "gap", "worth", "advice", "test"}
    assert names <= schema()["properties"].keys()
