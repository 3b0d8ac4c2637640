"""The stages from the race to the page where val is the labelled photos in folds."""

import pytest

from dataset.records import read_manifest
from measure.scoring.scores import read_scores
from measure.trials.candidate import Sweep
from pipeline.reading import read_json
from tests.measure.trials.test_folds import with_folds
from tests.report.chain import run_rest, run_tune, write_project

pytestmark = pytest.mark.slow

FOLDS = [["train0", "train2"], ["train1", "train3"]]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    write_project(folder)
    with_folds(folder, FOLDS)
    run_tune(folder, sweep=Sweep((0.0, 0.5, 1.0), (1,), ("mix",), ()))
    run_rest(folder)
    return folder


def test_every_labelled_photo_is_trained_on_and_chooses(project):
    found = read_json(project / "reports/transfer.json")
    assert found["race"]["folds"] == 2
    assert {row["n_real"] for row in found["ratios"]} == {0, 4}
    assert [row["n_photos"] for row in found["val"] if row["name"] == "val"] == [4]
    assert not any("that choose (val)" in row["what"] for row in found["money"]["rows"])


def test_each_fold_and_each_network_of_all_photos_is_counted_as_a_training(project):
    rows = {row["ratio"]: row for row in read_json(project / "pick.json")["ratios"]}
    expected = 1.0  # renders only saw no labelled photo: one training, scored on all of them
    expected += 3.0  # real only: two folds, and one of all photos
    expected += 2 * rows[0.5]["share"] + rows[0.5]["picked"]
    assert read_json(project / "pick.json")["race"]["trained"] == expected


def test_what_the_page_shows_of_val_was_predicted_without_the_photo(project):
    pick = read_json(project / "pick.json")
    shown, raced = read_scores(project / "picked/val.json"), read_scores(project / pick["trial"] / "val.json")
    assert [photo.pixels for photo in shown.photos] == [photo.pixels for photo in raced.photos]
    assert {path.stem for path in (project / "picked/val").glob("*.png")} == {"train0", "train1", "train2", "train3"}
    assert len(read_scores(project / "picked/train.json").photos) == len(read_manifest(project / "split/train.jsonl"))


def test_the_page_says_which_photos_chose(project):
    page = (project / "reports/index.html").read_text(encoding="utf-8")
    assert "trained with 4 labelled photos, which chose too: each of 2 parts was scored by trainings without it" in page
