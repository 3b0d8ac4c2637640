import cv2
import numpy as np
import pytest

from measure.scoring.photo import band_px, boundary_of, boundary_overlap
from measure.scoring.records import Pixels


def square(side: int, size: int = 100, top: int = 30) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[top : top + side, 30 : 30 + side] = True
    return mask


@pytest.mark.parametrize(
    ("size_hw", "wanted"),
    [
        pytest.param((3, 4), 1, id="at least one pixel"),
        pytest.param((300, 400), 10, id="two hundredths of the diagonal"),
        pytest.param((3000, 4000), 100, id="a large photo"),
    ],
)
def test_the_band_follows_the_diagonal(size_hw: tuple[int, int], wanted: int):
    assert band_px(size_hw) == wanted


def test_the_boundary_of_a_square_is_its_frame():
    assert boundary_of(square(20), 3).sum() == 20**2 - 14**2


def test_the_edge_of_the_photo_is_outline():
    assert boundary_of(np.ones((20, 30), bool), 2).sum() == 20 * 30 - 16 * 26


@pytest.mark.parametrize("width_px", [1, 2, 5])
def test_the_boundary_is_what_as_many_erosions_take_off(width_px: int):
    noise = np.random.default_rng(3).random((60, 70))
    mask = cv2.GaussianBlur(noise, (0, 0), 4) > 0.5
    framed = np.pad(mask, 1).astype(np.uint8)
    core = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=width_px)[1:-1, 1:-1] > 0
    assert 0 < core.sum() < mask.sum()
    assert (boundary_of(mask, width_px) == (mask & ~core)).all()


def test_a_shift_costs_the_boundary_more_than_the_whole():
    here, there = square(40), square(40, top=31)
    boundary = boundary_overlap(here, there)
    assert boundary.iou < 0.85 < Pixels(40 * 39, 40 * 41).iou


def test_a_mask_of_nothing_has_no_boundary():
    assert boundary_overlap(square(0), square(0)) == Pixels(0, 0)
