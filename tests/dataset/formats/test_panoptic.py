"""A panoptic set is read to the pixel: things, stuff, crowds and what is nobody's."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset.formats.listed import Defects
from dataset.formats.panoptic import find_panoptic, read_panoptic
from dataset.idmap import IGNORE
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import HEIGHT, WIDTH, photo, save

MUG, OTHER, SKY, CROWD = 1, 256 + 2, 65536 * 3 + 256 * 2 + 1, 7
SEGMENTS = [
    {"id": MUG, "category_id": 1, "iscrowd": 0},
    {"id": OTHER, "category_id": 1, "iscrowd": 0},
    {"id": SKY, "category_id": 5, "iscrowd": 0},
    {"id": CROWD, "category_id": 1, "iscrowd": 1},
]
CATEGORIES = [{"id": 5, "name": "sky", "isthing": 0}, {"id": 1, "name": "mug", "isthing": 1}]
DRAWN = np.array([[int(digit) for digit in row] for row in ("11122233", "11122233", "11 2 233".replace(" ", "0"),
                                                           "00000004", "33300004", "33000000")])  # fmt: skip
CODES = np.array([0, MUG, OTHER, SKY, CROWD])[DRAWN]
IDS = np.array([IGNORE, 1, 2, 3, IGNORE])[DRAWN]
IMAGES = [
    {"id": 9, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT, "license": 2},
    {"id": 10, "file_name": "b.jpg", "width": WIDTH, "height": HEIGHT},
]
ENTRY = {"image_id": 9, "file_name": "a.png", "segments_info": SEGMENTS}


def write(root: Path, codes: np.ndarray = CODES, layout: str = "flat", packed: bool = False, **changes: object) -> Path:
    """Write a set as COCO's own archives unpack, or with everything in one folder."""
    deep = layout == "as COCO unpacks"
    labels, name = (root / "annotations", "panoptic_val2017") if deep else (root, "panoptic")
    for each in ("a.jpg", "b.jpg"):
        photo((root / "val2017" if deep else root / "images") / each)
    rgb = np.stack([codes % 256, codes // 256 % 256, codes // 65536], axis=2).astype(np.uint8)
    save(labels / name / "a.png", rgb)
    if packed:
        (labels / f"{name}.zip").touch()
    value = {"images": IMAGES, "annotations": [ENTRY], "categories": CATEGORIES}
    value |= {"licenses": [{"id": 2, "name": "CC0-1.0"}]}
    (labels / f"{name}.json").write_text(json.dumps(value | changes), encoding="utf-8")
    return root


@pytest.mark.parametrize("layout", ["flat", "as COCO unpacks"])
def test_segments_are_instances_and_the_rest_is_ignored(tmp_path, layout):
    found = read_set(write(tmp_path, layout=layout), Defects())
    assert found.categories == ("mug", "sky")
    labelled, bare = found.photos
    ids, names = labelled.label.draw((1, 1))
    assert (ids == IDS).all()
    assert names == ["mug", "mug", "sky"]
    assert (labelled.licence, labelled.labelled, bare.labelled) == ("CC0-1.0", True, False)
    assert "1 categories are no things: each of their segments is one object" in found.assumed


FAULTY = {
    "a colour of no segment": ({"codes": CODES + 5 * (DRAWN == 1)}, "the id 1, of which no pixel is there"),
    "a segment too few": (
        {"annotations": [ENTRY | {"segments_info": SEGMENTS[:3]}]}, "the id 7, which no segment has"),
    "an unknown category": (
        {"annotations": [ENTRY | {"segments_info": [{"id": 1, "category_id": 8}]}]}, "the category 8, which"),
    "an id too large": (
        {"annotations": [ENTRY | {"segments_info": [{"id": 2**24, "category_id": 1}]}]}, "the id of a segment is 1677"),
    "an id twice": (
        {"annotations": [ENTRY | {"segments_info": SEGMENTS[:1] * 2}]}, "two segments have one id"),
    "PNG that are packed": (
        {"annotations": [ENTRY | {"file_name": "c.png"}], "packed": True}, r"unpack panoptic\.zip there"),
    "no PNG": ({"annotations": [ENTRY | {"file_name": "c.png"}]}, r"'c\.png' is not in"),
    "a PNG elsewhere": ({"annotations": [ENTRY | {"file_name": "../images/a.jpg"}]}, "leaves"),
    "an annotation of no image": ({"annotations": [ENTRY | {"image_id": 3}]}, "the image 3, which is not there"),
    "two annotations of an image": ({"annotations": [ENTRY, ENTRY]}, "has two annotations"),
    "a photo that is not there": ({"images": [{"id": 9, "file_name": "x.jpg"}]}, r"'x\.jpg' is neither in"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), FAULTY.values(), ids=FAULTY)
def test_what_does_not_meet_is_named(tmp_path, changes, message):
    sign = find_panoptic(write(tmp_path, **changes))
    with pytest.raises(InputError, match=message):
        read_panoptic(sign).photos[0].label.draw((1, 1))


def test_folders_of_other_formats_are_none(tmp_path):
    photo(tmp_path / "images" / "a.jpg")
    (tmp_path / "annotations.json").write_text("{}", encoding="utf-8")
    assert find_panoptic(tmp_path) is None
