"""Every way of drawing against its definition: how often an id is in, and what estimates of sums come to."""

import itertools
import math
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mix.draw import Urn
from mix.sampling import in_proportion, inverses, priorities, reservoir, shuffled, weighted, with_replacement
from pipeline.seeds import rng_for

SEEDS = 2000
IDS = [f"p{k}" for k in range(8)]
WEIGHTS = dict(zip(IDS, [1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 0.0, 0.5], strict=True))


def chance(seed: int) -> Callable[[str], float]:
    return Urn("real", Path("m"), seed).chance


def near(count: int, share: float, times: int = SEEDS) -> bool:
    """Return whether a count is within 5 standard deviations of what a probability gives."""
    return abs(count - times * share) <= 5 * math.sqrt(times * share * (1 - share))


def test_the_numbers_of_chance_are_even_and_belong_to_seed_and_id():
    found = np.array([chance(seed)("p1") for seed in range(SEEDS)])
    assert ((found > 0) & (found < 1)).all()
    assert all(near(int((found < share).sum()), share) for share in (0.1, 0.25, 0.5, 0.9))
    assert len(set(found.tolist())) == SEEDS
    assert chance(1)("p1") == found[1] != chance(1)("p2")


@pytest.mark.parametrize("size", [1, 3, 7])
def test_random_every_set_of_k_is_as_likely(size: int):
    found = Counter(frozenset(shuffled(IDS, chance(seed))[:size]) for seed in range(SEEDS))
    assert all(near(found[frozenset(some)], 1 / math.comb(8, size)) for some in itertools.combinations(IDS, size))


def test_weighted_the_first_is_drawn_by_its_share_and_the_second_by_its_share_of_what_is_left():
    orders = [weighted(WEIGHTS, chance(seed))[:2] for seed in range(SEEDS)]
    total = sum(WEIGHTS.values())
    for first, second in itertools.permutations(IDS, 2):
        share = WEIGHTS[first] / total * WEIGHTS[second] / (total - WEIGHTS[first])
        assert near(orders.count([first, second]), share)


def test_what_weighs_nothing_is_never_drawn_and_equal_weights_are_a_random_order():
    assert sorted(weighted(WEIGHTS, chance(1))) == sorted(name for name in IDS if WEIGHTS[name])
    even = Counter(weighted(dict.fromkeys(IDS, 0.25), chance(seed))[0] for seed in range(SEEDS))
    assert all(near(even[name], 1 / 8) for name in IDS)
    assert weighted(dict.fromkeys(IDS, 0.0), chance(1)) == []


@pytest.mark.parametrize("size", [1, 2, 4, 7])
def test_by_importance_sums_over_the_sample_with_one_over_p_are_those_of_all(size: int):
    values = dict(zip(IDS, [4.0, -1.0, 3.0, 0.0, 7.0, 2.0, 50.0, 9.0], strict=True))  # p6 has weight 0: not part of it
    found = np.empty(SEEDS)
    for seed in range(SEEDS):
        ranked = priorities(WEIGHTS, chance(seed))
        counted = inverses(WEIGHTS, ranked, size)
        found[seed] = sum(values[name] * times for name, times in zip(list(ranked)[:size], counted, strict=True))
    wanted = sum(value for name, value in values.items() if WEIGHTS[name])
    assert abs(found.mean() - wanted) <= 5 * found.std() / math.sqrt(SEEDS) + 1e-9


def test_by_importance_an_id_is_in_about_as_often_as_its_share_of_the_weights_says():
    weights = {f"w{k}": 1.0 + k % 4 for k in range(200)}
    found = Counter(name for seed in range(400) for name in list(priorities(weights, chance(seed)))[:20])
    by_weight = Counter[float]()
    for name, count in found.items():
        by_weight[weights[name]] += count
    for weight in (1.0, 2.0, 3.0, 4.0):
        assert by_weight[weight] / (400 * 50) == pytest.approx(20 * weight / 500, rel=0.05)


def test_all_that_can_be_drawn_stands_for_itself_alone():
    assert inverses(WEIGHTS, priorities(WEIGHTS, chance(1)), 7) == [1.0] * 7


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param((5,), id="one"),
        pytest.param((1, 1), id="two of one"),
        pytest.param((50, 30, 20), id="three"),
        pytest.param((97, 1, 1, 1), id="one large"),
        pytest.param((7, 11, 13, 17, 19, 23), id="primes"),
        pytest.param((1,) * 30 + (300,), id="many small"),
    ],
)
def test_every_prefix_holds_each_stratum_s_share_rounded_down_or_up(sizes: tuple[int, ...]):
    total = sum(sizes)
    order = in_proportion([[f"{stratum}" for _ in range(size)] for stratum, size in enumerate(sizes)])
    assert Counter(order) == {f"{stratum}": size for stratum, size in enumerate(sizes)}
    for stratum, size in enumerate(sizes):
        taken = np.cumsum([name == f"{stratum}" for name in order])
        for k, count in enumerate(taken.tolist(), 1):
            assert k * size // total <= count <= -(-k * size // total)


def test_a_stratum_keeps_its_own_order_and_no_stratum_gives_none():
    order = in_proportion([["a1", "a2", "a3"], [], ["b1", "b2"]])
    assert [name for name in order if name[0] == "a"] == ["a1", "a2", "a3"]
    assert [name for name in order if name[0] == "b"] == ["b1", "b2"]
    assert in_proportion([]) == []


def test_draws_with_replacement_are_independent_and_by_weight():
    found = [with_replacement(IDS, 2, rng_for(seed), list(WEIGHTS.values())) for seed in range(SEEDS)]
    total = sum(WEIGHTS.values())
    for first, second in itertools.product(IDS, repeat=2):
        assert near(found.count([first, second]), WEIGHTS[first] * WEIGHTS[second] / total**2)
    even = Counter(name for seed in range(SEEDS) for name in with_replacement(IDS, 1, rng_for(seed)))
    assert all(near(even[name], 1 / 8) for name in IDS)


@pytest.mark.slow
@pytest.mark.parametrize(("length", "size"), [(8, 3), (8, 1), (8, 8), (30, 4)])
def test_a_reservoir_holds_every_id_of_a_stream_as_likely_and_so_does_each_prefix_of_it(length: int, size: int):
    runs = [reservoir((f"p{k}" for k in range(length)), size, rng_for(seed)) for seed in range(SEEDS)]
    for prefix in {1, size}:
        found = Counter(name for run in runs for name in run[:prefix])
        assert all(near(found[f"p{k}"], prefix / length) for k in range(length))
        assert all(len(set(run)) == size for run in runs)


def test_a_reservoir_s_pairs_are_all_as_likely():
    runs = Counter(frozenset(reservoir(iter(IDS), 2, rng_for(seed))) for seed in range(SEEDS))
    assert all(near(runs[frozenset(pair)], 1 / 28) for pair in itertools.combinations(IDS, 2))


def test_a_short_stream_is_taken_whole():
    assert sorted(reservoir(iter(IDS), 20, rng_for(1))) == IDS
    assert reservoir(iter([]), 20, rng_for(1)) == []


@pytest.mark.slow
def test_a_reservoir_reads_a_stream_once_and_keeps_no_more_than_its_size():
    read = 0

    def stream() -> Iterator[str]:
        nonlocal read
        for k in range(50_000):
            read += 1
            yield f"a name that takes some room {k}"

    tracemalloc.start()
    kept = reservoir(stream(), 10, rng_for(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(kept), read) == (10, 50_000)
    assert peak < 50_000  # bytes: not one a name


def orders(ids: list[str], seed: int) -> list[list[str]]:
    known = {name: WEIGHTS[name] for name in ids}
    return [shuffled(ids, chance(seed)), weighted(known, chance(seed)), list(priorities(known, chance(seed)))]


def test_no_order_depends_on_the_listing_and_a_new_id_leaves_the_others_in_theirs():
    for seed in range(20):
        whole = orders(IDS, seed)
        assert orders(IDS[::-1], seed) == whole
        fewer = orders(IDS[1:], seed)
        assert [[name for name in order if name != "p0"] for order in whole] == fewer
