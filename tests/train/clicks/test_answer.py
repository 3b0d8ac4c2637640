import numpy as np
import pytest

from train.clicks.answer import SCALES, Wish, about, asked_for, bounds, first_windows, pasted, sureness, wish_of
from train.clicks.points import Point


def block(rows, columns, size_hw=(60, 90)):
    mask = np.zeros(size_hw, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


CLICK: Point = (20.5, 15.5, True)


def test_a_first_click_is_looked_at_from_several_distances():
    windows = first_windows(Wish((CLICK,)), (600, 800))
    assert [side for *_, side in windows] == pytest.approx([880 * share for share in SCALES])
    assert windows[0] == pytest.approx((-40, -140, 880))  # the whole photo
    assert all(x < 20.5 < x + side and y < 15.5 < y + side for x, y, side in windows)


def test_small_photos_are_not_looked_at_from_nearer_than_pixels_allow():
    assert len(first_windows(Wish((CLICK,)), (40, 50))) == 2


def test_a_window_holds_all_that_is_given_with_room():
    wish = Wish((CLICK, (70.5, 50.5, False)), (10.0, 10.0, 30.0, 20.0), block((5, 9), (40, 44)))
    assert bounds(wish, wish.earlier) == (10.0, 5.0, 70.5, 50.5)
    x, y, side = about(bounds(wish, wish.earlier))
    assert side == pytest.approx(1.4 * 60.5)
    assert x + side / 2 == pytest.approx(40.25)
    assert y + side / 2 == pytest.approx(27.75)


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        pytest.param(Wish((CLICK,)), 1, id="what is clicked"),
        pytest.param(Wish((CLICK, (70.5, 50.5, False))), 1, id="a click beside keeps nothing"),
        pytest.param(Wish((CLICK, (70.5, 50.5, True))), 2, id="both parts"),
        pytest.param(Wish((), (0.0, 0.0, 90.0, 60.0)), 3, id="all in the box"),
        pytest.param(Wish((), None, block((48, 52), (66, 70))), 1, id="what the earlier mask touches"),
        pytest.param(Wish(((45.5, 5.5, True),)), 0, id="nothing"),
    ],
)
def test_parts_that_nothing_touches_are_left_out(wish, kept):
    parts = [block((10, 20), (15, 25)), block((45, 55), (65, 75)), block((30, 34), (2, 6))]
    made = asked_for(parts[0] | parts[1] | parts[2], wish, 0.2)
    assert sum(bool((made & part).any()) for part in parts) == kept
    assert all((made & part).sum() in {0, part.sum()} for part in parts)


def test_a_click_reaches_as_far_as_its_disk():
    near = block((10, 20), (24, 30))
    assert asked_for(near, Wish((CLICK,)), 2.0).any()
    assert not asked_for(near, Wish((CLICK,)), 0.5).any()


def test_sureness_is_that_of_the_mask_and_its_surroundings():
    logits = np.zeros((32, 32), np.float32)
    logits[8:24, 8:24] = 6.0
    mask = block((8, 24), (8, 24), (32, 32))
    window = (0.0, 0.0, 32.0)
    half = sureness(logits, window, mask)
    assert 0.3 < half < 0.6  # sure inside, not outside
    logits[logits == 0] = -6.0
    assert sureness(logits, window, mask) == pytest.approx(np.tanh(3.0), abs=1e-5)
    assert sureness(logits, window, np.zeros((32, 32), bool)) == 0


def test_outside_a_window_the_earlier_mask_stays():
    earlier = block((40, 50), (60, 70)) | block((10, 12), (10, 12))
    made = pasted(np.full((32, 32), 5.0, np.float32), (-8.0, -8.0, 40.0), (60, 90), earlier)
    assert made[:32, :32].all()
    assert made.sum() == 32 * 32 + 100


def test_clicks_that_mend_a_mask_count_for_more_than_the_box_it_began_with():
    box, mask, nothing = (1.0, 1.0, 5.0, 5.0), np.ones((8, 8), bool), np.zeros((8, 8), bool)
    click = (2.0, 2.0, True)
    assert wish_of([], box, None) == Wish((), box, None)
    assert wish_of([], box, mask).box == box
    assert wish_of([click], box, nothing) == Wish((click,), box, None)
    mended = wish_of([click], box, mask)
    assert (mended.clicks, mended.box) == ((click,), None)
    assert mended.earlier is mask
