import numpy as np
import pytest
from pycocotools import mask as rle_tools

from dataset.formats.outlines import mask_of, rle_of
from train.inference.writers import rles_of

MAPS = [
    pytest.param(np.random.default_rng(1).integers(0, 5, (40, 31)), 4, id="noise"),
    pytest.param(np.kron(np.arange(6).reshape(2, 3), np.ones((30, 20), int)), 5, id="blocks"),
    pytest.param(np.ones((5, 4), int), 1, id="all of the photo"),
    pytest.param(np.eye(7, dtype=int), 1, id="a diagonal"),
]


@pytest.mark.parametrize(("ids", "count"), MAPS)
def test_every_instance_has_the_rle_that_pycocotools_gives_it_alone(ids, count):
    found = rles_of(ids.astype(np.int32), count)
    assert found == [rle_of(ids == k) for k in range(1, count + 1)]
    for k, rle in enumerate(found, 1):
        np.testing.assert_array_equal(rle_tools.decode(rle), ids == k)
        np.testing.assert_array_equal(mask_of(rle, ids.shape, "here"), ids == k)


def test_no_instance_has_no_rle():
    assert rles_of(np.zeros((3, 4), np.int32), 0) == []


def test_an_instance_without_a_pixel_is_refused():
    with pytest.raises(ValueError, match=r"lacks one of the instances 1\.\.2"):
        rles_of(np.array([[0, 2]]), 2)
