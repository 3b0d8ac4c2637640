"""The same work on many items, on all cores of this machine, with the results in the items' order."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")
MANY = 1000  # items from which it pays to start processes, which do not share Python's lock
CHUNK = 16  # items that a process takes at a time


def side_by_side(job: Callable[[Item], Result], items: Sequence[Item], many: int = MANY) -> Iterator[Result]:
    """Yield the result of every item in their order: of few by threads, of `many` or more by forked processes.

    A forked process has the items and the job as they are in memory, so neither has to be pickled; results are. Where
    a fork is not safe (all but Linux) threads do it all. What a job raises is raised here.
    """
    if len(items) < many or not sys.platform.startswith("linux"):
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            yield from threads.map(job, items)
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), context, begin, (job, items)) as processes:
        yield from processes.map(one, range(len(items)), chunksize=CHUNK)


WORK: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []  # of a forked process: its job and all items


def begin(job: Callable[[Any], Any], items: Sequence[Any]) -> None:
    """Remember the work in a process that was just forked, which has none of the threads that OpenCV had."""
    cv2.setNumThreads(0)
    WORK.append((job, items))


def one(place: int) -> Any:
    """Return the result of one item."""
    job, items = WORK[-1]
    return job(items[place])
