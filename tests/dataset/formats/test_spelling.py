"""What labels name and what lies on the disk may be spelt and encoded otherwise, and lie in files of any name."""

import json
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from dataset.formats.listed import CLASH, Defects, PhotoSet
from dataset.formats.photo_files import MOST_PARTS, ends_of, way_name
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import HEIGHT, WIDTH, photo, save

BOX = [[1, 1, 4, 1, 4, 3, 1, 3]]
NAMES = [{"id": 1, "name": "mug"}, {"id": 2, "name": "plate"}]


def coco(path: Path, *photos: str, categories: list[dict[str, object]] = NAMES, **row: object) -> Path:
    """Write a COCO file in which each photo shows one mug."""
    images = [{"id": k, "file_name": name, "width": WIDTH, "height": HEIGHT} for k, name in enumerate(photos, 1)]
    usual = {"category_id": 1, "segmentation": BOX}
    rows = [{"id": k, "image_id": k} | usual | row for k in range(1, len(photos) + 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    value = {"images": images, "annotations": rows, "categories": categories}
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def read(root: Path) -> PhotoSet:
    """Return a set without a defect."""
    defects = Defects()
    found = read_set(root, defects)
    assert not [defect.text for defect in defects.found]
    return found


def categories_of(found: PhotoSet) -> list[list[str]]:
    return [each.label.draw((HEIGHT, WIDTH))[1] for each in found.photos]


UMLAUT = "tür.jpg"
SPELT = {
    "capitals": ("IMG_1.JPG", "img_1.jpg"),
    "a blank for _": ("my_photo.jpg", "my photo.jpg"),
    "blanks around": ("a.jpg", " a.jpg "),
    "percent signs on the disk": ("my%20photo.jpg", "my photo.jpg"),
    "percent signs in the labels": ("my photo.jpg", "my%20photo.jpg"),
    "composed on the disk": (normalize("NFC", UMLAUT), normalize("NFD", UMLAUT)),
    "decomposed on the disk": (normalize("NFD", UMLAUT), normalize("NFC", UMLAUT)),
    "a path of Windows": ("a.jpg", "C:\\Users\\Ada\\set\\images\\a.jpg"),
    "a path of another machine": ("day/a.jpg", "/home/ada/set/images/day/a.jpg"),
    "an address": ("a.jpg", "https://example.com/photos/a.jpg"),
}


@pytest.mark.parametrize(("there", "named"), SPELT.values(), ids=SPELT)
def test_a_photo_is_found_however_its_name_is_spelt(tmp_path, there, named):
    photo(tmp_path / "images" / there)
    coco(tmp_path / "annotations.json", named)
    assert categories_of(read(tmp_path)) == [["mug"]]


def test_of_two_photos_that_differ_by_spelling_the_exact_one_is_taken_and_none_is_guessed(tmp_path):
    for name in ("a b.jpg", "A B.jpg"):
        photo(tmp_path / "images" / name)
    coco(tmp_path / "annotations.json", "A B.jpg", "a b.jpg")
    assert [each.file.name for each in read(tmp_path).photos] == ["A B.jpg", "a b.jpg"]
    coco(tmp_path / "annotations.json", "a_b.jpg")
    with pytest.raises(InputError, match=r"a_b.jpg: may be A B.jpg or a b.jpg; rename one"):
        read_set(tmp_path, Defects())


@pytest.mark.parametrize("there", ["IMG 1.jpg", "img_1.JPG", "img%201.jpg"])
def test_a_mask_and_a_label_file_are_found_however_their_names_are_spelt(tmp_path, there):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[1:3, 1:4] = 1
    photo(tmp_path / "masks" / "images" / there)
    save(tmp_path / "masks" / "masks" / "img 1.png", mask)
    photo(tmp_path / "yolo" / "images" / there)
    (tmp_path / "yolo" / "labels").mkdir()
    (tmp_path / "yolo/labels/img 1.txt").write_text("0 0.1 0.1 0.9 0.1 0.9 0.9\n", encoding="utf-8")
    (tmp_path / "yolo/data.yaml").write_text("train: images\nnames: [masks]\n", encoding="utf-8")
    assert categories_of(read(tmp_path / "masks")) == categories_of(read(tmp_path / "yolo")) == [["masks"]]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("annotations.json", "annotations_val.json"), id="one has the usual name"),
        pytest.param(("instances_train.json", "val.json"), id="one has a part's name"),
        pytest.param(("annotations/train.json", "annotations/valid.json"), id="in annotations"),
        pytest.param(("one.json", "two.json"), id="any names"),
    ],
)
def test_every_coco_file_of_a_folder_is_read(tmp_path, names):
    for place, name in zip("ab", names, strict=True):
        photo(tmp_path / "images" / f"{place}.jpg")
        coco(tmp_path / name, f"{place}.jpg")
    found = read(tmp_path)
    assert categories_of(found) == [["mug"], ["mug"]]
    assert {f"{name}: 1 photos" for name in names} <= set(found.assumed)


def test_two_parts_of_the_labels_of_one_photo_are_refused(tmp_path):
    photo(tmp_path / "images/a.jpg")
    coco(tmp_path / "annotations.json", "a.jpg")
    coco(tmp_path / "annotations_2.json", "a.jpg", category_id=2)
    defects = Defects()
    read_set(tmp_path, defects)
    assert [(defect.kind, "annotations_2.json tell of it" in defect.text) for defect in defects.found] == [
        (CLASH, True)
    ]


def test_what_coco_ships_beside_its_instances_is_passed_over_and_said(tmp_path):
    photo(tmp_path / "val2017/a.jpg")
    coco(tmp_path / "annotations/instances_val2017.json", "a.jpg")
    coco(tmp_path / "annotations/person_keypoints_val2017.json", "a.jpg")
    found = read(tmp_path)
    assert categories_of(found) == [["mug"]]
    assert "passed over 1 COCO files (annotations/person_keypoints_val2017.json)" in found.assumed


def test_photos_lie_in_data_as_fiftyone_has_them(tmp_path):
    photo(tmp_path / "data/a.jpg")
    coco(tmp_path / "labels.json", "a.jpg")
    assert categories_of(read(tmp_path)) == [["mug"]]


def test_two_categories_of_one_name_are_one_and_said(tmp_path):
    photo(tmp_path / "a.jpg")
    coco(tmp_path / "annotations.json", "a.jpg", categories=[{"id": 0, "name": "mug"}, {"id": 1, "name": " mug "}])
    found = read(tmp_path)
    assert (found.categories, categories_of(found)) == (("mug",), [["mug"]])
    assert "2 categories are called 'mug' and taken as one" in found.assumed


def test_categories_that_differ_by_capitals_are_said(tmp_path):
    photo(tmp_path / "a.jpg")
    coco(tmp_path / "annotations.json", "a.jpg", categories=[{"id": 0, "name": "Mug"}, {"id": 1, "name": "mug"}])
    said = "'Mug', 'mug' differ by spelling alone, and each is a category of its own (see ingest.rename)"
    assert said in read(tmp_path).assumed


@pytest.mark.parametrize("row", [{"category_id": "1", "image_id": "1"}, {"category_id": 1.0, "image_id": 1.0}])
def test_ids_are_the_same_as_numbers_and_as_text(tmp_path, row):
    photo(tmp_path / "a.jpg")
    coco(tmp_path / "annotations.json", "a.jpg", **row)
    assert categories_of(read(tmp_path)) == [["mug"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_texts_of_other_encodings_are_read(tmp_path, encoding):
    def again(path: Path) -> None:
        path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)

    photo(tmp_path / "coco/a.jpg")
    again(coco(tmp_path / "coco/some.json", "a.jpg"))
    photo(tmp_path / "yolo/images/a.jpg")
    (tmp_path / "yolo/labels").mkdir()
    (tmp_path / "yolo/labels/a.txt").write_text("0 0.1 0.1 0.9 0.1 0.9 0.9\n", encoding=encoding)
    (tmp_path / "yolo/classes.txt").write_text("mug\n", encoding=encoding)
    photo(tmp_path / "cvat/a.jpg")
    cvat = f'<image name="a.jpg" width="{WIDTH}" height="{HEIGHT}"><polygon label="mug" points="1,1;4,1;4,3"/></image>'
    text = f'<?xml version="1.0" encoding="{encoding[:6].rstrip("-")}"?><annotations>{cvat}</annotations>'
    (tmp_path / "cvat/annotations.xml").write_text(text, encoding=encoding)
    photo(tmp_path / "labelme/a.jpg")
    shape = {"label": "mug", "points": [[1, 1], [4, 1], [4, 3]], "shape_type": "polygon"}
    (tmp_path / "labelme/a.json").write_text(json.dumps({"shapes": [shape], "imagePath": "a.jpg"}), encoding=encoding)
    assert [categories_of(read(tmp_path / name)) for name in ("coco", "yolo", "cvat", "labelme")] == [[["mug"]]] * 4


def test_of_a_path_through_thousands_of_folders_the_last_ones_are_tried(tmp_path: Path) -> None:
    photo(tmp_path / "c.jpg")
    coco(tmp_path / "instances.json", "ab/" * 1200 + "c.jpg")
    assert [each.file.name for each in read(tmp_path).photos] == ["c.jpg"]
    assert len(ends_of("ab/" * 3000 + "c.jpg")) == MOST_PARTS


def test_what_is_no_photo_but_the_folder_itself_has_a_name(tmp_path: Path) -> None:
    assert [way_name(tmp_path / file, tmp_path) for file in ("train/images/a.jpg", "a.jpg", ".")] == [
        "train_a",
        "a",
        tmp_path.name,
    ]
