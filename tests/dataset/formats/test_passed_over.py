"""What lies in a set's folder and is no part of it is counted, and photos of one name in two folders are two."""

import json

import numpy as np
import pytest

from dataset.formats.listed import Defects
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import ONE, build

LABEL = "0 0.1 0.1 0.9 0.1 0.9 0.9\n"
LABELME = json.dumps({"imagePath": "1.png", "shapes": [{"label": "mug", "points": [[1, 1], [4, 1], [4, 3]]}]})
IMAGE = '<image name="1.png" width="8" height="6"><polygon label="mug" points="1,1;4,1;4,3"/></image>'
CVAT = f"<annotations>{IMAGE}</annotations>"
COCO = json.dumps({
    "images": [{"id": k, "file_name": f"{part}/1.png"} for k, part in enumerate(("train", "val"))],
    "annotations": [{"id": k, "image_id": k, "category_id": 1, "segmentation": [[1, 1, 4, 1, 4, 3]]} for k in (0, 1)],
    "categories": [{"id": 1, "name": "mug"}],
})  # fmt: skip
YAML = "names: [mug]\ntrain: {}\n"


@pytest.mark.parametrize(
    ("photos", "masks", "texts", "said"),
    [
        pytest.param(
            ("train/images/1.png", "dev/images/2.png"),
            {"train/masks/1.png": ONE, "dev/masks/2.png": ONE},
            {},
            "2 pictures in folders that hold no photo and no label of it ('dev/images' 1, 'dev/masks' 1)",
            id="a part of another name",
        ),
        pytest.param(
            ("images/1.png", "images/a/b/c/d/e/2.png"), {"masks/1.png": ONE}, {}, "'images/a/b/c/d/e' 1", id="too deep"
        ),
        pytest.param(
            ("images/train/1.png", "images/more/2.png"),
            {},
            {"labels/train/1.txt": LABEL, "labels/more/2.txt": LABEL, "data.yaml": YAML.format("images/train")},
            "'images/more' 1",
            id="a folder that data.yaml leaves out",
        ),
        pytest.param(
            ("1.png", "a/b/1.png"), {}, {"1.json": LABELME, "a/b/1.json": LABELME}, "'a/b' 1", id="LabelMe, too deep"
        ),
    ],
)
def test_pictures_in_folders_that_are_not_read_are_counted(tmp_path, photos, masks, texts, said):
    found = read_set(build(tmp_path, photos, masks, texts), Defects())
    assert len(found.photos) == 1
    assert said in found.assumed[-1]


@pytest.mark.parametrize(
    ("photos", "masks", "texts"),
    [
        pytest.param(
            ("train/images/1.png", "val/images/1.png"),
            {"train/masks/1.png": ONE, "val/masks/1.png": ONE},
            {},
            id="masks",
        ),
        pytest.param(
            ("train/images/1.png", "val/images/1.png"),
            {},
            {"train/labels/1.txt": LABEL, "val/labels/1.txt": LABEL, "data.yaml": YAML.format("[train, val]")},
            id="YOLO",
        ),
        pytest.param(("images/train/1.png", "images/val/1.png"), {}, {"annotations.json": COCO}, id="COCO, one file"),
        pytest.param(("train/1.png", "val/1.png"), {}, {"train/1.json": LABELME, "val/1.json": LABELME}, id="LabelMe"),
        pytest.param(
            ("train/images/1.png", "val/images/1.png"),
            {},
            {"train/annotations.xml": CVAT, "val/annotations.xml": CVAT},
            id="CVAT",
        ),
    ],
)
def test_photos_of_one_name_in_two_folders_are_called_after_these(tmp_path, photos, masks, texts):
    defects = Defects()
    found = read_set(build(tmp_path, photos, masks, texts), defects)
    assert [photo.id for photo in found.photos] == ["train_1", "val_1"]
    assert not defects.found


@pytest.mark.parametrize(("name", "text"), [("dataset.yaml", "names: [cup]"), ("labels/classes.txt", "cup\nmug\n")])
def test_two_files_that_name_categories_otherwise_are_refused(tmp_path, name, text):
    texts = {"labels/1.txt": LABEL, "data.yaml": YAML.format("images"), name: text}
    with pytest.raises(InputError, match=f"{name}: names other categories than .*data.yaml; take one of them away"):
        read_set(build(tmp_path, ("images/1.png",), {}, texts), Defects())


def test_masks_that_are_white_around_their_objects_are_asked_for(tmp_path):
    found = read_set(build(tmp_path, ("images/1.png",), {"masks/1.png": (1 - ONE) * np.uint8(255)}), Defects())
    assert "(it covers 88% of the pixels: are they inverted?)" in " ".join(found.assumed)


def test_texts_that_may_be_labels_are_named_where_no_format_is_known(tmp_path):
    found = read_set(build(tmp_path, ("images/1.png",), {}, {"some/where/coco.json": "{}", "a.csv": "x"}), Defects())
    said = "found no labels of any format, though 2 files may hold some ('a.csv', 'some/where/coco.json')"
    assert said in found.assumed


def test_a_mask_may_be_called_after_the_whole_name_of_its_photo(tmp_path):
    defects = Defects()
    (photo,) = read_set(build(tmp_path, ("images/1.jpg",), {"masks/1.jpg.png": ONE}), defects).photos
    assert (photo.labelled, defects.found) == (True, [])
