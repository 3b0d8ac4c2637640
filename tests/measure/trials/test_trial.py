import dataclasses
import json

import pytest

from measure.trials.candidate import FIRST, RENDERS_FIRST, Trial, head_of, phases_of, ratio_of, shares_of
from measure.trials.pools import read_pools
from pipeline.errors import InputError
from tests.measure.trials.ground import write_ground
from train.plan import Phase

HALF = (("real", 0.5), ("render", 0.5))


@pytest.fixture
def pools(tmp_path):
    return read_pools(write_ground(tmp_path))


def test_a_smaller_trial_trains_on_a_part_of_what_a_larger_one_does(pools):
    sizes = [[s.id for s in shares_of(Trial((("real", 1.0),), 1, n_real=n), pools)[0].samples] for n in (1, 3)]
    assert sizes == [["train3"], ["train3", "train2", "train1"]]


def test_a_trial_leaves_out_what_it_is_told_to(pools):
    share = shares_of(Trial((("render", 1.0),), 1, without=("render1", "render3")), pools)[0]
    assert [sample.id for sample in share.samples] == ["render0", "render2", "render4"]


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        pytest.param(
            Trial((("reel", 1.0),), 1), "names the source 'reel', wanted one of real, render", id="no such source"
        ),
        pytest.param(
            Trial((("real", 1.0),), 1, n_real=0), "the source real has the weight 1 and no sample", id="nothing to draw"
        ),
    ],
)
def test_a_trial_that_cannot_be_is_refused(pools, trial, message):
    with pytest.raises(InputError, match=message):
        shares_of(trial, pools)


@pytest.mark.parametrize(
    ("weights", "schedule", "phases"),
    [
        pytest.param(HALF, "mix", (Phase((0.5, 0.5), 1.0),), id="a mix is one phase"),
        pytest.param(HALF, RENDERS_FIRST, (Phase((0.0, 1.0), FIRST), Phase((0.5, 0.5), 1 - FIRST)), id="renders first"),
        pytest.param((("real", 1.0),), RENDERS_FIRST, (Phase((1.0,), 1.0),), id="without renders nothing comes first"),
    ],
)
def test_the_schedule_gives_the_phases(pools, weights, schedule, phases):
    assert phases_of(Trial(weights, 1, schedule), pools) == phases


def test_the_head_of_a_scores_file_says_what_was_trained_on(pools):
    head = head_of(Trial(HALF, 3, n_real=2), pools)
    assert head == {
        "ratio": 0.5, "seed": 3, "n_real": 2, "n_render": 5, "schedule": "mix", "weights": {"real": 0.5, "render": 0.5}
    }  # fmt: skip


def test_the_ratio_counts_every_source_of_renders(pools):
    more = dataclasses.replace(pools.sources[1], name="plates")
    pools = dataclasses.replace(pools, sources=(*pools.sources, more))
    assert ratio_of((("real", 0.3), ("render", 0.5), ("plates", 0.2)), pools.domains) == 0.7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"ids": ["nobody"]}, "'nobody' is not in .*samples.jsonl", id="a sample that is gone"),
        pytest.param({"domain": "real"}, "render0 is a render, its source says real", id="a wrong domain"),
    ],
)
def test_pools_that_are_not_what_they_say_are_refused(tmp_path, change, message):
    path = write_ground(tmp_path)
    value = json.loads(path.read_text())
    value["sources"][1] |= change
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match=message):
        read_pools(path)
