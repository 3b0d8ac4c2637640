import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGE = '''"""Write a greeting."""

import dataclasses
from pathlib import Path

from pipeline.errors import InputError
from pipeline.stage import run_stage


@dataclasses.dataclass(frozen=True)
class Greet:
    times: int


@dataclasses.dataclass(frozen=True)
class Sweep:
    seeds: tuple[int, ...]


def main(settings: Greet, name: str, mean_ratio: float, out: Path, sweep: Sweep, also: Path | None = None) -> None:
    if name == "nobody":
        raise InputError("name is 'nobody',\\nwanted somebody")
    if also:
        also.write_text(name)
    out.write_text(f"{name} {settings.times} {mean_ratio + 1} {sweep.seeds}")


if __name__ == "__main__":
    run_stage(main)
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "greet.py").write_text(STAGE, encoding="utf-8")
    (tmp_path / "setups").mkdir()
    (tmp_path / "setups/boards.yaml").write_text("greet: {}\n", encoding="utf-8")
    params(tmp_path, "times: 3")
    return tmp_path


def params(folder, line):
    text = f"setup: boards\ngreet:\n  {line}\nsweep:\n  seeds: [1, 2]\n"
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "greet", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


ARGUMENTS = ("--name", "Ada", "--mean-ratio", "0.5", "--out", "hello.txt")


def test_flags_and_sections_reach_main_with_their_types(folder):
    done = run(folder, *ARGUMENTS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "hello.txt").read_text(encoding="utf-8") == "Ada 3 1.5 (1, 2)"


def test_a_wrong_setting_ends_in_one_line_and_exit_code_2(folder):
    params(folder, "tymes: 3")
    done = run(folder, *ARGUMENTS)
    assert done.returncode == 2
    assert done.stderr == "params.yaml: greet.tymes is not a setting (did you mean 'times'?)\n"
    assert not (folder / "hello.txt").exists()


def test_an_error_of_main_for_people_is_put_on_one_line(folder):
    done = run(folder, "--name", "nobody", *ARGUMENTS[2:])
    assert (done.returncode, done.stderr) == (2, "name is 'nobody', wanted somebody\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(ARGUMENTS[:4], "required: --out", id="a flag is missing"),
        pytest.param((*ARGUMENTS, "--seed", "1"), "unrecognized arguments: --seed", id="a flag too many"),
        pytest.param((*ARGUMENTS[:3], "half", *ARGUMENTS[4:]), "invalid float value: 'half'", id="no number"),
        pytest.param(("--na", *ARGUMENTS[1:]), "required: --name", id="a flag cut short"),
    ],
)
def test_a_wrong_command_line_exits_with_code_2(folder, arguments, words):
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_an_error_of_ours_keeps_its_traceback(folder):
    text = STAGE.replace("raise InputError(", "raise ValueError(")
    (folder / "greet.py").write_text(text, encoding="utf-8")
    done = run(folder, "--name", "nobody", *ARGUMENTS[2:])
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")


def test_a_parameter_that_is_none_by_default_may_be_left_out(folder):
    words = "--name", "Ada", "--mean-ratio", "0.5", "--out", "out.txt"
    assert run(folder, *words).returncode == 0
    assert run(folder, *words, "--also", "also.txt").returncode == 0
    assert (folder / "also.txt").read_text(encoding="utf-8") == "Ada"
