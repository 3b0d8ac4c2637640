"""The console script: every command helps with an example, and a mistake is one line."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from admix.cli import admix, main
from admix.commands import leaves, resolved

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
every_command = pytest.mark.parametrize("name", leaves(admix))
SCANS = ROOT.parent / "shared" / "meshes"


def run(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "admix", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)


def test_the_commands_stand_in_the_help_of_the_whole():
    said = run("--help").stdout
    assert [word for word in admix.commands if f"\n  {word} " in said] == list(admix.commands)


def test_the_help_imports_neither_torch_nor_blender():
    code = "import sys, admix.cli; sys.exit(len({'torch', 'bpy', 'ray', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@every_command
def test_the_help_of_a_command_ends_in_an_example_that_is_right(name, capsys):
    main([*name.split(), "--help"])
    said = capsys.readouterr().out
    example = " ".join(said.split("Example:")[1].split())
    words = shlex.split(example)
    assert " ".join(words).startswith(f"admix {name} ") or words == ["admix", name]
    command, rest = resolved(admix, words[1:])
    assert command.parse_args(click.Context(command, info_name=name), rest) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["ad"], "No such command 'ad'", id="no such command"),
        pytest.param(
            ["add", "mug.glb", "--source", "Ada"], "Missing option '--licence'; see admix add --help", id="none"
        ),
        pytest.param(["export", "--style", "coco"], "No such option '--style'", id="no such option"),
        pytest.param(
            ["add", "a", "--licence", "MIT", "--source", "A", "--up", "x"], "'x' is not one of", id="no choice"
        ),
        pytest.param(["predict", "--run", "none", "--photos", "x", "--out", "y"], "none/settings.json: ", id="no file"),
    ],
)
def test_a_mistake_is_one_line_with_code_2(words, message, tmp_path):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "setups", tmp_path / "setups")
    done = subprocess.run(
        [sys.executable, "-m", "admix", *words], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert message in done.stderr


def test_a_shell_can_complete_the_commands():
    words = {"_ADMIX_COMPLETE": "bash_complete", "COMP_WORDS": "admix e", "COMP_CWORD": "1"}
    code = "from admix.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=words, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,export\n"


@pytest.mark.skipif(not SCANS.is_dir(), reason="the folder of scans is not beside the project")
def test_the_scans_of_a_data_set_come_in_with_one_call_under_their_folders_names(tmp_path):
    (tmp_path / "assets").mkdir()
    shutil.copytree(SCANS, tmp_path / "scans")
    (tmp_path / "scans" / "006_mustard_bottle" / "texture_map.jpg").write_bytes(b"no picture")
    words = ("add", "scans", "--licence", "CC-BY-4.0", "--source", "YCB", "--assets", tmp_path / "assets")
    done = subprocess.run(
        [sys.executable, "-m", "admix", *map(str, words)], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert "scans: 1 of 3 assets were refused, the others are added" in done.stderr
    assert sorted(path.stem for path in (tmp_path / "assets").rglob("*.toml")) == ["011-banana", "025-mug"]
