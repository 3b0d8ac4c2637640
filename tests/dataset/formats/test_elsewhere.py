"""Outlines that lie elsewhere than their own box, or on another picture of their task, are refused."""

import json

import numpy as np
import pytest

from dataset.formats.listed import DefectError, Defects
from dataset.formats.outlines import Outline, Outlines, check_within
from dataset.known_formats import read_set
from tests.dataset.formats.mask_sets import photo

SIZE = (60, 80)
MASK = np.zeros(SIZE, bool)
MASK[5:15, 40:70] = True
EDGES = np.flatnonzero(np.diff(MASK.ravel(), prepend=False))
ALONG_ROWS = {"size": list(SIZE), "counts": np.diff(EDGES, prepend=0, append=MASK.size).tolist()}
BOX = [[40, 5, 70, 5, 70, 15, 40, 15]]
EXCHANGED = [[5, 40, 5, 60, 15, 60, 15, 40]]


def draw(shape: object, box: tuple[float, float, float, float] | None) -> int:
    ids, _ = Outlines("a", SIZE, (Outline("a: 1", "mug", shape, box=box),)).draw(SIZE)
    return int((ids > 0).sum())


@pytest.mark.parametrize("shape", [ALONG_ROWS, EXCHANGED], ids=["an RLE along the rows", "x and y exchanged"])
def test_an_outline_that_lies_elsewhere_than_its_box_is_refused(shape):
    with pytest.raises(DefectError, match=r"a: 1: its outline goes from x .* its bbox is .40, 5, 30, 10."):
        draw(shape, (40, 5, 30, 10))
    assert draw(shape, None)


@pytest.mark.parametrize(
    "box",
    [(40, 5, 30, 10), (41.5, 6, 28, 8), (30, 0, 50, 60), (40, 5, 70, 15)],
    ids=["its own", "a little smaller", "that of the whole object", "two corners"],
)
def test_a_box_that_holds_its_outline_is_right(box):
    assert draw(BOX, box) == 300


def test_regions_of_another_picture_of_a_task_are_refused(tmp_path):
    for name in ("1.jpg", "2.jpg"):
        photo(tmp_path / "images" / name)
    value = {"points": [[10, 10], [50, 10], [50, 50]], "polygonlabels": ["mug"]}
    region = {"id": "x", "type": "polygonlabels", "to_name": "other", "original_width": 8, "original_height": 6}
    data = {"image": "/data/upload/1/1.jpg", "other": "/data/upload/1/2.jpg"}
    tasks = [{"id": 1, "data": data, "annotations": [{"result": [region | {"value": value}]}]}] * 2
    tasks[0] = {"id": 2, "data": {"image": "/data/upload/1/2.jpg"}, "annotations": [{"result": []}]}
    (tmp_path / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    defects = Defects()
    read_set(tmp_path, defects)
    assert "task 1: its regions are of other, wanted those of one picture, image" in defects.found[0].text


def test_an_integer_beyond_all_floats_is_told_of_as_any_other() -> None:
    with pytest.raises(DefectError, match=r"a: its outline goes from x 1 to 9 and y -1e\+300 to 1, on a picture of 10"):
        check_within([[1, 1, 9, 1, 9, -(10**400)]], (10, 10), "a")
