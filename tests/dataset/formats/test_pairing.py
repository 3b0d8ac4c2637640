"""A mask goes to the photo that its place and name mean, or a line says why it goes to none."""

import json

import pytest

from dataset.formats.folder import find_plain, read_plain
from dataset.formats.listed import Defects
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import BOTH, ONE, TWO, build, drawn

CUPS = {"categories.json": '["cup"]'}
LAYOUTS = {
    "images and masks": ("images/a.jpg", "masks/a.png"),
    "other words for both": ("JPEGImages/a.jpg", "Segmentations/a.png"),
    "photos and labels": ("photos/a.jpg", "labels/a.png"),
    "img and gt": ("img/a.jpg", "gt/a.png"),
    "a suffix": ("images/a.jpg", "masks/a_mask.png"),
    "another suffix": ("images/a.jpg", "annotations/a_labelIds.png"),
    "a suffix behind a minus": ("images/a.jpg", "masks/a-mask.png"),
    "a name that ends in a number": ("images/IMG_1.jpg", "masks/IMG_1.png"),
    "side by side": ("a.jpg", "a_mask.png"),
    "a name with spaces, dots and umlauts": ("images/Übung 1.2 b.jpg", "masks/Übung 1.2 b.png"),
    "subsets outside": ("train/images/a.jpg", "train/masks/a.png"),
    "subsets inside": ("images/train/a.jpg", "masks/train/a.png"),
    "subsets, side by side": ("train/a.jpg", "train/a_mask.png"),
    "deeper folders": ("images/monday/cam1/a.jpg", "masks/monday/cam1/a.png"),
}


@pytest.mark.parametrize(("image", "mask"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_objects(tmp_path, image, mask):
    root = build(tmp_path / "cups", (image,), {mask: BOTH}, CUPS)
    assert find_plain(root) == root
    found = read_plain(root)
    ((ids, names),) = drawn(found).values()
    assert (ids, names) == ((ONE + 2 * TWO).tolist(), ["cup", "cup"])
    assert found.photos[0].tags == ({"subset": "train"} if "train" in image else {})


PARTS = {
    "a folder a category": ({"masks/cup/a.png": ONE, "masks/plate/a.png": TWO}, ["cup", "plate"]),
    "a folder a category, in a subset": ({"masks/val/cup/a.png": ONE, "masks/val/plate/a.png": TWO}, ["cup", "plate"]),
    "a subset in each folder of a category": (
        {"masks/cup/val/a.png": ONE, "masks/plate/val/a.png": TWO},
        ["cup", "plate"],
    ),
    "a file an object": ({"masks/a_0.png": ONE * 255, "masks/a_1.png": TWO * 255}, ["cups", "cups"]),
    "a file an object, in a folder of its photo": ({"masks/a/x.png": ONE, "masks/a/y.png": TWO}, ["cups", "cups"]),
    "a file an object, in a folder of its category": (
        {"masks/cup/a_0.png": ONE, "masks/plate/a_1.png": TWO},
        ["cup", "plate"],
    ),
}


@pytest.mark.parametrize(("masks", "names"), PARTS.values(), ids=PARTS)
def test_a_photo_may_have_several_masks(tmp_path, masks, names):
    image = "images/val/a.jpg" if any("/val/" in name for name in masks) else "images/a.jpg"
    found = read_plain(build(tmp_path / "cups", (image, image.replace("a.jpg", "b.jpg")), masks))
    labels = drawn(found)
    assert labels["a"] == ((ONE + 2 * TWO).tolist(), names)
    assert {photo.file.stem: photo.labelled for photo in found.photos} == {"a": True, "b": False}
    assert found.categories == tuple(dict.fromkeys(names))


def test_one_object_may_be_in_pieces_where_each_file_is_one_and_pieces_are_objects_where_a_file_is_a_category(tmp_path):
    single = read_plain(build(tmp_path / "one", ("images/a.jpg",), {"masks/a_0.png": BOTH}))
    several = read_plain(build(tmp_path / "many", ("images/a.jpg",), {"masks/cup/a.png": BOTH}))
    assert drawn(single)["a"] == (BOTH.tolist(), ["one"])
    assert drawn(several)["a"] == ((ONE + 2 * TWO).tolist(), ["cup", "cup"])


def test_of_objects_that_overlap_the_smaller_one_is_seen(tmp_path):
    large = ONE * 0
    large[:5, :5] = 1
    found = read_plain(build(tmp_path, ("images/a.jpg",), {"masks/a_0.png": ONE, "masks/a_1.png": large}))
    assert drawn(found)["a"][0] == (2 * large - ONE).tolist()


def test_pictures_that_show_a_mask_once_more_are_passed_over_and_counted(tmp_path):
    masks = {f"masks/a_{name}.png": ONE for name in ("labelIds", "color", "instanceIds")}
    found = read_plain(build(tmp_path, ("images/a.jpg",), masks, CUPS))
    assert "passed over 2 pictures that show a mask once more" in found.assumed
    assert len(found.photos) == 1


UNCLEAR = {
    "two folders of photos": (("images/a.jpg", "photos/b.jpg"), {"masks/a.png": ONE}, "found images and photos with"),
    "two folders of masks": (("images/a.jpg",), {"masks/a.png": ONE, "gt/a.png": ONE}, "found gt and masks with"),
    "masks named in two ways": (
        ("images/a.jpg", "images/b.jpg"),
        {"masks/a.png": ONE, "masks/b_0.png": ONE},
        "b_0.png: by its name it is one of several masks",
    ),
    "a folder of a category or of a photo": (
        ("images/0.jpg", "images/1.jpg"),
        {"masks/0/1.png": ONE},
        "may be the mask of 1 in a folder of its category, or an object of 0 in a folder of its photo",
    ),
    "no category said of an object": (
        ("images/a.jpg",),
        {"masks/a_0.png": ONE, "categories.json": ["cup", "plate"]},
        r"a_0\.png: its category is not said, wanted a folder of masks for each category \(cup, plate\)",
    ),
    "a folder of an unknown category": (
        ("images/a.jpg",),
        {"masks/bowl/a.png": ONE, "categories.json": ["cup", "plate"]},
        "its category is not said",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("photos", "masks", "message"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_not_clear_is_said_in_a_line(tmp_path, photos, masks, message):
    arrays = {name: mask for name, mask in masks.items() if name.endswith(".png")}
    texts = {name: json.dumps(value) for name, value in masks.items() if name.endswith(".json")}
    root = build(tmp_path, photos, arrays, texts)
    assert find_plain(root) == root
    with pytest.raises(InputError, match=message):
        read_plain(root)


def test_photos_and_masks_without_each_other_and_two_masks_of_a_photo_are_all_told(tmp_path):
    masks = {"masks/a.png": ONE, "masks/a_mask.png": ONE, "masks/x.png": ONE}
    defects = Defects()
    found = read_plain(build(tmp_path, ("images/a.jpg", "images/b.jpg"), masks, CUPS), defects)
    assert [(each.kind, each.photo and each.photo.name) for each in defects.found] == [
        ("two files or entries of one name", "a.jpg"),
        ("labels without a photo", None),
    ]
    assert [photo.file.name for photo in found.photos if not photo.labelled] == ["b.jpg"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(("images/a.jpg", "labels/a.txt"), id="YOLO"),
        pytest.param(("images/a.jpg", "annotations/instances.json"), id="COCO"),
        pytest.param(("JPEGImages/a.jpg", "Annotations/a.xml"), id="VOC"),
        pytest.param(("a.jpg", "b.jpg", "IMG_0.jpg", "IMG.jpg"), id="photos alone"),
    ],
)
def test_folders_of_other_formats_are_none(tmp_path, files):
    photos = tuple(name for name in files if name.endswith(".jpg"))
    texts = {name: "" for name in files if not name.endswith(".jpg")}
    assert find_plain(build(tmp_path, photos, {}, texts)) is None
