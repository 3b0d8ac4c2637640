import numpy as np
import pytest
from scipy.ndimage import find_objects, label

from dataset.pieces import pieces_of


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.6, 1.0])
def test_pieces_numbered_downwards_are_scipys(share):
    rng = np.random.default_rng(3)
    for _ in range(20):
        mask = rng.random((23, 31)) < share
        truth, count = label(mask, np.ones((3, 3)))
        found = pieces_of(mask).downwards()
        assert np.array_equal(found.labels, truth)
        boxes = [(x.start, y.start, x.stop, y.stop) for y, x in find_objects(truth)]
        assert found.boxes.tolist() == [list(box) for box in boxes]
        assert found.areas.tolist() == np.bincount(truth.ravel(), minlength=count + 1)[1:].tolist()


def test_a_mean_is_over_the_pixels_of_a_piece():
    mask = np.array([[1, 1, 0, 1]], bool)
    values = np.array([[0.5, 1.0, 9.0, 0.25]], np.float32)
    assert pieces_of(mask).means(values).tolist() == [0.75, 0.25]
