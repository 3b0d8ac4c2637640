import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.policies import POLICIES, PolicyCase, cases_of, halves, halving, main, reliability, summary, whole_grid
from benchmarks.replay import Grid, read_grid, write_grid
from measure.race.records import Key, Result
from tests.measure.race.grids_at_random import ratio_of, simulated

SEEDS = (1, 2, 3)
GRIDS = Path(__file__).parents[2] / "benchmarks" / "grids"
LEVELS = {0.0: 0.6, 0.5: 0.9, 0.8: 0.85, 1.0: 0.5}


def result(iou: float, photos: int = 8) -> Result:
    names = tuple(str(i) for i in range(photos))
    return Result(np.full(photos, round(iou * 1000.0)), np.full(photos, 1000.0), names, names)


def grid(levels: dict[float, float] = LEVELS, **early: float) -> Grid:
    """Three seeds alike. early: the IoU of a candidate at a quarter of the steps, where it is another one."""
    some = [ratio_of(ratio) for ratio in levels]
    end = {each.name: levels[each.ratio] for each in some}
    at = {1.0: end, 0.5: end, 0.25: end | {name.replace("_", "."): iou for name, iou in early.items()}}
    val = {
        Key(name, s, share): result(iou) for share, row in at.items() for name, iou in row.items() for s in (1, 2, 3)
    }
    test = {Key(name, s, 1.0): result(iou) for name, iou in end.items() for s in (1, 2, 3)}
    return Grid(tuple(some), (1, 2, 3), 240, val, test)


def test_the_whole_grid_costs_all_and_takes_the_highest_mean():
    found = whole_grid(grid())
    assert (found.best, found.cost, found.stopped) == (ratio_of(0.5).name, 12, ())


def test_halving_gives_up_half_at_each_look_and_costs_half():
    found = halving(grid())
    assert found.best == ratio_of(0.5).name
    assert found.cost == 3 * (4 * 0.25 + 2 * 0.25 + 0.5)
    assert set(found.stopped) == {ratio_of(ratio).name for ratio in (0.0, 0.8, 1.0)}


def test_a_late_riser_is_a_wrong_stop_of_halving_and_a_regret():
    late = grid(**{ratio_of(0.5).name.replace(".", "_"): 0.1})
    cases = cases_of(late, halving)
    assert all(case.wrong_stop for case in cases)
    assert summary(cases)["regret"] == pytest.approx(0.05, abs=1e-3)
    assert summary(cases_of(late, whole_grid))["regret"] == 0


def test_a_way_is_judged_by_photos_that_it_did_not_see():
    whole = grid()
    half, truth = halves(whole, 0)
    seen = next(iter(half.results.values())).photos
    assert len(seen) == 4
    other = [photo for photo in next(iter(whole.results.values())).photos if photo not in seen]
    name = ratio_of(0.5).name
    spoilt = {
        key: dataclasses.replace(result, intersection=np.where(np.isin(result.photos, other), 0.0, result.intersection))
        for key, result in whole.results.items()
    }
    half_of_spoilt, lower = halves(dataclasses.replace(whole, results=spoilt), 0)
    assert half_of_spoilt.mean_iou(name) == half.mean_iou(name)
    assert (truth[name], lower[name]) == (0.9, 0)


def test_probabilities_that_come_true_as_often_as_stated_are_reliable():
    rng = np.random.default_rng(1)
    stated = rng.uniform(0, 1, 20000)
    rows = reliability(np.stack([stated, rng.uniform(0, 1, 20000) < stated], axis=1))
    assert [row["true"] for row in rows] == pytest.approx([row["stated"] for row in rows], abs=0.03)
    assert sum(row["n"] for row in rows) == 20000


def test_a_certain_and_right_way_has_a_brier_score_of_0():
    cases = [PolicyCase(1.0, 0.0, 0.0, 0.0, False, ((1.0, True), (0.0, False)))]
    assert (summary(cases)["brier"], summary(cases)["brier_even"], summary(cases)["wrong_stops"]) == (0, 0.25, 0)


@pytest.mark.slow
def test_a_folder_of_grids_gives_a_row_a_way_and_grid(tmp_path, capsys):
    grids = tmp_path / "grids"
    for number in (1, 2):
        some = simulated(number, "peaked")[0]
        early = {Key(key.name, key.seed, 0.25): result for key, result in some.results.items() if key.share == 0.5}
        test = {key: result for key, result in some.results.items() if key.share == 1}
        write_grid(grids / f"grid{number}.json", dataclasses.replace(some, results=some.results | early, test=test))
    main(grids, tmp_path / "out.json")
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["policies"]
    assert set(found) == set(POLICIES)
    assert all(set(rows) == {"grid1", "grid2", "all"} for rows in found.values())
    assert found["whole grid"]["all"]["cost"] == 1
    assert found["race"]["all"]["cost"] <= 0.5
    assert len(capsys.readouterr().out.splitlines()) == 1 + 9


@pytest.mark.slow
def test_on_the_recorded_grids_the_race_costs_half_and_its_probabilities_are_better_than_none():
    """Measured with `HALVES`: see docs/benchmarks.md; here with two halves of the photos."""
    cases = [
        case for path in sorted(GRIDS.glob("*.json")) for case in cases_of(read_grid(path), POLICIES["race"], count=2)
    ]
    found = summary(cases)
    assert found["cost"] <= 0.5
    assert found["regret"] <= 0.015
    assert found["wrong_stops"] <= 0.1
    assert found["brier"] < found["brier_even"]
