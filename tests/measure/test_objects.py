"""Objects are counted as there are, and as a schedule of training really draws them."""

from pathlib import Path

import numpy as np
import pytest

from dataset.records import Instance, Sample
from measure.objects import CategoryObjects, object_counts, objects_by_category, per_picture
from measure.trials.pools import Pool, Pools
from train.sampler import repeats_of, schedule

CATEGORIES = ("mug", "spoon")


def sample(number: int, domain: str, mugs: int, spoons: int) -> Sample:
    names = ["mug"] * mugs + ["spoon"] * spoons
    instances = tuple(Instance(name, k + 1, (0, 0, 1, 1), 1) for k, name in enumerate(names))
    return Sample(f"{domain}{number}", domain, "i", "m", (1, 1), instances, "set", "CC0-1.0")


def pool(name: str, domain: str, *shown: tuple[int, int]) -> Pool:
    return Pool(name, domain, Path("m"), tuple(sample(k, domain, *each) for k, each in enumerate(shown)))


# the photos: 9 mugs in 3 of 4, one spoon in one of them; the renders: a spoon in each
PHOTOS, RENDERS = pool("real", "real", (3, 0), (5, 0), (1, 1), (0, 0)), pool("render", "render", (1, 1), (0, 1))
POOLS = Pools((PHOTOS, RENDERS), pool("held_out", "render", (9, 9)))


def test_an_even_mix_shows_the_mean_of_each_source_by_its_share():
    rows = objects_by_category(POOLS, {"real": 0.2, "render": 0.8}, CATEGORIES, "even")
    assert rows == [
        CategoryObjects("mug", 9, 1, pytest.approx(100 * (0.2 * 9 / 4 + 0.8 * 1 / 2))),
        CategoryObjects("spoon", 1, 2, pytest.approx(100 * (0.2 * 1 / 4 + 0.8))),
    ]


def test_what_is_not_in_the_mix_is_counted_and_not_seen():
    rows = objects_by_category(POOLS, {"real": 1.0}, CATEGORIES, "even")
    assert [(row.render, row.seen) for row in rows] == [(1, 225.0), (2, 25.0)]


@pytest.mark.parametrize("sampling", ["even", "by category"])
def test_what_is_said_to_be_seen_is_what_a_schedule_draws(sampling):
    counts = object_counts(PHOTOS.samples, CATEGORIES)
    repeats = repeats_of(np.pad(counts, ((0, 0), (1, 0))), sampling)
    drawn = schedule((1.0,), (4,), 3000, 4, 10, seed=1, repeats=[repeats])[:, :, 1].ravel()
    assert per_picture(counts, sampling) == pytest.approx(counts[drawn].mean(axis=0), rel=0.01)
    rows = objects_by_category(POOLS, {"real": 1.0}, CATEGORIES, sampling)
    assert [row.seen for row in rows] == pytest.approx((100 * counts[drawn].mean(axis=0)).tolist(), rel=0.01)


def test_sampling_by_category_shows_the_rare_one_more_often():
    even, rare = (objects_by_category(POOLS, {"real": 1.0}, CATEGORIES, how)[1].seen for how in ("even", "by category"))
    assert rare > 1.2 * even


def test_a_source_without_samples_shows_nothing():
    assert per_picture(object_counts([], CATEGORIES), "by category").tolist() == [0, 0]
