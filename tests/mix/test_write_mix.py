"""A mix at a ratio names the pools it draws from and their exact weights."""

import json
import math
from fractions import Fraction

import pytest

from dataset.pools import Named
from mix.write_mix import main, shares, weights
from pipeline.errors import InputError
from pipeline.files import write_json


def pool(name: str, domain: str, count: int) -> dict:
    return {
        "name": name,
        "domain": domain,
        "manifest": f"{name}/samples.jsonl",
        "ids": [f"{name}{k}" for k in range(count)],
    }


TWO = [pool("real", "real", 3), pool("render", "render", 9)]
FOUR = [*TWO, pool("archive", "real", 1), pool("engine", "render", 27)]


def named(pools: list[dict]) -> list[Named]:
    return [Named(**pool) for pool in pools]


def mix_of(root, pools: list[dict], ratio: float) -> dict:
    write_json(root / "pools.json", {"sources": pools, "held_out": {"manifest": "render/samples.jsonl", "ids": []}})
    main(root / "pools.json", ratio, root / "mix" / "by hand" / "mix.json")
    return json.loads((root / "mix" / "by hand" / "mix.json").read_text(encoding="utf-8"))


def test_a_mix_names_both_sources_relative_to_itself(tmp_path):
    mix = mix_of(tmp_path, TWO, 0.8)
    assert mix == {
        "ratio": 0.8,
        "sources": [
            {"name": "real", "manifest": "../../real/samples.jsonl", "weight": 0.2, "ids": TWO[0]["ids"]},
            {"name": "render", "manifest": "../../render/samples.jsonl", "weight": 0.8, "ids": TWO[1]["ids"]},
        ],
    }


def test_a_domain_s_share_is_divided_by_the_number_of_samples():
    assert weights(named(FOUR), 0.8) == [0.15, 0.2, 0.05, 0.6]


@pytest.mark.parametrize(("ratio", "only"), [(0.0, "real"), (1.0, "render")])
def test_an_end_of_the_scale_has_one_source_and_does_not_need_the_other(tmp_path, ratio, only):
    pools = [item if item["name"] == only else item | {"ids": []} for item in TWO]
    (source,) = mix_of(tmp_path, pools, ratio)["sources"]
    assert (source["name"], source["weight"]) == (only, 1.0)


@pytest.mark.parametrize("ratio", [k / 100 for k in range(101)])
def test_weights_sum_to_one_as_they_are_written(ratio):
    assert sum(shares(ratio).values()) == 1
    assert sum(Fraction(str(weight)) for weight in weights(named(TWO), ratio)) == 1


@pytest.mark.parametrize("ratio", [-0.1, 1.01, math.nan, math.inf])
def test_a_ratio_outside_of_0_to_1_is_refused_and_nothing_written(tmp_path, ratio):
    with pytest.raises(InputError, match=f"--ratio is {ratio}, wanted"):
        mix_of(tmp_path, TWO, ratio)
    assert not (tmp_path / "mix").exists()


@pytest.mark.parametrize(("number", "domain"), [(0, "real"), (1, "render")])
def test_a_share_without_samples_is_refused(tmp_path, number, domain):
    pools = [item | {"ids": []} if place == number else item for place, item in enumerate(TWO)]
    with pytest.raises(InputError, match=f"gives {domain} samples 0.5 of the mix, but there are none"):
        mix_of(tmp_path, pools, 0.5)


@pytest.mark.parametrize("value", [[], {"ratio": 0.5}, {"sources": [{"name": "real"}]}, {"sources": 3}])
def test_a_file_without_pools_is_refused(tmp_path, value):
    write_json(tmp_path / "pools.json", value)
    with pytest.raises(InputError, match=r"pools\.json: not pools of samples"):
        main(tmp_path / "pools.json", 0.5, tmp_path / "mix.json")
