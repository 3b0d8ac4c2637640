"""The nested order: prefixes, groups in turn, categories from the start, and nothing that depends on the listing."""

import itertools
from collections import Counter

import pytest

from dataset.records import Instance, Sample
from dataset.subsets import Item, item_of, nested
from pipeline.seeds import rng_for


def sample(name: str, group: str = "", *categories: str) -> Sample:
    instances = tuple(Instance(category, k + 1, (0, 0, 1, 1), 1) for k, category in enumerate(categories))
    return Sample(name, "real", "i", "m", (1, 1), instances, "set", "CC0-1.0", group=group)


def drawn_pool(number: int) -> list[Item]:
    """Return a pool of random groups and categories, some of them rare, some photos without any."""
    rng = rng_for(number, "pool")
    count, groups = int(rng.integers(1, 120)), int(rng.integers(1, 40))
    often = rng.random(int(rng.integers(1, 12))) ** 3
    return [
        Item(
            f"p{k}",
            f"g{rng.integers(groups)}" if rng.random() < 0.8 else f"p{k}",
            tuple(f"c{j}" for j, share in enumerate(often) if rng.random() < share),
        )
        for k in range(count)
    ]


every_pool = pytest.mark.parametrize("number", range(40))


def shown(items: list[Item]) -> set[str]:
    return {category for item in items for category in item.categories}


@every_pool
def test_an_order_holds_every_sample_once_whatever_order_they_are_listed_in(number):
    items = drawn_pool(number)
    order = nested(items, 1, "real")
    assert sorted(order) == sorted(item.id for item in items)
    for turn in range(5):
        mixed = [items[index] for index in rng_for(turn, "listing").permutation(len(items))]
        assert nested(mixed, 1, "real") == order


@every_pool
def test_a_prefix_as_long_as_there_are_categories_shows_them_all_and_a_shorter_one_a_new_one_each(number):
    items = drawn_pool(number)
    known = {item.id: item for item in items}
    order = [known[name] for name in nested(items, 1, "real")]
    everything = shown(items)
    for size in range(1, len(order) + 1):
        assert len(shown(order[:size])) >= min(size, len(everything))


@every_pool
def test_after_the_opening_no_group_is_more_than_one_turn_ahead_of_one_that_has_photos_left(number):
    items = drawn_pool(number)
    known = {item.id: item.group for item in items}
    whole, opened = Counter(known.values()), len(shown(items))
    order = [known[name] for name in nested(items, 1, "real")]
    start = Counter(order[:opened])
    for size in range(opened + 1, len(order) + 1):
        taken = Counter(order[:size])
        ahead = max((taken[group] for group in taken if taken[group] > start[group]), default=0)
        behind = min((taken[group] for group in whole if taken[group] < whole[group]), default=ahead)
        assert ahead <= behind + 1


def test_as_many_photos_as_groups_are_one_of_each_group():
    items = [Item(f"{burst}-{k}", f"burst={burst}", ("cat",)) for burst in range(9) for k in range(9)]
    order = nested(items, 3, "real")
    for begin in range(0, 81, 9):
        assert len({name.split("-")[0] for name in order[begin : begin + 9]}) == 9


def test_the_only_photo_of_a_rare_category_opens_the_pool():
    items = [Item(f"p{k}", f"p{k}", ("often",)) for k in range(500)] + [Item("rare", "rare", ("often", "seldom"))]
    assert nested(items, 1, "real")[0] == "rare"


def test_categories_are_opened_from_different_groups_where_there_is_a_choice():
    items = [Item(f"{burst}{c}", burst, (c,)) for burst in "abcd" for c in ("w", "x", "y", "z")]
    assert {name[0] for name in nested(items, 1, "real")[:4]} == set("abcd")


def test_a_sample_without_a_group_is_a_group_of_its_own_and_each_category_counts_once():
    assert item_of(sample("a", "", "dog", "cat", "dog")) == Item("a", "a", ("cat", "dog"))
    assert item_of(sample("a", "burst=1")) == Item("a", "burst=1", ())
    assert nested([], 1, "real") == []


def test_the_seed_and_the_pool_s_name_decide_the_order():
    items = [Item(f"p{k}", f"p{k}", ()) for k in range(30)]
    orders = [nested(items, seed, pool) for seed in (1, 2) for pool in ("real", "render")]
    assert all(one != other for one, other in itertools.combinations(orders, 2))


def test_samples_that_come_later_leave_the_order_of_the_others_as_it_was():
    items = [Item(f"p{k}", f"p{k}", ()) for k in range(60)]
    old, new = nested(items[:40], 1, "render"), nested(items, 1, "render")
    assert [name for name in new if name in set(old)] == old


def test_every_sample_is_as_likely_to_come_first():
    items = [Item(f"p{k}", f"p{k}", ("cat",)) for k in range(5)]
    first = Counter(nested(items, seed, "real")[0] for seed in range(2000))
    assert all(abs(count - 400) < 5 * (2000 * 0.2 * 0.8) ** 0.5 for count in first.values())  # 5 standard deviations


def test_a_large_group_comes_no_sooner_than_a_small_one():
    items = [Item(f"a{k}", "large", ()) for k in range(50)] + [Item("b", "small", ())]
    sooner = sum(nested(items, seed, "real")[0] == "b" for seed in range(1000))
    assert abs(sooner - 500) < 5 * 250**0.5  # 5 standard deviations
