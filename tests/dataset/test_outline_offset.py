"""Outlines of drawn objects, moved on single sides, are found where they were moved to."""

import functools
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.idmap import IGNORE, instances_in, png_bytes, read_ids, read_image
from dataset.outline_habit import PhotoOutlines, SideHabit, habits_of, outlines_of, repair, warning, words_of
from dataset.outline_offset import AXES, SIDES, offsets_of
from dataset.outline_trim import trimmed
from dataset.records import Sample
from measure.worth.ceiling import ceiling_of, not_below
from measure.worth.points import ScoreEstimate
from pipeline.files import write_bytes
from pipeline.seeds import rng_for

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
FINE = 8  # drawn so many times as large, so that edges fall between pixels
SIZE_HW = 160, 200


@functools.cache
def drawn(number, contrast=100):
    """Return an object on a ground with noise, (H, W, 3) uint8, and its exact mask: turned boxes and ellipses."""
    rng = rng_for(1, "outline", number)
    mask = np.zeros((SIZE_HW[0] * FINE, SIZE_HW[1] * FINE), np.uint8)
    centre, sides = rng.uniform(75, 95, 2) * FINE, rng.uniform(60, 90, 2) * FINE
    turned = (tuple(centre), tuple(sides), float(rng.uniform(0, 90)))
    if number % 2:
        cv2.ellipse(mask, turned, 1, -1)
    else:
        cv2.fillPoly(mask, [np.rint(cv2.boxPoints(turned)).astype(np.int32)], 1)
    ground = rng.uniform(60, 90, 3)
    large = np.where(mask[:, :, None] > 0, ground + contrast, ground).astype(np.float32)
    image = cv2.resize(large, SIZE_HW[::-1], interpolation=cv2.INTER_AREA) + rng.normal(0, 4, (*SIZE_HW, 3))
    return image.clip(0, 255).astype(np.uint8), mask[FINE // 2 :: FINE, FINE // 2 :: FINE] > 0


def grown(mask, planted):
    """Return a mask that reaches further on the sides that are named."""
    for side, pixels in planted.items():
        for _ in range(pixels):
            mask = mask | np.roll(mask, AXES[side], (0, 1))
    return mask


def outlines(planted, count=20, trim=None, **words):
    found = []
    for number in range(count):
        image, mask = drawn(number, **words)
        ids, things = instances_in(trimmed(grown(mask, planted).astype(np.uint16), trim or {}), ["thing"])
        area = sum(thing.area_px for thing in things)
        found.append(PhotoOutlines(str(number), area, tuple(offsets_of(image, ids, things))))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "words"),
    [
        pytest.param({}, "", id="exact"),
        pytest.param({"right": 1}, "labels reach 1 px beyond edges to the right", id="one pixel to the right"),
        pytest.param({"left": 1}, "labels reach 1 px beyond edges to the left", id="one pixel to the left"),
        pytest.param({"above": 2}, "labels reach 2 px beyond edges above", id="two pixels above"),
        pytest.param(
            {"right": 1, "below": 1}, "labels reach 1 px beyond edges to the right and below", id="a filler's"
        ),
    ],
)
def test_an_outline_that_was_moved_on_one_side_is_found_there(planted, words):
    habits = habits_of(outlines(planted))
    assert [habit.side for habit in habits] == list(SIDES)
    for habit in habits:
        assert habit.px == pytest.approx(planted.get(habit.side, 0), abs=0.3)
        assert habit.lo <= habit.px <= habit.hi
    assert {habit.side for habit in habits if habit.told} == planted.keys()
    assert repair(habits) == planted
    assert re.sub(r"\.\d", "", warning(habits)) == words  # but for the tenths of a pixel


@pytest.mark.parametrize("beyond", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("side", SIDES)
def test_the_distance_is_told_below_the_pixel(side, beyond):
    far = {each: beyond if each == side else 0.0 for each in SIDES}  # the label is 40..100 by 30..90
    box = [
        round(value * FINE) for value in (40 + far["left"], 30 + far["above"], 100 - far["right"], 90 - far["below"])
    ]
    large = np.full((SIZE_HW[0] * FINE, SIZE_HW[1] * FINE, 3), 60, np.float32)
    large[box[1] : box[3], box[0] : box[2]] = 180
    image = cv2.resize(large, SIZE_HW[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask = np.zeros(SIZE_HW, np.uint16)
    mask[30:90, 40:100] = 1
    found = {each.side: each.offset_px for each in offsets_of(image, *instances_in(mask, ["box"]))}
    assert found == pytest.approx(far, abs=0.06)


@pytest.mark.slow
def test_objects_with_weak_edges_carry_no_vote():
    assert habits_of(outlines({"right": 1}, contrast=3)) == ()


def test_thin_objects_carry_no_vote_since_their_other_edge_is_as_near():
    image, mask = np.full((80, 80, 3), 60, np.uint8), np.zeros((80, 80), np.uint16)
    image[20:60, 40:46], mask[20:60, 40:46] = 180, 1
    found = {each.side: each.offset_px for each in offsets_of(image, *instances_in(mask, ["wire"]))}
    assert (found["left"], found["right"]) == (None, None)


def test_where_another_object_begins_nothing_is_said():
    image, mask = np.full((80, 100, 3), 60, np.uint8), np.zeros((80, 100), np.uint16)
    image[20:60, 20:50], image[20:60, 50:80] = 150, 200
    mask[20:60, 20:51], mask[20:60, 51:80] = 1, 2
    rows = offsets_of(image, *instances_in(mask, ["left", "right"]))
    found = {(number // 4, row.side): row for number, row in enumerate(rows)}
    assert found[0, "right"].steps == found[1, "left"].steps == 0
    assert found[0, "left"].offset_px == pytest.approx(0, abs=0.06)


def test_of_few_objects_nothing_is_said():
    assert habits_of(outlines({"right": 2}, count=10)) == ()
    assert ceiling_of(outlines({}, count=10)) is None
    assert offsets_of(np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.uint16), ()) == []


def test_trimming_undoes_what_was_planted():
    planted = {"right": 1, "below": 1}
    mended = habits_of(outlines(planted, trim=planted))
    assert [habit.px for habit in mended] == pytest.approx([0] * 4, abs=0.25)
    assert warning(mended) == ""


def test_labels_that_end_early_are_told_and_not_trimmed():
    short = habits_of(outlines({}, trim={"right": 2}))
    assert warning(short).startswith("labels end ")
    assert warning(short).endswith(" px before edges to the right")
    assert repair(short) == {}


def test_a_line_says_what_it_rests_on_and_what_mends_it():
    sides = [SideHabit("right", 1.02, 0.9, 1.1, 103, 0.9), SideHabit("below", 0.97, 0.8, 1.0, 105, 0.9)]
    assert words_of(sides) == (
        "labels reach 1.0 px beyond edges to the right and below (median of 103 and 105 objects); if an overlay "
        "agrees, write trim_px: {right: 1, below: 1} into ingest of params.yaml or the set-up"
    )
    assert words_of([SideHabit("right", 1.0, 0.1, 1.9, 103, 0.9)]) == words_of(()) == ""


def test_trimming_is_exact():
    rows = ("0000000", "0111220", "0111225", "0000000", "0030044")
    ids = np.array([[int(each) for each in row] for row in rows], np.uint16)
    ids[ids == 5] = IGNORE
    found = trimmed(ids, {"right": 1})
    want = ("0000000", "0111200", "0111225", "0000000", "0030044")  # 3 would be gone, 4 ends at the photo's edge
    assert ["".join("5" if value == IGNORE else str(value) for value in row) for row in found] == list(want)
    assert (trimmed(ids, {}) == ids).all()


def test_a_box_filled_with_its_last_row_and_column_is_the_box_again():
    filled = cv2.fillPoly(np.zeros((12, 12), np.uint8), [np.array([[3, 2], [8, 2], [8, 9], [3, 9]])], 1)
    found = trimmed(filled.astype(np.uint16), {"right": 1, "below": 1})
    assert np.argwhere(found).min(axis=0).tolist() == [2, 3]
    assert np.argwhere(found).max(axis=0).tolist() == [8, 7]


@pytest.mark.parametrize("trim_px", [{"bottom": 1}, {"right": -1}, {"right": 99}])
def test_a_side_is_one_of_four_and_pixels_are_few(trim_px):
    with pytest.raises(ValueError, match="trim_px"):
        trimmed(np.zeros((3, 3), np.uint16), trim_px)


def test_rough_outlines_lower_the_ceiling_and_exact_ones_do_not():
    exact = outlines({})
    smooth, rough = ceiling_of(exact, exact), ceiling_of(outlines({"right": 2, "below": 2}), exact)
    assert smooth.iou > 0.995
    assert rough.lo <= rough.iou <= rough.hi
    # two pixels on two sides; the best habit that mirror images leave is one on each of the four: 4 x 1 x side
    area = np.mean([photo.area_px for photo in exact])
    steps = np.mean([sum(side.steps for side in photo.sides) for photo in exact])
    assert 1 - rough.iou == pytest.approx(steps / area, rel=0.25)
    assert rough.hi > 0.985  # a network trained without mirror images could learn each side's habit


def test_a_ceiling_is_never_below_a_score_that_was_reached():
    assert not_below(ScoreEstimate(0.92, 0.9, 0.94), 0.935) == ScoreEstimate(0.935, 0.935, 0.94)
    assert not_below(None, 0.9) is None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "sides"), [("domino", {"right", "below"}), ("balloon", set()), ("cables", set())])
def test_real_sets_are_told_as_their_overlays_show(tmp_path, name, sides):
    if not (REAL / name).is_dir():
        pytest.skip("the development photo sets are missing")
    rows = json.loads((REAL / name / "meta.json").read_text(encoding="utf-8"))["images"]
    samples = [sample_of(REAL / name, row, tmp_path) for row in rows[:: max(1, len(rows) // 80)]]
    habits = habits_of(outlines_of(tmp_path, samples))
    assert {habit.side for habit in habits if habit.told} == sides


def sample_of(root, row, folder):
    """Return a photo of a real set with its pieces as objects, put into a folder."""
    _, pieces = cv2.connectedComponents((read_ids(root / row["mask"]) > 0).astype(np.uint8))
    ids, things = instances_in(pieces.astype(np.uint16), ["thing"] * int(pieces.max()))
    name = Path(row["file"]).stem
    write_bytes(folder / f"{name}.png", png_bytes(read_image(root / row["file"])))
    write_bytes(folder / f"{name}-ids.png", png_bytes(ids))
    return Sample(
        id=name, domain="real", image=f"{name}.png", ids=f"{name}-ids.png", size_hw=ids.shape, instances=things,
        source="", licence="",
    )  # fmt: skip
