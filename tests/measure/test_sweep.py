import dataclasses
import json

import pytest

from measure.trials.candidate import Sweep, candidates, real_only
from measure.trials.pools import read_pools
from pipeline.errors import InputError
from pipeline.settings import build
from tests.measure.trials.ground import write_ground
from train.sampler import shares_of


@pytest.fixture
def pools(tmp_path):
    return read_pools(write_ground(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"ratios": []}, "sweep.ratios is empty, wanted one value or more", id="no ratio"),
        pytest.param({"seeds": [1, 1]}, r"sweep.seeds is \[1, 1\], wanted each value once", id="a seed twice"),
        pytest.param({"ratios": [1.5]}, "ratios holds 1.5, wanted numbers from 0", id="no ratio of anything"),
        pytest.param({"schedules": ["later"]}, "'later', wanted mix or renders first", id="an unknown schedule"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_one_line(changes, message):
    values = {"ratios": [0.0], "seeds": [1], "schedules": ["mix"], "weights": []} | changes
    with pytest.raises(InputError, match=message):
        build(Sweep, values, "sweep", lambda _: "params.yaml")


def test_candidates_come_by_rising_ratio_and_the_ends_have_no_schedule(pools):
    found = candidates(Sweep((1.0, 0.5, 0.0), (1,), ("mix", "renders first"), ()), pools)
    assert [each.name for each in found] == ["0.0", "0.5", "0.5 renders first", "1.0"]
    assert found[1].weights == (("real", 0.5), ("render", 0.5))


def test_a_ratio_is_shared_out_among_sources_by_their_size(pools):
    half = dataclasses.replace(pools.sources[0], name="colleague", samples=pools.sources[0].samples[:2])
    pools = dataclasses.replace(pools, sources=(*pools.sources, half))
    found = candidates(Sweep((0.4,), (1,), ("mix",), ()), pools)[0]
    assert dict(found.weights) == {"colleague": 0.2, "real": 0.4, "render": 0.4}


def test_weights_that_a_user_wrote_are_a_candidate_of_their_own(pools):
    found = candidates(Sweep((0.0,), (1,), ("mix",), ({"real": 0.3, "render": 0.7},)), pools)
    assert [(each.name, each.ratio) for each in found] == [("0.0", 0.0), ("0.7", 0.7)]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        pytest.param({"real": 0.3}, "sweep.weights: weights are .* wanted a sum of 1", id="no whole"),
        pytest.param({"reel": 1.0}, "the source 'reel', wanted one of real, render", id="no such source"),
    ],
)
def test_weights_that_are_none_are_refused(pools, weights, message):
    with pytest.raises(InputError, match=message):
        candidates(Sweep((0.0,), (1,), ("mix",), (weights,)), pools)


def test_a_ratio_of_renders_that_are_not_there_is_refused(tmp_path):
    path = write_ground(tmp_path)
    value = json.loads(path.read_text())
    path.write_text(json.dumps(value | {"sources": value["sources"][:1]}))
    with pytest.raises(InputError, match=r"sweep.ratios holds 0.5, but there is no render sample"):
        candidates(Sweep((0.5,), (1,), ("mix",), ()), read_pools(path))


def test_shares_that_no_decimal_can_write_still_make_a_whole(pools):
    third = dataclasses.replace(pools.sources[0], samples=pools.sources[0].samples[:1])
    names = ("a", "b", "c", "d", "e", "f")
    pools = dataclasses.replace(pools, sources=tuple(dataclasses.replace(third, name=name) for name in names))
    weights = [share for _, share in real_only(pools).weights]
    assert sum(shares_of(weights)) == 1


def test_real_only_of_the_curves_is_that_of_the_race(pools):
    assert real_only(pools) == candidates(Sweep((0.0,), (1,), ("mix",), ()), pools)[0]
