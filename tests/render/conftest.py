"""One Blender for the tests of a module that ask it for truth."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.render.asking import Blender


@pytest.fixture(scope="module")
def blender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blender]:
    folder = tmp_path_factory.mktemp("shots")
    words = [sys.executable, str(Path(__file__).with_name("shots.py"))]
    log = (folder / "log.txt").open("w", encoding="utf-8")
    with log, subprocess.Popen(words, stdin=-1, stdout=-1, stderr=log, text=True) as process:
        yield Blender(process, folder)
        assert process.stdin
        process.stdin.close()
