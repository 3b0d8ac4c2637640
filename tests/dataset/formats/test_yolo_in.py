"""YOLO's labels are read to the pixel, wherever tools put them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.formats.coco_places import find_coco
from dataset.formats.folder import find_described, find_plain
from dataset.formats.listed import Defects
from dataset.formats.yolo import find_yolo, line_of, read_yolo
from dataset.formats.yolo_outlines import mask_from, outline_of, rings_of
from dataset.idmap import instance_of
from pipeline.errors import InputError
from tests.dataset.conftest import SHAPES
from tests.dataset.formats.mask_sets import photo

SIZE = (6, 8)  # of mask_sets.photo
SQUARE = "0 0.25 0.16666667 0.625 0.16666667 0.625 0.5 0.25 0.5\n"  # pixels 2 to 5 and 1 to 3, as corners
NAMES = "names: [mug, plate]\n"


def write(root: Path, files: dict[str, str]) -> Path:
    """Write photos and texts by their paths."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jpg"):
            photo(root / name)
        else:
            (root / name).write_text(text, encoding="utf-8")
    return root


LAYOUTS = {
    "ours": {"data.yaml": f"train: images\nval:\n{NAMES}", "images/a.jpg": "", "labels/a.txt": SQUARE},
    "Ultralytics": {
        "data.yaml": "path: ../datasets/mugs\ntrain: images/train\nnames:\n  0: mug\n  1: plate\n",
        "images/train/a.jpg": "", "labels/train/a.txt": SQUARE},
    "Roboflow": {
        "data.yaml": f"train: ../train/images\nnc: 2\n{NAMES}roboflow:\n  license: CC BY 4.0\n",
        "train/images/a.jpg": "", "train/labels/a.txt": SQUARE},
    "another machine": {
        "data.yaml": f"train: /content/mugs/train/images\n{NAMES}",
        "train/images/a.jpg": "", "train/labels/a.txt": SQUARE},
    "a list of photos": {
        "data.yaml": f"train: train.txt\n{NAMES}", "train.txt": "./images/a.jpg\n",
        "images/a.jpg": "", "labels/a.txt": SQUARE},
    "two folders": {
        "data.yaml": f"train: [images/one, images/two]\n{NAMES}", "images/one/a.jpg": "", "images/two/.x": "",
        "labels/one/a.txt": SQUARE},
    "labels beside photos": {"data.yaml": f"train: pictures\n{NAMES}", "pictures/a.jpg": "", "pictures/a.txt": SQUARE},
    "a list of names": {"classes.txt": "mug\nplate\n", "images/a.jpg": "", "labels/a.txt": SQUARE},
}  # fmt: skip


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_mask(tmp_path, files):
    root = write(tmp_path / "mugs", files)
    found = read_yolo(find_yolo(root))
    assert found.categories == ("mug", "plate")
    (only,) = found.photos
    ids, names = only.label.draw(SIZE)
    assert names == ["mug"]
    assert {tuple(place) for place in np.argwhere(ids).tolist()} >= {(y, x) for y in range(1, 3) for x in range(2, 5)}
    assert only.licence == ("CC BY 4.0" if "roboflow" in files.get("data.yaml", "") else "none stated")
    assert only.tags == ({} if "classes.txt" in files else {"subset": "train"})


def test_each_subset_is_a_tag_and_a_path_that_moved_is_said(tmp_path):
    files = {"data.yaml": f"train: ../train/images\nval: ../valid/images\ntest: ../test/images\n{NAMES}"}
    for place in ("train", "valid", "test"):
        files |= {f"{place}/images/{place}.jpg": "", f"{place}/labels/{place}.txt": SQUARE}
    found = read_yolo(find_yolo(write(tmp_path, files)))
    assert [(each.file.stem, each.tags["subset"]) for each in found.photos] == [
        ("train", "train"), ("valid", "val"), ("test", "test"),
    ]  # fmt: skip
    assert "val: ../valid/images is taken as valid/images" in found.assumed


def test_a_subset_that_is_not_there_is_said_and_no_other_folder_is_taken_for_it(tmp_path):
    files = {"data.yaml": f"train: images\nval: valid/images\n{NAMES}", "images/a.jpg": "", "labels/a.txt": SQUARE}
    found = read_yolo(find_yolo(write(tmp_path, files)))
    assert len(found.photos) == 1
    assert found.assumed == ("val: 'valid/images' is not there",)


def test_a_photo_without_labels_and_one_that_shows_nothing_are_not_the_same(tmp_path):
    files = {
        "data.yaml": f"train: images\nval: images\n{NAMES}",
        "images/a.jpg": "",
        "images/b.jpg": "",
        "labels/a.txt": "",
    }
    found = read_yolo(find_yolo(write(tmp_path, files)))
    assert [(each.file.stem, each.labelled) for each in found.photos] == [("a", True), ("b", False)]
    assert found.photos[0].label.draw(SIZE)[1] == []
    assert "2 photos stand in two subsets, of which the first counts" in found.assumed


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_mask_that_we_wrote_comes_back_exactly(shape):
    assert (mask_from(points_of(shape), shape.shape) == shape).all()


def points_of(mask: np.ndarray) -> np.ndarray:
    ids = mask.astype(np.uint16)
    return np.array(line_of(instance_of(ids, 1, "m"), ids, 0).split()[1:], float).reshape(-1, 2)


@pytest.mark.parametrize("smooth", [0.1, 0.7, 1.5, 3.0])
def test_any_mask_that_we_wrote_comes_back_exactly(smooth):
    rng = np.random.default_rng(int(smooth * 10))
    for _ in range(25):
        height, width = rng.integers(2, 40, 2)
        mask = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), smooth) > rng.normal() * 0.1
        if mask.any():
            assert (mask_from(points_of(mask), mask.shape) == mask).all()


def test_a_mask_on_a_photo_as_large_as_there_are_comes_back_exactly():
    mask = np.zeros((40, 65_500), bool)
    mask[3:9, 64_000:65_499], mask[20:30, 5:12] = True, True
    assert (mask_from(points_of(mask), mask.shape) == mask).all()


def test_every_picture_of_an_export_comes_back_exactly(pictures, tmp_path):
    found = read_yolo(find_yolo(pictures.export("yolo", tmp_path / "out")))
    drawn = {each.file.stem: each.label.draw((60, 80)) for each in found.photos}
    assert len(drawn) == len(pictures.samples)
    for sample, ids in zip(pictures.samples, pictures.ids, strict=True):
        back, names = drawn["%2E%2E%2F%2E%2E%2FIMG%201%2E0" if "IMG" in sample.id else sample.id]
        assert (back == ids).all()
        assert names == [item.category for item in sample.instances]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_pixels_that_opencv_finds_at_the_border_are_read_as_ultralytics_reads_them(shape):
    outline = outline_of(shape)
    filled = cv2.fillPoly(np.zeros(shape.shape, np.uint8), [outline.astype(np.int32)], 1) > 0  # its polygon2mask
    cuts = len(rings_of(outline)) > 1
    found = mask_from(outline / np.array(shape.shape[::-1]), shape.shape)
    assert (found == shape).all()
    assert (found <= filled).all() if cuts else (found == filled).all()


def test_an_outline_between_pixels_is_off_by_half_a_pixel_at_most():
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:60, :80] + 0.5
    for _ in range(20):
        angles, (x, y), radius = np.arange(200) * np.pi / 100, rng.uniform(20, 40, 2), rng.uniform(5, 15)
        points = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
        mask = mask_from(points / (80, 60), (60, 80))
        distance = np.hypot(rows - y, columns - x)
        assert mask[distance < radius - 0.5].all()
        assert not mask[distance > radius + 0.5].any()
        assert mask.sum() == pytest.approx(np.pi * radius**2, rel=0.03)  # neither wider nor narrower


def test_an_outline_between_pixels_with_a_cut_keeps_hole_and_pieces():
    hole = [(10.2, 10.2), (50.3, 10.2), (50.3, 50.3), (10.2, 50.3), (10.2, 10.2),
            (20.3, 20.2), (20.3, 40.3), (40.2, 40.3), (40.2, 20.2), (20.3, 20.2)]  # fmt: skip
    mask = mask_from(np.array(hole) / (80, 60), (60, 80))
    wanted = np.zeros((60, 80), bool)
    wanted[10:50, 10:50], wanted[20:40, 20:40] = True, False
    assert (mask == wanted).all()


FAULTY = {
    "a box": ("0 0.5 0.5 0.2 0.2", r"a\.txt:1: found a box, wanted an outline: boxes are no masks"),
    "two points": ("0 0.1 0.1 0.2", "found 3 numbers after the category"),
    "a score at the end": ("0 0.1 0.1 0.2 0.2 0.3 0.1 0.98", "found 7 numbers after the category"),
    "a number without a name": ("7 0.1 0.1 0.2 0.2 0.3 0.1", r"the category 7 has no name in data\.yaml"),
    "pixels": ("0 10 10 20 20 30 10", "found 10, wanted fractions of the photo"),
    "not a number": ("0 nan 0.1 0.2 0.2 0.3 0.1", "found nan, wanted fractions"),
    "a word": ("mug 0.1 0.1 0.2 0.2 0.3 0.1", "holds words, wanted numbers"),
}


@pytest.mark.parametrize(("line", "message"), FAULTY.values(), ids=FAULTY)
def test_a_line_that_is_no_outline_is_named(tmp_path, line, message):
    files = {"data.yaml": f"train: images\n{NAMES}", "images/a.jpg": "", "labels/a.txt": line}
    (only,) = read_yolo(find_yolo(write(tmp_path, files))).photos
    with pytest.raises(InputError, match=message):
        only.label.draw(SIZE)


SETS = {
    "no names": ({"data.yaml": "train: images\nnames: 3\n"}, "names is 3, wanted a list of names"),
    "no photos named": ({"data.yaml": NAMES}, "names no photos, wanted train"),
    "photos elsewhere": ({"data.yaml": f"train: elsewhere\n{NAMES}"}, "'elsewhere' is not there"),
    "no data.yaml": ({}, r"no data\.yaml, wanted one with names"),
    "broken YAML": ({"data.yaml": "names: [\n"}, "not YAML"),
    "labels without a photo": ({"data.yaml": f"train: images\n{NAMES}", "labels/b.txt": ""}, "found no photo of that"),
    "a list with a photo that is not there": (
        {"data.yaml": f"train: t.txt\n{NAMES}", "t.txt": "images/b.jpg\n"}, "'images/b.jpg' is not in"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message"), SETS.values(), ids=SETS)
def test_a_set_that_is_not_whole_is_named(tmp_path, files, message):
    root = write(tmp_path, {"images/a.jpg": "", "labels/a.txt": SQUARE} | files)
    with pytest.raises(InputError, match=message):
        read_yolo(find_yolo(root))


def test_label_files_without_a_photo_are_all_told(tmp_path):
    files = {
        "data.yaml": f"train: images\n{NAMES}",
        "images/a.jpg": "",
        "labels/a.txt": "",
        "labels/b.txt": "",
        "labels/c.txt": "",
    }
    defects = Defects()
    read_yolo(find_yolo(write(tmp_path, files)), defects)
    assert len(defects.found) == 2


OTHERS = {
    "images and masks": {"images/a.jpg": "", "masks/a.png": ""},
    "COCO": {"images/a.jpg": "", "annotations.json": json.dumps({"images": []})},
    "photos": {"a.jpg": "", "notes.txt": ""},
    "a data.yaml of something else": {"data.yaml": "a: 1\n", "a.jpg": ""},
}


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_folders_of_other_formats_are_none(tmp_path, files):
    assert find_yolo(write(tmp_path, files)) is None


def test_a_yolo_folder_is_no_other_format(tmp_path):
    root = write(tmp_path, LAYOUTS["ours"])
    assert [find(root) for find in (find_coco, find_described, find_plain)] == [None] * 3
