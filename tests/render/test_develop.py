import numpy as np
import pytest

from render.blender.develop import develop, srgb, to_linear
from render.spec import Development

NEUTRAL = Development(0.0, (1.0, 1.0, 1.0), 1.0)


def test_an_even_grey_of_any_brightness_becomes_middle_grey() -> None:
    middle = round(float(srgb(np.array(0.18))) * 255)
    for light in (0.01, 1.0, 300.0):
        assert np.unique(develop(np.full((4, 4, 3), light), NEUTRAL)) == pytest.approx([middle], abs=1)


def test_one_stop_more_doubles_the_light() -> None:
    image = develop(np.full((4, 4, 3), 0.5), Development(1.0, (1.0, 1.0, 1.0), 1.0))
    assert image[0, 0, 0] == pytest.approx(round(float(srgb(np.array(0.36))) * 255), abs=1)


def test_a_black_picture_stays_black_and_broken_values_do_no_harm() -> None:
    assert develop(np.zeros((4, 4, 3)), NEUTRAL).max() == 0
    broken = np.full((4, 4, 3), 0.2)
    broken[0, 0] = np.nan
    assert develop(broken, NEUTRAL)[0, 0].max() == 0


def test_the_curve_and_its_inverse_undo_each_other() -> None:
    values = np.linspace(0, 1, 101)
    assert srgb(to_linear(values)) == pytest.approx(values, abs=1e-9)


def test_what_the_plate_covers_does_not_count_for_the_exposure() -> None:
    light, alpha = np.full((4, 4, 3), 0.3), np.ones((4, 4))
    light[:, :2], alpha[:, :2] = 0, 0
    assert np.array_equal(develop(light, NEUTRAL, alpha)[:, 2:], develop(light[:, 2:], NEUTRAL))
    assert np.array_equal(develop(light, NEUTRAL, alpha * 0), develop(light, NEUTRAL))
