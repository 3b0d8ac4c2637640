"""Whatever a folder of photos is called, DVC takes it, and no shell reads its name."""

import json
import re
import shutil
from pathlib import Path

import pytest
from naming import NAMES, READ_BY_DVC, photos, ran, run, small_project

from dataset.records import read_manifest
from pipeline.choose import choose

SHARED = Path(__file__).resolve().parents[3] / "shared" / "cases"
BAD = ["x';touch RAN;'", "$(touch RAN)", "a b", "..", "a/b"]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A project in which nothing runs: the others are copies of it. Its files are short: DVC parses each many times."""
    folder = small_project(tmp_path_factory.mktemp("untouched") / "project")
    stages, params = folder / "dvc.yaml", folder / "params.yaml"
    stages.write_text(stages.read_text(encoding="utf-8").partition("\n  leaks:\n")[0] + "\n", encoding="utf-8")
    sections = re.split(r"^(?=\w+:)", params.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [section for section in sections if section.startswith(("setup:", "real:", "ingest:", "split:"))]
    params.write_text("".join(kept), encoding="utf-8")
    run(folder, "git", "commit", "-qam", "short").check_returncode()
    return folder


@pytest.fixture(scope="module")
def project(untouched, tmp_path_factory):
    return copied(untouched, tmp_path_factory.mktemp("names"))


@pytest.fixture
def fresh(untouched, tmp_path):
    return copied(untouched, tmp_path)


def copied(untouched, folder):
    return shutil.copytree(untouched, folder / "project", symlinks=True)


def repro(project, stage="ingest@mini"):
    return run(project, "dvc", "repro", stage)


def ingested(project, setup="mini"):
    return [sample.id for sample in read_manifest(project / f"data/{setup}/photos/samples.jsonl")]


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(NAMES[key], id=key) for key in READ_BY_DVC])
def test_dvc_ingests_a_folder_of_any_name(project, name):
    photos(project / "in" / name)
    choose("mini", f"in/{name}", project)
    done = repro(project)
    assert done.returncode == 0, done.stderr
    assert "Running stage 'ingest@mini'" in done.stdout
    assert ingested(project) == ["a", "b", "c"]
    assert ran(project) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["$(touch RAN) 'b'", "photos.dvc"])
def test_dvc_knows_when_photos_in_a_folder_of_any_name_have_changed(project, name):
    real = photos(project / name)
    choose("mini", name, project)
    first, second = repro(project), repro(project)
    (real / "images/a.jpg").rename(real / "images/z.jpg")
    (real / "masks/a.png").rename(real / "masks/z.png")
    third = repro(project)
    assert ["Running stage 'ingest@mini'" in done.stdout for done in (first, second, third)] == [True, False, True]
    assert ingested(project) == ["b", "c", "z"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["-rf", "s3:/photos", "dvc.yaml/photos"])
def test_dvc_ingests_a_folder_that_lies_in_the_project_itself(fresh, name):
    if name.startswith("dvc.yaml"):  # the project has a file of that name
        name = f"in/{name}"
    photos(fresh / name)
    choose("mini", name, fresh)
    done = repro(fresh)
    assert done.returncode == 0, done.stderr
    assert ingested(fresh) == ["a", "b", "c"]


@pytest.mark.slow
@pytest.mark.parametrize("setup", BAD)
def test_dvc_runs_nothing_for_a_set_up_whose_name_a_shell_would_read(fresh, setup):
    kept = photos(fresh / "photos")  # where the outputs of the set-up ".." would go
    photos(fresh / "in")
    (fresh / "params.yaml").write_text(f"setup: {json.dumps(setup)}\nreal: in\n", encoding="utf-8")
    done = run(fresh, "dvc", "repro", "split")
    assert done.returncode != 0
    assert "params.yaml: setup is " in done.stderr
    assert ran(fresh) == []
    assert (kept / "images/a.jpg").is_file()


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
def test_an_experiment_in_its_own_folder_finds_photos_that_were_named_from_the_root(fresh, tmp_path):
    case = SHARED / "dvc-exp-in-its-own-folder"
    if not case.is_dir():
        pytest.skip("the development case dvc-exp-in-its-own-folder is not here")
    shutil.copy(case / "mini.yaml", fresh / "setups/mini.yaml")
    shutil.copytree(case / "photos", tmp_path / "photos")
    choose("mini", str(tmp_path / "photos"), fresh)
    run(fresh, "git", "add", "-A").check_returncode()
    run(fresh, "git", "commit", "-qm", "chosen").check_returncode()
    done = run(fresh, "dvc", "exp", "run", "--temp", "-S", "split.seed=9", "split@mini")
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
