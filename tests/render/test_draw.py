import dataclasses
import hashlib
from collections import Counter

import numpy as np
import pytest

from render.catalog import Asset
from render.scenes.draw import colour_of, draw_material, log_between, rendezvous, whole
from render.scenes.recipe import MaterialRange


def asset(name: str) -> Asset:
    return Asset(id=name, kind="mesh", role="distractor", file="x.obj", licence="CC0-1.0", source="here", sha256="0")


TEN = [asset(f"thing-{number}") for number in range(10)]


def test_a_new_asset_changes_only_the_slots_that_it_wins() -> None:
    new = asset("newcomer")
    before = [rendezvous(TEN, 1, "scene", k) for k in range(2000)]
    after = [rendezvous([*TEN, new], 1, "scene", k) for k in range(2000)]
    changed = [b for a, b in zip(before, after, strict=True) if a != b]
    assert set(changed) == {new}
    assert len(changed) == pytest.approx(2000 / 11, rel=0.3)


def test_the_order_of_the_catalogue_does_not_matter() -> None:
    assert [rendezvous(TEN, k) for k in range(50)] == [rendezvous(TEN[::-1], k) for k in range(50)]


def test_every_asset_gets_about_its_fair_share() -> None:
    counts = Counter(rendezvous(TEN, "slot", k).id for k in range(5000))
    assert min(counts.values()) > 350
    assert max(counts.values()) < 650


def test_with_equal_weights_the_highest_hash_wins() -> None:
    for k in range(500):
        highest = max(TEN, key=lambda one: hashlib.sha256(repr(("slot", k, one.id)).encode()).digest())
        assert rendezvous(TEN, "slot", k) == highest


def test_assets_are_drawn_by_their_weights() -> None:
    heavy = [dataclasses.replace(one, weight=3.0 if one.id == "thing-0" else 1.0) for one in TEN]
    counts = Counter(rendezvous(heavy, "slot", k).id for k in range(4000))
    assert counts["thing-0"] == pytest.approx(4000 * 3 / 12, rel=0.1)
    assert counts["thing-1"] == pytest.approx(4000 / 12, rel=0.2)


def test_more_weight_only_takes_slots_over() -> None:
    heavy = [dataclasses.replace(one, weight=3.0 if one.id == "thing-0" else 1.0) for one in TEN]
    pairs = [(rendezvous(TEN, k).id, rendezvous(heavy, k).id) for k in range(1000)]
    assert {after for before, after in pairs if before != after} == {"thing-0"}


def test_wear_moves_no_other_draw() -> None:
    ranges = MaterialRange((0, 1), (0, 1), (0, 1), (0, 1), textures=("plain", "noise"))
    plain, worn = (
        [draw_material([one], rng)[0] for _ in range(5)]
        for one in (ranges, dataclasses.replace(ranges, wear=(0.2, 0.6)))
        for rng in [np.random.default_rng([7])]
    )
    assert [dataclasses.replace(look, wear=0.0) for look in worn] == plain
    assert len({look.wear for look in worn}) == 5
    assert all(0.2 <= look.wear <= 0.6 for look in worn)


def test_no_asset_is_refused() -> None:
    with pytest.raises(ValueError, match="no asset"):
        rendezvous([], 1)


def test_draws_keep_their_limits() -> None:
    rng = np.random.default_rng([1])
    assert {whole((2, 4), rng) for _ in range(100)} == {2, 3, 4}
    drawn = [log_between((0.1, 10), rng) for _ in range(2000)]
    assert 0.1 <= min(drawn) < max(drawn) <= 10
    assert np.mean(np.array(drawn) < 1) == pytest.approx(0.5, abs=0.05)


def test_a_hue_past_one_wraps() -> None:
    assert colour_of(1.05, 0.5, 0.5) == pytest.approx(colour_of(0.05, 0.5, 0.5))
