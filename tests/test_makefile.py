"""Names that are given to make reach the work as they stand: neither make nor the shell reads them."""

import shutil

import pytest
from naming import NAMES, photos, ran, run, small_project

from pipeline.settings import read_yaml

VERBS = ["repro", "photos", "bench", "bench-train", "bench-attribution", "bench-curve", "bench-long", "bench-mix"]
ALL = "".join(NAMES.values()).replace("/", "")[:200]
OLD = ("-o", ".venv/.installed")  # what is installed is this test's own environment
ON_THE_WAY = {"as an argument": lambda name: ((f"REAL={name}",), {}), "from outside": lambda name: ((), {"REAL": name})}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    return small_project(
        tmp_path_factory.mktemp("make") / "it's a `project` $(touch RAN) #1"
    )  # no braces: DVC fails over them


@pytest.mark.parametrize("verb", VERBS)
def test_no_recipe_carries_a_name(project, verb):
    names = [f"{key}=QX{key}QX $(shell touch RAN) $(info QXinfo)" for key in ("SETUP", "REAL", "SCENES")]
    done = run(project, "make", "--dry-run", *OLD, verb, *names)
    assert done.returncode == 0, done.stderr
    assert "python -m " in done.stdout
    assert "QX" not in done.stdout
    assert ran(project.parent) == []


@pytest.mark.slow
@pytest.mark.parametrize("way", ON_THE_WAY)
@pytest.mark.parametrize("name", [ALL, "-rf", "$(touch RAN)", "$(shell touch RAN)", '$$(touch RAN) it\'s "b"'])
def test_make_takes_a_folder_of_any_name_from_a_project_in_a_folder_of_any_name(project, way, name):
    photos(project / "in" / name)
    words, more = ON_THE_WAY[way](f"in/{name}")
    done = run(project, "make", *OLD, "photos", "SETUP=mini", *words, **more)
    assert read_yaml(project / "params.yaml")["real"] == f"in/{name}"
    assert (project / "data/mini/photos/samples.jsonl").is_file(), done.stderr
    assert ran(project.parent) == []
    shutil.rmtree(project / "data")


@pytest.mark.parametrize(
    "name", ["$(touch RAN)", "$(shell touch RAN)", "`touch RAN`", "a; touch RAN", "'\"", "..", "a b"]
)
def test_make_refuses_a_set_up_whose_name_a_shell_would_read(project, name):
    done = run(project, "make", *OLD, "photos", f"SETUP={name}")
    assert done.returncode != 0
    assert f"params.yaml: setup is {name!r}, wanted the name of a file in setups/ without .yaml" in done.stderr
    assert ran(project.parent) == []


def test_make_refuses_a_folder_with_a_newline_in_its_name_in_one_line(project):
    done = run(project, "make", *OLD, "photos", "SETUP=mini", "REAL=a\ntouch RAN")
    assert done.returncode != 0
    assert "REAL='a\\ntouch RAN': found '\\n', wanted a path without control characters" in done.stderr
    assert ran(project.parent) == []
