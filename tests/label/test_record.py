import json
from pathlib import Path

import pytest

from label.record import SCHEMA, Effect, read_effects, schema, write_effects
from pipeline.errors import InputError

PICK = Effect("labels to 0.9 IoU", 40.0, "random", 80.0, (31.0, 52.0), 52.0, 13.0, "8 draws of domino")


def test_the_schema_beside_it_is_that_of_the_types():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


def test_what_is_written_is_read_again(tmp_path: Path):
    write_effects(tmp_path / "label.json", {"pick": PICK})
    assert read_effects(tmp_path / "label.json") == {"pick": PICK}


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    (tmp_path / "label.json").write_text('{"pick": {"measured": "many"}}')
    with pytest.raises(InputError, match=r"label\.json: not a label\.json"):
        read_effects(tmp_path / "label.json")
