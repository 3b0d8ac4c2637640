"""Names that are given to make reach the work as they stand: neither make nor the shell reads them."""

import shutil

import pytest
from naming import ran, run, small_project

pytestmark = pytest.mark.slow

VERBS = [
    *("repro", "photos", "bench", "bench-train", "bench-attribution", "bench-curve", "bench-leaks", "bench-long"),
    *("bench-mix", "label", "bench-label"),
]
OLD = ("-o", ".venv/.installed")  # what is installed is this test's own environment


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    return small_project(
        tmp_path_factory.mktemp("make") / "it's a `project` $(touch RAN) #1"
    )  # no braces: DVC fails over them


@pytest.mark.parametrize("verb", VERBS)
def test_no_recipe_carries_a_name(project, verb):
    names = [f"{key}=QX{key}QX $(shell touch RAN) $(info QXinfo)" for key in ("SETUP", "REAL", "SCENES", "APART")]
    done = run(project, "make", "--dry-run", *OLD, verb, *names)
    assert done.returncode == 0, done.stderr
    assert "python -m " in done.stdout
    assert "QX" not in done.stdout
    assert ran(project.parent) == []
