import dataclasses

import numpy as np
import pytest

from measure.race.records import Budget, Key, Race, Request, Result, cost, result_of, seconds_per_run, spent
from measure.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores
from pipeline.errors import InputError
from tests.measure.race.grids_at_random import ratio_of


def one(hits: int, seconds: float | None = None) -> Result:
    return Result(np.array([float(hits)]), np.array([100.0]), ("p",), ("g",), seconds)


def test_a_result_pools_the_foreground_of_its_photos():
    photos = tuple(
        PhotoScore(name, group, {"board": Pixels(0, 9), FOREGROUND: Pixels(hits, union)})
        for name, group, hits, union in [("a", "", 1, 10), ("b", "burst", 89, 90), ("c", "burst", 0, 0)]
    )
    result = result_of(Scores("val", 0.5, 1, 3, 9, photos), seconds=4.0)
    assert result.iou == pytest.approx(0.9)
    assert result.groups == ("photo a", "group burst", "group burst")
    assert result.seconds == 4


def test_a_split_without_photos_is_one_line():
    with pytest.raises(InputError, match="val split has no photo"):
        result_of(Scores("val", 0.5, 1, 3, 9, ()))


def test_nothing_there_and_nothing_said_is_right():
    assert Result(np.zeros(1), np.zeros(1), ("p",), ("g",)).iou == 1


def test_a_resumed_training_costs_only_its_second_half():
    done = {Key("0.5", 1, 0.5): one(70, 30.0), Key("0.8", 1, 0.5): one(70, 40.0), Key("0.8", 1, 1.0): one(80, 90.0)}
    assert spent(done) == 1.5
    assert cost(Request(ratio_of(0.5), 1, 1.0), done) == 0.5
    assert cost(Request(ratio_of(0.5), 2, 1.0), done) == 1
    assert cost(Request(ratio_of(0.8), 1, 0.5), done) == 0
    assert seconds_per_run(done) == 80  # 120 seconds for 1.5 trainings


def test_nothing_measured_gives_no_length_of_a_training():
    assert seconds_per_run({Key("0.5", 1, 0.5): one(70)}) is None
    assert seconds_per_run({}) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"candidates": ()}, "wanted at least one", id="no candidate"),
        pytest.param({"candidates": (ratio_of(0.5), ratio_of(0.5))}, "each once", id="a candidate twice"),
        pytest.param({"seeds": ()}, "seeds are", id="no seed"),
        pytest.param({"rung": 0.0}, "rung above 0", id="no rung"),
        pytest.param({"budget": Budget(minutes=3), "results": {Key("0.5", 1, 0.5): one(3)}}, "seconds", id="no time"),
    ],
)
def test_a_race_nobody_can_run_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Race((ratio_of(0.5),), (1,)), **change)


def test_results_on_different_photos_are_one_line():
    other = dataclasses.replace(one(70), photos=("q",))
    with pytest.raises(InputError, match=r"run 0\.8 of seed 1 was scored on other val photos"):
        Race((ratio_of(0.5),), (1,), {Key("0.5", 1, 0.5): one(70), Key("0.8", 1, 0.5): other})
