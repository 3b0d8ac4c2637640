"""Where an asset's files are kept: text under git, large binaries under DVC."""

import subprocess
import sys
from pathlib import Path

from pipeline.errors import InputError

LARGE_BYTES = 10**6
HEAD_BYTES = 8000  # a file with a zero byte in so many is binary, as git has it


def large_files(folder: Path) -> list[Path]:
    """Return the binary files in and below a folder from LARGE_BYTES on, sorted."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size >= LARGE_BYTES)
    return [path for path in files if is_binary(path)]


def is_binary(path: Path) -> bool:
    """Return whether git would not show the file's lines."""
    with path.open("rb") as file:
        return b"\0" in file.read(HEAD_BYTES)


def under_dvc(folder: Path) -> bool:
    """Return whether a folder lies in a DVC project."""
    return any((above / ".dvc").is_dir() for above in folder.resolve().parents)


def track(files: list[Path]) -> None:
    """Put files under DVC; writes FILE.dvc and .gitignore beside each. Raises InputError with DVC's own last line."""
    for folder in sorted({path.parent for path in files}):
        names = [path.name for path in files if path.parent == folder]
        command = [sys.executable, "-m", "dvc", "add", "--quiet", "--", *names]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            said = (ended.stderr.strip().splitlines() or ["no word"])[-1]
            raise InputError(f"{folder}: dvc add failed ({said}); mend that, then run the same command again")
