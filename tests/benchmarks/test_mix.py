"""The benchmark of mixing measures the stages themselves on files such as the stages write."""

import json

import numpy as np
import pytest

from benchmarks.mix import STEPS, Cost, cost_of, growth, lay_out, measure, peak_mb, sample
from dataset.records import RENDER, read_manifest
from pipeline.reading import read_json

pytestmark = pytest.mark.slow


def test_a_tenth_of_the_samples_are_real_photos_and_the_rest_renders_with_their_draws(tmp_path):
    lay_out(tmp_path, 200)
    photos, renders = (read_manifest(tmp_path / name / "samples.jsonl") for name in ("photos", "renders"))
    assert (len(photos), len(renders)) == (20, 180)
    assert len({photo.tags["burst"] for photo in photos}) == 2
    assert all((tmp_path / "photos" / photo.image).is_file() for photo in photos)
    assert renders[7] == sample(7, RENDER)
    assert renders[7].draws
    assert np.load(tmp_path / "hashes.npy").shape == (200,)


def test_what_is_measured_is_split_and_composed(tmp_path):
    lay_out(tmp_path, 1000)
    costs = {step: cost_of(step, tmp_path) for step in STEPS}
    splits = {name: len(read_manifest(tmp_path / "split" / f"{name}.jsonl")) for name in ("train", "val", "test")}
    assert splits == {"train": 80, "val": 10, "test": 10}
    pools, mix = read_json(tmp_path / "pools.json"), json.loads((tmp_path / "mix.json").read_text(encoding="utf-8"))
    assert [len(pool["ids"]) for pool in pools["sources"]] == [80, 868]
    assert len(pools["held_out"]["ids"]) == 32
    assert [source["weight"] for source in mix["sources"]] == [0.5, 0.5]
    assert all(cost.seconds >= 0 and cost.cpu_seconds >= 0 for cost in costs.values())
    assert all(isinstance(cost, Cost) and cost.peak_mb >= cost.start_mb for cost in costs.values())


def test_growth_is_one_for_n_log_n_and_more_for_its_square():
    few = {"samples": 10_000, "seconds": 2.0}
    assert growth(few, {"samples": 1_000_000, "seconds": 300.0}) == 1.0
    assert growth(few, {"samples": 1_000_000, "seconds": 20_000.0}) > 60


def test_a_peak_is_seen_after_the_memory_is_gone():
    before = peak_mb()
    block = b"x" * (int(before) + 64) * 2**20  # more than the process ever held
    size = len(block)
    del block
    assert peak_mb() >= size / 2**20


def test_the_numbers_come_from_a_process_of_their_own():
    block = b"x" * (200 * 2**20)  # that the parent holds much is not counted
    numbers = measure(1000)
    assert numbers["samples"] == 1000
    assert set(numbers["steps"]) == set(STEPS)
    assert 0 < numbers["start_mb"] <= numbers["peak_mb"] < len(block) / 2**20
