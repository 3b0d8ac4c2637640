import numpy as np
import pytest
import torch

from tests.train.inference.runs import Colours
from train.inference.outputs import BAND, bands, categories_of, predict, probabilities, probabilities_of

SIZES = [
    pytest.param((7, 11), (40, 60), id="enlarged"),
    pytest.param((40, 60), (7, 11), id="shrunk"),
    pytest.param((5, 9), (5, 9), id="as it is"),
    pytest.param((1, 1), (3, 2), id="from one pixel"),
]


@pytest.mark.parametrize(("small", "own"), SIZES)
def test_bands_are_the_softmax_of_torch_s_bilinear_interpolation(small, own):
    logits = torch.randn(4, *small, generator=torch.Generator().manual_seed(1)) * 5
    wanted = torch.nn.functional.interpolate(logits[None], own, mode="bilinear")[0].softmax(0)
    np.testing.assert_allclose(probabilities_of(logits, own), wanted.numpy(), atol=1e-6)


@pytest.mark.slow
def test_a_large_photo_of_many_categories_comes_in_several_bands_that_are_one_whole():
    logits = torch.randn(41, 30, 40, generator=torch.Generator().manual_seed(2)) * 5
    own = (500, 600)
    parts = list(bands(logits, own))
    assert len(parts) > 2
    assert [part.start for part, _ in parts] == [0, *(part.stop for part, _ in parts[:-1])]
    assert all(part.numel() <= BAND for _, part in parts)
    wanted = torch.nn.functional.interpolate(logits[None], own, mode="bilinear")[0].softmax(0).numpy()
    np.testing.assert_allclose(probabilities_of(logits, own), wanted, atol=2e-5)
    assert (categories_of(logits, own) == wanted.argmax(0)).mean() > 0.9999


def test_probabilities_sum_to_one_and_their_largest_is_the_prediction():
    images = np.random.default_rng(1).integers(0, 256, (2, 33, 50, 3), dtype=np.uint8)
    found = probabilities(Colours(), images, 64)
    assert found.shape == (2, 3, 33, 50)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(1), predict(Colours(), images, 64))


def test_halves_of_a_photo_are_found_where_they_are():
    image = np.full((40, 60, 3), 120, np.uint8)
    image[:, :30], image[:, 45:] = (220, 20, 20), (20, 20, 220)
    found = predict(Colours(), image[None], 120)[0]
    assert set(np.unique(found[:, :29])) == {1}
    assert set(np.unique(found[:, 32:43])) == {0}
    assert set(np.unique(found[:, 46:])) == {2}
