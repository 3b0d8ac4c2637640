"""Shapes of one group are one object, and an object that is marked by no mask does not vanish without a word."""

import math
from pathlib import Path

import numpy as np
import pytest

from dataset.formats.listed import Defects
from dataset.formats.outlines import Outlines, mask_of, placed, rle_of
from dataset.formats.shapes import ToolShape, ellipse_of, objects_of, tell
from pipeline.errors import InputError

SIZE = (40, 60)
SQUARE, FAR = [10.0, 10, 20, 10, 20, 20, 10, 20], [40.0, 10, 50, 10, 50, 20, 40, 20]


def box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def draw(*shapes: ToolShape) -> tuple[np.ndarray, list[str]]:
    return Outlines("a", SIZE, objects_of(shapes, SIZE)).draw(SIZE)


@pytest.mark.parametrize(
    "other",
    [pytest.param([FAR], id="two polygons"), pytest.param(rle_of(box(40, 10, 50, 20)), id="a polygon and a mask")],
)
def test_masks_of_one_group_are_one_object(other):
    ids, names = draw(
        ToolShape("1", "mug", "polygon", [SQUARE], group="7"), ToolShape("2", "mug", "mask", other, group="7")
    )
    assert names == ["mug"]
    assert ((ids == 1) == (box(10, 10, 20, 20) | box(40, 10, 50, 20))).all()


def test_shapes_without_a_group_and_of_two_categories_stay_apart():
    shapes = (ToolShape("1", "mug", "polygon", [SQUARE]), ToolShape("2", "mug", "polygon", [FAR]))
    assert draw(*shapes)[1] == ["mug", "mug"]
    hand, cup = (
        ToolShape("1", "hand", "polygon", [SQUARE], group="7"),
        ToolShape("2", "cup", "polygon", [FAR], group="7"),
    )
    assert draw(hand, cup)[1] == ["hand", "cup"]


def test_the_higher_layer_lies_on_top_whatever_the_sizes():
    small, large = [12.0, 12, 14, 12, 14, 14, 12, 14], SQUARE
    ids, names = draw(
        ToolShape("1", "cup", "polygon", [small], layer=0), ToolShape("2", "lid", "polygon", [large], layer=1)
    )
    assert names == ["cup", "lid"]
    assert set(np.unique(ids)) == {0, 2}


@pytest.mark.parametrize("turn_deg", [0, 30, 90])
def test_an_ellipse_holds_the_pixels_whose_middle_lies_in_it(turn_deg):
    mask = mask_of([ellipse_of((30, 20), (15, 8), turn_deg)], SIZE, "a")
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    angle = math.radians(turn_deg)
    along = (columns - 30) * math.cos(angle) + (rows - 20) * math.sin(angle)
    across = (rows - 20) * math.cos(angle) - (columns - 30) * math.sin(angle)
    inside = (along / 15) ** 2 + (across / 8) ** 2
    assert mask[inside < 0.85].all()
    assert not mask[inside > 1.15].any()
    assert mask.sum() == pytest.approx(math.pi * 15 * 8, rel=0.02)


def told(*shapes: ToolShape) -> tuple[tuple[str, ...], list[str]]:
    defects = Defects()
    return tell({Path("a.jpg"): shapes}, defects), [defect.text for defect in defects.found]


MASK = ToolShape("mask 1", "mug", "mask", rle_of(box(10, 10, 20, 20)), group="3")


@pytest.mark.parametrize(
    ("bare", "lost"),
    [
        pytest.param(ToolShape("box 2", "mug", "box", reach=(9, 9, 21, 21)), False, id="a box around its mask"),
        pytest.param(ToolShape("box 2", "mug", "box", reach=(40, 9, 51, 21)), True, id="a box without a mask"),
        pytest.param(
            ToolShape("box 2", "mug", "box", reach=(13, 13, 17, 17)), True, id="a small box in another's mask"
        ),
        pytest.param(
            ToolShape("box 2", "mug", "box", reach=(40, 9, 51, 21), group="3"), False, id="a box in its group"
        ),
        pytest.param(
            ToolShape("box 2", "hand", "box", reach=(40, 9, 51, 21)), False, id="a category that is never masks"
        ),
        pytest.param(ToolShape("points 2", "mug", "points", reach=(15, 15, 15, 15)), False, id="a click on its mask"),
        pytest.param(ToolShape("skeleton 2", "mug", "skeleton"), True, id="a skeleton that lies nobody knows where"),
    ],
)
def test_a_shape_that_is_no_mask_is_told_and_a_defect_where_an_object_would_be_lost(bare, lost):
    said, found = told(MASK, bare)
    assert said == (f"left out: 1 of the kind {bare.kind!r}, which is no mask",)
    assert len(found) == lost
    assert all(text.startswith(f"{bare.where}: the {bare.kind} of 'mug' is no mask") for text in found)


def test_groups_that_were_joined_are_counted():
    part = ToolShape("mask 2", "mug", "mask", rle_of(box(40, 10, 50, 20)), group="3")
    assert told(MASK, part) == (("1 groups of shapes are one object each",), [])
    assert told(MASK) == ((), [])


@pytest.mark.parametrize("corner", [(0, 0), (7, 3), (57, 36), (-1, 0)])
def test_a_mask_of_a_part_lies_where_it_belongs(corner):
    crop = np.random.default_rng(1).random((4, 3)) < 0.5
    x, y = corner
    if x < 0:
        crop[:, 0] = False  # nothing that is set leaves the picture
    whole = np.zeros((SIZE[0] + 1, SIZE[1] + 1), bool)
    whole[y + 1 : y + 5, x + 1 : x + 4] = crop
    assert (mask_of(placed(crop, corner, SIZE, "a"), SIZE, "a") == whole[1:, 1:]).all()


def test_a_mask_as_high_as_its_picture_and_an_empty_one_are_placed_too():
    assert mask_of(placed(np.ones((40, 60), bool), (0, 0), SIZE, "a"), SIZE, "a").all()
    assert not mask_of(placed(np.zeros((4, 6), bool), (2, 2), SIZE, "a"), SIZE, "a").any()


def test_a_mask_that_leaves_its_picture_is_refused():
    with pytest.raises(InputError, match="its mask of 3 x 4 pixels at x 58, y 0 leaves its picture of 60 x 40"):
        placed(np.ones((4, 3), bool), (58, 0), SIZE, "a")
