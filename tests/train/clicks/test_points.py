import numpy as np
import pytest

from train.clicks.points import (
    EARLIER,
    ELSE,
    OBJECT,
    OUTSIDE_BOX,
    blank,
    deepest,
    depths,
    largest_error,
    put_box,
    put_click,
    put_earlier,
    random_click,
    robot_click,
)


def block(rows, columns, size_hw=(40, 60)):
    mask = np.zeros(size_hw, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


@pytest.mark.parametrize(
    ("rows", "columns", "found"),
    [
        pytest.param((10, 15), (20, 25), (22, 12), id="the middle of a square"),
        pytest.param((10, 13), (20, 41), (21, 11), id="of equals the first"),
        pytest.param((0, 5), (0, 60), (2, 2), id="the image's border is an edge"),
    ],
)
def test_the_deepest_pixel(rows, columns, found):
    assert deepest(block(rows, columns)) == found


def test_nothing_has_no_deepest_pixel():
    with pytest.raises(ValueError, match="no pixel"):
        deepest(np.zeros((4, 4), bool))
    assert depths(np.zeros((4, 4), bool)).max() == 0


def test_the_robot_clicks_the_largest_error():
    truth = block((10, 30), (10, 30))
    assert robot_click(truth, np.zeros_like(truth)) == (19.5, 19.5, True)
    spill = truth | block((10, 30), (30, 50))
    assert robot_click(truth, spill) == (39.5, 19.5, False)
    both = spill & ~block((10, 13), (10, 30))  # 60 pixels are missing, 400 are too many
    assert robot_click(truth, both) == (39.5, 19.5, False)
    assert robot_click(truth, truth) is None


def test_what_nobody_knows_is_no_error():
    truth = block((10, 30), (10, 30))
    spill = truth | block((10, 30), (30, 50))
    assert largest_error(truth, spill, ~block((10, 30), (30, 50))) is None


def test_pixels_that_meet_at_a_corner_are_one_error():
    truth = block((10, 20), (10, 20)) | block((20, 30), (20, 30))
    region, positive = largest_error(truth, np.zeros_like(truth))
    assert positive
    assert region.sum() == 200


def test_a_random_click_hits_its_region():
    region = block((3, 5), (7, 12))
    hits = {random_click(region, False, np.random.default_rng(seed)) for seed in range(60)}
    assert all(region[int(y), int(x)] and not positive for x, y, positive in hits)
    assert len(hits) > 5


def test_channels_hold_what_was_said():
    channels = blank(np.full((40, 60, 3), 9, np.uint8))
    put_click(channels, (20.5, 10.5, True))
    put_click(channels, (50.5, 30.5, False))
    put_box(channels, (10, 5, 40, 35))
    put_earlier(channels, block((6, 9), (11, 15)))
    assert (channels[..., :3] == 9).all()
    assert channels[10, 20].tolist()[OBJECT:] == [255, 0, 0]
    assert channels[30, 50].tolist()[OBJECT:] == [0, 255, 0]
    assert channels[0, 0, ELSE] == OUTSIDE_BOX
    assert channels[20, 20, ELSE] == 0
    assert channels[..., EARLIER].sum() == 12 * 255
    put_earlier(channels, np.zeros((40, 60), bool))
    assert not channels[..., EARLIER].any()


def test_a_click_outside_the_window_is_not_seen():
    channels = blank(np.zeros((40, 60, 3), np.uint8))
    put_click(channels, (-20.0, 300.0, True))
    assert not channels.any()
