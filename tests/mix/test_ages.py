"""Photos in order of time, whatever way their dates are written."""

import pytest

from mix.ages import by_age
from mix.groups import GroupedPhoto
from pipeline.errors import InputError


def taken(*values: str) -> list[GroupedPhoto]:
    return [GroupedPhoto(f"p{value}", "real", {"taken": value}, ()) for value in values]


def order(groups: dict[str, list[GroupedPhoto]], newest: bool = False) -> str:
    return "".join(by_age(groups, "taken", newest, "split.train.oldest"))


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        pytest.param("2024-05-01", "2024-05-02", "2024-11-01", id="days"),
        pytest.param("2024-05-01T09:59:00", "2024-05-01 10:00:00", "2024-05-01T10:00:00.5", id="times"),
        pytest.param("2024:05:01 09:59:00", "2024:05:01 10:00:00", "2024:05:02 00:00:00", id="as cameras write them"),
        pytest.param("2024:05:01 09:59:00", "2024-05-01T10:00:00", "2024-05-02", id="written in several ways"),
        pytest.param("2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00Z", "2024-05-01T11:30:00", id="in zones"),
        pytest.param("9", "10", "1e3", id="numbers"),
        pytest.param("-3", "-2.5", "0", id="numbers below 0"),
    ],
)
def test_the_oldest_comes_first_or_last(first, second, third):
    groups = {"a": taken(third), "b": taken(first), "c": taken(second)}
    assert order(groups) == "bca"
    assert order(groups, newest=True) == "acb"


def test_a_group_that_spans_a_time_comes_by_its_far_side():
    groups = {"span": taken("1", "5"), "late": taken("4"), "early": taken("2")}
    assert order(groups) == "earlylatespan"
    assert order(groups, newest=True) == "lateearlyspan"


def test_photos_of_one_time_come_by_name():
    assert order({"b": taken("7"), "a": taken("7")}) == order({"a": taken("7"), "b": taken("7")}, newest=True) == "ab"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(["1", "soon"], "split.train.oldest: the photo psoon has 'soon' as its taken, wanted", id="word"),
        pytest.param(["1", "nan"], "has 'nan' as its taken", id="no number"),
        pytest.param(["2024-13-01"], "has '2024-13-01' as its taken", id="no such month"),
        pytest.param(["2024-01-01", "7"], "holds dates such as 2024-01-01, numbers such as 7; write all", id="both"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_named(values, message):
    with pytest.raises(InputError, match=message):
        order({value: taken(value) for value in values})


def test_a_photo_without_the_tag_is_named():
    with pytest.raises(InputError, match="the photo x has no tag 'taken'; give it one, or leave it out by 'where'"):
        order({"x": [GroupedPhoto("x", "real", {}, ())]})
