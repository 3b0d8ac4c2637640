"""A mix names its sources and their weights, and nothing else gets in."""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from dataset.records import Sample, write_manifest
from mix.compose import Compose, choose, main, shares
from pipeline.errors import InputError


def write(path: Path, domain: str, count: int) -> Path:
    names = [f"{domain}{k}" for k in range(count)]
    write_manifest(path, [Sample(n, domain, "i", "m", (1, 1), (), "set", "CC0-1.0") for n in reversed(names)])
    return path


def mix_of(root: Path, ratio: float, renders: int | None = None, counts: tuple[int, int] = (3, 9)) -> dict:
    real = write(root / "split" / "train.jsonl", "real", counts[0])
    pool = write(root / "renders" / "samples.jsonl", "render", counts[1])
    main(Compose(1, renders), real, pool, ratio, root / "mix" / str(ratio) / "mix.json")
    return json.loads((root / "mix" / str(ratio) / "mix.json").read_text(encoding="utf-8"))


def test_a_mix_names_both_sources_relative_to_itself(tmp_path):
    mix = mix_of(tmp_path, 0.8)
    real, render = mix["sources"]
    assert mix["ratio"] == 0.8
    assert (real["name"], real["weight"], real["ids"]) == ("real", 0.2, ["real0", "real1", "real2"])
    assert (render["name"], render["weight"], len(render["ids"])) == ("render", 0.8, 9)
    for source in mix["sources"]:
        assert (tmp_path / "mix" / "0.8" / source["manifest"]).is_file()


@pytest.mark.parametrize(("ratio", "only", "counts"), [(0.0, "real", (3, 0)), (1.0, "render", (0, 9))])
def test_an_end_of_the_scale_has_one_source_and_does_not_need_the_other(tmp_path, ratio, only, counts):
    (source,) = mix_of(tmp_path, ratio, counts=counts)["sources"]
    assert (source["name"], source["weight"]) == (only, 1.0)


@pytest.mark.parametrize("ratio", [k / 100 for k in range(101)])
def test_weights_sum_to_one_as_they_are_written(ratio):
    assert sum(Fraction(str(weight)) for weight in shares(ratio)) == 1


def test_a_larger_choice_of_renders_contains_the_smaller_one():
    ids = [f"r{k}" for k in range(20)]
    choices = [set(choose(ids, count, seed=1)) for count in range(21)]
    assert [len(choice) for choice in choices] == list(range(21))
    assert all(small < large for small, large in itertools.pairwise(choices))
    assert choose(ids, 10, seed=1) == choose(ids[::-1], 10, seed=1) != choose(ids, 10, seed=2)
    assert choose(ids, None, seed=1) == sorted(ids)


@pytest.mark.parametrize("ratio", [-0.1, 1.01, math.nan, math.inf])
def test_a_ratio_outside_of_0_to_1_is_refused_and_nothing_written(tmp_path, ratio):
    with pytest.raises(InputError, match=f"--ratio is {ratio}, wanted"):
        mix_of(tmp_path, ratio)
    assert not (tmp_path / "mix").exists()


@pytest.mark.parametrize(
    ("ratio", "renders", "counts", "message"),
    [
        pytest.param(0.5, 10, (3, 9), "asks for 10 renders, only 9 exist", id="more renders than there are"),
        pytest.param(0.5, None, (0, 9), "found no real samples", id="no real photos"),
        pytest.param(0.5, None, (3, 0), "found no render samples", id="no renders"),
    ],
)
def test_a_mix_that_cannot_be_is_refused(tmp_path, ratio, renders, counts, message):
    with pytest.raises(InputError, match=message):
        mix_of(tmp_path, ratio, renders, counts)
    assert not (tmp_path / "mix").exists()


@pytest.mark.parametrize(("real", "pool"), [("render", "render"), ("real", "real")])
def test_a_sample_in_the_wrong_manifest_is_refused(tmp_path, real, pool):
    paths = write(tmp_path / "a.jsonl", real, 2), write(tmp_path / "b.jsonl", pool, 2)
    with pytest.raises(InputError, match=r"the sample .* is a .*, wanted .* samples only"):
        main(Compose(1, None), *paths, 0.5, tmp_path / "mix.json")


def test_no_renders_to_draw_from_is_no_setting():
    with pytest.raises(ValueError, match="renders is 0, wanted at least 1"):
        Compose(1, 0)
