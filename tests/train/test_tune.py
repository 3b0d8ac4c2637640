import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.settings import build
from train.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores, write_scores
from train.sweep import Sweep, read_grid
from train.tune import Tune, choose, main


def scores(ratio: float, seed: int, hits: int) -> Scores:
    """One photo of 100 pixels, of which `hits` are right."""
    pixels = {"board": Pixels(hits, 100), FOREGROUND: Pixels(hits, 100)}
    return Scores("val", ratio, seed, 3, 9, (PhotoScore("p", "", pixels),))


def write_runs(folder: Path, hits: dict[str, int]) -> Path:
    """hits: right pixels by the name of the run's folder."""
    for name, value in hits.items():
        ratio, seed = name.split("-")
        write_scores(folder / name / "val.json", scores(float(ratio), int(seed), value))
    return folder


@pytest.mark.parametrize(
    ("hits", "prefer", "ratio", "seed"),
    [
        pytest.param({0.0: (70, 72), 0.5: (90, 80), 1.0: (60, 99)}, 0, 0.5, 1, id="highest mean, not the highest run"),
        pytest.param({0.0: (70, 72), 0.5: (80, 90), 0.8: (90, 80)}, 0, 0.5, 2, id="a tie goes to fewer renders"),
        pytest.param({0.0: (80, 80), 0.5: (80, 80), 1.0: (80, 80)}, 0, 0.0, 1, id="a tie of all goes to real only"),
        pytest.param(
            {0.0: (80, 80), 0.5: (78, 79), 0.8: (79, 79)}, 0.02, 0.8, 1, id="the best of the mixes near enough"
        ),
        pytest.param({0.0: (80, 80), 0.5: (78, 77), 0.8: (70, 79)}, 0.02, 0.0, 1, id="no mix is near enough"),
    ],
)
def test_the_pick_is(hits, prefer, ratio, seed):
    grid = {r: [scores(r, i, h) for i, h in enumerate(row, 1)] for r, row in hits.items()}
    pick = choose(grid, Tune(20, prefer))
    assert (pick["ratio"], pick["seed"]) == (ratio, seed)


def test_pick_json_holds_the_pick_and_the_table_behind_it(tmp_path):
    runs = write_runs(tmp_path / "runs", {"0.0-1": 70, "0.0-2": 80, "0.5-1": 90, "0.5-2": 94, "0.9-1": 99})
    main(Tune(50, 0.0), Sweep((0.5, 0.0), (1, 2)), runs, tmp_path / "pick.json")
    pick = json.loads((tmp_path / "pick.json").read_text(encoding="utf-8"))
    assert (pick["run"], pick["ratio"], pick["seed"], pick["iou"]) == ("0.5-2", 0.5, 2, 0.92)
    assert [row["ratio"] for row in pick["ratios"]] == [0.0, 0.5]  # the stale run of 0.9 is left alone
    assert pick["ratios"][0] == {"ratio": 0.0, "iou": 0.75, "ci95": [0.7, 0.8], "seeds": {"1": 0.7, "2": 0.8}}


def test_a_ratio_written_without_a_point_names_its_folder_so(tmp_path):
    sweep = build(Sweep, {"ratios": [0, 0.5, 1], "seeds": [1]}, "sweep", lambda _: "params.yaml")
    runs = write_runs(tmp_path, {"0-1": 70, "0.5-1": 60, "1-1": 80})
    main(Tune(5, 0.0), sweep, runs, tmp_path / "pick.json")
    assert json.loads((tmp_path / "pick.json").read_text(encoding="utf-8"))["run"] == "1-1"


def test_a_missing_run_is_named_with_the_command_that_trains_it(tmp_path):
    runs = write_runs(tmp_path, {"0.0-1": 70})
    with pytest.raises(InputError, match=r"ratio 0\.0 and seed 2 is missing: 'make repro' trains it"):
        read_grid(runs, Sweep((0.0,), (1, 2)))


def test_a_folder_with_another_runs_scores_is_refused(tmp_path):
    write_scores(tmp_path / "0.5-1" / "val.json", scores(0.8, 1, 70))
    with pytest.raises(InputError, match=r"found the scores of ratio 0\.8 and seed 1, wanted 0\.5 and 1"):
        read_grid(tmp_path, Sweep((0.5,), (1,)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            {"ratios": [0.5, 1.5], "seeds": [1]}, r"sweep\.ratios holds 1\.5, wanted numbers from 0", id="high"
        ),
        pytest.param({"ratios": [-0.1], "seeds": [1]}, r"sweep\.ratios holds -0\.1", id="below 0"),
        pytest.param({"ratios": [float("nan")], "seeds": [1]}, r"sweep\.ratios\[0\] is nan", id="not a number"),
        pytest.param({"ratios": [0, 0.0], "seeds": [1]}, r"sweep\.ratios is .*wanted each value once", id="0 twice"),
        pytest.param({"ratios": [0.5], "seeds": [1, 1]}, r"sweep\.seeds is .*wanted each value once", id="seed twice"),
        pytest.param({"ratios": [], "seeds": [1]}, r"sweep\.ratios is empty", id="no ratio"),
        pytest.param({"ratios": ["half"], "seeds": [1]}, r"sweep\.ratios\[0\] is 'half', wanted a number", id="text"),
    ],
)
def test_a_wrong_sweep_is_one_line(values, message):
    with pytest.raises(InputError, match=message):
        build(Sweep, values, "sweep", lambda _: "params.yaml")
