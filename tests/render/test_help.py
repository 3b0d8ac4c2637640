import json
from pathlib import Path

import pytest

from render.audit.help import attributions, read_help


def write(data: Path, setup: str, text: str) -> None:
    (data / setup).mkdir(parents=True)
    (data / setup / "attribution.json").write_text(text, encoding="utf-8")


def found(*groups: tuple[str, str, str]) -> str:
    return json.dumps({"groups": [{"kind": kind, "name": name, "words": words} for kind, name, words in groups]})


def test_an_asset_is_told_what_every_set_up_found_out_about_it(tmp_path: Path):
    write(tmp_path, "mugs", found(("asset", "mug", "No effect shown."), ("recipe", "mug", "It is a recipe.")))
    write(tmp_path, "boards", found(("asset", "mug", "They help.")))
    assert read_help(attributions(tmp_path)) == ({"mug": ("boards: They help.", "mugs: No effect shown.")}, [])


def test_before_any_training_nothing_is_said(tmp_path: Path):
    assert read_help(attributions(tmp_path)) == ({}, [])


@pytest.mark.parametrize(
    "text", [pytest.param("{", id="no JSON"), pytest.param("{}", id="another file"), pytest.param("[]", id="a list")]
)
def test_a_broken_file_is_a_note_and_no_stop(tmp_path: Path, text: str):
    write(tmp_path, "boards", text)
    write(tmp_path, "mugs", found(("asset", "mug", "They help.")))
    helped, notes = read_help(attributions(tmp_path))
    assert helped == {"mug": ("mugs: They help.",)}
    assert len(notes) == 1
    assert "attribution.json" in notes[0]
