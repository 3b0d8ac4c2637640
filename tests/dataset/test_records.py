"""Samples survive the way to the disk and back."""

import dataclasses

import pytest

from dataset.records import Instance, Sample, from_line, head_from_line, read_manifest, to_line, write_manifest
from pipeline.errors import InputError

SAMPLE = Sample(
    "Größe 1", "real", "images/a.jpg", "ids/a.png", (3, 4), (Instance("board", 1, (0, 0, 2, 3), 6),), "set", "CC0-1.0",
    group="burst=1", assets=("a", "b"), tags={"camera": "cam01"},
)  # fmt: skip


def test_a_sample_comes_back_as_it_was(tmp_path):
    write_manifest(tmp_path / "samples.jsonl", [SAMPLE, SAMPLE])
    assert read_manifest(tmp_path / "samples.jsonl") == [SAMPLE, SAMPLE]
    assert from_line(to_line(SAMPLE)) == SAMPLE


def test_a_manifest_of_no_sample_is_an_empty_file(tmp_path):
    write_manifest(tmp_path / "samples.jsonl", [])
    assert (tmp_path / "samples.jsonl").read_bytes() == b""
    assert read_manifest(tmp_path / "samples.jsonl") == []


@pytest.mark.parametrize("line", ["{}", "[]", "no json", '{"id": "a"}'])
def test_a_line_that_is_no_sample_is_named(tmp_path, line):
    (tmp_path / "samples.jsonl").write_text(to_line(SAMPLE) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"samples\.jsonl:2: not a sample"):
        read_manifest(tmp_path / "samples.jsonl")


def test_a_head_is_what_the_whole_sample_says():
    head = head_from_line(to_line(SAMPLE))
    assert (head.id, head.domain, head.group) == (SAMPLE.id, SAMPLE.domain, SAMPLE.group)
    assert [found.category for found in head.instances] == ["board"]


@pytest.mark.parametrize("line", ["{}", "no json", '{"id": "a", "domain": "real", "instances": [{"category": 3}]}'])
def test_a_head_of_other_types_is_named(line):
    with pytest.raises(InputError, match=r"^here: not a sample"):
        head_from_line(line, "here")


@pytest.mark.parametrize(
    "path", ["a.png", "images/a.png", "./a", "a/./b//c", "../a", "é/ü.png", f"{'a' * 255}/b", "a/"]
)
def test_a_path_below_or_beside_the_manifest_is_one(path):
    assert from_line(to_line(dataclasses.replace(SAMPLE, image=path))).image == path


@pytest.mark.parametrize(
    "path", ["", ".", "..", "a/..", "a/../", "a/../.", "/a", "//a", "///a", "a\0b", "a" * 256, "é" * 128, "a/" * 1501]
)
def test_a_path_that_no_file_below_or_beside_can_have_is_refused(path):
    with pytest.raises(InputError, match="a file's path relative to the manifest's folder"):
        from_line(to_line(dataclasses.replace(SAMPLE, image=path)))
