"""COCO outlines become the id map that pycocotools would draw."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as rle_tools

from dataset.formats.coco import read_coco, read_outlines_by_photo
from dataset.formats.coco_places import find_coco
from dataset.formats.outlines import Outline, Outlines, mask_of
from pipeline.errors import InputError

SQUARE = [[2.0, 1.0, 6.0, 1.0, 6.0, 4.0, 2.0, 4.0]]
RING = np.zeros((8, 9), bool)  # a hole, and a second piece
RING[1:6, 1:6], RING[3, 3], RING[7, 8] = True, False, True


def compressed(mask: np.ndarray) -> dict[str, Any]:
    rle = rle_tools.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": rle["counts"].decode()}


def uncompressed(mask: np.ndarray) -> dict[str, Any]:
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat]).astype(int))).tolist()
    return {"size": list(mask.shape), "counts": np.diff([0, *edges, flat.size]).tolist()}


@pytest.mark.parametrize("encode", [compressed, uncompressed])
def test_a_mask_comes_back_from_rle_with_its_hole_and_both_pieces(encode):
    assert (mask_of(encode(RING), (8, 9), "a") == RING).all()


def test_long_runs_and_shrinking_ones_come_back_too():
    mask = np.zeros((300, 200), bool)
    mask[:, 50:150], mask[7, 3], mask[100:290, 199] = True, True, True
    mask[::3, 60] = False
    assert (mask_of(compressed(mask), (300, 200), "a") == mask).all()


def test_a_polygon_fills_the_pixels_inside_it():
    mask = mask_of(SQUARE, (8, 9), "a")
    assert mask[1:4, 2:6].all()
    assert mask.sum() == 12


def test_two_polygons_are_one_instance():
    assert mask_of([*SQUARE, [7, 6, 9, 6, 9, 8, 7, 8]], (8, 9), "a").sum() == 16


def test_the_smaller_of_two_that_overlap_lies_on_top():
    small = [[3, 2, 5, 2, 5, 3, 3, 3]]
    ids, names = Outlines("a", (8, 9), (Outline("1", "cup", small), Outline("2", "table", SQUARE))).draw((1, 1))
    assert names == ["cup", "table"]
    assert ((ids == 1).sum(), (ids == 2).sum()) == (2, 10)


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        pytest.param(None, "found no outline", id="nothing"),
        pytest.param([], "a box alone is no mask", id="a box only"),
        pytest.param([[1, 1, 5, 5]], "wanted x, y of three points", id="four numbers, which would be drawn as a box"),
        pytest.param([[1, 1, 5, 5, float("nan"), 2]], "found the coordinate nan", id="a coordinate that is no number"),
        pytest.param({"size": [9, 8], "counts": [72]}, r"size \[9, 8\]", id="RLE of another size"),
        pytest.param({"size": [8, 9], "counts": [3, 4]}, "its RLE is broken", id="RLE that ends early"),
        pytest.param({"size": [8, 9], "counts": "zzzz"}, "its RLE is broken", id="RLE that is garbage"),
        pytest.param({"size": [8, 9]}, "its RLE is broken", id="RLE without counts"),
    ],
)
def test_an_outline_that_cannot_be_drawn_is_named(segmentation, message):
    with pytest.raises(InputError, match=message):
        mask_of(segmentation, (8, 9), "annotation 5")


IMAGE = {"id": 7, "file_name": "a.jpg", "width": 9, "height": 8, "license": 1, "camera": "x"}
CUP = {"id": 1, "image_id": 7, "category_id": 20, "segmentation": SQUARE, "iscrowd": 0}
COCO = {
    "licenses": [{"id": 1, "name": "CC0-1.0"}],
    "images": [IMAGE],
    "annotations": [CUP, CUP | {"id": 2, "iscrowd": 1}],
    "categories": [{"id": 20, "name": "cup"}, {"id": 3, "name": "table"}],
}


def write_coco(root: Path, name: str = "annotations.json", **changes: object) -> Path:
    (root / "a.jpg").touch()
    (root / name).write_text(json.dumps(COCO | changes), encoding="utf-8")
    return root / name


def test_a_coco_file_gives_photos_with_categories_licence_and_tags(tmp_path):
    found = read_coco(write_coco(tmp_path))
    assert found.categories == ("table", "cup")
    assert found.assumed == ("1 annotations marked iscrowd or ignore are regions to ignore",)
    (photo,) = found.photos
    assert (photo.file, photo.licence, photo.tags) == (tmp_path / "a.jpg", "CC0-1.0", {"camera": "x"})
    assert photo.label.draw((1, 1))[1] == ["cup"]


@pytest.mark.parametrize("crowd", [0, 1])
@pytest.mark.parametrize("mark", [1, True, "1"])
def test_what_is_marked_ignore_is_neither_object_nor_background(tmp_path, mark, crowd):
    ignored = CUP | {"id": 2, "ignore": mark, "iscrowd": crowd, "category_id": 3}
    (photo,) = read_coco(write_coco(tmp_path, annotations=[CUP | {"ignore": 0}, ignored])).photos
    assert [(row.category, row.ignored) for row in photo.label.outlines] == [("cup", False), ("table", True)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"annotations": [CUP | {"ignore": "x"}]}, "annotation 1: ignore is 'x', wanted 0 or 1", id="maybe"
        ),
        pytest.param({"annotations": [CUP | {"image_id": 8}]}, "annotation 1 is for the image 8", id="no such image"),
        pytest.param({"annotations": [CUP | {"category_id": 8}]}, "the category 8", id="no such category"),
        pytest.param({"annotations": [{"id": 1}]}, r"annotations\[0\] wants", id="an annotation of nothing"),
        pytest.param({"images": [IMAGE, IMAGE]}, "the id 7 is there twice", id="an id twice"),
        pytest.param(
            {"images": [IMAGE | {"file_name": "b.jpg"}]}, r"b\.jpg' is neither in", id="a file that is missing"
        ),
        pytest.param({"images": [IMAGE | {"file_name": "../b.jpg"}]}, "is neither in", id="a path out of the folder"),
        pytest.param({"categories": None}, "not a COCO instance file", id="a part that is missing"),
    ],
)
def test_a_faulty_coco_file_is_named(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_coco(write_coco(tmp_path, **changes))


@pytest.mark.parametrize("name", ["annotations.json", "instances_train.json", "labels.json"])
def test_the_coco_file_is_found_by_name_or_by_being_the_only_one(tmp_path, name):
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    write_coco(tmp_path, name)
    assert find_coco(tmp_path) == tmp_path / name


def test_of_several_files_nobody_can_tell_which_holds_predictions(tmp_path):
    write_coco(tmp_path, "instances_train.json")
    write_coco(tmp_path, "instances_val.json")
    with pytest.raises(InputError, match=r"found instances_train\.json, instances_val\.json, wanted one"):
        read_outlines_by_photo(find_coco(tmp_path))


def test_a_folder_without_a_coco_file_has_none(tmp_path):
    assert find_coco(tmp_path) is None
