import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from naming import UNREADABLE, every_name

from pipeline.choose import choose
from pipeline.errors import InputError
from pipeline.reading import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PARAMS = """# Values only.

setup: boards       # the set-up in force
real: data/embedded # where its photos lie

sweep: # the grid
  ratios: [0.0, 0.5]   # in what the network sees
compose:
  renders: null # null = all
evaluate: {}
name: 'quoted'
"""


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "setups").mkdir(parents=True)
    (tmp_path / "photos").mkdir()
    for name in ("boards", "domino", "balloon"):
        own = "real: data/embedded\n" if name == "boards" else ""
        (root / f"setups/{name}.yaml").write_text(f"{own}plan: {{}}\n", encoding="utf-8")
    (root / "params.yaml").write_text(PARAMS, encoding="utf-8")
    return root


def text_of(project):
    return (project / "params.yaml").read_text(encoding="utf-8")


def chosen(project):
    params = read_yaml(project / "params.yaml")
    return params["setup"], params["real"]


def test_another_set_up_changes_its_two_lines_and_no_other(project):
    choose("domino", "../photos", project)
    changed = PARAMS.replace("setup: boards       #", "setup: domino   #")
    changed = changed.replace("real: data/embedded #", "real: ../photos #")
    assert text_of(project) == changed


def test_the_way_back_restores_the_file_to_the_byte(project):
    choose("domino", "../photos", project)
    choose("boards", None, project)
    assert text_of(project) == PARAMS


def test_a_choice_that_is_in_force_already_leaves_the_file_untouched(project):
    (project / "params.yaml").write_text(PARAMS.replace("[0.0, 0.5]", "[ 0.0,0.5 ]"), encoding="utf-8")
    before = (project / "params.yaml").stat()
    choose("boards", None, project)
    assert (project / "params.yaml").stat() == before


def test_a_set_up_in_force_keeps_its_photos(project):
    choose("domino", "../photos", project)
    choose("domino", None, project)
    assert chosen(project) == ("domino", "../photos")


def test_a_path_from_the_root_stays_one_so_that_a_copy_of_the_project_finds_it(project):
    choose("domino", str(project.parent / "photos"), project)
    assert chosen(project) == ("domino", str(project.parent / "photos"))


@every_name
def test_a_folder_of_any_name_is_written_so_that_it_is_read_again(project, name):
    (project.parent / name).mkdir(parents=True)
    choose("domino", f"../{name}", project)
    assert (project / chosen(project)[1]).samefile(project.parent / name)
    choose("boards", None, project)
    assert text_of(project) == PARAMS


@pytest.mark.parametrize(("name", "written"), [("s3:/a", "./s3:/a"), ("a.dvc", "a.dvc/"), ("dvc.yaml", "dvc.yaml/")])
def test_what_dvc_would_not_take_for_a_folder_is_written_so_that_it_does(project, name, written):
    (project / name).mkdir(parents=True)
    for _ in range(2):  # the second time it is what is written already
        choose("domino", name, project)
        assert chosen(project) == ("domino", written)
    choose("domino", None, project)
    assert chosen(project) == ("domino", written)


def test_a_path_that_is_too_long_is_no_folder(project):
    with pytest.raises(InputError, match="there is no such folder"):
        choose("domino", "a" * 300, project)


@pytest.mark.parametrize("name", [pytest.param(name, id=key) for key, name in UNREADABLE.items()])
def test_photos_in_a_folder_whose_name_no_line_can_hold_are_refused(project, name):
    (project / name).mkdir()
    with pytest.raises(InputError, match=r"has signs in it that no line can hold; rename the folder"):
        choose("domino", name, project)
    assert text_of(project) == PARAMS


@pytest.mark.parametrize(
    "name", ["a b", "a;b", "$(touch ran)", "`touch ran`", "a'b", 'a"b', "a\nb", "-rf", "..", "a|b"]
)
def test_a_set_up_whose_name_a_shell_would_read_as_more_is_refused(project, name):
    (project / f"setups/{name}.yaml").write_text("plan: {}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a set-up's name is a part of paths and of commands|setup is '"):
        choose(name, "../photos", project)
    assert text_of(project) == PARAMS


def test_a_set_up_that_brings_its_photos_takes_others_too(project):
    choose("boards", "../photos", project)
    assert chosen(project) == ("boards", "../photos")


@pytest.mark.parametrize(
    ("setup", "real", "message"),
    [
        pytest.param("domino", None, "SETUP=domino needs REAL=path/to/photos", id="no photos named"),
        pytest.param("domino", "../nowhere", "REAL=../nowhere: there is no such folder; name the one", id="no folder"),
        pytest.param("domino", "params.yaml", "REAL=params.yaml: there is no such folder", id="a file for a folder"),
        pytest.param("domini", "../photos", "wanted the name of a file in setups/ (did you mean 'domino'?)", id="typo"),
        pytest.param("cars", "../photos", "in setups/; there are: balloon, boards, domino", id="no such set-up"),
        pytest.param("../params", "../photos", "setup is '../params', wanted the name of", id="no name but a path"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_and_the_file_stays(project, setup, real, message):
    with pytest.raises(InputError, match=re.escape(message)):
        choose(setup, real, project)
    assert text_of(project) == PARAMS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["domino", "../photos"], 0, "", id="good"),
        pytest.param(["domino"], 2, "SETUP=domino needs REAL=path/to/photos\n", id="no photos"),
        pytest.param([], 2, "found 0 words, wanted one or two: python -m pipeline.choose SETUP [REAL]\n", id="nothing"),
    ],
)
def test_the_command_answers_in_one_line(project, arguments, code, words):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.choose", *arguments],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, words)


@pytest.mark.parametrize("name", ["my photos.zip", "my photos.TAR.gz", "photos.tgz", "photos.tar"])
def test_photos_may_lie_in_an_archive(project, name):
    (project.parent / name).write_bytes(b"PK")
    choose("domino", f"../{name}", project)
    assert chosen(project) == ("domino", f"../{name}")
