import dataclasses
import re

import numpy as np
import pytest

from benchmarks.replay import Grid
from measure.race.policy import next_requests, play
from measure.race.records import Budget, Key, Race, Result, spent
from pipeline.errors import InputError
from tests.measure.race.grids_at_random import SHAPES, ratio_of, simulated

RATIOS = (0.0, 0.5, 0.8, 1.0)


def at(iou: float, seconds: float | None = None) -> Result:
    return Result(np.array([round(iou * 1e6)]), np.array([1e6]), ("p",), ("g",), seconds)


def race_of(ious: dict[str, list[float]], **more) -> tuple[Race, dict[Key, Result]]:
    """ious: candidate -> IoU of each seed at the end; the first rung is 0.05 behind."""
    known = {Key(name, s, 1.0): at(iou, 120) for name, row in ious.items() for s, iou in enumerate(row, 1)}
    known |= {Key(key.name, key.seed, 0.5): at(result.iou - 0.05, 60) for key, result in known.items()}
    seeds = tuple(range(1, 1 + len(next(iter(ious.values())))))
    return Race(tuple(ratio_of(float(name)) for name in ious), seeds, **more), known


def run(race: Race, known: dict[Key, Result]) -> tuple[Race, list[list[Key]]]:
    """Return the race at its end, and what each call asked for."""
    rounds = []
    while requests := next_requests(race):
        rounds.append([request.key for request in requests])
        race = dataclasses.replace(race, results={**race.results, **{key: known[key] for key in rounds[-1]}})
    return race, rounds


def of_grid(grid: Grid, **more) -> tuple[Race, dict[Key, Result]]:
    return Race(grid.candidates, grid.seeds, **more), grid.results


def test_all_candidates_start_with_the_first_seed_at_the_first_rung():
    race, _ = race_of({f"{r}": [0.8, 0.8] for r in RATIOS})
    assert [request.key for request in next_requests(race)] == [Key(f"{r}", 1, 0.5) for r in RATIOS]


def test_a_clear_winner_is_finished_and_nothing_else():
    race, rounds = run(*race_of({"0.0": [0.5] * 3, "0.5": [0.9] * 3, "1.0": [0.4] * 3}))
    assert rounds[1:] == [[Key("0.5", 1, 1.0)]]
    state, _ = play(race)
    assert sorted(state.stopped) == ["0.0", "1.0"]
    assert state.stopped["0.0"].round == 2
    why = r"expected (0\.38|0\.39)\d IoU behind 0\.5, with a probability of 0\.00\d or less to be chosen over it .*"
    assert re.fullmatch(why, state.stopped["0.0"].why)
    assert state.why_stopped == "0.5 is best, or behind the best by less than 0.003 IoU on average"


def test_close_candidates_get_more_seeds_and_the_far_one_none():
    ious = {"0.0": [0.5] * 3, "0.5": [0.83, 0.80, 0.82], "0.8": [0.82, 0.83, 0.80]}
    _, rounds = run(*race_of(ious, close=0.0))
    asked = {key for keys in rounds for key in keys}
    assert {Key("0.5", 3, 1.0), Key("0.8", 3, 1.0)} <= asked
    assert {key for key in asked if key.name == "0.0"} == {Key("0.0", 1, 0.5)}


def test_a_race_that_cannot_tell_ends_with_its_seeds():
    race, _ = run(*race_of({"0.5": [0.8] * 2, "0.8": [0.8] * 2}, close=0.0))
    assert play(race)[0].why_stopped == "the seeds are used up"
    assert spent(race.results) == 4


@pytest.mark.parametrize("runs", [3.5, 5, 6.25, 9])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_budget_of_runs_is_never_exceeded(shape, runs):
    grid, _ = simulated(1, shape)
    race, _ = run(*of_grid(grid, budget=Budget(runs=runs)))
    assert spent(race.results) <= runs


def test_a_race_within_a_bound_says_which_ended_it():
    grid, _ = simulated(3, "flat")
    race, _ = run(*of_grid(grid, budget=Budget(runs=4)))
    assert play(race)[0].why_stopped == "the budget of 4 runs is spent"


def test_minutes_are_counted_from_the_trainings_that_were_measured():
    """Two minutes a training: the first look says so, and ten minutes pay for five."""
    race, rounds = run(*race_of({f"{r}": [0.8, 0.81, 0.79] for r in RATIOS}, budget=Budget(minutes=10), close=0.0))
    assert rounds[0] == [Key("0.0", 1, 0.5)]
    assert spent(race.results) == 5
    assert play(race)[0].why_stopped == "the budget of 10 minutes is spent"


def test_a_race_whose_trainings_grow_longer_still_finishes_one():
    race, known = race_of({f"{r}": [0.8] for r in RATIOS}, budget=Budget(minutes=2.5))
    slow = {
        key: dataclasses.replace(r, seconds=(120 if key.name != "0.0" else 60) * key.share) for key, r in known.items()
    }
    race, _ = run(race, slow)
    assert any(key.share == 1 for key in race.results)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        pytest.param(Budget(runs=2), r"budget of 2 runs pays for 2 trainings, wanted 2\.5 or more", id="runs"),
        pytest.param(Budget(minutes=4), r"budget of 4 minutes pays for 2 trainings, wanted 2\.5", id="minutes"),
        pytest.param(Budget(money=1, money_per_hour=15), r"1 in money pays for 2 trainings", id="money"),
    ],
)
def test_a_budget_that_pays_for_no_start_is_one_line(budget, message):
    race, known = race_of({f"{r}": [0.8] for r in RATIOS}, budget=budget)
    with pytest.raises(InputError, match=message) as caught:
        run(race, known)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", SHAPES)
def test_results_decide_and_not_the_order_in_which_they_come(shape):
    grid, _ = simulated(2, shape)
    race, known = of_grid(grid)
    whole, _ = run(race, known)
    while requests := next_requests(race):  # one at a time, the last asked first
        race = dataclasses.replace(race, results={requests[-1].key: known[requests[-1].key], **race.results})
    assert race.results.keys() == whole.results.keys()


def test_a_killed_round_requests_for_what_is_missing_of_it():
    grid, _ = simulated(2, "peaked")
    race, known = of_grid(grid)
    first = [request.key for request in next_requests(race)]
    half = dataclasses.replace(race, results={key: known[key] for key in first[::2]})
    assert [request.key for request in next_requests(half)] == first[1::2]


def test_results_that_nobody_asked_for_change_nothing():
    grid, _ = simulated(4, "peaked")
    race, known = of_grid(grid)
    first = {request.key: known[request.key] for request in next_requests(race)}
    extra = {Key(grid.candidates[0].name, 3, 1.0): known[grid.candidates[0].name, 3, 1.0]}
    alone, more = (dataclasses.replace(race, results=results) for results in (first, first | extra))
    assert next_requests(alone) == next_requests(more)
    assert play(alone)[0].results == play(more)[0].results == first


def test_without_a_rung_trainings_run_to_the_end_at_once():
    race, rounds = run(*race_of({"0.0": [0.5] * 2, "0.5": [0.9] * 2}, rung=1.0))
    assert rounds == [[Key("0.0", 1, 1.0), Key("0.5", 1, 1.0)]]
    assert spent(race.results) == 2
