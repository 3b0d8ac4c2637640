import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from dataset.idmap import IGNORED
from train.data import Photo
from train.sampler import class_weights, pixel_counts, repeats_of, schedule


def photo(*pixels: int) -> Photo:
    """Return a photo of one row."""
    truth = np.array([pixels], np.uint8)
    return Photo(np.zeros((*truth.shape, 3), np.uint8), truth)


def test_pixels_are_counted_by_category():
    assert pixel_counts([photo(0, 0, 2, 2, 2), photo(1)], 4).tolist() == [[2, 0, 3, 0], [0, 1, 0, 0]]
    assert pixel_counts([], 3).shape == (0, 3)


# 16 photos show the first category, 4 of them the second too, one shows the third alone, two are empty
POOL = [photo(0, 1)] * 12 + [photo(0, 1, 2)] * 4 + [photo(0, 3)] + [photo(0, 0)] * 2


def test_a_photo_of_a_rare_category_comes_by_the_root_of_its_rarity():
    repeats = repeats_of(pixel_counts(POOL, 4), "by category")
    assert repeats.tolist() == [1] * 12 + [2] * 4 + [4] + [1] * 2
    assert repeats_of(pixel_counts(POOL, 4), "even").tolist() == [1] * 19
    assert repeats_of(pixel_counts([], 4), "by category").tolist() == []


@pytest.mark.parametrize("repeats", [[1.0, 2.0, 4.0, 1.0], [1.0, 1.5, 2.25], [1.0, 2**0.5, 10**0.5, 7.3]])
def test_draws_by_category_keep_their_shares_exactly(repeats: list[float]):
    cycles = 40
    draws = round(cycles * sum(repeats))
    rows = schedule((1.0,), (len(repeats),), draws, 1, 1, seed=3, repeats=[np.array(repeats)])
    counts = np.bincount(rows[:, 0, 1], minlength=len(repeats))
    assert np.abs(counts - np.array(repeats) * cycles).max() <= 2


def test_draws_by_category_keep_the_ratio_of_the_sources():
    repeats = [np.array([1.0, 3.0]), np.array([2.5, 1.0, 1.0])]
    rows = schedule((0.2, 0.8), (2, 3), 30, 10, 5, seed=1, repeats=repeats)
    assert ((rows[:, :, 0] == 1).sum(axis=1) == 8).all()


def test_the_seed_decides_the_draws_by_category():
    first, again, other = (
        schedule((1.0,), (3,), 20, 4, 5, seed, [np.array([1.0, 1.5, 2.25])]).tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_inverse_weights_are_scikit_learn_s_balanced_ones():
    pixels = [0] * 70 + [1] * 20 + [2] * 10
    counts = [pixel_counts([photo(*pixels)], 3)]
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=pixels)
    assert class_weights(counts, [1.0], "inverse", 3) == pytest.approx(wanted)
    assert class_weights(counts, [1.0], "root", 3) == pytest.approx(np.sqrt(wanted))
    assert class_weights(counts, [1.0], "none", 3).tolist() == [1, 1, 1]


def test_a_source_weighs_by_its_share_and_not_by_its_photos():
    counts = [pixel_counts([photo(0, 0, 0, 0)], 2), pixel_counts([photo(0, 0, 1, 1)] * 50, 2)]
    weights = class_weights(counts, [0.5, 0.5], "inverse", 2)
    assert weights == pytest.approx([1 / (2 * 0.75), 1 / (2 * 0.25)])


def test_a_category_that_never_shows_weighs_one():
    assert class_weights([pixel_counts([photo(0, 1)], 3)], [1.0], "inverse", 3).tolist() == [1, 1, 1]
    assert class_weights([pixel_counts([], 3)], [1.0], "inverse", 3).tolist() == [1, 1, 1]


def test_what_is_ignored_is_counted_neither_as_an_object_nor_as_background():
    pool = [photo(0, 0, 0, 1), photo(IGNORED, 0, IGNORED, IGNORED), photo(IGNORED), photo(2, 2, IGNORED, IGNORED)]
    counts = pixel_counts(pool, 3)
    assert counts.tolist() == [[3, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 2]]
    assert repeats_of(counts, "by category").tolist() == [1, 1, 1, 1]
    without = pixel_counts([pool[0], photo(0), photo(2)], 3)  # a share of a photo is one of what counts on it
    assert class_weights([counts], [1.0], "inverse", 3) == pytest.approx(class_weights([without], [1.0], "inverse", 3))
    assert class_weights([counts[2:3]], [1.0], "inverse", 3).tolist() == [1, 1, 1]
