import numpy as np

from measure.scoring.outline_band import band_of, overlap_off_outlines
from measure.scoring.photo import overlap
from measure.scoring.records import Pixels


def square(left, right, size=60):
    mask = np.zeros((size, size), bool)
    mask[20:40, left:right] = True
    return mask


def test_the_band_lies_on_both_sides_of_the_outline():
    assert band_of(square(20, 40)).sum() == 24**2 - 16**2
    assert (
        band_of(np.ones((9, 9), bool)).sum() == band_of(np.zeros((9, 9), bool)).sum() == 0
    )  # the photo's edge is none


def test_what_is_two_pixels_off_costs_nothing_and_three_cost_one():
    truth = square(20, 40)
    assert overlap_off_outlines(square(18, 42), truth) == Pixels(16**2, 16**2)
    assert overlap_off_outlines(square(22, 38), truth) == Pixels(16**2, 16**2)
    wide = overlap_off_outlines(square(17, 40), truth)
    assert wide == Pixels(16**2, 16**2 + 20)
    assert overlap(square(18, 42), truth).iou < 0.84


def test_an_object_that_was_missed_or_made_up_costs_its_inside():
    nothing = np.zeros((60, 60), bool)
    assert overlap_off_outlines(nothing, square(20, 40)) == Pixels(0, 16**2)
    assert overlap_off_outlines(square(20, 40), nothing) == Pixels(0, 400)
