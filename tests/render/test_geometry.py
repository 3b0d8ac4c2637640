import numpy as np
import pytest

from render.geometry import at_picture, looking, matrix, project, tangent, times, turn
from render.spec import Camera


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    assert matrix(turn((0, 0, 2), 90)) @ [1, 0, 0] == pytest.approx([0, 1, 0])


def test_a_product_of_turns_does_the_right_one_first() -> None:
    both = times(turn((0, 0, 1), 90), turn((1, 0, 0), 90))
    assert matrix(both) @ [0, 1, 0] == pytest.approx(matrix(turn((0, 0, 1), 90)) @ [0, 0, 1])


@pytest.mark.parametrize("direction", [(0, 1, 0), (1, 0, 0), (0, -1, -1), (0.3, -0.2, 0.9), (0, 0, -1)])
def test_a_camera_looks_along_its_minus_z_with_the_horizon_level(direction: tuple[float, float, float]) -> None:
    pose = matrix(looking(np.array(direction)))
    unit = np.array(direction) / np.linalg.norm(direction)
    assert -pose[:, 2] == pytest.approx(unit, abs=1e-7)
    assert pose[2, 0] == pytest.approx(0, abs=1e-7)  # its +X is level
    assert pose[2, 1] >= -1e-7  # its +Y is not below the horizon


def test_what_is_placed_in_the_picture_is_projected_back_there() -> None:
    camera = Camera((1.0, -2.0, 1.5), looking(np.array([0.2, 1, -0.3]), 25), 60)
    point = at_picture(camera, 0.5, -0.25, 3.0)
    column, row, depth = project(camera, (200, 400), np.array([point]))[0]
    assert (column, row, depth) == pytest.approx((300, 150, 3.0))


def test_the_half_width_at_distance_one_of_a_right_angle_is_one() -> None:
    assert tangent(Camera((0, 0, 0), (1, 0, 0, 0), 90)) == pytest.approx(1)
