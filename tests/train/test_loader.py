import itertools

import numpy as np
import pytest

from dataset.idmap import IGNORED
from train.data import Photo
from train.loader import batches, slots_of

SIDE = 64


def white_corner() -> Photo:
    """Return a black photo with a white rectangle off its middle, which is its truth."""
    truth = np.zeros((60, 90), np.uint8)
    truth[5:35, 8:50] = 1
    return Photo(np.where(truth[..., None] == 1, 255, 0).astype(np.uint8).repeat(3, axis=2), truth)


PLAN = np.zeros((6, 4, 2), np.int64)


def test_the_truth_follows_the_image_through_augmentation():
    seen = 0
    for images, truths in batches([[white_corner()]], PLAN, SIDE, seed=1):
        assert images.shape == (4, SIDE, SIDE, 3)
        assert truths.shape == (4, SIDE, SIDE)
        for image, truth in zip(images, truths, strict=True):
            if 50 < truth.sum() < truth.size - 50:
                seen += 1
                assert image[truth == 1].mean() > image[truth == 0].mean() + 60
    assert seen > 10


def small_thing() -> Photo:
    """Return a wide photo of one small thing near its right border."""
    truth = np.zeros((60, 600), np.uint8)
    truth[25:35, 560:570] = 1
    return Photo(np.full((60, 600, 3), 90, np.uint8), truth)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 90, 150), (0.5, 155, 205), (1.0, 210, 240)])
def test_so_many_crops_hold_an_object_as_are_asked_for(share: float, least: int, most: int):
    # 240 draws of a thing that a crop holds by chance in about half of them
    plan = np.zeros((60, 4, 2), np.int64)
    held = [
        (truths > 0).any(axis=(1, 2)).sum() for _, truths in batches([[small_thing()]], plan, SIDE, 1, 0, None, share)
    ]
    assert least <= sum(held) <= most


def test_a_photo_without_objects_is_cropped_like_any_other():
    photo = Photo(np.full((60, 90, 3), 90, np.uint8), np.zeros((60, 90), np.uint8))
    for images, truths in batches([[photo]], PLAN, SIDE, 1, object_crops=1.0):
        assert images.shape == (4, SIDE, SIDE, 3)
        assert not truths.any()


def half_ignored(left: int, right: int) -> Photo:
    """Return a wide photo whose truth is `left` in one half and `right` in the other."""
    truth = np.full((60, 600), left, np.uint8)
    truth[:, 300:] = right
    return Photo(np.full((60, 600, 3), 90, np.uint8), truth)


def test_what_is_ignored_stays_so_through_augmentation():
    found = [truths for _, truths in batches([[half_ignored(IGNORED, 1)]], PLAN, SIDE, seed=1)]
    assert set(np.unique(found)) == {0, 1, IGNORED}  # 0 is what lies outside the photo


def test_a_crop_that_is_to_hold_an_object_does_not_look_for_what_is_ignored():
    photo = half_ignored(IGNORED, 0)
    photo.truth[25:35, 590:] = 1  # a hundredth of what is ignored
    plan = np.zeros((20, 4, 2), np.int64)
    held = [(t == 1).any(axis=(1, 2)).sum() for _, t in batches([[photo]], plan, SIDE, 1, object_crops=1.0)]
    assert sum(held) >= 60


def test_a_photo_of_nothing_but_what_is_ignored_is_cropped_at_random():
    (found,) = batches([[half_ignored(IGNORED, 0)]], PLAN[:1], SIDE, 1, object_crops=1.0)
    assert found[1].shape == (4, SIDE, SIDE)


def test_a_batch_depends_on_seed_and_step_alone():
    pools = [[white_corner()]]
    long = list(batches(pools, PLAN, SIDE, seed=1))
    short = list(batches(pools, PLAN[:2], SIDE, seed=1))
    for mine, other in zip(short, long, strict=False):
        np.testing.assert_array_equal(mine[0], other[0])
        np.testing.assert_array_equal(mine[1], other[1])
    assert not np.array_equal(long[0][0], long[1][0])
    assert not np.array_equal(long[0][0], next(batches(pools, PLAN, SIDE, seed=2))[0])


def test_a_batch_begun_in_the_middle_is_that_of_the_whole_run():
    pools = [[white_corner()]]
    whole = list(batches(pools, PLAN, SIDE, seed=1))
    rest = list(batches(pools, PLAN, SIDE, seed=1, first=4))
    assert len(rest) == 2
    for mine, other in zip(rest, whole[4:], strict=True):
        np.testing.assert_array_equal(mine[0], other[0])


def test_processes_share_a_batch_without_overlap():
    pools = [[white_corner()]]
    (whole, *_) = batches(pools, PLAN[:1], SIDE, seed=1)
    shares = [slots_of(4, 2, [rank]) for rank in range(2)]
    assert shares == [[0, 2], [1, 3]]
    for slots in shares:
        (own,) = batches(pools, PLAN[:1], SIDE, seed=1, slots=slots)
        np.testing.assert_array_equal(own[0], whole[0][slots])
        np.testing.assert_array_equal(own[1], whole[1][slots])


@pytest.mark.parametrize(("batch", "parts"), [(8, 1), (8, 2), (8, 8), (12, 3)])
def test_every_place_of_a_batch_belongs_to_just_one_part(batch: int, parts: int):
    taken = list(itertools.chain(*(slots_of(batch, parts, [part]) for part in range(parts))))
    assert sorted(taken) == list(range(batch))


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(ValueError, match="a batch of 8 cannot be taken in 3 equal parts"):
        slots_of(8, 3, [0])
