"""A manifest that several processes read gives what one process reads, mistakes included."""

import functools
from pathlib import Path

import pytest

from dataset import chunks
from dataset.chunks import mapped
from dataset.records import Sample, from_line, read_manifest, to_line, write_manifest
from pipeline.errors import InputError
from pipeline.reading import lines_of

COUNT = 60_000  # two chunks and a half


def sample(number: int) -> Sample:
    return Sample(
        f"é{number}", "real", f"images/{number}.png", "m", (1, 1), (), "set", "CC0-1.0", tags={"n": "x" * 150}
    )


def name_of(refused: str, sample: Sample) -> str:
    if sample.id == refused:
        raise InputError(f"{sample.id}: is refused")
    return sample.id


NAME = functools.partial(name_of, "")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("long") / "samples.jsonl"
    write_manifest(path, map(sample, range(COUNT)))
    assert path.stat().st_size > 2 * chunks.CHUNK_BYTES
    return path


@pytest.mark.slow
def test_processes_give_every_sample_once_and_in_order(manifest):
    assert list(mapped(manifest, NAME, from_line, long_bytes=0)) == [f"é{k}" for k in range(COUNT)]


def test_a_short_manifest_is_read_by_this_process_as_ever(tmp_path):
    path = tmp_path / "samples.jsonl"
    write_manifest(path, [])
    assert list(mapped(path, NAME, from_line)) == []
    assert list(mapped(path, NAME, from_line, long_bytes=0)) == []
    write_manifest(path, [sample(1), sample(2)])
    seen = []
    assert list(mapped(path, seen.append, from_line)) == [None, None]  # what no other process could do
    assert seen == read_manifest(path)


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, COUNT - 1])
def test_a_line_that_is_no_sample_is_named_by_its_number(manifest, tmp_path, place):
    lines = manifest.read_text(encoding="utf-8").splitlines()
    lines[place] = "{}"
    path = tmp_path / "broken.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=rf"broken\.jsonl:{place + 1}: not a sample"):
        list(mapped(path, NAME, from_line, long_bytes=0))


@pytest.mark.slow
def test_what_the_function_refuses_is_refused(manifest):
    with pytest.raises(InputError, match=r"^é31000: is refused$"):
        list(mapped(manifest, functools.partial(name_of, "é31000"), from_line, long_bytes=0))


def test_a_manifest_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        list(mapped(tmp_path / "none.jsonl", NAME, from_line))


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50, 1000])
@pytest.mark.parametrize("text", [b"a\nbb\n\nccc\n", b"no end", b"\n\n\n", b"", b"x" * 40 + b"\ny\n" + b"z" * 9])
def test_parts_that_adjoin_yield_every_line_once(tmp_path, text, step):
    path = tmp_path / "a.txt"
    path.write_bytes(text)
    found = [line for begin in range(0, len(text), step) for line in lines_of(path, begin, begin + step)]
    assert found == list(lines_of(path)) == text.splitlines(keepends=True)


def test_lines_of_samples_are_those_that_json_itself_would_write():
    assert from_line(to_line(sample(3))) == sample(3)
    assert to_line(sample(3)).startswith('{"id":"é3","domain":"real","image":"images/3.png","ids":"m","size_hw":[1,1],')
