"""Long manifests, read by all cores: what is wanted of each sample, in the manifest's order."""

import functools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from dataset.records import Known, Parse, each_parsed
from pipeline.errors import InputError
from pipeline.reading import lines_of, open_file

Kind = TypeVar("Kind")

CHUNK_BYTES = 2**23  # of a manifest, some 7,000 samples: so much is parsed by one process at once
LONG_BYTES = 4 * CHUNK_BYTES  # from here on processes are started, which takes a second
MOST_WORKERS = 8  # more would wait for the process that gathers what they send


def mapped(
    path: Path, function: Callable[[Known], Kind], parse: Parse[Known], long_bytes: int = LONG_BYTES
) -> Iterator[Kind]:
    """Yield the function of what `parse` makes of each line of a manifest, in its order.

    A manifest of `long_bytes` or more is read by several processes (`workers`). function, parse: of a module, or a
    partial of one, since processes find it by its name; they may raise InputError, and what the function returns
    travels between processes. Raises InputError as they do, for the first line with a mistake.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
    if size < long_bytes:
        yield from map(function, each_parsed(path, parse))
        return
    begins = range(0, size, CHUNK_BYTES)
    try:
        for part in in_order(functools.partial(chunk, path, function, parse), begins):
            yield from part
    except InputError:
        for found in each_parsed(path, parse):  # a chunk does not know the numbers of its lines
            function(found)
        raise


def workers() -> int:
    """Return by how many processes a long manifest is read: one a core."""
    return min(os.cpu_count() or 1, MOST_WORKERS)


def chunk(path: Path, function: Callable[[Known], Kind], parse: Parse[Known], begin: int) -> list[Kind]:
    """Return the function of the samples whose lines begin within CHUNK_BYTES from a place on."""
    name = str(path)
    return [function(parse(line, name)) for line in lines_of(path, begin, begin + CHUNK_BYTES)]


def in_order(task: Callable[[int], list[Kind]], begins: range) -> Iterator[list[Kind]]:
    """Yield what processes make of each place, in order; they are never more than a few chunks ahead."""
    waiting = deque[Future[list[Kind]]]()
    with ProcessPoolExecutor(workers(), multiprocessing.get_context("spawn")) as pool:
        for begin in begins:
            waiting.append(pool.submit(task, begin))
            if len(waiting) > 2 * workers():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
