"""Ignored pixels are neither hit nor miss, whatever is predicted there."""

import dataclasses

import numpy as np
import pytest

from dataset.idmap import IGNORE, IGNORED, categories_map, instances_in
from dataset.records import Instance
from measure.scoring.photo import BINS, count, score_photo
from measure.scoring.records import FOREGROUND, Errors, Matches, PhotoScore, Pixels
from measure.scoring.scores import photo_to_json
from tests.measure.scoring.things import CATEGORIES, photo_of, random_photo, sure_of

Labels = tuple[np.ndarray, tuple[Instance, ...]]


def ignoring(labels: Labels, rows: slice, columns: slice) -> Labels:
    """Return the labels with a rectangle of ignored pixels; what is left of the instances is measured anew."""
    ids, instances = labels
    ids = ids.copy()
    ids[rows, columns] = IGNORE
    return instances_in(ids, [one.category for one in instances])


def score(predicted: np.ndarray, labels: Labels) -> PhotoScore:
    return score_photo(sure_of(predicted), *labels, CATEGORIES)


def square(top: int, left: int, side: int, category: int = 1) -> np.ndarray:
    predicted = np.zeros((60, 80), np.uint8)
    predicted[top : top + side, left : left + side] = category
    return predicted


def test_overlaps_leave_out_what_the_truth_ignores():
    predicted = np.array([[1, 1, 2, 0, 1]], np.uint8)
    truth = np.array([[1, IGNORED, IGNORED, IGNORED, 2]], np.uint8)
    assert count(predicted, truth, CATEGORIES) == {
        "board": Pixels(1, 2), "tile": Pixels(0, 1), FOREGROUND: Pixels(2, 2)
    }  # fmt: skip


def test_nothing_is_counted_that_the_rest_of_the_photo_does_not_show():
    # the lower half is ignored; a photo that is cut off there has the same pixels, errors apart from its new border
    rng = np.random.default_rng(3)
    for _ in range(8):
        probabilities, ids, instances = random_photo(rng)
        labels = ignoring((ids, instances), slice(45, None), slice(None))
        whole = score_photo(probabilities, *labels, CATEGORIES)
        alone = score_photo(probabilities[:, :45], labels[0][:45], labels[1], CATEGORIES)
        assert whole.pixels == alone.pixels
        assert whole.details.calibration == alone.details.calibration
        assert whole.details.uncertainty == alone.details.uncertainty
        assert [(o.covered, o.category) for o in whole.details.objects] == [
            (o.covered, o.category) for o in alone.details.objects
        ]
        missing = whole.pixels[FOREGROUND].union - whole.pixels[FOREGROUND].intersection
        assert sum(dataclasses.astuple(whole.details.errors)) == missing


def test_what_is_said_of_ignored_pixels_changes_nothing():
    rng = np.random.default_rng(5)
    labels = ignoring(photo_of([(5, 5, 10, "board"), (30, 0, 20, "tile")]), slice(20, 60), slice(40, 80))
    truth = categories_map(*labels, CATEGORIES)
    found = {str(photo_to_json(score(said, labels))) for said in (with_noise(truth, rng) for _ in range(5))}
    (only,) = found
    perfect = score(np.where(truth == IGNORED, np.uint8(0), truth), labels)
    assert str(photo_to_json(perfect)) == only
    assert perfect.iou == 1.0
    assert perfect.details.errors == Errors(0, 0, 0)


def with_noise(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the truth with anything for what is ignored."""
    return np.where(truth == IGNORED, rng.integers(0, 3, truth.shape), truth).astype(np.uint8)


REGION = slice(20, 60), slice(40, 80)


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        pytest.param(square(30, 50, 20), {}, id="within the region"),
        pytest.param(square(30, 31, 20), {}, id="with eleven columns of twenty within it"),
        pytest.param(square(30, 30, 20), {"board": Matches(1, 0, (0,) * 10)}, id="with half of it"),
        pytest.param(square(30, 5, 20), {"board": Matches(1, 0, (0,) * 10)}, id="elsewhere"),
        pytest.param(square(30, 50, 9) | square(30, 5, 9), {"board": Matches(1, 0, (0,) * 10)}, id="one in, one out"),
        pytest.param(square(30, 50, 9, 2), {}, id="of another category"),
    ],
)
def test_an_object_that_lies_mostly_in_an_ignored_region_is_no_false_one(predicted, expected):
    assert score(predicted, ignoring(photo_of([]), *REGION)).details.matches == expected


def test_an_object_that_is_met_counts_however_much_of_the_prediction_is_ignored():
    labels = ignoring(photo_of([(30, 30, 30, "board")]), *REGION)  # its left third is labelled
    found = score(square(30, 30, 30), labels)
    assert found.details.matches == {"board": Matches(1, 1, (1,) * 10)}
    assert (found.details.objects[0].iou, found.details.objects[0].covered) == (1.0, 1.0)
    assert found.iou == 1.0


def test_a_ring_that_is_ignored_forgives_a_loose_outline():
    # as Pascal VOC labels: the outline of each object is nobody's
    ids, _ = photo_of([(10, 10, 30, "board")])
    ids[15:35, 15:35] += 1
    labels = instances_in(np.where(ids == 1, np.uint16(IGNORE), ids // 2), ["board"])
    for predicted in (square(10, 10, 30), square(15, 15, 20), square(12, 13, 24)):
        found = score(predicted, labels)
        assert found.iou == 1.0
        assert found.details.matches == {"board": Matches(1, 1, (1,) * 10)}
        assert found.details.boundary.iou == 1.0


def test_a_photo_that_is_ignored_as_a_whole_says_nothing():
    found = score(square(5, 5, 20), ignoring(photo_of([(0, 0, 9, "board")]), slice(None), slice(None)))
    assert found.pixels == dict.fromkeys((*CATEGORIES, FOREGROUND), Pixels(0, 0))
    assert (found.details.matches, found.details.objects, found.details.uncertainty) == ({}, (), 0.0)
    assert found.details.calibration.pixels == (0,) * BINS
