import math

import numpy as np
import pytest
import torch

from dataset.predictions import Found
from train.inference.outputs import Outputs, doubts_of, instances_of, most_bits, see


def seen_of(rows: list[str], confidence: float = 0.75) -> Outputs:
    """Return what is seen where each digit is a pixel's category."""
    categories = np.array([[int(digit) for digit in row] for row in rows], np.uint8)
    flat = np.zeros(categories.shape, np.float32)
    return Outputs(categories, np.full(categories.shape, confidence, np.float32), flat, flat, flat)


PIECES = [
    pytest.param(["000", "000"], [], id="nothing"),
    pytest.param(["110", "110"], [("a", (0, 0, 2, 2), 4)], id="one piece"),
    pytest.param(["100", "010"], [("a", (0, 0, 2, 2), 2)], id="pieces that touch at a corner are one"),
    pytest.param(["101", "101"], [("a", (0, 0, 1, 2), 2), ("a", (2, 0, 3, 2), 2)], id="two pieces"),
    pytest.param(["122", "122"], [("a", (0, 0, 1, 2), 2), ("b", (1, 0, 3, 2), 4)], id="categories part what touches"),
    pytest.param(["100", "000", "011"], [("a", (1, 2, 3, 3), 2)], id="a speck is background"),
    pytest.param(
        ["0011", "2200"], [("a", (2, 0, 4, 1), 2), ("b", (0, 1, 2, 2), 2)], id="by category, then from the top"
    ),
]


@pytest.mark.parametrize(("rows", "wanted"), PIECES)
def test_instances_are_the_connected_pieces(rows, wanted):
    seen = seen_of(rows)
    ids, found = instances_of(seen, ("a", "b"), 2)
    assert found == tuple(Found(*item, 0.75) for item in wanted)
    for number, item in enumerate(found, 1):
        assert (ids == number).sum() == item.area_px
        assert set(seen.categories[ids == number]) == {"ab".index(item.category) + 1}


def test_the_score_of_an_instance_is_the_mean_probability_of_its_pixels():
    seen = seen_of(["110", "000"])
    seen.confidence[0] = (0.5, 0.9, 0.1)
    _, (item,) = instances_of(seen, ("a",), 1)
    assert item.score == pytest.approx(0.7)


@pytest.mark.parametrize("categories", [1, 3, 20])
def test_knowing_nothing_is_the_most_uncertain(categories):
    seen = see(torch.zeros(categories + 1, 4, 6), (8, 9))
    np.testing.assert_allclose(seen.entropy_bits, most_bits(categories), rtol=1e-5)
    np.testing.assert_allclose(seen.confidence, 1 / (categories + 1), rtol=1e-5)


def test_an_even_chance_of_two_is_one_bit_and_certainty_none():
    logits = torch.full((3, 2, 1), -100.0)
    logits[:2, 0] = 0
    logits[2, 1] = 0
    seen = see(logits, (2, 1))
    np.testing.assert_allclose(seen.entropy_bits, [[1], [0]], atol=1e-6)
    assert seen.categories[1, 0] == 2


def test_most_bits_of_seven_categories_and_the_background_is_three():
    assert most_bits(7) == math.log2(8) == 3


def test_doubts_are_what_the_first_two_categories_leave_open():
    logits = torch.log(torch.tensor([0.6, 0.3, 0.1])).view(3, 1, 1).expand(3, 4, 4)
    doubts = doubts_of(see(logits, (4, 4)))
    assert doubts == {"least confidence": pytest.approx(0.4, abs=1e-5), "margin": pytest.approx(0.7, abs=1e-5)}
