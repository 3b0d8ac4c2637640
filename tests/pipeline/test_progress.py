import pytest
from rich.progress import Task

from pipeline.progress import RateColumn, track


def test_all_items_come_through_in_order():
    assert list(track(iter("abc"), 3, "Rendering", "images")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("total", "done", "lines"),
    [
        pytest.param(3, 0, ["1/3", "2/3", "3/3"], id="a few"),
        pytest.param(100, 0, [f"{n}/100" for n in range(10, 101, 10)], id="about ten lines however many there are"),
        pytest.param(25, 20, ["22/25", "24/25", "25/25"], id="going on where it stopped"),
        pytest.param(0, 0, [], id="none"),
        pytest.param(5, 5, [], id="nothing left"),
    ],
)
def test_without_a_terminal_plain_lines_say_how_far_it_is(capfd, total, done, lines):
    for _ in track(range(done, total), total, "Rendering", "images", done):
        pass
    assert capfd.readouterr().err.splitlines() == [f"Rendering: {line} images" for line in lines]


def test_a_long_line_is_not_broken(capfd):
    list(track([1], 1, "Rendering " * 12, "images"))
    assert len(capfd.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("speed", "text"),
    [
        pytest.param(3.94, "3.9 images/s", id="a rate"),
        pytest.param(None, "- images/s", id="not known yet"),
    ],
)
def test_the_rate_is_shown_in_items_a_second(speed, text):
    task = Task(0, "Rendering", 10, 0, lambda: 0.0, finished_speed=speed)
    assert RateColumn("images").render(task).plain == text
