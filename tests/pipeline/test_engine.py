import contextlib
import itertools
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from pipeline.engine import Failed, actor_of, each, engine
from pipeline.errors import InputError
from tests.ray_nodes import gone, started_by, wait_for

PATIENT_S = 100.0  # no job of these tests comes near it
HASTY_S = 1.5


class Hand:
    """Does as it is told, and notes each try in a file of the item's name."""

    def __init__(self, folder: str, start_s: float = 0.0) -> None:
        time.sleep(start_s)
        self.folder = Path(folder)

    def run(self, item: str) -> int:
        with (self.folder / item).open("a") as file:
            file.write("x")
        order, _, when = item.partition(" ")
        if when != "once" or (self.folder / item).stat().st_size == 1:
            self.obey(order)
        return os.getpid()

    def obey(self, order: str) -> None:
        if order == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "hang":
            time.sleep(1000)
        if order == "wrong":
            raise InputError("a.txt: found nothing, wanted words; write some")
        if order == "divide":
            1 / 0  # noqa: B018


class Mistaken:
    """Finds a user's mistake when it starts."""

    def __init__(self) -> None:
        raise InputError("a.glb: found nothing, wanted a mesh; export it again")


class Stillborn:
    """Dies when it starts."""

    def __init__(self) -> None:
        os._exit(1)


@pytest.fixture
def _ray() -> None:
    assert engine(2) == 2


def tries_of(folder: Path) -> Counter[str]:
    return Counter({file.name: file.stat().st_size for file in sorted(folder.iterdir())})


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_ray_comes_without_the_processes_that_watch_it_for_people() -> None:
    names = {Path(word).name for process in started_by(os.getpid()) for word in words_of(process)}
    assert "gcs_server" in names
    assert not names & {"monitor.py", "log_monitor.py", "dashboard.py"}


def words_of(process: int) -> list[str]:
    """Return a process's command line, [] if it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")
    return []


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_jobs_that_kill_or_stop_their_process_are_set_aside_and_all_others_come_back_once(tmp_path: Path) -> None:
    items = ["a", "die", "b", "hang", "c", "die once", "d", "hang once"]
    found = list(each(items, actor_of(Hand, str(tmp_path)), workers=2, recycle=100, limit_s=HASTY_S))
    assert sorted(item for item, _ in found) == sorted(items)
    failed = {item: result for item, result in found if isinstance(result, Failed)}
    assert failed == {"die": Failed("crashed"), "hang": Failed("timed out")}
    tries = tries_of(tmp_path)
    assert (tries["die"], tries["hang"], tries["die once"], tries["hang once"]) == (3, 3, 2, 2)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_the_limit_is_on_the_job_and_not_on_the_start(tmp_path: Path) -> None:
    make = actor_of(Hand, str(tmp_path), HASTY_S + 0.5)
    ((item, result),) = each(["a"], make, workers=1, recycle=9, limit_s=HASTY_S, tries=1)
    assert item == "a"
    assert not isinstance(result, Failed)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_a_worker_killed_from_outside_loses_nothing(tmp_path: Path) -> None:
    items = [f"{number}" for number in range(20)]
    found = []
    for item, process in each(items, actor_of(Hand, str(tmp_path)), workers=2, recycle=100, limit_s=PATIENT_S):
        found.append(item)
        if len(found) in {3, 9}:
            os.kill(process, signal.SIGKILL)
    assert sorted(found) == sorted(items)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_workers_are_replaced_after_so_many_jobs_and_none_stays(tmp_path: Path) -> None:
    found = list(each("abc", actor_of(Hand, str(tmp_path)), workers=1, recycle=2, limit_s=PATIENT_S))
    processes = {process for _, process in found}
    assert len(processes) == 2
    wait_for(lambda: all(gone(process) for process in processes))


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_kept_workers_serve_the_next_call_and_end_where_other_ones_are_wanted(tmp_path: Path) -> None:
    hands = actor_of(Hand, str(tmp_path))
    first = {process for _, process in each(["a", "b"], hands, 2, recycle=3, limit_s=PATIENT_S, keep=True)}
    again = [process for _, process in each("cdef", hands, 2, recycle=3, limit_s=PATIENT_S, keep=True)]
    assert set(again) & first  # they went on, as far as their number of jobs
    os.kill(again[-1], signal.SIGKILL)  # one that dies between two calls costs no job
    third = [process for _, process in each("gh", hands, 2, recycle=3, limit_s=PATIENT_S, keep=True)]
    others = [process for _, process in each("ij", actor_of(Hand, str(tmp_path)), 2, recycle=3, limit_s=PATIENT_S)]
    assert not set(others) & {*first, *again, *third}
    wait_for(lambda: all(gone(process) for process in (*first, *again, *third, *others)))
    assert tries_of(tmp_path) == Counter("abcdefghij")


class Born:
    """Tells what its process was started with, as the C library saw it."""

    def run(self, name: str) -> str | None:
        words = Path("/proc/self/environ").read_text(encoding="utf-8").split("\0")
        return dict(word.partition("=")[::2] for word in words).get(name)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_an_actor_s_process_starts_with_its_environment_beside_that_of_all() -> None:
    born = actor_of(Born, environment={"MALLOC_TOP_PAD_": "12345"})
    found = dict(each(["MALLOC_TOP_PAD_", "TMPDIR"], born, 1, recycle=9, limit_s=PATIENT_S))
    assert found["MALLOC_TOP_PAD_"] == "12345"
    assert Path(found["TMPDIR"]).name.startswith("admix-")


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_a_caller_who_stops_listening_leaves_no_worker(tmp_path: Path) -> None:
    items = ("hang" if number else "a" for number in itertools.count())
    with contextlib.closing(each(items, actor_of(Hand, str(tmp_path)), 1, recycle=9, limit_s=PATIENT_S)) as found:
        _, process = next(found)
    wait_for(lambda: gone(process))


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
@pytest.mark.parametrize(
    ("kind", "values", "kept"),
    [
        pytest.param(Hand, ["."], "a.txt: found nothing, wanted words; write some", id="a mistake found in a job"),
        pytest.param(Mistaken, [], "a.glb: found nothing, wanted a mesh; export it again", id="found at the start"),
        pytest.param(Stillborn, [], "3 processes in a row died while they started", id="no worker ever starts"),
    ],
)
def test_what_the_user_must_mend_arrives_in_one_line(tmp_path: Path, kind: type, values: list[str], kept: str) -> None:
    values = [str(tmp_path) for _ in values]
    with pytest.raises(InputError, match=re.escape(kept)):
        list(each(["wrong"], actor_of(kind, *values), workers=1, recycle=9, limit_s=PATIENT_S))


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_a_bug_in_a_job_is_raised_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        list(each(["divide"], actor_of(Hand, str(tmp_path)), workers=1, recycle=9, limit_s=PATIENT_S))


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_no_item_starts_nothing(tmp_path: Path) -> None:
    assert list(each([], actor_of(Hand, str(tmp_path)), workers=2, recycle=9, limit_s=PATIENT_S)) == []
