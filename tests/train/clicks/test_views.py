import dataclasses

import numpy as np
import pytest

from dataset.idmap import IGNORED
from pipeline.settings import read_settings
from train.clicks.points import EARLIER, ELSE, OBJECT, OUTSIDE_BOX
from train.clicks.settings import Click
from train.clicks.views import ObjectViews, cut, damaged, window_about
from train.data import Photo

SETTINGS = dataclasses.replace(read_settings(Click), img_size=64)


def disk(size=64, radius=12):
    y, x = np.mgrid[:size, :size]
    return (x - 30) ** 2 + (y - 34) ** 2 < radius**2


def two_objects():
    truth = np.zeros((64, 64), np.uint8)
    truth[disk()] = 1
    truth[2:14, 40:60] = 2
    truth[50:60, 2:9] = IGNORED
    image = np.full((64, 64, 3), 40, np.uint8)
    image[truth == 1] = (220, 30, 30)
    image[truth == 2] = (30, 30, 220)
    return Photo(image, truth)


def starting(name):
    return dataclasses.replace(SETTINGS, starts={key: float(key == name) for key in SETTINGS.starts})


def test_a_window_of_the_photos_own_size_changes_nothing():
    picture = np.arange(64 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(64, 64, 3)
    assert (cut(picture, (0.0, 0.0, 64.0), 64, 127) == picture).all()


def test_a_window_over_the_border_is_filled():
    made = cut(np.zeros((64, 64), np.uint8), (-32.0, 0.0, 64.0), 64, 9)
    assert (made[:, :32] == 9).all()
    assert not made[:, 32:].any()
    assert (cut(np.zeros((64, 64, 3), np.uint8), (100.0, 0.0, 10.0), 32, 9) == 9).all()


def test_windows_hold_the_box():
    for seed in range(50):
        x0, y0, side = window_about((10, 20, 30, 32), (64, 64), np.random.default_rng(seed))
        assert x0 <= 10
        assert y0 <= 20
        assert x0 + side >= 30
        assert y0 + side >= 32
        assert 20 < side <= 64 * 1.1 + 1e-9


def test_damaged_masks_are_wrong_and_still_about_the_object():
    truth = disk()
    made = [damaged(truth, np.random.default_rng(seed)) for seed in range(30)]
    ious = [(mask & truth).sum() / (mask | truth).sum() for mask in made]
    assert max(ious) < 1
    assert np.mean(ious) > 0.3
    far = np.hypot(*(np.mgrid[:64, :64] - np.array([34, 30])[:, None, None])) > 45
    assert not any((mask & far).any() for mask in made)


def test_a_view_asks_for_one_object_with_a_click_on_it():
    view, seen = ObjectViews(starting("click")), set()
    for slot in range(40):
        channels, truth = view(two_objects(), 1, 0, slot)
        assert channels.shape == (64, 64, 6)
        assert truth.shape == (64, 64)
        if (truth == 1).sum() < 12:  # a turn took it out of the square
            assert not channels[..., OBJECT:].any()
            continue
        assert not channels[..., ELSE:].any()
        inside = (channels[..., OBJECT] > 0) & (truth == 1)
        assert inside.any()
        seen.add(bool((truth == IGNORED).any()))
    assert seen == {True, False}


def test_a_view_may_begin_with_a_box_or_a_wrong_mask():
    channels, truth = ObjectViews(starting("box"))(two_objects(), 1, 0, 0)
    assert set(np.unique(channels[..., ELSE])) == {0, OUTSIDE_BOX}
    assert (channels[..., ELSE] == 0)[truth == 1].mean() > 0.7
    channels, truth = ObjectViews(starting("earlier mask"))(two_objects(), 1, 0, 0)
    assert channels[..., EARLIER].any()
    clicked = [plane for plane in (OBJECT, ELSE) if channels[..., plane].any()]
    assert len(clicked) == 1


def test_what_stands_at_a_place_depends_on_its_numbers_alone():
    one, other = ObjectViews(SETTINGS), ObjectViews(SETTINGS)
    one(two_objects(), 1, 5, 5)
    first, again = one(two_objects(), 1, 0, 3), other(two_objects(), 1, 0, 3)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == one(two_objects(), 1, 1, 3)[0]).all()


def test_a_photo_without_objects_asks_for_nothing():
    empty = Photo(np.full((64, 64, 3), 40, np.uint8), np.zeros((64, 64), np.uint8))
    channels, truth = ObjectViews(SETTINGS)(empty, 1, 0, 0)
    assert not channels[..., OBJECT:].any()
    assert not truth.any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"img_size": 100}, "multiple of 32", id="size"),
        pytest.param({"starts": {"click": 1.0}}, "sum to 1", id="starts"),
        pytest.param({"starts": {"click": 0.5, "box": 0.0, "earlier mask": 0.0}}, "sum to 1", id="shares"),
        pytest.param({"steps": 0}, "steps is 0", id="steps"),
        pytest.param({"most_rounds": 30}, "0 to 20", id="rounds"),
        pytest.param({"astray": 1.5}, "share from 0 to 1", id="astray"),
    ],
)
def test_settings_that_teach_nothing_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(SETTINGS, **change)
