import dataclasses
import os
from typing import ClassVar

import pytest
from pydantic import ConfigDict, TypeAdapter

from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import (
    MOST_LINE,
    STRICT,
    lines_of,
    parse_typed,
    read_bytes,
    read_json,
    read_toml,
    read_typed,
    read_yaml,
)


def test_json_comes_back_as_it_went(tmp_path):
    value = {"b": [1, 2.5, None, "grün"], "a": {"x": True}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert list(read_json(tmp_path / "a.json")) == ["b", "a"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, r"a\.json: there is no such file; run the stage that writes it", id="missing"),
        pytest.param(b'{"a": 1', r"a\.json: not JSON \(EOF while", id="cut short"),
        pytest.param(b"\xff\x00", r"a\.json: not JSON \(expected value", id="not text"),
        pytest.param(b"[" * 100_000, r"a\.json: not JSON \(recursion limit", id="lists in lists"),
        pytest.param(b"1" * 5000, r"a\.json: not JSON \(number out of range", id="a number without an end"),
        pytest.param(b'"\\ud800"', r"a\.json: not JSON \(unexpected end of hex", id="half a character"),
    ],
)
def test_json_that_cannot_be_read_says_which_file_and_why(tmp_path, data, message):
    if data is not None:
        (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "a.json")


def test_a_mark_of_utf_8_before_the_text_is_no_mistake(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(tmp_path / "a.toml") == {"a": 1}


def a_folder(path):
    path.mkdir()


def a_pipe(path):
    os.mkfifo(path)


def below_a_file(path):
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@pytest.mark.parametrize("there", [a_folder, a_pipe, below_a_file], ids=lambda there: there.__name__)
def test_what_is_no_file_is_not_waited_for(tmp_path, there):
    (tmp_path / "in").mkdir()
    there(tmp_path / "in" / "a.json")
    with pytest.raises(InputError, match=r"a\.json: is no file"):
        read_json(tmp_path / "in" / "a.json")


def test_a_file_that_is_too_long_is_not_read(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    assert len(read_bytes(tmp_path / "a", 1000)) == 1000
    with pytest.raises(InputError, match=r"a: has 0\.00 MiB, wanted .* at most; split it"):
        read_bytes(tmp_path / "a", 999)


def test_a_line_without_an_end_is_not_read(tmp_path):
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b"1\n")
        file.truncate(3 * MOST_LINE)
    lines = lines_of(tmp_path / "a.jsonl")
    assert next(lines) == b"1\n"
    with pytest.raises(InputError, match=r"a\.jsonl: has a line of more than 64 MiB"):
        next(lines)


@dataclasses.dataclass(frozen=True)
class Pick:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    ratio: float
    names: tuple[str, ...]


PICK = TypeAdapter(Pick)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"ratio": "x", "names": []}', "ratio is 'x', wanted a valid number", id="another type"),
        pytest.param('{"ratio": true, "names": []}', "ratio is True, wanted a valid number", id="true is no number"),
        pytest.param('{"ratio": 1e400, "names": []}', "ratio is inf, wanted a finite number", id="no finite number"),
        pytest.param('{"ratio": 1, "names": {"a": 1}}', "names is {'a': 1}, wanted", id="a table for a list"),
        pytest.param('{"ratio": 1, "names": [1]}', "names.0 is 1, wanted a valid string", id="deep inside"),
        pytest.param('{"ratio": 1}', "names is missing; pick again", id="a key too few"),
        pytest.param('{"ratio": 1, "names": [], "more": 1}', "more is no key of it", id="a key too many"),
        pytest.param("[]", "it is \\[\\], wanted", id="no table"),
        pytest.param('{"ratio": 1', "not JSON \\(EOF while parsing", id="no JSON"),
    ],
)
def test_what_a_file_must_hold_is_checked_where_it_is_read(text, message):
    with pytest.raises(InputError, match=f"^pick.json: not a pick: {message}"):
        parse_typed(text, PICK, "pick.json: not a pick", "pick again")


def test_a_file_of_the_right_kind_comes_back_as_its_record(tmp_path):
    write_json(tmp_path / "pick.json", {"ratio": 1, "names": ["a"]})
    assert read_typed(tmp_path / "pick.json", PICK, "a pick", "pick again") == Pick(1.0, ("a",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"a = [" + b"[" * 5000, "not TOML", id="lists in lists"),
        pytest.param(b"a = " + b"1" * 5000, "not TOML", id="a number without an end"),
        pytest.param("a = 'grün'".encode("latin-1"), "not text in UTF-8", id="another encoding"),
        pytest.param(b"a = 'x\0'", "not TOML", id="a NUL"),
    ],
)
def test_toml_that_cannot_be_read_is_one_line(tmp_path, text, message):
    (tmp_path / "a.toml").write_bytes(text)
    with pytest.raises(InputError, match=rf"a\.toml: {message}"):
        read_toml(tmp_path / "a.toml")


LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(LAUGHS, "its anchors grow it beyond 100000 values", id="anchors that multiply"),
        pytest.param("a: &a [*a]", "its anchors grow it", id="an anchor that names itself"),
        pytest.param("a: &a {b: {c: *a}}", "its anchors grow it", id="an anchor deep in itself"),
        pytest.param("a: 2024-02-31", "not YAML: day is out of range", id="a day that is none"),
        pytest.param("a: " + "[\n" * 3000, "not YAML: maximum recursion", id="lists in lists"),
        pytest.param("a: 1" + "0" * 5000, "not YAML: Exceeds the limit", id="a number without an end"),
        pytest.param("a: !!python/object/apply:os.system [id]", "not YAML: could not determine", id="a program"),
    ],
)
def test_yaml_that_cannot_be_read_is_one_line_and_takes_no_time(tmp_path, text, message):
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"a\.yaml(:\d+)?: {message}"):
        read_yaml(tmp_path / "a.yaml")


def test_an_anchor_may_save_writing(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\n", encoding="utf-8")
    assert read_yaml(tmp_path / "a.yaml") == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}}
