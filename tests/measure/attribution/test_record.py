from pathlib import Path

from measure.attribution.groups import Group, GroupEstimate
from measure.attribution.leave_out import MeasuredHelp
from measure.attribution.record import HelpEstimate, PassedOver, empty, read_attribution, record, write_attribution

GROUPS = [Group(f"asset-{n}", "asset", tuple("ab")) for n in range(6)]
FOUND = [GroupEstimate(group, 0.2, float(n), (n - 0.5, n + 0.5)) for n, group in enumerate(GROUPS)]


def test_measured_groups_come_first_and_all_by_falling_help():
    measured = [MeasuredHelp(GROUPS[0], 0.01, (0.0, 0.02)), MeasuredHelp(GROUPS[3], 0.02, (0.01, 0.03))]
    found = record(FOUND, measured, [Group("rare", "asset", ("a",))], 12, 50)
    assert [row.name for row in found.groups] == [f"asset-{n}" for n in (3, 0, 5, 4, 2, 1)]
    assert [row.by for row in found.groups] == ["training"] * 2 + ["estimate"] * 4
    assert (found.groups[0].help, found.groups[0].unit) == (0.02, "IoU")
    assert found.groups[-1].unit == "standard deviations"
    assert found.groups[0].estimate == HelpEstimate(3.0, (2.5, 3.5))
    assert found.passed == PassedOver(12, ("asset rare",))
    assert "too little to say" in found.check


def test_what_is_written_is_read_again(tmp_path: Path):
    found = record(FOUND, [MeasuredHelp(GROUPS[0], 0.01, (0.0, 0.02))], [], 12, 50)
    write_attribution(tmp_path / "attribution.json", found)
    assert read_attribution(tmp_path / "attribution.json") == found


def test_with_enough_measured_groups_the_order_is_checked():
    measured = [MeasuredHelp(group, 0.01 * n, (0.0, 0.02)) for n, group in enumerate(GROUPS)]
    found = record(FOUND, measured, [], 12, 50)
    assert found.spearman.value == 1
    assert "ranks as training does" in found.check


def test_without_training_there_is_an_estimate_and_no_check():
    found = record(FOUND, [], [], 12, 50)
    assert found.check is None
    assert found.spearman is None
    assert found.method.startswith("Estimated without training")


def test_a_set_up_without_renders_has_no_groups_and_says_why():
    assert empty().groups == ()
    assert "no mix with renders" in empty().method
