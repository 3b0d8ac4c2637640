"""Outlines filled by others' rasterisers are the masks again."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from ruamel.yaml import YAML
from scipy.ndimage import label as components

from dataset.formats.yolo import line_of
from dataset.idmap import instance_of


def read_line(line, size_hw):
    """Return the category's number and the outline in whole pixels, as the readers of the format make it."""
    number, *values = line.split()
    places = np.array(values, float).reshape(-1, 2)
    assert ((places >= 0) & (places <= 1)).all()
    return int(number), (places * size_hw[::-1]).astype(np.int32)


def by_pillow(outline, size_hw):
    image = Image.new("L", size_hw[::-1])
    ImageDraw.Draw(image).polygon([tuple(point) for point in outline.tolist()], fill=1)
    return np.asarray(image) > 0


def by_opencv(outline, size_hw):
    return cv2.fillPoly(np.zeros(size_hw, np.uint8), [outline], 1) > 0


def line_for(mask):
    ids = mask.astype(np.uint16)
    return line_of(instance_of(ids, 1, "mug"), ids, 0)


@pytest.mark.parametrize("fill", [by_pillow, by_opencv])
def test_an_outline_that_is_filled_is_the_mask_but_for_the_cuts_between_pieces(shape, fill):
    found = fill(read_line(line_for(shape), shape.shape)[1], shape.shape)
    assert (found >= shape).all()
    assert (found & shape).sum() / (found | shape).sum() >= 0.97
    if components(shape, np.ones((3, 3)))[1] == 1:
        assert (found == shape).all()  # a hole costs nothing: its cut runs over the mask


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 1), (2, 2)])
def test_the_smallest_masks_have_three_points_and_come_back(size):
    mask = np.zeros((7, 9), bool)
    mask[2 : 2 + size[0], 4 : 4 + size[1]] = True
    outline = read_line(line_for(mask), mask.shape)[1]
    assert len(outline) >= 3
    assert (by_opencv(outline, mask.shape) == mask).all()


def test_each_picture_has_its_labels_with_categories_from_0(pictures, tmp_path):
    out = pictures.export("yolo", tmp_path / "out")
    assert YAML(typ="safe").load(out / "data.yaml") == {
        "train": "images", "val": None, "names": {0: "mug", 1: "plate"},
    }  # fmt: skip
    images, labels = (sorted((out / folder).iterdir()) for folder in ("images", "labels"))
    assert [path.stem for path in images] == [path.stem for path in labels]
    texts = {path.stem: path.read_text() for path in labels}
    assert texts["empty"] == ""
    for sample, ids in zip(pictures.samples[:2], pictures.ids[:2], strict=True):
        for item, line in zip(sample.instances, texts[sample.id].splitlines(), strict=True):
            number, outline = read_line(line, ids.shape)
            assert ["mug", "plate"][number] == item.category
            assert (by_opencv(outline, ids.shape) >= (ids == item.index)).all()
