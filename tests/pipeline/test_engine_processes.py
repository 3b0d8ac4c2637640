"""The engine as a stage uses it: in a process of its own, on this machine and on two nodes."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engine import ROOMS, engine
from pipeline.errors import InputError
from tests.ray_nodes import gone, started_by, two_ray_nodes, wait_for, written

ROOT = Path(__file__).resolve().parents[2]
MARK = "this clone's own"
DEAD = ["die", "Failed(cause='crashed')"]
STAGE = """
import os, sys, time
import pipeline.errors
from pipeline.engine import actor_of, each, engine, gpu_count

class Hand:
    def run(self, item):
        if item == "die":
            os._exit(1)
        time.sleep(0.3)
        mark = getattr(pipeline.errors, "MARK", "")
        return "|".join([pipeline.errors.__file__, mark, os.environ.get("CUDA_VISIBLE_DEVICES", "")])

workers = engine(0, gpus=True)
print(workers, flush=True)
for item, result in each(sys.argv[1:], actor_of(Hand, gpu=gpu_count() > 0), workers, 100, 100.0, tries=1):
    print(item, result, sep="|", flush=True)
"""


class Stage:
    """A stage that runs in a process and in a clone of its own."""

    def __init__(self, clone: Path, *items: str, **environment: str) -> None:
        for room in ROOMS:
            shutil.copytree(ROOT / room, clone / room, ignore=shutil.ignore_patterns("__pycache__"))
        with (clone / "pipeline/errors.py").open("a") as file:
            file.write(f"MARK = {MARK!r}\n")
        (clone / "stage.py").write_text(STAGE)
        self.started: set[int] = set()
        self.out, self.err = clone / "out", clone / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            command = [sys.executable, "stage.py", *items]
            self.process = subprocess.Popen(command, cwd=clone, env=os.environ | environment, stdout=out, stderr=err)

    def rows(self) -> list[list[str]]:
        """Return item, file of our code, its mark, GPUs of each finished job."""
        return [line.split("|") for line in written(self.out).splitlines()[1:]]


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of 30 jobs on two nodes, of which the second is killed while it works."""
    with two_ray_nodes() as nodes:
        items = [f"{number}" for number in range(30)]
        stage = Stage(tmp_path_factory.mktemp("clone"), *items, **nodes.environment())
        wait_for(lambda: len({row[1] for row in stage.rows()}) == 2, stage.process)
        nodes.kill_second()
        wait_for(lambda: stage.process.poll() is not None)
        yield stage


@pytest.mark.slow
def test_a_node_killed_half_way_loses_no_job_and_blames_none(survivor: Stage) -> None:
    assert sorted(row[0] for row in survivor.rows()) == sorted(f"{number}" for number in range(30))
    assert {len(row) for row in survivor.rows()} == {4}, "a job failed"
    assert survivor.process.returncode == 0


@pytest.mark.slow
def test_all_nodes_run_the_code_of_the_clone_that_the_stage_was_started_in(survivor: Stage) -> None:
    assert {row[2] for row in survivor.rows()} == {MARK}
    files = {Path(row[1]) for row in survivor.rows()}
    assert not any(file.is_relative_to(folder) for file in files for folder in (ROOT, survivor.out.parent))


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A stage on this machine, with two GPUs declared to Ray, that got SIGTERM while both worked."""
    items = ["die", *(f"{number}" for number in range(1000))]
    declared = '{"CPU": 3, "GPU": 2}'
    stage = Stage(tmp_path_factory.mktemp("clone"), *items, RAY_ADDRESS="", RAY_OVERRIDE_RESOURCES=declared)
    wait_for(lambda: {"0", "1"} <= {row[-1] for row in stage.rows()} and DEAD in stage.rows(), stage.process)
    stage.started = started_by(stage.process.pid)
    stage.process.send_signal(signal.SIGTERM)
    assert stage.process.wait() != 0
    return stage


@pytest.mark.slow
def test_a_stage_that_is_ended_by_sigterm_leaves_no_ray(ended: Stage) -> None:
    assert len(ended.started) > 2
    wait_for(lambda: all(gone(process) for process in ended.started))


@pytest.mark.slow
def test_ray_says_nothing_on_the_terminal(ended: Stage, survivor: Stage) -> None:
    assert (written(ended.err), written(survivor.err)) == ("", "")


@pytest.mark.slow
def test_there_is_one_worker_for_each_gpu_that_ray_counts(ended: Stage) -> None:
    assert written(ended.out).splitlines()[0] == "2"
    assert {row[3] for row in ended.rows() if row != DEAD} == {"0", "1"}


@pytest.mark.parametrize(
    "address", [pytest.param("127.0.0.1:1", id="nobody answers"), pytest.param("my cluster", id="no address at all")]
)
def test_an_address_that_leads_to_no_cluster_is_said_in_one_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match=f"RAY_ADDRESS={address}: found no Ray cluster"):
        engine(1)
