import numpy as np
import pytest
from scipy.optimize import nnls

from measure.worth.families import FAMILIES, families_for, fit, lines
from measure.worth.points import MeasuredCurve

SIZES = np.array([20.0, 40, 80, 160, 320, 640])


def exactly(errors, n=SIZES):
    iou = 1 - np.asarray(errors)
    return MeasuredCurve(n, iou, np.full(len(n), 0.01), 6.0, iou[None])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_finds_itself_again_and_reads_twice_as_far(family):
    ratio = SIZES / SIZES[0]
    settings = family.settings(ratio)[len(family.settings(ratio)) // 2][None]
    floor = 0.1 if family.floored else (0.9 if family.name == "logarithm" else 0.0)
    height = 0.15 if family.name == "logarithm" else 0.5
    far = np.array([*ratio, 64.0])
    truth = floor + height * family.shape(settings, far)[0]
    found = fit(family, exactly(truth[:-1]), 1 - truth[None, :-1])
    assert found.misfit[0] == pytest.approx(0, abs=1e-6)
    assert found.errors(far)[0] == pytest.approx(np.maximum(truth, 0), abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_law_falls_and_flattens(family):
    ratio, far = SIZES / SIZES[0], np.linspace(1, 64, 200)
    steps = np.diff(family.shape(family.settings(ratio), far), axis=1)
    assert (steps <= 1e-12).all()
    if family.name != "power law in two pieces":  # that one may bend at its knot
        assert (np.diff(steps, axis=1) >= -1e-9).all()


def test_floor_and_height_are_the_least_squares_that_are_not_negative():
    rng = np.random.default_rng(4)
    shapes, errors = np.sort(rng.random((5, 4)))[:, ::-1], rng.random((30, 4))
    weight = rng.uniform(0.5, 2, 4)
    floor, height = lines(shapes, errors, weight)
    for k, shape in enumerate(shapes):
        design = np.stack([np.ones(4), shape], axis=1) * np.sqrt(weight)[:, None]
        expected = np.array([nnls(design, error * np.sqrt(weight))[0] for error in errors])
        assert np.stack([floor[k], height[k]], axis=1) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sizes", [2, 3, 4, 5, 6])
def test_no_family_fits_more_numbers_than_one_fewer_than_there_are_sizes(sizes):
    found = families_for(2.0 ** np.arange(sizes))
    assert all(family.free <= sizes - 1 for family in found)
    assert len({family.name for family in found}) >= (0 if sizes < 3 else 5)


def test_three_sizes_leave_the_exponent_open():
    laws = families_for(np.array([1.0, 3.0, 9.0]))
    assert {law.free for law in laws} == {2}
    truth = 0.1 + 0.4 * np.array([1.0, 3.0, 9.0]) ** -0.5
    measured = exactly(truth, np.array([20.0, 60.0, 180.0]))
    near = [law for law in laws if fit(law, measured, measured.iou[None]).misfit[0] < 1]
    assert len({law.name for law in near}) >= 2
