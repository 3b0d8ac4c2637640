"""A Label Studio of its own in a folder that is thrown away: SQLite, on this machine alone; and the calls to it."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, shown

USER, PASSWORD, TOKEN = "bench@localhost.example", "for-this-run-alone", f"{1:040x}"  # it is gone with its folder
LOOPBACK = "127.0.0.1"
START_S, CALL_S, STOP_S = 240, 120, 20
SETTINGS = {  # nothing leaves the machine; photos of one folder are served; a backend on the same machine is let in
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "ML_BLOCK_LOCAL_IP": "false",
    "SSRF_PROTECTION_ENABLED": "false",
    "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
}


@dataclasses.dataclass(frozen=True)
class LabelStudio:
    """A Label Studio that answers."""

    address: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of a call, None for an empty answer; raise InputError where it is refused."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, head, method=method)
        try:
            with direct().open(request, timeout=CALL_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            said = shown(error.read().decode("utf-8", "replace"))
            raise InputError(f"Label Studio: {method} {path}: {error.code}, {said}") from None
        return json.loads(text) if text else None

    def version(self) -> str:
        """Return its release."""
        return str(self.call("GET", "/api/version")["release"])

    def new_project(self, title: str, config: str, tasks: list[dict[str, Any]], images: Path) -> "Project":
        """Return a new project with tasks whose photos lie in the folder `images`, which it serves."""
        number = self.call("POST", "/api/projects", {"title": title, "label_config": config})["id"]
        served = {"project": number, "path": str(images), "title": images.name, "use_blob_urls": False}
        self.call("POST", "/api/storages/localfiles", served)
        self.call("POST", f"/api/projects/{number}/import", tasks)
        return Project(self, number)


@dataclasses.dataclass(frozen=True)
class Project:
    """One project."""

    tool: LabelStudio
    number: int

    def tasks(self) -> list[int]:
        """Return the numbers of its tasks, in the order in which they were imported."""
        return sorted(task["id"] for task in self.tool.call("GET", f"/api/tasks?project={self.number}")["tasks"])

    def predictions(self, task: int) -> int:
        """Return how many predictions a task has."""
        return len(self.tool.call("GET", f"/api/tasks/{task}")["predictions"])

    def add_backend(self, address: str) -> str:
        """Add a model for interactive labelling, and return the state that Label Studio sees it in."""
        asked = {"project": self.number, "url": address, "title": "clicks", "is_interactive": True}
        return str(self.tool.call("POST", "/api/ml", asked)["readable_state"])

    def exported(self) -> list[dict[str, Any]]:
        """Return the tasks as the JSON export has them, those without an annotation too."""
        found = self.tool.call("GET", f"/api/projects/{self.number}/export?exportType=JSON&download_all_tasks=true")
        return sorted(found, key=lambda task: int(task["id"]))


def direct() -> urllib.request.OpenerDirector:
    """Return what opens addresses without a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(program: Path, root: Path, home: Path) -> Iterator[LabelStudio]:
    """Yield a Label Studio that serves what lies in folders below `root`, and writes into `home` alone.

    Raises InputError when `program` does not become one.
    """
    tool, log = LabelStudio(f"http://{LOOPBACK}:{free_port()}"), home / "log.txt"
    with log.open("wb") as said:
        process = started(program, root, home, tool, said.fileno())
    try:
        wait_for(tool, process, log)
        yield tool
    finally:
        stop(process)


def started(program: Path, root: Path, home: Path, tool: LabelStudio, said: int) -> "subprocess.Popen[bytes]":
    """Return the process of a Label Studio that begins. said: where its output goes."""
    port = tool.address.rpartition(":")[2]
    words = ["start", "--no-browser", "--data-dir", str(home), "--internal-host", LOOPBACK, "--port", port]
    words += ["--username", USER, "--password", PASSWORD, "--user-token", TOKEN, "--enable-legacy-api-token"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LABEL_STUDIO_"))}
    own = SETTINGS | {"LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(root), "HOME": str(home)}
    try:
        return subprocess.Popen(
            [str(program), *words], cwd=home, env=kept | own, stdout=said, stderr=said, start_new_session=True
        )
    except OSError as error:
        raise InputError(f"{program}: does not start ({error}); name the label-studio of an environment") from None


def wait_for(tool: LabelStudio, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when a Label Studio answers; raise InputError when it ends before, or takes too long."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), direct().open(f"{tool.address}/health", timeout=5):
            return
        time.sleep(0.5)
    last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    raise InputError(f"label-studio: does not answer after {START_S} s, or ended: {last}")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started, and wait for it."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return
