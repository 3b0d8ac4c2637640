import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import doctor

ROOT = Path(__file__).resolve().parents[2]
DOCTOR = ROOT / "pipeline/doctor.py"
GB = 10**9
GOOD = [
    pytest.param(doctor.check_python("/usr/bin/python3.11"), id="python"),
    pytest.param(doctor.check_processor("Linux", "x86_64"), id="processor"),
    pytest.param(doctor.check_processor("Darwin", "arm64"), id="another system"),
    pytest.param(doctor.check_libraries([]), id="libraries"),
    pytest.param(doctor.check_disk(10 * GB, installed=False), id="disk before the installation"),
    pytest.param(doctor.check_disk(2 * GB, installed=True), id="disk after the installation"),
    pytest.param(doctor.check_memory(6 * GB), id="memory"),
    pytest.param(doctor.check_memory(None), id="memory unknown"),
    pytest.param(doctor.check_program("git", "/usr/bin/git"), id="git"),
    pytest.param(doctor.check_clone(is_clone=True), id="clone"),
    pytest.param(doctor.check_environment(installed=False), id="no environment yet is no lack"),
]
LACKING = [
    pytest.param(doctor.check_python(None), ["Python 3.11", "apt-get install python3.11 python3.11-venv"], id="python"),
    pytest.param(doctor.check_processor("Linux", "aarch64"), ["aarch64", "x86-64"], id="processor"),
    pytest.param(
        doctor.check_libraries(["libXi.so.6", "libGL.so.1"]),
        ["libXi.so.6, libGL.so.1", "apt-get install libgl1 libxi6"],
        id="libraries",
    ),
    pytest.param(doctor.check_disk(10 * GB - 1, installed=False), ["10.0 GB free, wanted 10 GB"], id="disk before"),
    pytest.param(doctor.check_disk(1 * GB, installed=True), ["1.0 GB free, wanted 2 GB", "make room"], id="disk after"),
    pytest.param(doctor.check_memory(4 * GB), ["4.0 GB, wanted 6 GB"], id="memory"),
    pytest.param(doctor.check_program("git", None), ["git: not found", "apt-get install git"], id="git"),
    pytest.param(doctor.check_clone(is_clone=False), ["not under git", "git init"], id="clone"),
]


@pytest.mark.parametrize("check", GOOD)
def test_what_is_enough_is_called_ok(check):
    assert check.line().startswith("ok ")


@pytest.mark.parametrize(("check", "words"), LACKING)
def test_what_is_lacking_is_one_line_with_the_way_to_mend_it(check, words):
    assert check.line().startswith("lacks ")
    assert "\n" not in check.line()
    assert "to mend it: " in check.line()
    assert [word for word in words if word not in check.line()] == []


def test_a_library_that_is_not_there_is_noticed():
    assert doctor.loads("libc.so.6")
    assert not doctor.loads("libnowhere.so.9")


def test_the_libraries_are_those_that_blender_s_wheel_does_not_bring():
    spec = [Path(path) / "bpy" for path in sys.path if (Path(path) / "bpy/__init__.so").is_file()]
    if not spec or not shutil.which("ldd"):
        pytest.skip("no ldd, or no Linux wheel of bpy")
    listed = subprocess.run(["ldd", spec[0] / "__init__.so"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines() if "=>" in line]
    outside = {row[0] for row in rows if str(spec[0]) not in row[2]}
    basic = {"libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1", "libgcc_s.so.1"}
    through_others = {
        "libxcb.so.1",
        "libXau.so.6",
        "libXdmcp.so.6",
        "libuuid.so.1",
        "libbsd.so.0",
        "libmd.so.0",
        "libGLdispatch.so.0",
        "libGLX.so.0",
    }  # Debian's packages of the others bring these
    assert outside - basic - through_others == set(doctor.LIBRARIES)


def test_it_runs_from_anywhere_on_the_standard_library_alone(tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-S", DOCTOR], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == (2 if "\nlacks" in f"\n{done.stdout}" else 0)
    assert len(done.stdout.splitlines()) == len(doctor.examine(ROOT))


def test_before_other_commands_it_speaks_only_of_what_is_lacking():
    everything = subprocess.run([sys.executable, DOCTOR], capture_output=True, text=True, check=False)
    quiet = subprocess.run([sys.executable, DOCTOR, "--quiet"], capture_output=True, text=True, check=False)
    lacks = [line for line in everything.stdout.splitlines() if line.startswith("lacks")]
    assert (quiet.stdout, quiet.stderr.splitlines(), quiet.returncode) == ("", lacks, everything.returncode)


def test_a_machine_without_python_or_git_is_told_both_and_exits_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, DOCTOR, "--quiet"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "lacks  Python 3.11",
        "lacks  git",
        "lacks  make",
    ]


def test_the_python_found_is_asked_for_its_version(tmp_path):
    impostor = tmp_path / "python3.11"
    impostor.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    impostor.chmod(0o755)
    command = [sys.executable, DOCTOR, "--python"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "\n")
