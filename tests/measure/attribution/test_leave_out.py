from pathlib import Path

import pytest

from dataset.records import REAL, RENDER, Sample
from measure.attribution.groups import Group, GroupEstimate
from measure.attribution.leave_out import measure, to_leave_out, without
from measure.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores
from measure.trials.candidate import Trial
from measure.trials.pools import Pool, Pools


def pool(name: str, domain: str, ids: str) -> Pool:
    samples = tuple(Sample(i, domain, f"{i}.png", f"{i}_ids.png", (8, 8), (), name, "CC0") for i in ids)
    return Pool(name, domain, Path("samples.jsonl"), samples)


POOLS = Pools(
    (pool("real", REAL, "xyz"), pool("table", RENDER, "abc"), pool("shelf", RENDER, "de")), pool("h", RENDER, "")
)
CELL = Trial((("real", 0.2), ("shelf", 0.2), ("table", 0.6)), 1)


@pytest.mark.parametrize(
    ("ids", "weights"),
    [
        pytest.param("ab", {"real": 0.2, "shelf": 0.2, "table": 0.6}, id="some of a source"),
        pytest.param("abc", {"real": 0.2, "shelf": 0.8}, id="a whole source gives its weight to the other renders"),
    ],
)
def test_without_a_group_the_network_sees_as_many_renders(ids: str, weights: dict[str, float]):
    found = without(CELL, Group("mug", "asset", tuple(ids)), POOLS)
    assert found is not None
    assert dict(found.weights) == pytest.approx(weights)
    assert found.without == tuple(ids)


def test_without_all_renders_there_is_nothing_to_train():
    assert without(CELL, Group("mug", "asset", tuple("abcde")), POOLS) is None


def test_the_surest_estimates_are_trained_first_for_better_or_worse():
    found = [
        GroupEstimate(Group(name, "asset", ("a",)), 0.5, help_, (help_ - half, help_ + half))
        for name, help_, half in [("unsure", 0.9, 1.0), ("harm", -0.5, 0.1), ("help", 0.3, 0.1)]
    ]
    assert [group.name for group in to_leave_out(found, 2)] == ["harm", "help"]
    assert to_leave_out(found, 0) == []


def scores(seed: int, found: list[int]) -> Scores:
    """Scores on photos of 100 pixels each, of which so many were found."""
    photos = [PhotoScore(f"p{n}", "", {FOREGROUND: Pixels(k, 100)}) for n, k in enumerate(found)]
    return Scores("val", 0.8, seed, 3, 9, tuple(photos))


def test_a_group_is_worth_the_iou_that_is_lost_without_it():
    full = [scores(1, [80, 70, 90, 82]), scores(2, [81, 71, 91, 83])]
    mug, dull = Group("mug", "asset", ("a",)), Group("dull", "range", ("b",))
    lacking = {mug: [scores(1, [60, 50, 70, 62]), scores(2, [61, 51, 71, 63])], dull: full}
    first, second = measure(full, [mug, dull, Group("never trained", "asset", ("c",))], lacking, 200)
    assert (first.group, second.group) == (mug, dull)
    assert first.help == pytest.approx(0.2)
    assert first.each == pytest.approx((0.2, 0.2))
    assert first.ci95[0] > 0
    assert second.help == pytest.approx(0)
    assert second.ci95[0] <= 0 <= second.ci95[1]
