"""What is tried within a budget, and which trainings that takes; tests/report/test_chain.py does them."""

import numpy as np
import pytest

from dataset.records import RENDER, Sample
from measure.attribution.groups import Group, GroupEstimate
from measure.attribution.leave_out import MeasuredHelp
from measure.attribution.record import record
from measure.probe import CHANGES, GROUPS, Probe, affordable, changed, changes_of, groups_to_try, times, untried
from measure.scoring.differences import difference
from measure.scoring.intervals import CountTable
from measure.trials.candidate import Trial, trials_of
from measure.trials.pools import read_pools
from measure.worth.tried import UntriedChange
from pipeline.errors import InputError
from pipeline.seeds import rng_for
from pipeline.settings import build
from tests.measure.scoring.worlds import NAMES
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
    settings = Probe(runs, names, seeds, 10)
    assert affordable(settings, SMALL, changes_of(settings, [])) == found


def test_a_change_that_is_not_possible_costs_nothing():
    settings = Probe(1.0, ("half the renders", "half the labels"), (1,), 10)
    possible = {"half the labels": CHANGES["half the labels"]}
    assert affordable(settings, SMALL, possible) == ["half the labels"]


def estimated(*groups):
    """Return the estimates of groups (kind, name, ids, help)."""
    return [GroupEstimate(Group(name, kind, ids), 0.5, by, (by - 1, by + 1)) for kind, name, ids, by in groups]


def sample(name, recipe, *assets):
    return Sample(name, RENDER, "a", "b", (1, 1), (), recipe, "CC0", "", assets)


RENDERS = [sample("r1", "day", "mug"), sample("r2", "day", "mug", "cup"), sample("r3", "night", "mug")]


def test_groups_are_tried_worst_first_and_those_that_attribute_measured_are_not():
    """Of the estimate, what the absence would raise counts: two renders of -0.3 before one of -0.5."""
    found = estimated(
        ("asset", "cup", ("r2",), -0.5), ("asset", "mug", ("r1", "r2", "r3"), -0.1),
        ("recipe", "day", ("r1", "r2"), -0.3), ("recipe", "night", ("r3",), 0.3), ("range", "tilt 1", ("r1",), -9.0),
    )  # fmt: skip
    measured = [MeasuredHelp(found[3].group, 0.1, (0.0, 0.2))]
    attribution = record(found, measured, [], 2, 50)
    assert [group.name for group in groups_to_try(attribution, RENDERS)] == ["day", "cup", "mug"]
    assert groups_to_try(attribution, RENDERS)[0].ids == ("r1", "r2")
    assert groups_to_try(attribution, []) == []  # the pick trains on no renders


MUG, NIGHT = Group("mug", "asset", ("render1",)), Group("night", "recipe", ("render0", "render2"))


def test_each_group_is_a_change_where_the_groups_stand_in_the_order():
    found = changes_of(Probe(9.0, ("longer training", GROUPS, "half the labels"), (1,), 10), [NIGHT, MUG])
    assert {name: change.action for name, change in found.items()} == {
        "longer training": "architecture", "without recipe night": "look", "without asset mug": "assets",
        "half the labels": "label",
    }  # fmt: skip


def reasons(settings, groups, impossible=()):
    """Return why each change was not tried."""
    changes = changes_of(settings, groups)
    possible = {name: change for name, change in changes.items() if name not in impossible}
    missing = untried(settings, changes, possible, affordable(settings, SMALL, possible))
    return {each.name: (each.why, each.possible) for each in missing}


def test_a_change_that_is_not_tried_has_its_reason():
    spent, unasked = ("the budget of 1 ended before it", True), ("it is not in probe.changes", True)
    found = reasons(Probe(1.0, ("half the renders", "another decoder", GROUPS), (1,), 10), [MUG], ["half the renders"])
    assert found == {
        "longer training": unasked,
        "larger pictures": unasked,
        "half the labels": unasked,
        "half the renders": ("the pick has no such samples", False),
        "without asset mug": spent,
        "leaving recipes out": ("stage attribute names none to try", False),
    }
    assert set(reasons(Probe(0.0, (*ALL, GROUPS), (1,), 10), [MUG, NIGHT]).values()) == {("probe.runs is 0", True)}


def test_where_there_is_no_group_to_leave_out_it_says_so():
    without, unasked = Probe(99.0, (*ALL, GROUPS), (1,), 10), Probe(99.0, ALL, (1,), 10)
    why = "stage attribute names none to try"
    assert untried(without, CHANGES, CHANGES, ALL) == (
        UntriedChange("leaving assets out", "assets", why, False),
        UntriedChange("leaving recipes out", "look", why, False),
    )
    assert untried(unasked, CHANGES, CHANGES, ALL)[0].why == "groups is not in probe.changes"


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    return read_pools(write_ground(tmp_path_factory.mktemp("ground")))


def test_half_of_a_domain_is_drawn_as_curves_draw_it(pools):
    mix = Trial((("real", 0.5), ("render", 0.5)), 3)
    assert changed(CHANGES["half the labels"], mix, pools) == Trial(mix.weights, 3, n_real=2, draw=3)
    assert changed(CHANGES["half the renders"], mix, pools) == Trial(mix.weights, 3, n_render=2, draw=3)
    assert changed(CHANGES["longer training"], mix, pools) == mix


def test_a_group_is_left_out_as_attribute_leaves_it_out(pools):
    mix = Trial((("real", 0.5), ("render", 0.5)), 3)
    change = changes_of(Probe(9.0, (GROUPS,), (1,), 10), [MUG])["without asset mug"]
    assert changed(change, mix, pools) == Trial(mix.weights, 3, without=("render1",))
    assert changed(change, Trial((("real", 1.0),), 3), pools) is None


@pytest.mark.parametrize(
    ("name", "source"), [("half the labels", "render"), ("half the renders", "real")], ids=["labels", "renders"]
)
def test_a_domain_that_the_pick_does_not_train_on_is_not_halved(pools, name, source):
    assert changed(CHANGES[name], Trial(((source, 1.0),), 1), pools) is None


def table(rng, photos, sd, seeds):
    """Return what trainings with so many seeds count on photos: each its own luck, and a little of each photo's."""
    luck = rng.normal(0, sd, (seeds, 1)) + rng.normal(0, 0.02, (seeds, len(photos)))
    hits = ((photos + luck).clip(0, 1) * 10_000).astype(int)
    return CountTable(NAMES, np.stack([hits, np.full_like(hits, 10_000)], axis=-1).astype(float))


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "sd", "most"), [(1, 0.01, 0.03), (3, 0.01, 0.12), (3, 0.03, 0.12)])
def test_that_one_of_twelve_harmless_groups_is_shown_to_do_harm_is_rare(seeds, sd, most):
    """Worlds in which leaving a group out changes nothing; one seed allows for a tenth of the error, here 0.02."""
    false, worlds = 0, 200
    for world in range(worlds):
        rng = rng_for(1, "harmless", seeds, str(sd), world)
        photos = 0.8 + rng.normal(0, 0.05, 20)
        picked, *groups = (table(rng, photos, sd, count) for count in (3, *[seeds] * 12))
        false += any(difference(lacking, picked, 200)[0] > 0 for lacking in groups)
    assert false <= most * worlds


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
