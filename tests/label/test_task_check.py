"""The 17 kinds of broken predictions that Label Studio 1.23.2 takes without a word, and one that vanishes."""

import copy
import json

import pytest

from dataset.formats import brush_rle
from dataset.formats.outlines import rle_of
from label.prelabels.task_check import check_tasks, controls_in
from pipeline.errors import InputError
from tests.label.proposals import SIZE, blob

CONFIG = """<View><Image name="image" value="$image"/>
<BrushLabels name="label" toName="image"><Label value="cat"/></BrushLabels>
<PolygonLabels name="outline" toName="image"><Label value="cat"/></PolygonLabels>
<RectangleLabels name="box" toName="image"><Label value="cat"/></RectangleLabels></View>"""
WHOLE = {"to_name": "image", "original_width": SIZE[1], "original_height": SIZE[0], "image_rotation": 0, "score": 0.5}
BRUSH = WHOLE | {
    "from_name": "label",
    "type": "brushlabels",
    "value": {"format": "rle", "rle": brush_rle.encode(blob()), "brushlabels": ["cat"]},
}
POLYGON = WHOLE | {
    "from_name": "outline",
    "type": "polygonlabels",
    "value": {"points": [[10, 10], [50, 10], [50, 60]], "closed": True, "polygonlabels": ["cat"]},
}
BOX = WHOLE | {
    "from_name": "box",
    "type": "rectanglelabels",
    "value": {"x": 1, "y": 2, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]},
}


def changed(region, value=None, gone=(), **keys):
    made = copy.deepcopy(region) | keys
    made["value"] |= value or {}
    for key in gone:
        made.pop(key, None)
        made["value"].pop(key, None)
    return made


BROKEN = [
    pytest.param(
        changed(BRUSH, {"brushlabels": ["dog"]}), "its label is 'dog', wanted one of: cat", id="unknown label"
    ),
    pytest.param(changed(BRUSH, {"brushlabels": []}), "wanted a list with a label", id="no label"),
    pytest.param(changed(BRUSH, from_name="brush"), "from_name is 'brush'", id="wrong from_name"),
    pytest.param(changed(BRUSH, to_name="photo"), "to_name is 'photo'", id="wrong to_name"),
    pytest.param(changed(BRUSH, type="brush"), "type is 'brush'", id="wrong type"),
    pytest.param(changed(BRUSH, {"rle": rle_of(blob())["counts"]}), "wanted a list of bytes", id="COCO's text"),
    pytest.param(changed(BRUSH, {"rle": rle_of(blob())}), "wanted a list of bytes", id="COCO's table"),
    pytest.param(
        changed(BRUSH, {"rle": [300, *BRUSH["value"]["rle"][1:]]}), "wanted a list of bytes", id="byte of 300"
    ),
    pytest.param(changed(POLYGON, {"points": [[10, 10], [120, 10], [50, 60]]}), "is 120, wanted percent", id="percent"),
    pytest.param(changed(BOX, gone=("width",)), "value has no width", id="box without width"),
    pytest.param(changed(BRUSH, score=1.5), "its score is 1.5", id="score above 1"),
    pytest.param(changed(BRUSH, score="high"), "its score is 'high'", id="score in words"),
    pytest.param(changed(BRUSH, {"rle": BRUSH["value"]["rle"][:40]}), "its brush mask is broken", id="cut off"),
    pytest.param(changed(BRUSH, gone=("original_width",)), "original_width is None", id="no size"),
    pytest.param(changed(BRUSH, gone=("format",)), "value has no format", id="no format"),
    pytest.param(changed(POLYGON, {"points": [[10, 10], [50, 10]]}), "wanted three or more", id="two points"),
    pytest.param(changed(POLYGON, {"points": [[-3, 10], [50, 10], [50, 60]]}), "is -3, wanted percent", id="negative"),
]


def check(tmp_path, tasks):
    (tmp_path / "config.xml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    return check_tasks(tmp_path / "tasks.json", controls_in(tmp_path / "config.xml"))


def task(region):
    return [{"data": {"image": "a.png"}, "predictions": [{"result": [BOX]}, {"score": 0.5, "result": [region]}]}]


@pytest.mark.parametrize(("region", "message"), BROKEN)
def test_a_broken_region_is_refused_with_its_place(region, message, tmp_path):
    with pytest.raises(InputError, match=r"tasks\.json: task 0: predictions\[1\]: result\[0\]") as error:
        check(tmp_path, task(region))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("region", [BRUSH, POLYGON, BOX])
def test_a_whole_region_passes(region, tmp_path):
    assert check(tmp_path, task(region)) == 2


def test_all_seventeen_are_here():
    assert len(BROKEN) == 17


def test_a_task_without_data_loses_its_predictions_and_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"task 0: has no 'data'"):
        check(tmp_path, [{"image": "a.png", "predictions": [{"result": [BRUSH]}]}])
