"""Names that a shell, make or YAML would read as something else, and a small project to try them in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("pipeline", "dataset", "mix", "render", "train", "setups")
NAMES = {
    "space": "my photos",
    "parentheses": "photos(1)",
    "command": "$(touch RAN)",
    "make function": "$(shell touch RAN)",
    "variable": "${x}",
    "variable of params": "${real}",
    "escaped variable": "\\${real}",
    "backticks": "`touch RAN`",
    "single quote": "it's",
    "single quotes": "'; touch RAN; '",
    "double quotes": '"; touch RAN; "',
    "semicolon": "a; touch RAN;",
    "and": "a && touch RAN",
    "pipe": "a | touch RAN",
    "redirection": "a > RAN",
    "background": "a & touch RAN",
    "comment": "#photos #2",
    "star": "*",
    "question mark": "a?b",
    "brackets": "[ab]{c,d}",
    "flag": "-rf",
    "long flag": "--out=RAN",
    "home": "~",
    "backslash": "a\\b\\",
    "percent": "%s%n",
    "dollars": "$$ $1 $@",
    "spaces at the ends": " a ",
    "unicode": "Gläser und 写真 😀",
    "line separator of unicode": "a\u2028b",
    "mapping of YAML": "{a: b}",
    "anchor of YAML": "&a *a",
    "null of YAML": "null",
    "number": "1e3",
    "address": "s3:/photos",
    "file of DVC": "photos.dvc",
    "pipeline of DVC": "dvc.yaml",
}
READ_BY_DVC = (  # those that DVC, its files of YAML or a shell behind it could read as more than a name
    *("command", "variable", "variable of params", "single quotes", "double quotes", "backticks", "spaces at the ends"),
    *(
        "brackets",
        "star",
        "backslash",
        "flag",
        "mapping of YAML",
        "line separator of unicode",
        "address",
        "file of DVC",
    ),
    "pipeline of DVC",
)
UNREADABLE = {
    "tab": "a\tb",
    "newline": "a\ntouch RAN",
    "carriage return": "a\rb",
    "escape": "a\x1b[2Jb",
    "no UTF-8": os.fsdecode(b"a\xffb"),
    "next line of unicode": "a\x85b",
}
SETUP = """plan: {recipe: boards}
split:
  keep_together: []
  train: {where: {}, photos: 1}
  val: {where: {}, photos: 1}
  test: {where: {}}
fit: {}
tune: {}
"""
every_name = pytest.mark.parametrize("name", [pytest.param(name, id=key) for key, name in NAMES.items()])


def photos(folder: Path) -> Path:
    """Return a folder with the labelled photos a, b and c."""
    rng, mask = np.random.default_rng(0), np.zeros((20, 30), np.uint8)
    mask[2:8, 3:13] = 1
    for name in "abc":
        pixels = rng.integers(0, 255, (20, 30, 3), np.uint8)
        for array, file in ((pixels, f"images/{name}.jpg"), (mask, f"masks/{name}.png")):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(folder / file)
    return folder


def small_project(folder: Path) -> Path:
    """Return a copy of all that ingest needs, under git and DVC, with one more set-up `mini`; nothing has run yet."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room)  # with its bytecode, which would else be compiled in each copy
    for file in ("dvc.yaml", "params.yaml", "Makefile", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / file, folder)
    (folder / "setups/mini.yaml").write_text(SETUP, encoding="utf-8")
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    for words in ("git init -q", "dvc init -q", "git add -A", "git -c user.name=t -c user.email=t@t commit -qm t"):
        run(folder, *words.split()).check_returncode()
    return folder


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with this Python first on the PATH; `more` is added to its environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1", "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t"}
    own |= {"GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"} | more
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=own, check=False)


def ran(folder: Path) -> list[Path]:
    """Return what a name that ran would have left behind, in and below a folder."""
    return sorted(path for path in folder.rglob("*RAN*") if path.name.startswith("RAN"))
