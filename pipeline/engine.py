"""Ray as the one engine: the same code on this machine's cores and, by its address, on a cluster."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import ray

from pipeline.errors import InputError

Item = TypeVar("Item")
RETRIES = 3  # how often a job whose process died is given to another one
STORE_BYTES = 150 * 2**20  # results travel as files; the store holds only their descriptions


@contextlib.contextmanager
def engine(workers: int) -> Iterator[int]:
    """Start Ray, or join the cluster of RAY_ADDRESS; yield the number of workers (0 asked = one for every core)."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    wanted = workers or os.cpu_count() or 1
    local: dict[str, Any] = {"num_cpus": wanted, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    ray.init(**({} if "RAY_ADDRESS" in os.environ else local), log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield wanted if workers else int(ray.cluster_resources().get("CPU", 1))
    finally:
        ray.shutdown()


def each(items: Iterable[Item], make: Callable[[], Any], workers: int, recycle: int) -> Iterator[tuple[Item, Any]]:
    """Yield (item, result) as they finish, from `workers` actors that `make` starts, one job at a time each.

    Each actor has a method ``run(item)``. An actor is replaced after `recycle` jobs, since Blender's memory grows.
    A job whose process died is tried again; what it raises then is raised here.
    """
    waiting = iter(items)
    jobs: dict[Any, tuple[Item, Any, int]] = {}
    for _ in range(workers):
        start(waiting, make(), 0, jobs)
    while jobs:
        (done,), _ = ray.wait(list(jobs), num_returns=1)
        item, actor, count = jobs.pop(done)
        result = outcome(done)
        if count >= recycle:
            ray.kill(actor)
            actor, count = make(), 0
        start(waiting, actor, count, jobs)
        yield item, result


def outcome(job: Any) -> Any:
    """Return a job's result; a user's mistake found in the worker is raised as it was, in one line."""
    try:
        return ray.get(job)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, InputError):
            raise error.cause from None
        raise


def start(waiting: Iterator[Item], actor: Any, count: int, jobs: dict[Any, tuple[Item, Any, int]]) -> None:
    """Give the next item to an actor, if there is one."""
    for item in waiting:
        jobs[actor.run.remote(item)] = (item, actor, count + 1)
        return
    ray.kill(actor)


def actor_of(kind: type, *values: Any) -> Callable[[], Any]:
    """Return what starts an actor of a class, on one core; when its process dies it starts again with the same job."""
    remote = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(kind)
    return lambda: remote.remote(*values)
