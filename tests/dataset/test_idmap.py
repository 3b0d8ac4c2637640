"""Boxes, areas and id maps of shapes whose measures are known."""

import numpy as np
import pytest
from PIL import Image

from dataset.formats.listed import MOST_INSTANCES
from dataset.idmap import (
    IGNORE,
    IGNORED,
    MOST_CATEGORIES,
    box_of,
    categories_map,
    instance_of,
    instances_in,
    read_ids,
    read_image,
    without_ignored,
    write_ids,
)
from dataset.records import Instance, Sample, from_line, to_line
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


def with_ignored(*rows: str) -> np.ndarray:
    """Return the id map of rows in which 9 stands for what is ignored."""
    ids = ids_of(*rows)
    return np.where(ids == 9, np.uint16(IGNORE), ids)


def test_what_is_ignored_stays_and_is_no_instance():
    ids, instances = instances_in(with_ignored("0299", "0290", "9000"), ["gone", "a"])
    assert ids.tolist() == with_ignored("0199", "0190", "9000").tolist()
    assert instances == (Instance("a", 1, (1, 0, 2, 2), 2),)
    assert categories_map(ids, instances, ("x", "a")).tolist() == [
        [0, 2, IGNORED, IGNORED], [0, 2, IGNORED, 0], [IGNORED, 0, 0, 0]
    ]  # fmt: skip
    assert without_ignored(ids).tolist() == ids_of("0100", "0100", "0000").tolist()


def test_a_photo_may_be_ignored_as_a_whole():
    whole = np.full((2, 3), IGNORE, np.uint16)
    ids, instances = instances_in(whole, ["a"])
    assert (ids == whole).all()
    assert instances == ()
    assert (categories_map(ids, (), ("a",)) == IGNORED).all()


def test_the_last_instance_and_the_last_category_are_not_what_is_ignored():
    ids = np.arange(IGNORE, dtype=np.uint16).reshape(3, -1)
    numbered, instances = instances_in(ids, ["a"] * MOST_INSTANCES)
    assert (numbered == ids).all()
    assert instances[-1].index == MOST_INSTANCES == from_line(to_line(sample_of(instances))).instances[-1].index
    names = tuple(map(str, range(MOST_CATEGORIES)))
    assert categories_map(ids_of("1"), (Instance(names[-1], 1, (0, 0, 1, 1), 1),), names).tolist() == [[254]]


def sample_of(instances: tuple[Instance, ...]) -> Sample:
    return Sample("a", "real", "a.png", "a.ids.png", (3, 21845), instances, "set", "CC0-1.0")


def test_more_than_a_map_tells_apart_is_refused():
    with pytest.raises(ValueError, match="65535 instances, an id map holds 65534 at most"):
        instances_in(ids_of("0"), ["a"] * IGNORE)
    with pytest.raises(ValueError, match="255 categories, a category map holds 254 at most"):
        categories_map(ids_of("0"), (), tuple(map(str, range(255))))
    line = to_line(sample_of((Instance("a", IGNORE, (0, 0, 1, 1), 1),)))
    with pytest.raises(InputError, match=r"instances\.0\.index"):
        from_line(line)


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
