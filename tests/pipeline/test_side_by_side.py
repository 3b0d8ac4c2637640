"""In a process of its own: a fork of one that runs tests would have their threads' locks, and not the threads."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import os, pickle, sys
from dataset.formats.listed import DefectError
from pipeline.errors import InputError
from pipeline.side_by_side import side_by_side

def job(item):
    if item == "wrong":
        raise DefectError("broken photo", "a.png: found nothing")
    return item * 2, os.getpid(), lock is not None

lock = lambda: None  # a job that holds such a thing cannot be pickled
items = list(range(200))
found = list(side_by_side(job, items, int(sys.argv[1])))
assert [double for double, _, _ in found] == [2 * number for number in items]
print(os.getpid() in {process for _, process, _ in found})
try:
    list(side_by_side(lambda item: job(item), [1, "wrong", 2], int(sys.argv[1])))
except InputError as error:
    print(type(error).__name__, error.kind, error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("many", "here"), [(1, "False"), (1000, "True")], ids=["processes", "threads"])
def test_results_come_in_order_from_processes_or_threads_and_errors_whole(many: int, here: str):
    words = [sys.executable, "-c", CODE, str(many)]
    done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=100)
    assert done.stdout.splitlines() == [here, "DefectError broken photo a.png: found nothing"]
