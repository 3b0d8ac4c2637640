import dataclasses
import json
import shutil

import pytest

from dataset.records import read_manifest, write_manifest
from measure import evaluate
from pipeline.errors import InputError
from tests.measure.trials.ground import SMALL
from tests.report.chain import COSTS, run_rest, run_tune, write_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    write_project(folder)
    run_tune(folder)
    run_rest(folder)
    return folder


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_transfer_json_has_the_keys_that_other_tools_rely_on(project):
    found = read(project, "reports/transfer.json")
    assert {"runs", "real_only", "render_only", "best", "gap", "worth", "advice", "test"} <= found.keys()
    names = {"ratio", "seed", "n_real", "n_render", "schedule", "iou", "iou_per_category", "ci95", "split"}
    assert all(names <= run.keys() for run in found["runs"])
    assert all({"ratio", "iou", "ci95"} <= found[name].keys() for name in ("real_only", "render_only", "best"))
    assert {"real_labels", "censored", "money", "currency"} <= found["worth"].keys()
    assert {"action", "why"} <= found["advice"].keys()


def test_the_gap_is_real_only_minus_renders_only(project):
    found = read(project, "reports/transfer.json")
    assert found["gap"] == pytest.approx(found["real_only"]["iou"] - found["render_only"]["iou"], abs=2e-6)


def test_what_the_report_compares_was_trained_with_two_seeds_and_scored_on_the_test_photos(project):
    pick = read(project, "pick.json")
    compared = [row for row in pick["ratios"] if row["picked"] or row["ratio"] in {0.0, 1.0}]
    assert all(len(row["trials"]) == 2 for row in compared)
    scored = {run["name"] for run in read(project, "test/test.json")["runs"]}
    assert scored == {row["name"] for row in compared}
    assert (project / "test/test0.png").is_file()


def test_what_another_tool_predicted_stands_beside_ours(project):
    (rival,) = read(project, "reports/transfer.json")["test"]["rivals"]
    assert (rival["name"], rival["iou"], rival["ci95"][1]) == ("truth", 1.0, 1.0)
    test = read(project, "reports/transfer.json")["test"]
    assert rival["behind"]["iou"] == pytest.approx(test["mean_iou"] - 1, abs=2e-6)
    assert "Beside other tools" in (project / "reports/index.html").read_text(encoding="utf-8")


def test_photos_of_the_training_photos_places_are_scored_beside_the_test_photos(project):
    home = read(project, "reports/transfer.json")["test"]["home"]
    assert home["n_photos"] == 2
    assert all(0 <= home[key]["iou"] <= 1 for key in ("picked", "real_only", "render_only"))
    assert "From place to place" in (project / "reports/index.html").read_text(encoding="utf-8")


def test_further_validation_sets_are_scored_beside_val_which_chose(project):
    val, newest = read(project, "reports/transfer.json")["val"]
    assert (val["name"], newest["name"], newest["n_photos"]) == ("val", "newest", 2)
    assert val["picked"]["iou"] == pytest.approx(read(project, "pick.json")["iou"], abs=2e-6)
    assert all(0 <= newest[key]["iou"] <= 1 for key in ("picked", "real_only", "render_only"))
    assert "On each validation set" in (project / "reports/index.html").read_text(encoding="utf-8")


def test_what_changes_bring_that_were_tried_stands_in_the_options(project):
    found = read(project, "probes.json")
    rows = {row["name"]: row for row in found["changes"]}
    first, second = sorted(read(project, "attribution.json")["groups"], key=lambda row: row["help"] * row["samples"])
    without = f"without asset {first['name']}"  # the budget does not pay for the second one
    assert {name: row["times"] for name, row in rows.items()} == {
        "half the labels": 1.0, "larger pictures": 2.25, without: 1.0,
    }  # fmt: skip
    missing = {row["name"]: row["why"] for row in found["untried"]}
    assert missing[f"without asset {second['name']}"] == "the budget of 5 ended before it"
    (half,) = rows["half the labels"]["trials"]
    drawn = {point["trial"].partition("/")[2] for line in read(project, "curves.json").values() for point in line}
    assert half.partition("/")[2] in drawn  # trained for the curves already
    larger = rows["larger pictures"]
    assert json.loads((project / larger["trials"][0]).with_name("settings.json").read_text())["fit"]["img_size"] == 96
    options = {row["action"]: row for row in read(project, "reports/transfer.json")["advice"]["options"]}
    score = read(project, "pick.json")["iou"]
    for action, row in (("architecture", larger), ("assets", rows[without])):
        assert options[action]["iou"] == pytest.approx(min(score + row["gain"], 1), abs=2e-6)
        assert options[action]["what"].startswith(f"{row['name'].capitalize()} brought {row['gain']:+.3f} (")
        assert options[action]["cost"] == pytest.approx(row["times"] * SMALL.steps * COSTS.per_step, abs=1e-6)


def test_a_group_that_is_left_out_is_trained_as_attribute_trains_it(project):
    """The trial's scores say how many renders were seen: those that do not show the asset."""
    row = read(project, "probes.json")["changes"][-1]
    seen = read(project, f"{row['trials'][0]}/val.json")
    assert row["name"] == f"without asset {'red' if seen['n_render'] == 3 else 'tile'}"
    assert (row["action"], seen["n_real"], seen["ratio"]) == ("assets", 4, 0.5)


def test_the_page_is_there_and_stands_alone(project):
    page = (project / "reports/index.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert "What renders are worth" in page


def test_a_second_race_trains_nothing_and_says_the_same(project):
    trials = {path: path.stat().st_mtime_ns for path in sorted((project / "race").rglob("*"))}
    before = (project / "pick.json").read_bytes()
    run_tune(project)
    assert (project / "pick.json").read_bytes() == before
    assert {path: path.stat().st_mtime_ns for path in sorted((project / "race").rglob("*"))} == trials


def test_a_test_photo_of_a_group_of_val_is_refused(project, tmp_path):
    split = tmp_path / "split"
    shutil.copytree(project / "split", split)
    first, *rest = read_manifest(split / "test.jsonl")
    write_manifest(split / "test.jsonl", [dataclasses.replace(first, group="g1"), *rest])
    with pytest.raises(InputError, match="photo test0 of group 'g1' is in val too"):
        evaluate.main(
            project / "pick.json", project / "race", split / "test.jsonl",
            split / "home.jsonl", split / "more_val", tmp_path / "none", tmp_path / "out",
        )  # fmt: skip


def test_a_run_that_is_gone_is_named(project, tmp_path):
    shutil.copy(project / "pick.json", tmp_path)
    (tmp_path / "race").mkdir()
    with pytest.raises(InputError, match="the run is missing; run stage tune again"):
        evaluate.main(
            tmp_path / "pick.json",
            tmp_path / "race",
            project / "split/test.jsonl",
            project / "split/home.jsonl",
            project / "split/more_val",
            tmp_path / "no",
            tmp_path / "out",
        )


def test_how_the_labels_outlines_lie_is_told(project):
    found = read(project, "reports/transfer.json")["outlines"]
    assert found["ceiling"] is None  # of so few photos
    assert found["words"] == []
