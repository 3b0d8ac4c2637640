"""Pools hold what there is in nested order, held-out renders apart, and nothing else gets in."""

import pytest

from mix.compose import Compose, hold
from pipeline.errors import InputError
from tests.mix.things import by_name, samples


def test_pools_name_their_samples_and_manifests_that_lie_relative_to_the_file(project):
    pools = project.compose()
    assert [(pool["name"], pool["domain"]) for pool in pools["sources"]] == [("real", "real"), ("render", "render")]
    assert sorted(by_name(pools)["real"]["ids"]) == [f"real{k}" for k in range(6)]
    assert sorted(by_name(pools)["render"]["ids"]) == sorted(f"render{k}" for k in range(40))
    assert all((project.root / pool["manifest"]).is_file() for pool in [*pools["sources"], pools["held_out"]])
    assert pools["held_out"]["ids"] == []


def test_the_same_samples_give_the_same_bytes_in_whichever_order_they_are_listed(project):
    project.compose(Compose(1, None, 4))
    first = (project.root / "pools.json").read_bytes()
    project.write("split/train.jsonl", samples("real", 6)[::-1])
    project.write("renders/samples.jsonl", samples("render", 40)[::-1])
    project.compose(Compose(1, None, 4))
    assert (project.root / "pools.json").read_bytes() == first
    project.compose(Compose(2, None, 4))
    assert (project.root / "pools.json").read_bytes() != first


@pytest.mark.parametrize(
    ("wanted", "held_out"),
    [
        pytest.param(3, 3, id="as many as asked for"),
        pytest.param(32, 4, id="at most a tenth of the renders"),
        pytest.param(0, 0, id="none"),
    ],
)
def test_held_renders_are_the_last_of_the_order_and_in_no_pool(project, wanted, held_out):
    every = by_name(project.compose())["render"]["ids"]
    pools = project.compose(Compose(1, None, wanted))
    assert pools["held_out"]["ids"] == every[40 - held_out :]
    assert by_name(pools)["render"]["ids"] == every[: 40 - held_out]


def test_fewer_renders_are_the_first_of_more_and_the_same_ones_are_held_out(project):
    every = project.compose(Compose(1, None, 4))
    for count in (1, 7, 36):
        pools = project.compose(Compose(1, count, 4))
        assert by_name(pools)["render"]["ids"] == by_name(every)["render"]["ids"][:count]
        assert pools["held_out"] == every["held_out"]


def test_renders_too_few_for_a_tenth_are_all_trained_on():
    assert hold(["a"] * 9, 32) == (["a"] * 9, [])


def test_more_renders_than_are_left_are_refused(project):
    with pytest.raises(InputError, match="asks for 37 renders, only 36 exist beside the 4 held out; raise"):
        project.compose(Compose(1, 37, 4))


@pytest.mark.parametrize(
    ("manifest", "members", "message"),
    [
        pytest.param("split/train.jsonl", samples("render", 2), "is a render, wanted real", id="a render as real"),
        pytest.param("renders/samples.jsonl", samples("real", 2), "is a real, wanted render", id="a photo as render"),
        pytest.param("split/test.jsonl", samples("render", 2, "x"), "test: the sample x0 is a render", id="test"),
        pytest.param("split/val.jsonl", samples("real", 1), "val: the sample real0 is in train too", id="a leak"),
        pytest.param(
            "split/more_val/new.jsonl",
            samples("real", 1),
            "more_val.new: the sample real0 is in train",
            id="new leak",
        ),
        pytest.param(
            "split/more_val/new.jsonl",
            samples("render", 1),
            "more_val.new: the sample render0 is a",
            id="no photo",
        ),
        pytest.param("split/train.jsonl", [], "found no real samples to train on", id="no real photos"),
        pytest.param("renders/samples.jsonl", [], "found no render samples to train on", id="no renders"),
        pytest.param("renders/samples.jsonl", samples("render", 1) * 2, "render0 stands there twice", id="twice"),
    ],
)
def test_manifests_that_cannot_be_pools_are_refused_and_nothing_is_written(project, manifest, members, message):
    project.write(manifest, members)
    with pytest.raises(InputError, match=message):
        project.compose()
    assert not (project.root / "pools.json").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param((1, 0, 32), "renders is 0, wanted at least 1", id="no renders"),
        pytest.param((1, None, -1), "held_out is -1, wanted 0 or more", id="fewer than none held_out"),
    ],
)
def test_settings_that_no_pool_can_have_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Compose(*settings)
