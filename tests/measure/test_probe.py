"""What is tried within a budget, and which trainings that takes; tests/report/test_chain.py does them."""

import pytest

from measure.probe import CHANGES, Probe, affordable, changed, times
from measure.trials.candidate import Trial, trials_of
from measure.trials.pools import read_pools
from pipeline.errors import InputError
from pipeline.settings import build
from tests.measure.trials.ground import SMALL, write_ground

ALL = tuple(CHANGES)


@pytest.mark.parametrize(
    ("name", "cost"),
    [("longer training", 2), ("larger pictures", 2.25), ("another decoder", 1), ("half the labels", 1)],
)
def test_a_change_costs_its_steps_and_its_pixels(name, cost):
    assert times(CHANGES[name], SMALL) == cost


@pytest.mark.parametrize(
    ("runs", "seeds", "found"),
    [
        pytest.param(0, (1,), [], id="nothing"),
        pytest.param(1.9, (1,), ["another decoder"], id="what is too dear is passed over"),
        pytest.param(4.25, (1,), ["longer training", "larger pictures"], id="to the last bit"),
        pytest.param(4.25, (1, 2), ["longer training"], id="two seeds cost twice"),
    ],
)
def test_the_budget_is_spent_in_the_order_of_the_changes(runs, seeds, found):
    names = ("longer training", "larger pictures", "another decoder")
    assert affordable(Probe(runs, names, seeds, 10), SMALL, dict.fromkeys(names)) == found


def test_a_change_that_is_not_possible_costs_nothing():
    settings = Probe(1.0, ("half the renders", "half the labels"), (1,), 10)
    assert affordable(settings, SMALL, {"half the labels": []}) == ["half the labels"]


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    return read_pools(write_ground(tmp_path_factory.mktemp("ground")))


def test_half_of_a_domain_is_drawn_as_curves_draw_it(pools):
    mix = Trial((("real", 0.5), ("render", 0.5)), 3)
    assert changed(CHANGES["half the labels"], mix, pools) == Trial(mix.weights, 3, n_real=2, draw=3)
    assert changed(CHANGES["half the renders"], mix, pools) == Trial(mix.weights, 3, n_render=2, draw=3)
    assert changed(CHANGES["longer training"], mix, pools) == mix


@pytest.mark.parametrize(
    ("name", "source"), [("half the labels", "render"), ("half the renders", "real")], ids=["labels", "renders"]
)
def test_a_domain_that_the_pick_does_not_train_on_is_not_halved(pools, name, source):
    assert changed(CHANGES[name], Trial(((source, 1.0),), 1), pools) is None


def test_the_picked_trainings_are_those_of_the_race():
    row = {"weights": {"real": 0.2, "render": 0.8}, "schedule": "mix"}
    assert trials_of(row, [2]) == [Trial((("real", 0.2), ("render", 0.8)), 2)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"runs": -1.0}, "probe.runs is -1.0, wanted 0 or more", id="a debt"),
        pytest.param({"changes": ["magic"]}, "probe.changes holds 'magic', wanted some of longer", id="unknown"),
        pytest.param({"changes": [ALL[0], ALL[0]]}, "wanted each value once", id="a change twice"),
        pytest.param({"seeds": []}, "probe.seeds is empty, wanted one or more", id="no seed"),
        pytest.param({"resamples": 0}, "probe.resamples is 0, wanted 1 or more", id="nothing to draw"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    values = {"runs": 1.0, "changes": [ALL[0]], "seeds": [1], "resamples": 10} | changes
    with pytest.raises(InputError, match=message):
        build(Probe, values, "probe", lambda _: "params.yaml")
