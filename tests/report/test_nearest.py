import numpy as np
import pytest

from pipeline.seeds import rng_for
from report.nearest import compare, features


def plain(red, green, blue, size=90):
    noise = rng_for(1, "nearest", red, green, blue).integers(-5, 6, (size, size, 3))
    return np.clip(np.array((red, green, blue)) + noise, 0, 255).astype(np.uint8)


def striped(across):
    """Dark and light stripes, four pixels each, side by side or, with `across`, one above the other."""
    line = np.where(np.arange(128) // 4 % 2, 200, 60).astype(np.uint8)
    grey = np.broadcast_to(line[:, None] if across else line[None, :], (128, 128))
    return np.stack([grey] * 3, axis=-1)


@pytest.mark.parametrize(
    ("render", "photos", "expected"),
    [
        pytest.param(plain(200, 40, 40), [plain(40, 40, 200), plain(190, 50, 45), plain(40, 200, 40)], 1, id="colour"),
        pytest.param(plain(30, 30, 30), [plain(220, 220, 220), plain(128, 128, 128), plain(45, 45, 45)], 2, id="light"),
        pytest.param(striped(True), [striped(False), striped(True)[::-1], plain(128, 128, 128)], 1, id="edges"),
    ],
)
def test_the_nearest_photo_is_the_one_that_is_alike_in(render, photos, expected):
    assert compare([features(render)], [features(photo) for photo in photos]).nearest == (expected,)


def test_a_copy_of_a_photo_is_at_no_distance():
    photos = [features(plain(*colour)) for colour in ((200, 40, 40), (40, 200, 40), (40, 40, 200))]
    found = compare(photos, photos)
    assert found.nearest == (0, 1, 2)
    assert found.ratio == 0


def test_renders_unlike_all_photos_are_further_than_photos_from_one_another():
    photos = [features(plain(100 + step, 100, 100)) for step in (0, 10, 20)]
    near, far = ([features(plain(*colour))] for colour in ((105, 100, 100), (0, 0, 255)))
    assert compare(near, photos).ratio < 2 < compare(far, photos).ratio


def test_one_photo_gives_a_nearest_but_no_ratio():
    photo = features(plain(1, 2, 3))
    assert compare([photo], [photo]).nearest == (0,)
    assert compare([photo], [photo]).ratio is None


def test_nothing_to_compare_with_is_the_callers_mistake():
    with pytest.raises(ValueError, match="no photo"):
        compare([features(plain(1, 2, 3))], [])


def test_a_black_image_has_finite_features():
    assert np.isfinite(features(np.zeros((5, 9, 3), np.uint8))).all()
