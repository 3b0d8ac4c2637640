"""A stratified draw keeps the whole's shares: exactly where it can, and more closely than chance where it cannot."""

from collections import Counter

import numpy as np
import pytest

from dataset.records import Instance, Sample
from mix.strata import NO_OBJECT, shares, strata_of, stratified


def photo(*areas: tuple[str, int]) -> Sample:
    instances = tuple(Instance(category, n, (0, 0, 1, 1), area) for n, (category, area) in enumerate(areas, 1))
    return Sample("a", "real", "i", "m", (100, 100), instances, "set", "CC0-1.0")


@pytest.mark.parametrize(
    ("areas", "strata"),
    [
        pytest.param([("mug", 33)], ("category mug", "size small"), id="0.33 % of the photo is small"),
        pytest.param([("mug", 34)], ("category mug", "size medium"), id="0.34 % is medium"),
        pytest.param([("mug", 299)], ("category mug", "size medium"), id="2.99 % is medium"),
        pytest.param([("mug", 300)], ("category mug", "size large"), id="3 % is large"),
        pytest.param([("mug", 1), ("cup", 1)], ("category cup", "category mug", "size small", "size small"), id="two"),
        pytest.param([], NO_OBJECT, id="the background alone"),
    ],
)
def test_an_object_counts_by_its_category_and_by_its_size(areas, strata):
    assert strata_of(photo(*areas)) == strata


def drawn(groups: list[list[tuple[str, ...]]], photos: int) -> tuple[int, Counter[str]]:
    """Return how many photos were drawn, and the objects on them."""
    places = stratified(groups, photos, shares([photo for members in groups for photo in members], photos))
    assert places == sorted(set(places))
    taken = [photo for at in places for photo in groups[at]]
    return len(taken), Counter(stratum for photo in taken for stratum in photo)


def mixed(seed: int, groups: list[list[tuple[str, ...]]]) -> list[list[tuple[str, ...]]]:
    return [groups[at] for at in np.random.default_rng(seed).permutation(len(groups))]


SINGLES = [[(name,)] for name, count in {"a": 60, "b": 30, "c": 10, "d": 2}.items() for _ in range(count)]
CROSSED = [[(category, size)] for category in ("a", "b") for size in ("small", "large") for _ in range(10)]
BURSTS = [[(name,)] * 4 for name, count in {"a": 20, "b": 10}.items() for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("groups", "photos", "counts"),
    [
        pytest.param(SINGLES, 51, {"a": 30, "b": 15, "c": 5, "d": 1}, id="one object a photo, half of them"),
        pytest.param(CROSSED, 20, {"a": 10, "b": 10, "small": 10, "large": 10}, id="two kinds of strata at once"),
        pytest.param(CROSSED, 4, {"a": 2, "b": 2, "small": 2, "large": 2}, id="few of many"),
        pytest.param(BURSTS, 60, {"a": 40, "b": 20}, id="groups of four"),
        pytest.param([[("a",)], [NO_OBJECT]] * 4, 4, {"a": 2, "no object": 2}, id="none"),
    ],
)
def test_shares_that_can_be_exact_are(groups, photos, counts, seed):
    assert drawn(mixed(seed, groups), photos) == (photos, Counter(counts))


def crowd(seed: int, count: int, together: int) -> list[list[tuple[str, ...]]]:
    """Return groups of photos that show several objects of 8 categories, some rare, the same ones within a group."""
    rng = np.random.default_rng(seed)
    common = 1 / np.arange(1, 9) ** 1.3
    groups = []
    for _ in range(count):
        usual = rng.dirichlet(common / common.sum() * 8)
        groups.append([tuple(f"c{c}" for c in rng.choice(8, rng.integers(1, 6), p=usual)) for _ in range(together)])
    return groups


def deviation(groups: list[list[tuple[str, ...]]], taken: Counter[str]) -> float:
    """Return by how much the shares of the categories differ from those of the whole, added up."""
    whole = Counter(stratum for members in groups for photo in members for stratum in photo)
    return sum(abs(taken[name] / taken.total() - count / whole.total()) for name, count in whole.items())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "together", "photos"),
    [
        pytest.param(200, 1, 40, id="single photos"),
        pytest.param(200, 1, 150, id="most of them"),
        pytest.param(100, 4, 80, id="bursts"),
    ],
)
def test_shares_are_nearer_to_the_whole_s_than_by_chance(count, together, photos):
    ours, chance = [], []
    for seed in range(20):
        groups = crowd(seed, count, together)
        number, taken = drawn(groups, photos)
        assert number == photos
        ours.append(deviation(groups, taken))
        some = groups[: photos // together]  # `crowd` draws groups one like the other, so the first are drawn by chance
        chance.append(deviation(groups, Counter(s for members in some for photo in members for s in photo)))
    assert np.mean(ours) < 0.6 * np.mean(chance)


def test_no_more_photos_are_drawn_than_asked_for_whatever_the_sizes_of_groups():
    rng = np.random.default_rng(3)
    for _ in range(50):
        groups = [[(f"c{rng.integers(3)}",)] * int(rng.integers(1, 9)) for _ in range(12)]
        assert drawn(groups, 10)[0] <= 10
