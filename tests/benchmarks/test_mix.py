"""The benchmark of mixing measures the stage itself on manifests such as the stages write."""

import json

import pytest

from benchmarks.mix import compose_in, lay_out, measure, peak_mb, sample
from dataset.records import RENDER, read_manifest
from pipeline.reading import read_json

pytestmark = pytest.mark.slow


def test_a_tenth_of_the_samples_are_real_photos_and_the_rest_renders_with_their_draws(tmp_path):
    lay_out(tmp_path, 200)
    train, renders = (read_manifest(tmp_path / f"{name}.jsonl") for name in ("train", "samples"))
    assert (len(train), len(renders)) == (20, 180)
    assert len({photo.group for photo in train}) == 2
    assert renders[7] == sample(7, RENDER)
    assert renders[7].draws


def test_what_is_measured_is_composed(tmp_path):
    lay_out(tmp_path, 200)
    numbers = compose_in(tmp_path)
    pools, mix = read_json(tmp_path / "pools.json"), json.loads((tmp_path / "mix.json").read_text(encoding="utf-8"))
    assert [len(pool["ids"]) for pool in pools["sources"]] == [20, 162]
    assert len(pools["held_out"]["ids"]) == 18
    assert [source["weight"] for source in mix["sources"]] == [0.5, 0.5]
    assert numbers["seconds"] >= 0
    assert numbers["cpu_seconds"] >= 0


def test_a_peak_is_seen_after_the_memory_is_gone():
    before = peak_mb()
    block = b"x" * (int(before) + 64) * 2**20  # more than the process ever held
    size = len(block)
    del block
    assert peak_mb() >= size / 2**20


def test_the_numbers_come_from_a_process_of_their_own():
    block = b"x" * (200 * 2**20)  # that the parent holds much is not counted
    numbers = measure(300)
    assert numbers["samples"] == 300
    assert 0 < numbers["start_mb"] <= numbers["peak_mb"] < len(block) / 2**20
