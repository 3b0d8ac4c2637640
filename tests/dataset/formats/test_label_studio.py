"""What Label Studio exports is read to the pixel, and what is written for it holds every mask."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dataset.formats.brush_rle import encode
from dataset.formats.label_studio import find_label_studio, read_label_studio
from dataset.formats.label_studio_regions import polygon_in, region_of
from dataset.formats.listed import Defects
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.test_brush_rle import by_the_book
from tests.dataset.formats.trips import check_trip

SIZE = {"original_width": 20, "original_height": 10, "image_rotation": 0}
RING = np.zeros((10, 20), bool)
RING[1:8, 1:8], RING[3:5, 3:5], RING[9, 19] = True, False, True  # a hole, and a second piece


def region(kind: str, label: str | list[str], id_: str = "", **value: object) -> dict[str, object]:
    """Return one result as Label Studio writes it."""
    labels = [label] if isinstance(label, str) else label
    control = {"from_name": "tag", "to_name": "image", "type": f"{kind}labels", "origin": "manual"}
    return SIZE | control | {"id": id_ or kind, "value": value | {f"{kind}labels": labels}}


BRUSH = region("brush", "mug", format="rle", rle=encode(RING))
SQUARE = [[10, 10], [30, 10], [30, 40], [10, 40]]  # percent: x 2 to 6, y 1 to 4
POLYGON = region("polygon", "plate", points=SQUARE, closed=True)


def annotation(*results: object, **more: object) -> dict[str, object]:
    common = {"id": 7, "completed_by": 1, "was_cancelled": False, "ground_truth": False, "lead_time": 12.5}
    return common | {"created_at": "2026-11-01T10:00:00Z", "result": list(results)} | more


def task(*annotations: object, image: str = "/data/upload/1/3f9c2b1a-a.jpg", **more: object) -> dict[str, object]:
    data = {"image": image, "camera": "cam01"}
    return {"id": 5, "annotations": list(annotations), "file_upload": "3f9c2b1a-a.jpg", "drafts": [], "predictions": [],
            "data": data, "meta": {}, "total_annotations": 1} | more  # fmt: skip


def write_tasks(root: Path, *tasks: object, name: str = "project-1-at-2026-11-01.json") -> Path:
    (root / "images").mkdir(exist_ok=True, parents=True)
    Image.new("RGB", (20, 10)).save(root / "images" / "a.jpg")
    (root / name).write_text(json.dumps(list(tasks)), encoding="utf-8")
    return root / name


def drawn(root: Path, *results: object) -> tuple[np.ndarray, list[str]]:
    return read_label_studio(write_tasks(root, task(annotation(*results)))).photos[0].label.draw((10, 20))


def test_a_brush_keeps_its_hole_and_its_pieces(tmp_path):
    ids, names = drawn(tmp_path, BRUSH)
    assert names == ["mug"]
    assert ((ids == 1) == RING).all()


def test_a_polygon_in_percent_fills_the_pixels_inside_it(tmp_path):
    ids, names = drawn(tmp_path, POLYGON)
    assert names == ["plate"]
    assert ids[1:4, 2:6].all()
    assert (ids > 0).sum() == 12


@pytest.mark.parametrize("width", [20, 323, 333, 1001])
def test_corners_on_half_pixels_come_back_from_percent_as_they_were(width):
    corners = [x / 2 for x in range(2 * width + 1)]
    points = [[100 * x / width, 100 * x / width] for x in corners]
    there = region("polygon", "mug", points=points, closed=True) | {"original_width": width, "original_height": width}
    assert polygon_in(region_of([there], "here"))[::2] == corners


def test_an_ellipse_has_radii_in_percent_of_either_side(tmp_path):
    ids, _ = drawn(tmp_path, region("ellipse", "mug", x=50, y=50, radiusX=20, radiusY=30, rotation=0))
    assert (ids > 0).sum() == pytest.approx(np.pi * 4 * 3, abs=4)
    assert ids[5, 6:14].all()
    assert not ids[5, 5]


def test_a_shape_and_its_labels_may_be_two_results_of_one_id(tmp_path):
    shape = {"id": "x", "type": "brush", "value": {"format": "rle", "rle": encode(RING)}, **SIZE}
    labels = {"id": "x", "type": "labels", "value": {"format": "rle", "rle": encode(RING), "labels": ["mug"]}, **SIZE}
    for order in ((shape, labels), (labels, shape)):
        ids, names = drawn(tmp_path, *order)
        assert names == ["mug"]
        assert ((ids == 1) == RING).all()


def test_a_task_gives_its_photo_with_tags_licence_and_source(tmp_path):
    data = {"image": "a.jpg", "camera": "cam01", "licence": "CC0-1.0", "source": "kitchen", "width": 20}
    blur = {"id": "c", "type": "choices", "from_name": "blur", "to_name": "image", "value": {"choices": ["a", "b"]}}
    (photo,) = read_label_studio(write_tasks(tmp_path, task(annotation(BRUSH, blur), data=data))).photos
    assert (photo.file, photo.source, photo.licence) == (tmp_path / "images" / "a.jpg", "kitchen", "CC0-1.0")
    assert photo.tags == {"camera": "cam01", "width": "20", "blur": "a, b"}


EARLY, LATE = "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"
SEVERAL = ("1 tasks have several annotations: the ground truth is taken, else the latest",)


@pytest.mark.parametrize(
    ("annotations", "names", "labelled", "said"),
    [
        pytest.param([annotation(BRUSH)], ["mug"], True, (), id="one"),
        pytest.param(
            [annotation(BRUSH, updated_at=LATE), annotation(POLYGON, updated_at=EARLY)], ["mug"], True, SEVERAL,
            id="the latest of two",
        ),
        pytest.param(
            [annotation(BRUSH, updated_at=EARLY, ground_truth=True), annotation(POLYGON, updated_at=LATE)], ["mug"],
            True, SEVERAL, id="the ground truth",
        ),
        pytest.param(
            [annotation(BRUSH), annotation(POLYGON, updated_at=LATE, was_cancelled=True)], ["mug"], True, (),
            id="not the cancelled one",
        ),
        pytest.param([annotation(BRUSH, was_cancelled=True)], [], False, ("1 tasks were skipped",), id="skipped"),
        pytest.param([annotation()], [], True, (), id="submitted as empty"),
        pytest.param([], [], False, (), id="not labelled"),
    ],
)  # fmt: skip
def test_the_annotation_that_counts_is_taken(tmp_path, annotations, names, labelled, said):
    found = read_label_studio(write_tasks(tmp_path, task(*annotations)))
    assert found.photos[0].label.draw((10, 20))[1] == names
    assert found.photos[0].labelled == labelled
    assert found.assumed == said


def test_predictions_are_no_labels(tmp_path):
    found = read_label_studio(write_tasks(tmp_path, task(predictions=[{"result": [BRUSH], "score": 0.9}])))
    assert not found.photos[0].labelled
    assert found.assumed == ("1 tasks have predictions alone, which are no labels",)


def test_what_is_no_mask_is_told_with_its_count(tmp_path):
    others = [
        region("rectangle", "mug", x=5, y=10, width=95, height=90, rotation=0),  # around the brush
        region("keypoint", "handle", x=50, y=50, width=1),
        {"id": "t", "type": "textarea", "from_name": "note", "value": {"text": ["dirty"]}},
        {"id": "brush", "type": "choices", "from_name": "state", "value": {"choices": ["broken"]}},
        {"type": "relation", "from_id": "brush", "to_id": "keypoint", "direction": "right"},
    ]
    found = read_label_studio(write_tasks(tmp_path, task(annotation(BRUSH, *others))))
    kinds = ("choices", "keypoint", "rectangle", "relation", "textarea")
    assert found.assumed == tuple(f"left out: 1 of the kind {kind!r}, which is no mask" for kind in kinds)


def test_categories_come_as_the_configuration_beside_lists_them(tmp_path):
    (tmp_path / "config.xml").write_text(
        '<View><Header value="x"/><BrushLabels name="tag" toName="image"><Label value="plate"/><Label value="mug"/>'
        '</BrushLabels><KeyPointLabels name="k" toName="image"><Label value="handle"/></KeyPointLabels></View>',
        encoding="utf-8",
    )
    assert read_label_studio(write_tasks(tmp_path, task(annotation(BRUSH)))).categories == ("plate", "mug")


FAR = region("rectangle", "mug", x=60, y=10, width=20, height=70, rotation=0)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        pytest.param(BRUSH | {"image_rotation": 90}, "was turned by 90 degrees in Label Studio", id="turned"),
        pytest.param(
            BRUSH | {"original_width": 21}, "holds 800 bytes, wanted 4 for each of 21 x 10", id="another size"
        ),
        pytest.param(BRUSH | {"original_width": None}, "original_width and original_height are missing", id="no size"),
        pytest.param(BRUSH | {"original_width": 0}, "is 0 x 10 pixels", id="a size of nothing"),
        pytest.param(region("brush", "mug", rle="abc"), "its brush mask is broken", id="RLE of COCO"),
        pytest.param(region("brush", [], rle=encode(RING)), r"has the labels \[\], wanted one", id="no label"),
        pytest.param(region("brush", ["a", "b"], rle=encode(RING)), "has the labels", id="two labels"),
        pytest.param(region("polygon", "mug", points=SQUARE, closed=False), "is not closed", id="an open polygon"),
        pytest.param(region("polygon", "mug", points=[[1]]), r"found the point \[1\]", id="no point"),
        pytest.param(region("polygon", "mug", points=[[1, "x"]]), "found the coordinate 'x'", id="no number"),
        pytest.param(region("ellipse", "mug", radiusX=float("inf")), "found the coordinate inf", id="without end"),
        pytest.param({"value": {}}, r"result\[0\] is", id="no type"),
        pytest.param(FAR, "the rectangle of 'mug' is no mask", id="a box alone"),
    ],
)
def test_a_region_that_is_wrong_is_a_defect_of_its_photo(tmp_path, result, message):
    other = region("brush", "mug", "z", format="rle", rle=encode(RING))
    results = [result] if "value" not in result or not result["value"] else [result, other]
    with pytest.raises(InputError, match=message):
        read_label_studio(write_tasks(tmp_path, task(annotation(*results))))
    defects = Defects()
    read_label_studio(tmp_path / "project-1-at-2026-11-01.json", defects)
    assert defects.found


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        pytest.param(
            [{"image": "a.jpg", "id": 1, "annotator": 1}], "found no task with 'data', as in JSON-MIN", id="MIN"
        ),
        pytest.param([task(annotation(BRUSH), image="/data/upload/1/b.jpg")], "is nowhere in", id="no such photo"),
        pytest.param(
            [task(annotation(BRUSH), data={"text": "a"})], "data names 0 photos, wanted one", id="no photo named"
        ),
        pytest.param([task(data={"l": "a.jpg", "r": "b.jpg"})], "data names 2 photos", id="two photos named"),
        pytest.param([task(7)], r"annotations is \[7\], wanted a list of them", id="ids in place of annotations"),
        pytest.param([task(annotation(result=None))], "result is None, wanted a list", id="no result"),
        pytest.param([7], "not a list of tasks", id="no task"),
    ],
)
def test_tasks_that_are_wrong_are_named(tmp_path, tasks, message):
    with pytest.raises(InputError, match=message):
        read_label_studio(write_tasks(tmp_path, *tasks))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"images": [], "annotations": [], "categories": []}, id="COCO"),
        pytest.param({"info": {}, "categories": {}, "items": []}, id="Datumaro"),
        pytest.param({"shapes": [], "imagePath": "a.jpg"}, id="LabelMe"),
        pytest.param(["mug", "plate"], id="names"),
        pytest.param([{"image_id": 1, "segmentation": {}}], id="results of COCO"),
    ],
)
def test_another_tools_folder_is_not_taken_for_it(tmp_path, value):
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert find_label_studio(tmp_path) is None


def test_several_exports_in_one_folder_are_one_set(tmp_path):
    write_tasks(tmp_path, task(annotation(BRUSH)))
    Image.new("RGB", (20, 10)).save(tmp_path / "b.jpg")
    write_tasks(tmp_path, task(annotation(POLYGON), image="b.jpg"), name="project-2.json")
    found = read_set(tmp_path, Defects())
    assert (found.categories, len(found.photos)) == (("mug", "plate"), 2)
    assert found.assumed[0] == "read as Label Studio"


def test_everything_that_is_written_comes_back_to_the_pixel(pictures, tmp_path):
    found = read_set(pictures.export("label_studio", tmp_path / "out"), Defects())
    assert found.categories == ("mug", "plate")
    assert [photo.licence for photo in found.photos] == [sample.licence for sample in pictures.samples]
    check_trip(pictures, found, empty_is_labelled=True)


def test_brushes_are_written_as_label_studio_unpacks_them_under_labels_that_are_configured(pictures, tmp_path):
    out = pictures.export("label_studio", tmp_path / "out")
    view = ElementTree.parse(out / "label_config.xml").getroot()
    assert [label.get("value") for label in view.find("BrushLabels")] == ["mug", "plate"]
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    for one, sample, ids in zip(tasks, pictures.samples, pictures.ids, strict=True):
        (made,) = one["annotations"]
        for result, item in zip(made["result"], sample.instances, strict=True):
            assert (result["from_name"], result["to_name"]) == (view[1].get("name"), view[0].get("name"))
            assert result["value"]["brushlabels"] == [item.category]
            alpha = np.reshape(by_the_book(result["value"]["rle"]), (*ids.shape, 4))[:, :, 3]
            assert (alpha == 255 * (ids == item.index)).all()
