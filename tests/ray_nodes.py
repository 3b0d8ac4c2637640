"""Real Ray clusters on this machine for tests: nodes with processes, ports and folders of their own."""

import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE_S = 120
TOKEN = "for-tests-of-this-machine-alone"
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": TOKEN,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_period_ms": "500",  # not 3000: a killed node is known to be dead after 3 s
}


@dataclasses.dataclass(frozen=True)
class TwoNodes:
    """A running cluster of a head and a second node, one core each."""

    address: str  # host:port of the head
    folders: tuple[Path, Path]  # empty working folders of the head and the second node
    kill_second: Callable[[], None]  # its processes get SIGKILL, as when a machine loses power

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a process that works on the cluster."""
        return os.environ | ENVIRONMENT | {"RAY_ADDRESS": self.address} | more


@contextlib.contextmanager
def two_ray_nodes() -> Iterator[TwoNodes]:
    # not pytest's tmp_path: the path of a Unix socket is at most 107 characters long
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as name:
        place = Path(name)
        with node(place / "1", "--head", "--port=0", "--include-dashboard=false") as head:
            address = wait_for(lambda: written(place / "1/tmp/ray_current_cluster"), head)
            with node(place / "2", f"--address={address}") as second:
                wait_for(lambda: "Ray runtime started" in written(place / "2/log"), second)
                yield TwoNodes(address, (place / "1/work", place / "2/work"), lambda: kill(second))


@contextlib.contextmanager
def node(place: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node until the block ends, or until this process does: then the pipe to its shell closes."""
    (place / "work").mkdir(parents=True)
    sizes = ["--num-cpus=1", "--object-store-memory=80000000"]
    calm = ["--block", "--disable-usage-stats", "--include-log-monitor=false", f"--temp-dir={place / 'tmp'}"]
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", *sizes, *calm, *options]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", '"$@" & cat; kill -9 0', "node", *ray],
            cwd=place / "work",
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a node and all that it started, which is what is in its session; nothing if it is gone already."""
    if process.poll() is None:
        subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=True)
        process.communicate()


def wait_for(what: Callable[[], Any], process: subprocess.Popen[bytes] | None = None) -> Any:
    """Return what becomes true; fail when it does not in time, or when `process` ends before."""
    end = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.1)
    return found


def written(file: Path) -> str:
    """Return what a file holds so far."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def gone(process: int) -> bool:
    """Return whether a process has ended; one that nobody asked for its exit code has, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def started_by(process: int) -> set[int]:
    """Return all living processes that a process started, directly or not."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in listing.splitlines())
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}
