import pytest

from measure.attribution.groups import Group, GroupEstimate
from measure.attribution.leave_out import MeasuredHelp
from measure.attribution.record import of_estimate, of_measured

MUG = Group("mug-blue", "asset", ("a",))


@pytest.mark.parametrize(
    ("group", "help_", "ci95", "expected"),
    [
        pytest.param(MUG, 0.004, (0.001, 0.009), "{} help a little (+0.004 IoU, +0.001 to +0.009).", id="little"),
        pytest.param(MUG, 0.04, (0.01, 0.07), "{} help (+0.040 IoU, +0.010 to +0.070).", id="help"),
        pytest.param(MUG, -0.02, (-0.03, -0.01), "{} hurt (-0.020 IoU, -0.030 to -0.010): look at their", id="hurt"),
        pytest.param(
            Group("table", "recipe", ()),
            0.004,
            (-0.001, 0.009),
            "No effect shown for renders of the recipe table (+0.004 IoU, -0.001 to +0.009).",
            id="nothing",
        ),
    ],
)
def test_what_was_measured_is_said_in_iou(group: Group, help_: float, ci95: tuple[float, float], expected: str):
    assert of_measured(MeasuredHelp(group, help_, ci95)).startswith(expected.format("Renders that show mug-blue"))


@pytest.mark.parametrize(
    ("ci95", "part"),
    [
        pytest.param(
            (0.1, 0.5), "towards the real photos more than other renders do (+0.30, +0.10 to +0.50)", id="more"
        ),
        pytest.param((-0.1, 0.7), "No effect shown for renders with sun_deg 3 to 9", id="nothing"),
        pytest.param((-0.7, -0.1), "less than other renders do", id="less"),
    ],
)
def test_what_is_estimated_is_said_as_a_pull(ci95: tuple[float, float], part: str):
    found = of_estimate(GroupEstimate(Group("sun_deg 3 to 9", "range", ("a",)), 0.5, sum(ci95) / 2, ci95))
    assert part in found
    assert "IoU" not in found
