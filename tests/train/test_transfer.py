import csv
import json

import pytest

from pipeline.errors import InputError
from train.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores, to_json, write_scores
from train.sweep import Sweep
from train.transfer import Transfer, main, metrics_of, rounded, summarise

VAL = {0.0: (70, 72), 0.5: (90, 92), 1.0: (60, 64)}  # right pixels of 100, for each seed
TEST = {0.0: (50, 54), 0.5: (80, 90), 1.0: (40, 40)}
PICK = {"run": "0.5-2", "ratio": 0.5, "seed": 2, "iou": 0.91, "ci95": [0.9, 0.92], "ratios": []}


def scores(split: str, ratio: float, seed: int, hits: int) -> Scores:
    """Two photos of 50 pixels each, equally well done."""
    pixels = {"board": Pixels(hits, 100), FOREGROUND: Pixels(hits, 100)}
    return Scores(split, ratio, seed, 3, 9, tuple(PhotoScore(f"{split}{i}", "", pixels) for i in (1, 2)))


def grid(split: str, hits: dict[float, tuple[int, ...]]) -> dict[float, list[Scores]]:
    return {ratio: [scores(split, ratio, seed, hit) for seed, hit in enumerate(row, 1)] for ratio, row in hits.items()}


def without(hits: dict[float, tuple[int, ...]], *ratios: float) -> dict[float, tuple[int, ...]]:
    return {ratio: row for ratio, row in hits.items() if ratio not in ratios}


def test_transfer_json_has_the_keys_that_other_tools_rely_on():
    found = summarise(grid("val", VAL), grid("test", TEST), PICK, 50)
    assert set(found) == {"runs", "real_only", "render_only", "best", "gap", "worth", "advice", "test"}
    names = {"ratio", "seed", "n_real", "n_render", "schedule", "iou", "iou_per_category", "ci95", "split"}
    assert all(set(run) == names for run in found["runs"])
    assert all(set(found[name]) == {"ratio", "iou", "ci95"} for name in ("real_only", "render_only", "best"))
    assert [(run["split"], run["ratio"], run["seed"]) for run in found["runs"]] == [
        (split, ratio, seed) for split in ("val", "test") for ratio in (0.0, 0.5, 1.0) for seed in (1, 2)
    ]


def test_the_gap_is_real_only_minus_renders_only_on_val():
    found = summarise(grid("val", VAL), grid("test", TEST), PICK, 50)
    assert found["real_only"] == {"ratio": 0.0, "iou": 0.71, "ci95": [0.7, 0.72]}
    assert found["gap"] == pytest.approx(0.71 - 0.62)


def test_the_test_part_tells_the_picked_run_from_the_mean_of_its_ratio():
    test = summarise(grid("val", VAL), grid("test", TEST), PICK, 50)["test"]
    assert (test["ratio"], test["seed"], test["iou"], test["n_photos"], test["n_groups"]) == (0.5, 2, 0.9, 2, 2)
    assert test["iou_per_category"] == {"board": 0.9}
    assert (test["mean_iou"], test["mean_ci95"]) == (0.85, [0.8, 0.9])
    assert (test["real_only"]["iou"], test["render_only"]["iou"]) == (0.52, 0.4)
    assert test["gain"]["iou"] == pytest.approx(0.33)


@pytest.mark.parametrize(
    ("missing", "null", "metrics"),
    [
        pytest.param((), set(), {"gap", "val_real_only", "val_render_only"}, id="all were run"),
        pytest.param((0.0,), {"real_only", "gap"}, {"val_render_only"}, id="real only was not run"),
        pytest.param((1.0,), {"render_only", "gap"}, {"val_real_only"}, id="renders only was not run"),
        pytest.param((0.0, 1.0), {"real_only", "render_only", "gap"}, set(), id="one mix alone was run"),
    ],
)
def test_what_was_not_run_is_null_and_no_metric(missing, null, metrics):
    found = summarise(grid("val", without(VAL, *missing)), grid("test", without(TEST, *missing)), PICK, 20)
    assert {key for key, value in found.items() if value is None} == null | {"worth", "advice"}
    flat = metrics_of(found)
    assert set(flat) & {"gap", "val_real_only", "val_render_only"} == metrics
    assert all(isinstance(value, float) for value in flat.values())


def test_the_picked_run_must_have_been_scored():
    with pytest.raises(InputError, match=r"no run 0\.5-2, which pick\.json chose"):
        summarise(grid("val", VAL), grid("test", without(TEST, 0.5)), PICK, 20)


def test_no_file_ever_holds_a_number_that_is_none():
    assert rounded({"a": [1 / 3, 2, None]}) == {"a": [0.333333, 2, None]}
    with pytest.raises(ValueError, match="nan"):
        rounded({"a": [float("nan")]})


def test_the_files_agree_with_each_other(tmp_path):
    for runs in grid("val", VAL).values():
        for run in runs:
            write_scores(tmp_path / "runs" / f"{run.ratio}-{run.seed}" / "val.json", run)
    (tmp_path / "test").mkdir()
    tested = [to_json(run) for runs in grid("test", TEST).values() for run in runs]
    (tmp_path / "test" / "test.json").write_text(json.dumps({"photos": 2, "runs": tested}), encoding="utf-8")
    (tmp_path / "pick.json").write_text(json.dumps(PICK), encoding="utf-8")
    outs = [tmp_path / name for name in ("transfer.json", "metrics.json", "ratio.csv")]
    sweep = Sweep((0.0, 0.5, 1.0), (1, 2))
    main(Transfer(20), sweep, tmp_path / "runs", tmp_path / "pick.json", tmp_path / "test", *outs)
    found, flat = (json.loads(path.read_text(encoding="utf-8")) for path in outs[:2])
    assert flat["test_picked"] == found["test"]["iou"]
    assert flat["test_mean"] == found["test"]["mean_iou"]
    rows = list(csv.DictReader(outs[2].read_text(encoding="utf-8").splitlines()))
    assert [(float(row["ratio"]), int(row["seed"]), float(row["iou"])) for row in rows] == [
        (run["ratio"], run["seed"], run["iou"]) for run in found["runs"] if run["split"] == "val"
    ]


def test_another_file_in_place_of_the_test_scores_is_refused(tmp_path):
    (tmp_path / "runs" / "0.5-2").mkdir(parents=True)
    write_scores(tmp_path / "runs" / "0.5-2" / "val.json", scores("val", 0.5, 2, 90))
    (tmp_path / "pick.json").write_text(json.dumps(PICK), encoding="utf-8")
    (tmp_path / "test.json").write_text("[1]", encoding="utf-8")
    outs = [tmp_path / name for name in ("a", "b", "c")]
    with pytest.raises(InputError, match=r"test\.json: not the scores of evaluate"):
        main(Transfer(5), Sweep((0.5,), (2,)), tmp_path / "runs", tmp_path / "pick.json", tmp_path, *outs)
