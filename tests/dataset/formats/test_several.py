"""Several COCO files are one set: no photo gets the labels of another, and what they do not agree on is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.formats.listed import CLASH, NO_PHOTO, Defects, PhotoSet
from dataset.idmap import IGNORE
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import HEIGHT, WIDTH, photo, save

NAMES = [{"id": 1, "name": "mug", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}]
TURNED = [{"id": 7, "name": "sky", "isthing": 0}, {"id": 1, "name": "mug", "isthing": 1}]  # as another export numbers
LEFT = [[0, 0, 2, 0, 2, 3, 0, 3]]
RIGHT = [[4, 1, 8, 1, 8, 4, 4, 4]]
LAYOUTS = {  # of the photos of a part, from the set's folder
    "as COCO unpacks": "{part}",
    "as Ultralytics lays it out": "images/{part}",
}


def image(id_: int, name: str) -> dict[str, Any]:
    return {"id": id_, "file_name": name, "width": WIDTH, "height": HEIGHT}


def annotation(id_: int, image_id: int, category: int, shape: object, crowd: int = 0) -> dict[str, Any]:
    return {"id": id_, "image_id": image_id, "category_id": category, "segmentation": shape, "iscrowd": crowd}


def write_json(path: Path, images: list[Any], annotations: list[Any], categories: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    value = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(value), encoding="utf-8")


def instances(root: Path, layout: str = "{part}", **val: Any) -> Path:
    """Write two parts whose photos have the same names and ids; val: lists of the second file."""
    for part in ("train2017", "val2017"):
        photo(root / layout.format(part=part) / "1.jpg")
    write_json(root / "annotations/instances_train2017.json", [image(1, "1.jpg")], [annotation(1, 1, 1, LEFT)], NAMES)
    second: dict[str, Any] = {"images": [image(1, "1.jpg")], "annotations": [annotation(1, 1, 1, RIGHT)]}
    write_json(root / "annotations/instances_val2017.json", **(second | {"categories": TURNED} | val))
    return root


def panoptic(root: Path, ending: str = "", **val: Any) -> Path:
    """Write the same two parts as panoptic JSON: the mug of one photo lies left, that of the other right."""
    for part, names, columns in (("train2017", NAMES, slice(0, 2)), ("val2017", TURNED, slice(4, 8))):
        photo(root / part / "1.jpg")
        rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        rgb[:, columns, 0] = 5
        save(root / "annotations" / f"panoptic_{part}{ending}" / "1.png", rgb)
        entry = {"image_id": 1, "file_name": "1.png", "segments_info": [{"id": 5, "category_id": 1}]}
        value = {"images": [image(1, "1.jpg")], "annotations": [entry], "categories": names}
        write_json(root / f"annotations/panoptic_{part}.json", **(value | (val if part == "val2017" else {})))
    return root


def columns_of(found: PhotoSet) -> dict[str, tuple[list[str], list[int]]]:
    """Return by photo the categories of its objects, and the columns that they are in."""
    drawn = {photo.id: photo.label.draw((HEIGHT, WIDTH)) for photo in found.photos}
    return {
        name: (names, np.flatnonzero(((ids > 0) & (ids < IGNORE)).any(axis=0)).tolist())
        for name, (ids, names) in drawn.items()
    }


EXPECTED = {"1": (["mug"], [0, 1]), "2": (["mug"], [4, 5, 6, 7])}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_each_photo_has_the_labels_of_its_own_file_though_names_and_ids_are_the_same(tmp_path, layout):
    found = read_set(instances(tmp_path, layout), Defects())
    assert found.categories == ("mug", "sky")
    prefix = layout.format(part="").replace("images/", "")
    assert columns_of(found) == {f"{prefix}train2017_1": EXPECTED["1"], f"{prefix}val2017_1": EXPECTED["2"]}
    assert [each.tags["subset"] for each in found.photos] == ["train2017", "val2017"]
    assert "annotations/instances_val2017.json: 1 photos" in found.assumed


@pytest.mark.parametrize("ending", ["", "_images"])
def test_each_photo_has_the_png_of_its_own_panoptic_file(tmp_path, ending):
    found = read_set(panoptic(tmp_path, ending), Defects())
    assert found.categories == ("mug", "sky")
    assert columns_of(found) == {"train2017_1": EXPECTED["1"], "val2017_1": EXPECTED["2"]}
    assert [each.tags["subset"] for each in found.photos] == ["train2017", "val2017"]


def test_of_instances_and_panoptic_side_by_side_one_is_read_and_the_other_is_named(tmp_path):
    found = read_set(panoptic(instances(tmp_path)), Defects())
    assert found.assumed[0] == "read as COCO panoptic"
    assert found.assumed[-1] == "passed over COCO"
    other = read_set(tmp_path, Defects(), "coco")
    assert columns_of(other) == columns_of(found)


@pytest.mark.parametrize("write", [instances, panoptic])
@pytest.mark.parametrize("names", [NAMES[:1], [*NAMES, {"id": 9, "name": "Mug"}]], ids=["one fewer", "one more"])
def test_a_category_that_one_file_does_not_know_stops_the_run(tmp_path, write, names):
    with pytest.raises(InputError, match=r"has no category '(sky|Mug)', which .* has \(1 such categories\)"):
        read_set(write(tmp_path, categories=names), Defects())


@pytest.mark.parametrize("write", [instances, panoptic])
def test_a_photo_of_which_two_files_tell_is_a_defect(tmp_path, write):
    defects = Defects()
    read_set(write(tmp_path, images=[image(1, "../train2017/1.jpg") | {"file_name": "train2017/1.jpg"}]), defects)
    assert [defect.kind for defect in defects.found] == [CLASH]
    assert "annotations/" in defects.found[0].text
    assert "val2017.json tell of it" in defects.found[0].text


def test_a_photo_that_is_missing_from_its_part_is_not_taken_from_another(tmp_path):
    defects = Defects()
    root = instances(tmp_path)
    (root / "val2017" / "1.jpg").unlink()
    found = read_set(root, defects)
    assert [defect.kind for defect in defects.found] == [NO_PHOTO]
    assert columns_of(found) == {"1": EXPECTED["1"]}


def test_crowds_of_one_file_are_no_objects_where_another_has_objects_of_their_category(tmp_path):
    rows = [annotation(1, 1, 1, RIGHT, crowd=1), annotation(2, 1, 7, LEFT)]
    found = read_set(instances(tmp_path, annotations=rows), Defects())
    ids, names = next(each for each in found.photos if each.tags["subset"] == "val2017").label.draw((HEIGHT, WIDTH))
    assert names == ["sky"]
    assert (ids[1:4, 4:8] == IGNORE).all()


def test_a_file_in_each_folder_of_photos_is_a_part(tmp_path):
    for part, shape in (("train", LEFT), ("valid", RIGHT)):
        photo(tmp_path / part / "1.jpg")
        rows = [annotation(1, 1, 1, shape)]
        write_json(tmp_path / part / "_annotations.coco.json", [image(1, "1.jpg")], rows, NAMES)
    found = read_set(tmp_path, Defects())
    assert columns_of(found) == {"train_1": EXPECTED["1"], "valid_1": EXPECTED["2"]}
    assert [each.tags["subset"] for each in found.photos] == ["train", "val"]


def test_the_folder_of_the_files_alone_may_be_named(tmp_path):
    found = read_set(instances(tmp_path) / "annotations", Defects())
    assert columns_of(found) == {"train2017_1": EXPECTED["1"], "val2017_1": EXPECTED["2"]}
