"""No name of a folder or file is ever run: real make, real DVC and a real shell, with names that ask for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from project_copy import copy_project

from dataset.idmap import png_bytes
from dataset.records import read_manifest
from pipeline.files import write_bytes
from pipeline.reading import read_yaml

ROOT = Path(__file__).parents[1]
VENV = Path(sys.prefix)
MINI = """plan: {recipe: boards}
split:
  keep_together: []
  train: {where: {}, photos: 1}
  val: {where: {}, photos: 1}
  test: {where: {}}
fit: {}
tune: {}
"""
EVIL = (
    "a b'c\"d `touch ran1` $(touch ran2) $(shell touch ran3) ${HOME} $$(touch ran4) %s;touch ran5&|()[*]?#~!{x}\\ grün"
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git holds in a folder with a name of that kind, with the environment that the tests run in."""
    home = tmp_path_factory.mktemp("home") / "my project's $(touch ran6) copy"
    copy_project(home)
    subprocess.run(["git", "init", "--quiet", str(home)], check=True)
    for name in ("pyproject.toml", "constraints.txt"):
        os.utime(home / name, (0, 0))  # older than the environment, which make then takes as it is
    (home / ".venv").symlink_to(VENV)
    (home / "setups" / "mini.yaml").write_text(MINI, encoding="utf-8")
    return home


def photos_in(folder: Path) -> Path:
    rng = np.random.default_rng(1)
    for number in range(3):
        image = rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)
        mask = np.zeros((20, 30), np.uint8)
        mask[5:15, 5 : 15 + number] = 1
        write_bytes(folder / "images" / f"p{number}.png", png_bytes(image))
        write_bytes(folder / "masks" / f"p{number}.png", png_bytes(mask))
    return folder


def make(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=project, capture_output=True, text=True, check=False)


def ran(project: Path) -> list[str]:
    """Return what a name has run, wherever that was."""
    return sorted(path.name for path in project.parent.rglob("ran[0-9]*"))


@pytest.mark.parametrize(("name", "absolute"), [(EVIL, True), (EVIL, False), ("my photos", False), ("-rf", False)])
def test_photos_in_a_folder_of_any_name_are_read_and_nothing_of_it_is_run(project: Path, name: str, absolute: bool):
    if not (VENV / ".installed").is_file():
        pytest.skip("make would install: these tests do not run in the environment that it made")
    folder = photos_in(project.parent / name)
    real = str(folder) if absolute else os.path.relpath(folder, project)
    shutil.rmtree(project / "data", ignore_errors=True)
    done = make(project, "photos", "SETUP=mini", f"REAL={real}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(read_manifest(project / "data/mini/photos/samples.jsonl")) == 3
    assert read_yaml(project / "params.yaml")["real"] == real
    assert ran(project) == []


@pytest.mark.parametrize(
    "name",
    ["$(touch ran1)", "`touch ran1`", "x;touch ran1", "x' ;touch ran1;'", 'x";touch ran1;"', "$(shell touch ran1)"],
)
def test_a_set_up_of_such_a_name_is_refused_in_one_line_and_nothing_of_it_is_run(project: Path, name: str):
    if not (VENV / ".installed").is_file():
        pytest.skip("make would install: these tests do not run in the environment that it made")
    (project / "setups" / f"{name}.yaml").write_text(MINI, encoding="utf-8")
    folder = photos_in(project.parent / "photos")
    done = make(project, "photos", f"SETUP={name}", f"REAL={folder}")
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, done.stderr
    assert "a set-up's name is a part of paths and of commands" in said[0]
    assert ran(project) == []
