from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.encoder import Looks
from dataset.idmap import read_image

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def looks() -> Looks:
    return Looks()


def picture(name: str) -> np.ndarray:
    return read_image(Path(__file__).parents[2] / "docs" / "images" / name)


def test_a_vector_has_length_1_and_is_the_same_for_the_mirror_image_and_again(looks: Looks) -> None:
    image = picture("sheet.jpg")
    vector = looks.vector(image)
    assert vector.shape == (1280,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert looks.vector(image[:, ::-1]) @ vector == pytest.approx(1, abs=0.01)
    assert (Looks().vector(image) == vector).all()


def test_a_photo_made_smaller_and_darker_is_nearer_than_another_photo(looks: Looks) -> None:
    image, other = picture("sheet.jpg"), picture("page.png")
    again = (cv2.resize(image, None, fx=0.7, fy=0.7) * 0.8).astype(np.uint8)
    assert looks.vector(again) @ looks.vector(image) > 0.85 > looks.vector(other) @ looks.vector(image)


def test_black_and_a_single_pixel_have_vectors_too(looks: Looks) -> None:
    for shape in ((40, 30, 3), (1, 1, 3)):
        assert np.isfinite(looks.vector(np.zeros(shape, np.uint8))).all()
