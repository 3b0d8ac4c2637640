import pytest

from measure.race.records import Budget


@pytest.mark.parametrize(
    ("budget", "seconds", "bounds"),
    [
        pytest.param(Budget(), 60, {}, id="none"),
        pytest.param(Budget(runs=8), None, {"8 runs": 8}, id="runs need no time"),
        pytest.param(Budget(minutes=30), 60, {"30 minutes": 30}, id="30 minutes of one each"),
        pytest.param(Budget(minutes=30), None, {}, id="minutes wait for a first training"),
        pytest.param(Budget(money=6, money_per_hour=3), 1800, {"6 in money": 4}, id="two hours of half an hour each"),
    ],
)
def test_a_budget_is_counted_in_trainings(budget, seconds, bounds):
    assert budget.bounds(seconds) == pytest.approx(bounds)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"runs": 0}, "runs is 0, wanted more than 0", id="no run"),
        pytest.param({"minutes": float("nan")}, "minutes is nan", id="not a number"),
        pytest.param({"money": 5}, "without money_per_hour", id="no price"),
    ],
)
def test_a_wrong_budget_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Budget(**values)
