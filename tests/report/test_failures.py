import numpy as np
import pytest

from dataset.idmap import IGNORE, instance_of
from dataset.records import Instance
from report.failures import failures, overlaps

SIZE_HW = (200, 200)


def drawn(boxes):
    """Return a map (200, 200) with the number of each box (x0, y0, x1, y1) in it: [(number, box), ...]."""
    found = np.zeros(SIZE_HW, np.uint16)
    for number, (x0, y0, x1, y1) in boxes:
        found[y0:y1, x0:x1] = number
    return found


def causes(true, said, visible=1.0, categories=("board", "mug")):
    """Return the causes of failure. true: [(category number, box)], one object each; said: [(category number, box)]."""
    ids = drawn([(index, box) for index, (_, box) in enumerate(true, 1)])
    instances = tuple(
        instance_of(ids, index, ("board", "mug", "lamp")[kind - 1], visible) for index, (kind, _) in enumerate(true, 1)
    )
    return [one.cause for one in failures(overlaps(drawn(said), ids, instances, categories))]


BOX, FAR = (50, 50, 90, 90), (120, 120, 160, 160)


@pytest.mark.parametrize(
    ("true", "said", "expected"),
    [
        pytest.param([(1, BOX)], [(1, BOX)], [], id="right"),
        pytest.param([], [], [], id="nothing there and nothing said"),
        pytest.param([(1, BOX)], [], ["Not found: in plain view"], id="missed"),
        pytest.param([(1, (50, 50, 58, 58))], [], ["Not found: small"], id="missed, small"),
        pytest.param([(1, (0, 50, 40, 90))], [], ["Not found: at the border"], id="missed, at the left border"),
        pytest.param([(1, (160, 50, 200, 90))], [], ["Not found: at the border"], id="missed, at the right border"),
        pytest.param([(1, BOX)], [(2, BOX)], ["Wrong category"], id="another category"),
        pytest.param([(1, BOX)], [(1, BOX), (1, FAR)], ["False alarm"], id="false alarm"),
        pytest.param([], [(2, FAR)], ["False alarm"], id="false alarm on an empty photo"),
        pytest.param([(1, BOX)], [(1, BOX), (1, (150, 150, 152, 152))], [], id="a speck is no object"),
        pytest.param([(1, BOX)], [(1, (50, 50, 90, 75))], ["Loose outline"], id="too small an outline"),
        pytest.param([(1, BOX)], [(1, (40, 40, 110, 110))], ["Loose outline"], id="too large an outline"),
        pytest.param([(1, BOX)], [(1, (50, 50, 90, 65)), (1, (50, 70, 90, 90))], ["Split"], id="two pieces"),
        pytest.param(
            [(1, BOX), (1, (90, 50, 130, 90))], [(1, (50, 50, 130, 90))], ["Merged", "Merged"], id="two as one"
        ),
        pytest.param([(1, BOX), (2, (90, 50, 130, 90))], [(1, BOX), (2, (90, 50, 130, 90))], [], id="neighbours apart"),
        pytest.param([(3, BOX)], [], [], id="a category that is not scored"),
        pytest.param([(3, BOX)], [(1, BOX)], ["False alarm"], id="a category that is not scored, seen as one that is"),
    ],
)
def test_an_object_fails_for_the_cause_that_was_planted(true, said, expected):
    assert causes(true, said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param((100, 100, 140, 140), [], id="within what is ignored"),
        pytest.param((81, 100, 121, 140), [], id="with a little more than half of it"),
        pytest.param((80, 100, 120, 140), ["False alarm"], id="with half of it"),
        pytest.param((60, 100, 100, 140), ["False alarm"], id="beside it"),
        pytest.param((70, 100, 110, 140), ["False alarm"], id="with a quarter of it"),
    ],
)
def test_what_is_seen_mostly_where_the_labels_ignore_is_no_false_alarm(said, expected):
    ids = np.zeros(SIZE_HW, np.uint16)
    ids[:, 100:] = IGNORE
    assert [one.cause for one in failures(overlaps(drawn([(1, said)]), ids, (), ("board",)))] == expected


def test_what_is_seen_beyond_an_object_is_no_loose_outline_where_the_labels_ignore():
    ids = drawn([(1, BOX)])
    instances = (instance_of(ids, 1, "board"),)
    found = overlaps(drawn([(1, (50, 50, 190, 90))]), np.where(ids == 1, ids, np.uint16(IGNORE)), instances, ("board",))
    assert failures(found) == []
    assert found.seen_px.tolist() == found.true_px.tolist() == [1600]


def test_a_missed_object_that_is_mostly_hidden_is_called_hidden_before_all_else():
    assert causes([(1, (0, 50, 8, 58))], [], visible=0.3) == ["Not found: hidden"]


def test_a_failure_carries_the_box_and_the_area_of_what_failed():
    ids = drawn([(1, BOX)])
    found = failures(overlaps(drawn([(1, FAR)]), ids, (instance_of(ids, 1, "board"),), ("board",)))
    assert [(one.box, one.area_px) for one in found] == [(BOX, 1600), (FAR, 1600)]


def test_an_object_without_a_pixel_in_the_map_cannot_fail():
    gone = Instance("board", 7, (0, 0, 5, 5), 25)
    assert failures(overlaps(np.zeros(SIZE_HW, np.uint16), np.zeros(SIZE_HW, np.uint16), (gone,), ("board",))) == []


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="prediction"):
        overlaps(np.zeros((3, 3), np.uint8), np.zeros((4, 4), np.uint16), (), ("board",))
