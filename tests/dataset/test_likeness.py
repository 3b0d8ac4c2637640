import io

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from dataset.likeness import BITS, MANY, mirrored, near_pairs, photo_hash


def photo(number, size_hw=(240, 320)):
    """Return a picture of coloured clouds, another for each number."""
    noise = np.random.default_rng(number).normal(size=(*size_hw, 3))
    clouds = gaussian_filter(noise, (size_hw[0] / 16, size_hw[1] / 16, 0))
    return np.asarray((clouds - clouds.min()) / np.ptp(clouds) * 255).astype(np.uint8)


def recompressed(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=20)
    return np.asarray(Image.open(buffer))


def hashes_like_photos(count, seed):
    """Return hashes of which some are equal, and others differ in a few bits."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**BITS, count, dtype=np.uint64, endpoint=False)
    for at in range(count // 4, count // 2):
        flips = rng.choice(BITS, rng.integers(0, 14), replace=False)
        hashes[at] = hashes[at - count // 4] ^ np.bitwise_or.reduce(
            np.uint64(1) << flips.astype(np.uint64), initial=np.uint64(0)
        )
    return hashes


def distance(left, right):
    return int(np.bitwise_count(left ^ right))


def by_looking_at_all(left, right, most_bits):
    return np.argwhere(np.bitwise_count(left[:, None] ^ right[None, :]) <= most_bits)


@pytest.mark.parametrize("most_bits", [0, 1, 4, 8, 12, 30, 64])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(400, 300, id="some hundreds"),
        pytest.param(1, 500, id="one against many"),
        pytest.param(0, 10, id="none on the left"),
        pytest.param(10, 0, id="none on the right"),
    ],
)
def test_just_the_pairs_within_the_distance_are_found(left, right, most_bits):
    hashes = hashes_like_photos(max(left, right) * 2, seed=most_bits)
    one, other = hashes[:left], hashes[left : left + right]
    found = near_pairs(one, other, most_bits)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, by_looking_at_all(one, other, most_bits).reshape(-1, 2))


@pytest.mark.parametrize("most_bits", [3, 6])
def test_twenty_thousand_hashes_give_the_pairs_that_were_planted_each_once(most_bits):
    # so many that the bits are cut into blocks; chance makes no pair of this distance among them
    rng = np.random.default_rng(7)
    left = rng.integers(0, 2**BITS, 20_000, dtype=np.uint64, endpoint=False)
    planted = rng.permutation(20_000)[:500]
    right = rng.integers(0, 2**BITS, 20_000, dtype=np.uint64, endpoint=False)
    for at in planted:
        flips = rng.choice(BITS, rng.integers(0, most_bits + 1), replace=False).astype(np.uint64)
        right[at] = left[at] ^ np.bitwise_or.reduce(np.uint64(1) << flips, initial=np.uint64(0))
    found = near_pairs(left, right, most_bits)
    np.testing.assert_array_equal(found, np.column_stack([np.sort(planted)] * 2))


@pytest.mark.slow
def test_equal_hashes_give_all_their_pairs():
    same = np.full(1500, 77, np.uint64)  # more pairs than are looked at together
    found = near_pairs(same, same, 2)
    assert found.shape == (1500**2, 2)
    assert len(np.unique(found, axis=0)) == 1500**2


def test_a_distance_below_zero_is_refused():
    with pytest.raises(ValueError, match="most_bits is -1, wanted 0 or more"):
        near_pairs(np.zeros(1, np.uint64), np.zeros(1, np.uint64), -1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "most_bits"),
    [
        pytest.param(lambda image: image, 0, id="none"),
        pytest.param(recompressed, 4, id="recompressed"),
        pytest.param(lambda image: (image * 0.7).astype(np.uint8), 4, id="darker"),
        pytest.param(lambda image: cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA), 4, id="half the size"),
        pytest.param(lambda image: image[4:-4, 4:-4], 12, id="cropped by a few pixels"),
    ],
)
def test_a_copy_differs_in_few_bits(change, most_bits):
    assert max(distance(photo_hash(photo(n)), photo_hash(change(photo(n)))) for n in range(20)) <= most_bits


@pytest.mark.slow
def test_different_photos_differ_in_many_bits():
    hashes = [photo_hash(photo(n)) for n in range(40)]
    assert min(distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at]) > 12


@pytest.mark.parametrize("size_hw", [(240, 320), (37, 53), (19, 27)], ids=["photo", "odd sides", "smaller than 32"])
def test_the_hash_of_the_mirror_image_follows_from_the_hash(size_hw):
    for number in range(10):
        image = photo(number, size_hw)
        assert mirrored(photo_hash(image)) == photo_hash(np.ascontiguousarray(image[:, ::-1]))


def test_a_picture_of_one_colour_has_a_hash():
    assert photo_hash(np.full((20, 30, 3), 128, np.uint8)) == 0


@pytest.mark.slow
def test_many_hashes_by_threads_give_the_pairs_that_their_parts_give_one_by_one():
    hashes = hashes_like_photos(MANY + 20_000, seed=1)
    left, right = hashes[:30_000], hashes[30_000:]
    middle = len(right) // 2
    whole = near_pairs(left, right, 4)
    parts = [near_pairs(left, right[:middle], 4), near_pairs(left, right[middle:], 4) + np.array([0, middle])]
    both = np.concatenate(parts)
    np.testing.assert_array_equal(whole, both[np.lexsort((both[:, 1], both[:, 0]))])
    assert len(whole) > 100
