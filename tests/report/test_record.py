from pathlib import Path

import pytest

from pipeline.reading import read_json
from report.record import SCHEMA, read_transfer, schema, write_transfer
from tests.page_project import transfer

TRANSFER = transfer()


def test_what_is_written_is_read_again(tmp_path: Path):
    write_transfer(tmp_path / "transfer.json", TRANSFER)
    assert read_transfer(tmp_path / "transfer.json") == TRANSFER


@pytest.mark.parametrize("change", [{"runs": {}}, {"best": {"ratio": 0.5}}, {"gap": "wide"}])
def test_anything_else_is_not_written(tmp_path: Path, change: dict):
    with pytest.raises(ValueError, match="validation error"):
        write_transfer(tmp_path / "transfer.json", TRANSFER | change)
    assert list(tmp_path.iterdir()) == []


def test_the_schema_beside_it_is_that_of_the_types():
    assert read_json(SCHEMA) == schema(), "run: python -m report.record"


def test_the_schema_names_what_other_tools_rely_on():
    names = {"runs", "real_only", "render_only", "best", "gap", "worth", "advice", "test"}
    assert names <= schema()["properties"].keys()
