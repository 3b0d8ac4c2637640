"""The engine's workers and their jobs: who does what, who is late, who died, what is tried again."""

import dataclasses
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import ray

from pipeline.errors import InputError

Item = TypeVar("Item")
FALSE_STARTS = 3  # actors that died one after the other before they were up: the next one would, too
LOST_S = 60.0  # Ray says within 15 s or so that a node died
NODE_DIED = "its node has died"  # Ray's words for an actor that went with its machine


@dataclasses.dataclass(frozen=True)
class Failed:
    """In the place of a result: a job that was given up after all its tries."""

    cause: str  # of the last try: "crashed" (its process died) or "timed out"


@dataclasses.dataclass
class Job(Generic[Item]):
    """An item, and how many tries of it failed."""

    item: Item
    failed: int = 0


@dataclasses.dataclass
class Seat:
    """An actor and its job, None while it starts."""

    actor: Any
    job: Job[Any] | None = None
    given: int = 0  # jobs so far
    deadline: float = math.inf  # time.monotonic() seconds
    lost: bool = False  # no connection: it is asked for a sign of life until Ray knows what happened


class Idle:
    """Actors that are up and have nothing to do, all of one `make`, for the next call of `each` with the same one."""

    def __init__(self) -> None:
        """Hold none."""
        self.make: Callable[[], Any] | None = None
        self.actors: list[tuple[Any, int]] = []  # with the number of jobs that each had

    def of(self, make: Callable[[], Any] | None) -> list[tuple[Any, int]]:
        """Return the actors of `make`, to take from and to add to; those of another one end, and free their cores."""
        if make is not self.make:
            for actor, _ in self.actors:
                ray.kill(actor)
            self.make, self.actors = make, []
        return self.actors

    def forget(self) -> None:
        """Hold none any more: Ray has ended, and they with it."""
        self.make, self.actors = None, []


class WorkerPool(Generic[Item]):
    """The actors of one call of `each`, and the jobs that wait for them."""

    def __init__(
        self,
        items: Iterator[Item],
        make: Callable[[], Any],
        recycle: int,
        limit_s: float,
        tries: int,
        idle: list[tuple[Any, int]] | None,
    ):
        """idle: as of `Idle.of`; None = actors end with their last job."""
        self.items, self.make, self.recycle, self.limit_s, self.tries = items, make, recycle, limit_s, tries
        self.idle = idle
        self.jobs: deque[Job[Item]] = deque()  # those to try again, then the next of `items`
        self.seats: dict[Any, Seat] = {}  # what is awaited (a start, a result, a sign of life) -> of whom
        self.false_starts = 0

    def waiting(self, most: int = 1) -> int:
        """Return how many jobs wait for an actor; if there are more than `most`, not less than `most`."""
        self.jobs.extend(Job(item) for item in itertools.islice(self.items, max(0, most - len(self.jobs))))
        return len(self.jobs)

    def busy(self) -> bool:
        """Return whether anything is left to do."""
        return self.waiting() > 0 or any(seat.job for seat in self.seats.values())

    def hire(self) -> None:
        """Take an idle actor, or start one, if a job waits."""
        if self.waiting() and self.idle:
            actor, given = self.idle.pop()
            self.seats[actor.alive.remote()] = Seat(actor, given=given)
        elif self.waiting():
            actor, up = self.make()
            self.seats[up] = Seat(actor)

    def ended(self) -> Iterator[tuple[Item, Any | Failed]]:
        """Wait until something happens; yield the jobs that ended by it."""
        first = min(seat.deadline for seat in self.seats.values())
        ray.wait(list(self.seats), timeout=None if first == math.inf else max(0.0, first - time.monotonic()))
        now = time.monotonic()  # read before looking: a job that finished while the caller was busy is not late
        done, running = ray.wait(list(self.seats), num_returns=len(self.seats), timeout=0)
        late = [ref for ref in running if self.seats[ref].deadline <= now]
        for ref in done:
            yield from self.heard(ref)
        for ref in late:
            yield from self.replace(ref, "crashed" if self.seats[ref].lost else "timed out")

    def heard(self, ref: Any) -> Iterator[tuple[Item, Any | Failed]]:
        """Go on after what an actor said; yield its job if that ended."""
        try:
            result = ray.get(ref)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, InputError):
                raise error.cause from None
            raise
        except ray.exceptions.ActorUnavailableError:
            self.ask(self.seats.pop(ref))
        except ray.exceptions.RayError as error:
            yield from self.replace(ref, "" if NODE_DIED in str(error) else "crashed")
        else:
            if self.seats[ref].lost:  # the connection is back, the result is not
                yield from self.replace(ref, "crashed")
            else:
                yield from self.go_on(self.seats.pop(ref), result)

    def go_on(self, seat: Seat, result: Any) -> Iterator[tuple[Item, Any]]:
        """Give the next job to an actor that started or finished a job; yield what it finished."""
        job = seat.job
        if job is None:
            self.false_starts = 0
        if seat.given < self.recycle and self.waiting():
            new = self.jobs.popleft()
            ref = seat.actor.run.remote(new.item)
            self.seats[ref] = Seat(seat.actor, new, seat.given + 1, time.monotonic() + self.limit_s)
        elif seat.given < self.recycle and self.idle is not None:
            self.idle.append((seat.actor, seat.given))
        else:
            ray.kill(seat.actor)
            self.hire()
        if job is not None:
            yield job.item, result

    def ask(self, seat: Seat) -> None:
        """Ask an actor that cannot be reached for a sign of life."""
        deadline = seat.deadline if seat.lost else time.monotonic() + LOST_S
        self.seats[seat.actor.alive.remote()] = dataclasses.replace(seat, deadline=deadline, lost=True)

    def replace(self, ref: Any, cause: str) -> Iterator[tuple[Item, Failed]]:
        """Put a fresh actor in the place of one that is no good; yield its job if this was the last try.

        cause: why, "" if it is not the job's fault.
        """
        seat = self.seats.pop(ref)
        ray.kill(seat.actor)
        job = seat.job
        if job is None:
            self.count_false_start(cause)
        elif job.failed + bool(cause) < self.tries:
            self.jobs.appendleft(Job(job.item, job.failed + bool(cause)))
            job = None
        self.hire()
        if job is not None:
            yield job.item, Failed(cause)

    def count_false_start(self, cause: str) -> None:
        """Raise InputError when too many actors in a row died before they were up."""
        self.false_starts += bool(cause)
        if self.false_starts >= FALSE_STARTS:
            raise InputError(
                f"workers: {FALSE_STARTS} processes in a row died while they started, wanted one that stays up; if "
                "memory is short, set fewer workers in params.yaml, else see Ray's logs in /tmp/ray/session_latest/logs"
            )
