"""Whatever a folder of photos is called, DVC takes it, and no shell reads its name."""

import json
import shutil
from pathlib import Path

import pytest
from naming import UNREADABLE, every_name, photos, ran, run, small_project

from dataset.records import read_manifest
from pipeline.choose import choose

SHARED = Path(__file__).resolve().parents[3] / "shared" / "cases"
BAD = ["$(touch RAN)", "a; touch RAN", "`touch RAN`", "a b", "it's", "a|b", "-x", ".hidden", "..", "../..", "a/b"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return small_project(tmp_path_factory.mktemp("names") / "project")


def repro(project, stage="ingest@mini"):
    return run(project, "dvc", "repro", stage)


def ingested(project, setup="mini"):
    return [sample.id for sample in read_manifest(project / f"data/{setup}/photos/samples.jsonl")]


@pytest.mark.slow
@every_name
def test_dvc_ingests_a_folder_of_any_name_and_knows_when_it_changed(project, name):
    real = photos(project / "in" / name)
    choose("mini", f"in/{name}", project)
    first, second = repro(project), repro(project)
    (real / "images/a.jpg").rename(real / "images/z.jpg")
    (real / "masks/a.png").rename(real / "masks/z.png")
    third = repro(project)
    assert [done.returncode for done in (first, second, third)] == [0, 0, 0], first.stderr + third.stderr
    assert ["Running stage 'ingest@mini'" in done.stdout for done in (first, second, third)] == [True, False, True]
    assert ingested(project) == ["b", "c", "z"]
    assert ran(project) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["-rf", "s3:/photos", "photos.dvc", "dvc.yaml/photos", "~"])
def test_dvc_ingests_a_folder_that_lies_in_the_project_itself(tmp_path, name):
    project = small_project(tmp_path / "project")
    if name.startswith("dvc.yaml"):  # the project has a file of that name
        name = f"in/{name}"
    photos(project / name)
    choose("mini", name, project)
    done = repro(project)
    assert done.returncode == 0, done.stderr
    assert ingested(project) == ["a", "b", "c"]


@pytest.mark.slow
@pytest.mark.parametrize("setup", BAD)
def test_dvc_runs_nothing_for_a_set_up_whose_name_a_shell_would_read(tmp_path, setup):
    project = small_project(tmp_path / "project")
    kept = photos(project / "photos")  # where the outputs of the set-up ".." would go
    photos(project / "in")
    (project / "params.yaml").write_text(f"setup: {json.dumps(setup)}\nreal: in\n", encoding="utf-8")
    done = run(project, "dvc", "repro", "split")
    assert done.returncode != 0
    assert f"setup is {setup!r}, wanted " in done.stderr
    assert ran(project) == []
    assert (kept / "images/a.jpg").is_file()


@pytest.mark.parametrize("name", [pytest.param(name, id=key) for key, name in UNREADABLE.items()])
def test_a_path_that_no_text_file_can_hold_is_refused_in_one_line(tmp_path, name):
    (tmp_path / "setups").mkdir()
    (tmp_path / "setups/mini.yaml").write_text("plan: {}\n", encoding="utf-8")
    (tmp_path / "params.yaml").write_text("setup: boards\nreal: data\n", encoding="utf-8")
    (tmp_path / name).mkdir()
    done = run(tmp_path, "python", "-m", "pipeline.choose", "mini", name, PYTHONPATH=str(Path(__file__).parents[2]))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("REAL='a\\")
    assert "wanted a path without control characters; rename the folder" in done.stderr
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == "setup: boards\nreal: data\n"
    assert ran(tmp_path) == []


@pytest.mark.slow
def test_an_experiment_takes_a_name_with_a_command_in_it_as_a_name(project):
    photos(project / "in" / "$(touch RAN) b")
    choose("mini", "in/$(touch RAN) b", project)
    run(project, "git", "add", "-A").check_returncode()
    run(project, "git", "commit", "-qm", "chosen").check_returncode()
    photos(project / "in" / "`touch RAN` (2)")
    done = run(project, "dvc", "exp", "run", "-S", "real='in/`touch RAN` (2)'", "ingest@mini")
    assert done.returncode == 0, done.stderr
    assert ingested(project) == ["a", "b", "c"]
    assert ran(project) == []


@pytest.mark.slow
def test_an_experiment_in_its_own_folder_finds_photos_that_were_named_from_the_root(tmp_path):
    case = SHARED / "dvc-exp-in-its-own-folder"
    if not case.is_dir():
        pytest.skip("the development case dvc-exp-in-its-own-folder is not here")
    project = small_project(tmp_path / "project")
    shutil.copy(case / "mini.yaml", project / "setups/mini.yaml")
    shutil.copytree(case / "photos", tmp_path / "photos")
    choose("mini", str(tmp_path / "photos"), project)
    run(project, "git", "add", "-A").check_returncode()
    run(project, "git", "commit", "-qm", "chosen").check_returncode()
    done = run(project, "dvc", "exp", "run", "--temp", "-S", "split.seed=9", "split@mini")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["my photos", "photos(1)"])
def test_photos_in_a_folder_with_a_space_or_parentheses_are_ingested(project, name):
    case = SHARED / "dvc-photos-folder-with-spaces"
    if not case.is_dir():
        pytest.skip("the development case dvc-photos-folder-with-spaces is not here")
    choose("domino", str(case / name), project)
    done = repro(project, "ingest@domino")
    assert done.returncode == 0, done.stderr
    assert ingested(project, "domino") == ["a"]
