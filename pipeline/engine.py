"""Ray as the one engine: the same code on this machine's cores and, by its address, on a cluster."""

import atexit
import contextlib
import gc
import logging
import os
import pkgutil
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import ray

from pipeline.errors import InputError
from pipeline.worker_pool import Failed, Idle, WorkerPool

__all__ = ["Failed", "actor_of", "each", "engine", "gpu_count"]

Item = TypeVar("Item")
HERE = {"", "local"}  # values of RAY_ADDRESS that mean this machine alone
STORE_BYTES = 150 * 2**20  # results travel as files; the store holds only their descriptions
WATCHERS = ("start_monitor", "start_log_monitor", "start_api_server")  # of Ray's Node
# What actors may import; sent to a cluster's nodes, below 1 MB.
ROOMS = ("benchmarks", "dataset", "measure", "pipeline", "render", "train")


IDLE = Idle()


class Held:
    """The Ray that this process started or joined; it ends with the process, or when another one is asked for."""

    def __init__(self) -> None:
        """Hold none."""
        self.address, self.closing = "", contextlib.ExitStack()

    def serves(self, cores: int, address: str) -> bool:
        """Return whether it is the one of this address, with so many cores if it runs on this machine alone."""
        if not ray.is_initialized() or address != self.address:
            return False
        return address not in HERE or ray.cluster_resources().get("CPU", 0) >= cores

    def start(self, cores: int, address: str) -> None:
        """Start Ray or join a cluster, in the place of what there was. Raises InputError as `join`."""
        self.end()
        before = signal.getsignal(signal.SIGTERM)
        temporary = tempfile.TemporaryDirectory(prefix="admix-")  # actors are killed, and so leave theirs behind
        self.closing.enter_context(temporary)
        self.closing.callback(ray.shutdown)
        self.closing.callback(IDLE.forget)
        self.address = address
        try:
            connect(cores, address, temporary.name)
        except BaseException:
            self.end()
            raise
        finally:
            on_sigterm(leave if before is signal.SIG_DFL else before)  # Ray puts one that prints a stack

    def end(self) -> None:
        """End it, if there is one."""
        self.closing.close()


HELD = Held()
atexit.register(HELD.end)


def engine(workers: int, gpus: bool = False) -> int:
    """Start Ray on this machine, or join the cluster of RAY_ADDRESS; return the number of workers.

    workers: 0 = one for every GPU if `gpus` and Ray counts any (see `gpu_count`), else one for every core. Ray ends
    with the process, after SIGTERM and Ctrl-C too: so a stage that trains round by round starts it once. Raises
    InputError if RAY_ADDRESS leads to no cluster.
    """
    cores, address = workers or os.cpu_count() or 1, os.environ.get("RAY_ADDRESS", "")
    if not HELD.serves(cores, address):
        HELD.start(cores, address)
    return workers or (gpus and gpu_count()) or int(ray.cluster_resources().get("CPU", 0)) or 1


def gpu_count() -> int:
    """Return how many GPUs Ray counts on all nodes, once there is an `engine`.

    Ray finds NVIDIA, AMD and Intel ones by itself, not Apple's. Tried with a count that was only declared to Ray,
    not with real GPUs: Ray then shows each actor of ``actor_of(gpu=True)`` one of its own (CUDA_VISIBLE_DEVICES).
    """
    return int(ray.cluster_resources().get("GPU", 0))


def connect(cores: int, address: str, temporary: str) -> None:
    """Start Ray on this machine with so many cores, or join the cluster of an address.

    temporary: where actors on this machine put their temporary files; other machines use their own place.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_prestart_worker_first_driver", "0")  # our actors have an environment of their own
    # Ray 2.60 prints each process's death in many lines, whatever log_to_driver says, and has no setting against it
    ray._private.worker.listen_error_messages = lambda *_: None
    actors = {"env_vars": {"TMPDIR": temporary}}
    if address not in HERE:
        join(address, actors)
    else:  # "local": else Ray would join one that somebody else started here
        without_watchers()
        init("local", actors, num_cpus=cores, object_store_memory=STORE_BYTES, include_dashboard=False)


def without_watchers() -> None:
    """Let a Ray of this process start without what watches it for people: autoscaler, logs and dashboard.

    Each is a process that takes a second of a core to start, for each stage; ray.init can leave out none of them.
    """
    for name in WATCHERS:
        setattr(ray._private.node.Node, name, lambda *_, **__: None)


def join(address: str, actors: dict[str, Any]) -> None:
    """Join a cluster; its nodes then run this process's copy of our code, whatever clone they have themselves.

    The copy is sent as Ray's working_dir, since Ray puts py_modules behind this process's own folders, where a node
    may have an older clone. So an actor's working folder is that copy: paths given to it are absolute. Raises
    InputError if no cluster lets this machine in.
    """
    host, _, port = address.rpartition(":")
    try:
        if address != "auto":
            socket.create_connection((host, int(port)), timeout=20).close()  # Ray itself would try for minutes
        with tempfile.TemporaryDirectory(prefix="admix-") as copy, without_stderr():
            for room in ROOMS:
                source = Path(__file__).resolve().parent.parent / room
                shutil.copytree(source, Path(copy) / room, ignore=shutil.ignore_patterns("__pycache__"))
            init(address, {**actors, "working_dir": copy})
    except (OSError, RuntimeError, ValueError, ray.exceptions.AuthenticationError) as error:
        raise InputError(
            f"RAY_ADDRESS={address}: found no Ray cluster that lets this machine in ({str(error).splitlines()[0]}), "
            "wanted host:port of its head; run `ray status` here, and if the cluster asks for a token, set "
            "RAY_AUTH_MODE=token as on its head; or unset RAY_ADDRESS to work on this machine alone"
        ) from error


def init(address: str, actors: dict[str, Any], **settings: Any) -> None:
    """Call ray.init without a word on the terminal. actors: Ray's runtime_env."""
    ray.init(address, runtime_env=actors, log_to_driver=False, logging_level=logging.ERROR, **settings)


@contextlib.contextmanager
def without_stderr() -> Iterator[None]:
    """Drop what is written to stderr, by Ray's C++ part too, which warns every second that it may not join."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def on_sigterm(handler: Any) -> None:
    """Set the handler of SIGTERM; Python allows it in the main thread alone."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def leave(number: int, _: object) -> NoReturn:
    """End this process in order, as Ctrl-C does."""
    sys.exit(128 + number)


def actor_of(
    kind: type | str, *values: Any, gpu: bool = False, environment: Mapping[str, str] | None = None
) -> Callable[[], tuple[Any, Any]]:
    """Return what starts an actor around ``kind(*values)``, on one core, with one GPU to itself if `gpu`.

    environment: variables that its process starts with, beside those of all actors.

    The class, or its name as in ``room.file:Class``, has a method ``run(item)``. On a cluster it must come from the
    stage's own file or from the rooms that are sent (ROOMS). What is returned gives the actor and the reference to
    wait for until it is up.
    """
    remote = ray.remote(num_cpus=1, num_gpus=int(gpu), max_restarts=0, max_task_retries=0)(Host)
    own = {"runtime_env": {"env_vars": dict(environment)}} if environment else {}

    def make() -> tuple[Any, Any]:
        actor = remote.options(**own).remote()
        return actor, actor.start.remote(kind, *values)

    return make


class Host:
    """The Ray actor: makes its object only when its process is up, so that the object's errors arrive whole."""

    def start(self, kind: type | str, *values: Any) -> None:
        """Make the object. The collector leaves alone what is imported for it: that stays, and is much (torch)."""
        gc.disable()
        try:
            found = pkgutil.resolve_name(kind) if isinstance(kind, str) else kind
        finally:
            gc.freeze()
            gc.enable()
        self.held = found(*values)

    def run(self, item: Any) -> Any:
        """Do one job."""
        return self.held.run(item)

    def alive(self) -> None:
        """Answer."""


def each(
    items: Iterable[Item],
    make: Callable[[], tuple[Any, Any]],
    workers: int,
    recycle: int,
    limit_s: float,
    tries: int = 3,
    *,
    keep: bool = False,
) -> Iterator[tuple[Item, Any | Failed]]:
    """Yield (item, result) as they finish, from up to `workers` actors of `make` (see `actor_of`), one job each.

    An actor is replaced after `recycle` jobs, since Blender's memory grows. A job whose process dies, or that takes
    longer than `limit_s` seconds on an actor that is up, is tried again on a fresh actor; after `tries` tries its
    result is Failed. A node that vanishes costs its jobs no try if Ray can tell; the other nodes go on, and so does
    one that joins later in its place. What a job raises is raised here: InputError in its one line, the rest as it
    was. Raises InputError too if three actors in a row die before they are up. No actor stays when it ends, unless
    `keep`: then the next call with the same `make` takes them, and any other call ends them.
    """
    idle = IDLE.of(make if keep else None)
    pool = WorkerPool(iter(items), make, recycle, limit_s, tries, idle if keep else None)
    try:
        for _ in range(min(workers, pool.waiting(workers))):
            pool.hire()
        while pool.busy():
            yield from pool.ended()
    finally:
        for seat in pool.seats.values():
            ray.kill(seat.actor)
