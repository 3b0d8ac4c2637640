"""A result that was there survives a kill at any moment: real processes, killed while they write."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset.shards import members, read_bytes
from pipeline.files import MARK

ROOT = Path(__file__).parents[2]
KILLS, LONGEST_S = 25, 0.15
WRITER = """
import itertools, sys
from pathlib import Path
from dataset.shards import write_shard
from pipeline.files import whole_folder, write_json, write_text

def file(path, n):
    write_json(path / "a.json", [n] * 20_000)

def folder(path, n):
    with whole_folder(path / "a", "run") as part:
        for k in range(40):
            write_text(part / f"{k}.txt", str(n) * 200)

def shard(path, n):
    write_shard(path / "a.tar", ((f"{k}.txt", b"%d" % n * 300) for k in range(200)))

write, path = globals()[sys.argv[1]], Path(sys.argv[2])
write(path, 0)
print("ready", flush=True)
for n in itertools.count(1):
    write(path, n)
"""


def file(path: Path) -> bool:
    """Return whether the file is one that was written whole."""
    value = json.loads((path / "a.json").read_text(encoding="utf-8"))
    return len(value) == 20_000 and len(set(value)) == 1


def folder(path: Path) -> bool:
    """Return whether the folder is one that was written whole."""
    texts = {one.read_text(encoding="utf-8") for one in (path / "a").glob("*.txt")}
    names = {one.name for one in (path / "a").iterdir()}
    (text,) = texts
    return names == {MARK, *(f"{k}.txt" for k in range(40))} and len(text) % 200 == 0


def shard(path: Path) -> bool:
    """Return whether the shard is one that was written whole."""
    names = list(members(path / "a.tar"))
    return names == [f"{k}.txt" for k in range(200)] and len({read_bytes(path / "a.tar" / n) for n in names}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("whole", [file, folder, shard], ids=lambda whole: whole.__name__)
def test_after_a_kill_at_any_moment_the_earlier_result_is_there_or_the_new_one(
    whole: Callable[[Path], bool], tmp_path: Path
):
    rng = random.Random(whole.__name__)
    for _ in range(KILLS):
        command = [sys.executable, "-c", WRITER, whole.__name__, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"  # a result is there
            time.sleep(rng.uniform(0, LONGEST_S))
            os.kill(writer.pid, signal.SIGKILL)
        assert whole(tmp_path)
    once = WRITER.replace("for n in itertools.count(1):", "for n in [1]:")
    command = [sys.executable, "-c", once, whole.__name__, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "ready\n"
    assert whole(tmp_path)  # and whatever a kill left behind is in nobody's way
