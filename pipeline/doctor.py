"""What this machine lacks, in plain words, with the command that mends it.

Runs before anything is installed, so it uses the standard library alone and also starts on other Pythons than ours.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

GB = 10**9
DISK_BEFORE_GB = 10  # the environment takes 7
DISK_AFTER_GB = 2
MEMORY_GB = 6
LIBRARIES = {  # what bpy's wheel loads and does not bring along: file -> Debian package
    "libGL.so.1": "libgl1",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}
PYTHON_TEST = "import ensurepip, sys, venv; print(sys.executable); sys.exit(sys.version_info[:2] != (3, 11))"


class Check(NamedTuple):
    """One thing looked at: what was found and, if it does not do, the command or step that mends it."""

    name: str
    found: str
    mend: str = ""  # empty: it does

    def line(self) -> str:
        """Return the check as one line for people."""
        return f"lacks  {self.name}: {self.found}; to mend it: {self.mend}" if self.mend else self.ok_line()

    def ok_line(self) -> str:
        """Return the line of a check that is passed."""
        return f"ok     {self.name}: {self.found}"


def check_python(python: str | None) -> Check:
    """python: the path of a Python 3.11 that can make environments, None if there is none."""
    if python:
        return Check("Python 3.11", python)
    return Check(
        "Python 3.11",
        f"not found, or without its venv module (python3 is {platform.python_version()})",
        "apt-get install python3.11 python3.11-venv (where there is no such package: pyenv install 3.11)",
    )


def check_processor(system: str, machine: str) -> Check:
    """Both as the module platform names them: Blender's wheel exists for Linux on x86-64 and for two other systems."""
    if system == "Linux" and machine not in {"x86_64", "AMD64"}:
        return Check("processor", f"{machine}, for which Blender has no wheel", "run it on an x86-64 machine")
    return Check("processor", f"{system} on {machine}")


def check_libraries(missing: list[str]) -> Check:
    """missing: the keys of LIBRARIES that cannot be loaded."""
    if not missing:
        return Check("shared libraries", "all that Blender loads")
    packages = " ".join(sorted(LIBRARIES[name] for name in missing))
    return Check("shared libraries", f"Blender needs {', '.join(missing)}", f"apt-get install {packages}")


def check_disk(free_bytes: int, installed: bool) -> Check:
    """free_bytes: on the disk of the project. installed: the environment is there already."""
    wanted, free = DISK_AFTER_GB if installed else DISK_BEFORE_GB, f"{free_bytes / GB:.1f} GB free"
    if free_bytes >= wanted * GB:
        return Check("disk", free)
    return Check("disk", f"{free}, wanted {wanted} GB", f"make room on the disk of {Path.cwd()} (du -xh . | sort -h)")


def check_memory(total_bytes: int | None) -> Check:
    """total_bytes: what this process may use at most; None if the system does not say."""
    if total_bytes is None:
        return Check("memory", "this system does not say how much; 6 GB are wanted")
    found = f"{total_bytes / GB:.1f} GB"
    if total_bytes >= MEMORY_GB * GB:
        return Check("memory", found)
    return Check("memory", f"{found}, wanted {MEMORY_GB} GB", "a larger machine, or a higher limit of the container")


def check_program(name: str, path: str | None) -> Check:
    """path: where the program `name` is, None if it is not found."""
    return Check(name, path) if path else Check(name, "not found", f"apt-get install {name}")


def check_clone(is_clone: bool) -> Check:
    """is_clone: the project's folder is under git, which DVC asks for."""
    found = "under git" if is_clone else "not under git, as DVC wants it"
    return Check("project folder", found, "" if is_clone else "git init")


def check_environment(installed: bool) -> Check:
    """Only tells: an environment that is not there yet is no lack."""
    return Check("environment", "installed" if installed else "not yet there; make repro or make test installs it")


def find_python() -> str | None:
    """Return the path of a Python 3.11 with venv and ensurepip, None if there is none."""
    for name in ("python3.11", "python3", "python"):
        path = shutil.which(name)
        if path:  # a version manager's stand-in may be there and fail, so each one is asked
            answer = subprocess.run([path, "-c", PYTHON_TEST], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if answer.returncode == 0:
                return answer.stdout.decode().strip()
    return None


def missing_libraries() -> list[str]:
    """Return the libraries of LIBRARIES that this Linux cannot load; none on other systems."""
    return [name for name in sorted(LIBRARIES) if platform.system() == "Linux" and not loads(name)]


def loads(library: str) -> bool:
    """Tell whether a shared library can be loaded."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def memory_bytes() -> int | None:
    """Return the memory of the machine or of the container, the smaller of the two; None if unknown."""
    try:
        sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, OSError, ValueError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="utf-8").strip() if limit.is_file() else ""
    return min(sizes + ([int(text)] if text.isdigit() else []))


def examine(root: Path) -> list[Check]:
    """Return all checks of this machine for the project at `root`."""
    installed = (root / ".venv" / ".installed").is_file()
    return [
        check_python(find_python()),
        check_processor(platform.system(), platform.machine()),
        check_libraries(missing_libraries()),
        check_disk(shutil.disk_usage(str(root)).free, installed),
        check_memory(memory_bytes()),
        check_program("git", shutil.which("git")),
        check_program("make", shutil.which("make")),
        check_clone((root / ".git").exists()),
        check_environment(installed),
    ]


def main(arguments: list[str]) -> int:
    """Print all checks, with ``--quiet`` only what is lacking, with ``--python`` the path of Python 3.11.

    Return the exit code: 0, or 2 if something is lacking.
    """
    if arguments == ["--python"]:
        python = find_python()
        sys.stdout.write((python or "") + "\n")
        return 0 if python else 2
    checks = examine(Path(__file__).resolve().parent.parent)
    shown = [check for check in checks if check.mend or arguments != ["--quiet"]]
    (sys.stderr if arguments == ["--quiet"] else sys.stdout).write("".join(check.line() + "\n" for check in shown))
    return 2 if any(check.mend for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
