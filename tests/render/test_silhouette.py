import numpy as np
import pytest

from render.silhouette import silhouette_px


def quad(x0: float, y0: float, x1: float, y1: float, depth: float = 1.0) -> np.ndarray:
    a, b, c, d = (x0, y0, depth), (x1, y0, depth), (x1, y1, depth), (x0, y1, depth)
    return np.array([[a, b, c], [a, c, d]])


@pytest.mark.parametrize(
    ("corners", "area"),
    [
        pytest.param((10, 10, 30, 20), 200, id="whole inside"),
        pytest.param((-20, 10, 20, 20), 400, id="half of it left of the picture still counts"),
        pytest.param((10.5, 10.5, 12.5, 12.5), 4, id="small and between pixels"),
        pytest.param((-1000, -1000, 1000, 1000), 9 * 64 * 48, id="larger than three pictures: cut there"),
        pytest.param((500, 10, 600, 20), 0, id="beyond three pictures"),
    ],
)
def test_the_silhouette_of_a_rectangle_is_its_area(corners: tuple[float, ...], area: int) -> None:
    found = silhouette_px(quad(*corners), (48, 64))
    perimeter = 2 * (corners[2] - corners[0] + corners[3] - corners[1])
    assert abs(found - area) <= max(1, 0.3 * min(perimeter, 64 * 6))


def test_overlapping_triangles_count_once() -> None:
    one = silhouette_px(quad(10, 10, 30, 20), (48, 64))
    assert silhouette_px(np.concatenate([quad(10, 10, 30, 20), quad(10, 10, 30, 20, 2.0)]), (48, 64)) == one


def test_nothing_and_what_is_behind_the_camera_cover_no_pixel() -> None:
    assert silhouette_px(np.zeros((0, 3, 3)), (48, 64)) == 0
    assert silhouette_px(quad(10, 10, 30, 20, -1.0), (48, 64)) == 0
