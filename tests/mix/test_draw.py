"""The setting compose.draw: each way on a manifest's samples, nested, and what is refused in one line."""

import dataclasses
from collections import Counter

import pytest

from dataset.records import Instance, Sample
from dataset.subsets import item_of, nested
from mix.compose import Compose
from mix.draw import Draw, Urn, draw
from pipeline.errors import InputError
from tests.mix.things import ALL, by_name, samples


def photo(number: int, *categories: str, **tags: str) -> Sample:
    instances = tuple(Instance(name, k + 1, (0, 0, 1, 1), 1) for k, name in enumerate(categories))
    return Sample(f"p{number}", "real", f"p{number}.png", "m", (1, 1), instances, "set", "CC0-1.0", tags=tags)


# 60 photos by camera a, 30 by b, 10 by c; every tenth weighs 0; a cat in each, a dog in every fourth, 4 newts
POOL = [
    photo(k, "cat", *["dog"][: k % 4 == 0], *["newt"][: k % 25 == 24], camera="aaaaaabbbc"[k % 10], weight=str(k % 10))
    for k in range(100)
]
CAMERAS = {sample.id: sample.tags["camera"] for sample in POOL}
WAYS = {
    "random": Draw("random"),
    "random again": Draw("random", replace=True),
    "stratified": Draw("stratified", "camera"),
    "stratified again": Draw("stratified", "camera", size=250, replace=True),
    "weighted": Draw("weighted", "weight"),
    "weighted again": Draw("weighted", "weight", replace=True),
    "importance": Draw("importance", "weight"),
    "importance again": Draw("importance", "weight", replace=True),
    "quota": Draw("quota", "camera", quota={"a": 4, "c": 8}),
    "quota again": Draw("quota", "camera", quota={"a": 4, "c": 80}, replace=True),
    "reservoir": Draw("reservoir", size=30),
}


@pytest.fixture
def urn(tmp_path) -> Urn:
    return Urn("real", tmp_path / "m", 1)


@pytest.mark.parametrize("name", WAYS)
def test_the_same_seed_draws_the_same_and_fewer_are_the_first_of_more(urn, name):
    rule = WAYS[name]
    whole = draw(POOL, rule, urn).ids
    assert draw(POOL, rule, urn).ids == whole
    assert draw(POOL, rule, dataclasses.replace(urn, seed=2)).ids != whole
    assert draw(POOL, rule, dataclasses.replace(urn, pool="other")).ids != whole
    assert all(draw(POOL, rule, urn, size).ids == whole[:size] for size in (1, 5, 12))


@pytest.mark.parametrize("name", [name for name in WAYS if name != "reservoir"])
def test_a_draw_does_not_depend_on_how_samples_are_listed(urn, name):
    assert draw(POOL[::-1], WAYS[name], urn) == draw(POOL, WAYS[name], urn)


@pytest.mark.parametrize("name", [name for name in WAYS if "again" not in name])
def test_without_replacement_nothing_comes_twice(urn, name):
    found = draw(POOL, WAYS[name], urn).ids
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", [name for name in WAYS if "again" in name])
def test_with_replacement_something_does(urn, name):
    found = draw(POOL, WAYS[name], urn).ids
    assert len(set(found)) < len(found) == (WAYS[name].size or sum(WAYS[name].quota.values()) or 100)


@pytest.mark.parametrize("name", ["stratified", "stratified again"])
def test_strata_keep_their_shares_at_every_size(urn, name):
    order = draw(POOL, WAYS[name], urn).ids
    for k in range(1, len(order) + 1):
        found = Counter(CAMERAS[sample] for sample in order[:k])
        assert all(abs(found[camera] - k * share) < 1 for camera, share in (("a", 0.6), ("b", 0.3), ("c", 0.1)))


def test_a_quota_is_filled_and_nothing_else_is_taken(urn):
    assert Counter(CAMERAS[name] for name in draw(POOL, WAYS["quota"], urn).ids) == {"a": 4, "c": 8}
    found = draw(POOL, Draw("quota", "category", quota={"newt": 4, "dog": 3}), urn).ids
    shown = Counter(name for sample in POOL if sample.id in found for name in item_of(sample).categories)
    assert shown["newt"] == 4
    assert shown["cat"] == len(found) == 7
    assert shown["dog"] >= 3


def test_a_sample_without_objects_is_of_the_category_without_a_name(urn):
    pool = [photo(k, *["cat"][: k % 2]) for k in range(10)]
    assert sorted(draw(pool, Draw("quota", "category", quota={"": 5}), urn).ids) == ["p0", "p2", "p4", "p6", "p8"]


def test_weights_of_zero_are_counted_and_left_out(urn):
    for name in ("weighted", "importance", "weighted again", "importance again"):
        found = draw(POOL, WAYS[name], urn)
        assert found.never == 10
        assert not {f"p{k}" for k in range(0, 100, 10)} & set(found.ids)


def test_one_over_p_comes_with_what_is_drawn_by_importance_alone(urn):
    for name, rule in WAYS.items():
        found = draw(POOL, rule, urn, 20)
        assert len(found.inverse) == (len(found.ids) if "importance" in name else 0)
    again = draw(POOL, WAYS["importance again"], urn, 20)
    weights = {sample.id: int(sample.tags["weight"]) for sample in POOL}
    assert again.inverse == pytest.approx([450 / (20 * weights[name]) for name in again.ids])


def test_draws_of_a_render_and_its_recipe_are_columns_as_tags_are(urn):
    pool = [dataclasses.replace(photo(k), source="bin", draws={"taken.fov_deg": 50.0 + k}) for k in range(5)]
    assert len(draw(pool, Draw("weighted", "taken.fov_deg"), urn).ids) == 5
    assert len(draw(pool, Draw("quota", "source", quota={"bin": 2}), urn).ids) == 2


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param(Draw("stratified", "place"), "p0 has no tag 'place', .* it has: camera, weight", id="no tag"),
        pytest.param(Draw("weighted", "camera"), "camera of the sample p0 is 'a', wanted a weight: 0", id="no number"),
        pytest.param(Draw("quota", "camera", quota={"c": 11}), "asks for 11 of 'c', there are: a 60, b 30", id="quota"),
        pytest.param(Draw("quota", "camera", quota={"d": 1}, replace=True), "asks for 1 of 'd'", id="unknown value"),
        pytest.param(Draw("random", size=101), "real.size asks for 101, only 100 can be drawn", id="more than all"),
        pytest.param(Draw("weighted", "weight", size=91), "asks for 91, only 90", id="more than weigh anything"),
        pytest.param(Draw("reservoir", size=101), "asks for 101, only 100", id="a stream that is too short"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(urn, rule, message):
    with pytest.raises(InputError, match=message):
        draw(POOL, rule, urn)


@pytest.mark.parametrize("weight", ["-1", "nan", "inf", "1e300", "1e-300", "much", ""])
def test_what_is_no_weight_is_refused(urn, weight):
    with pytest.raises(InputError, match=r"weight of the sample p0 is .*, wanted a weight: 0, or 1e-15 to 1e"):
        draw([photo(0, weight=weight)], Draw("weighted", "weight"), urn)


def test_weights_that_are_all_zero_are_refused(urn):
    with pytest.raises(InputError, match="every weight is 0, wanted a weight above 0"):
        draw([photo(0, weight="0")], Draw("weighted", "weight"), urn)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"how": "evenly"}, "how is 'evenly', wanted one of random, stratified", id="unknown"),
        pytest.param({"how": "weighted"}, "by is '', wanted the name of a column", id="no column"),
        pytest.param({"how": "random", "by": "camera"}, "by is 'camera', wanted none", id="a column too many"),
        pytest.param({"how": "quota", "by": "camera"}, "quota is {}, wanted", id="no quota"),
        pytest.param({"how": "quota", "by": "camera", "quota": {"a": 0}}, "quota is {'a': 0}", id="nothing of a value"),
        pytest.param({"how": "random", "quota": {"a": 1}}, "quota is {'a': 1}, wanted", id="a quota too many"),
        pytest.param({"how": "quota", "by": "c", "quota": {"a": 1}, "size": 3}, "size is 3", id="quota and size"),
        pytest.param({"how": "random", "size": 0}, "size is 0, wanted at least 1", id="none"),
        pytest.param({"how": "reservoir"}, "size is None and replace False", id="a reservoir without size"),
        pytest.param({"how": "reservoir", "size": 3, "replace": True}, "replace True", id="a reservoir drawn again"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Draw(**settings)


def test_without_the_setting_pools_are_in_the_varied_order_as_ever(project):
    pools = by_name(project.compose())
    assert pools["real"] == pools["real"] | {"ids": nested(map(item_of, samples("real", 6)), 1, "real")}
    assert pools["render"]["ids"] == nested(map(item_of, samples("render", 40)), 1, "render")
    assert set(pools["render"]) == {"name", "domain", "manifest", "ids"}
    assert pools["real"]["ids"] == ["real2", "real3", "real5", "real4", "real1", "real0"]  # before there were ways


def test_a_pool_is_drawn_as_its_setting_says_and_the_renders_held_out_stay_the_same(project):
    plain = project.compose(Compose(1, None, 4))
    rule = Draw("random", size=20)
    pools = project.compose(Compose(1, None, 4, {"render": rule}))
    assert pools["held_out"] == plain["held_out"]
    assert by_name(pools)["real"] == by_name(plain)["real"]
    found = by_name(pools)["render"]["ids"]
    assert len(found) == 20
    assert not set(found) & set(plain["held_out"]["ids"])
    assert by_name(project.compose(Compose(1, 5, 4, {"render": rule})))["render"]["ids"] == found[:5]


def test_a_draw_by_importance_writes_one_over_p_and_says_what_weighs_nothing(project, capsys):
    weighed = [dataclasses.replace(sample, tags={"worth": str(k)}) for k, sample in enumerate(samples("render", 40))]
    project.write("renders/samples.jsonl", weighed)
    pool = by_name(project.compose(Compose(1, 10, 0, {"render": Draw("importance", "worth")})))["render"]
    assert len(pool["ids"]) == len(pool["inverse"]) == 10
    assert min(pool["inverse"]) >= 1
    assert "compose.draw.render never draws 1 samples whose worth is 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"draw": {"renders": Draw("random")}}, "names the source 'renders', wanted one of", id="source"),
        pytest.param({"draw": {"render": Draw("random", size=9)}, "renders": 10}, "10 renders, only 9", id="few"),
    ],
)
def test_a_draw_that_no_pool_can_give_is_refused_and_nothing_is_written(project, settings, message):
    with pytest.raises(InputError, match=message):
        project.compose(dataclasses.replace(ALL, **settings))
    assert not (project.root / "pools.json").exists()
