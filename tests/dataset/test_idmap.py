"""Boxes, areas and id maps of shapes whose measures are known."""

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import box_of, categories_map, instance_of, instances_in, read_ids, read_image, write_ids
from dataset.records import Instance
from pipeline.errors import InputError


def ids_of(*rows: str) -> np.ndarray:
    return np.array([[int(digit) for digit in row] for row in rows], np.uint16)


def test_a_box_ends_behind_the_last_pixel():
    mask = np.zeros((9, 9), bool)
    mask[2:5, 3:7] = True
    assert box_of(mask) == (3, 2, 7, 5)


def test_a_mask_without_a_pixel_has_no_box():
    with pytest.raises(ValueError, match="no pixel"):
        box_of(np.zeros((2, 2), bool))


def test_instances_are_numbered_without_gaps_and_measured():
    ids, instances = instances_in(ids_of("0110", "0113", "0003"), ["a", "hidden", "b"])
    assert ids.tolist() == ids_of("0110", "0112", "0002").tolist()
    assert instances == (Instance("a", 1, (1, 0, 3, 2), 4), Instance("b", 2, (3, 1, 4, 3), 2))
    assert instances == (instance_of(ids, 1, "a"), instance_of(ids, 2, "b"))


def test_an_empty_id_map_has_no_instances():
    ids, instances = instances_in(np.zeros((2, 3), np.uint16), [])
    assert not ids.any()
    assert instances == ()


def test_a_category_map_counts_from_one_and_leaves_other_categories_out():
    ids, instances = instances_in(ids_of("1203"), ["b", "a", "other"])
    assert categories_map(ids, instances, ("a", "b")).tolist() == [[2, 1, 0, 0]]


def test_an_id_map_keeps_all_sixteen_bits(tmp_path):
    ids = np.array([[0, 1], [256, 65535]], np.uint16)
    write_ids(tmp_path / "a.png", ids)
    assert (read_ids(tmp_path / "a.png") == ids).all()


def test_a_truncated_image_is_named(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"a\.jpg: cannot be read as an image"):
        read_image(path)
