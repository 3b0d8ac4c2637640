import math

import numpy as np
import pytest

from label.plants import BAND, FIVE, KINDS, MISSING, SPURIOUS, SWAPPED, plant, put_in, radius_of
from pipeline.seeds import rng_for
from tests.label.proposals import disk

BALL = disk(60, 45, 16)
NONE = np.zeros_like(BALL)


def planted(kind, taken=NONE, categories=("ball", "box")):
    return plant(kind, BALL, taken, "ball", categories, rng_for(1, kind))


def test_a_missing_object_has_no_mask_and_a_swapped_one_another_category():
    assert planted(MISSING).mask is None
    assert (planted(SWAPPED).category, planted(SWAPPED, categories=("ball",))) == ("box", None)


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("too wide", 1.1, 1.5), ("too narrow", 0.6, 0.9), ("low IoU", 0.4, 0.7)]
)
def test_outlines_change_the_area_as_their_kind_says(kind, low, high):
    assert low < planted(kind).mask.sum() / BALL.sum() < high


def test_a_one_sided_error_moves_the_outline_on_one_side_alone():
    wide = planted("one-sided").mask & ~BALL
    rows, columns = np.nonzero(wide)
    middle = rows.mean() - 45, columns.mean() - 60
    assert math.hypot(*middle) > 0.5 * radius_of(BALL)
    assert wide.sum() < 2 * 2 * radius_of(BALL) * max(2, round(BAND * radius_of(BALL)))


def test_a_spurious_label_meets_nothing_and_there_is_none_where_there_is_no_room():
    assert not (planted(SPURIOUS).mask & BALL).any()
    assert planted(SPURIOUS, taken=~BALL) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_others_hold_stays_theirs(kind):
    other = disk(85, 45, 10) & ~BALL
    made = planted(kind, taken=other)
    ids = np.where(BALL, 1, np.where(other, 2, 0)).astype(np.uint16)
    np.testing.assert_array_equal(put_in(ids, 1, made) == 2, other)
    assert ((put_in(ids, 1, made) == 1) == BALL).all() == (kind in {SPURIOUS, SWAPPED})


def test_the_same_seed_plants_the_same():
    assert all((planted(k).mask == planted(k).mask).all() for k in FIVE if k != MISSING)
