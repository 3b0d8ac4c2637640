"""Cases of a reader in processes that can do no harm: started, watched, counted."""

import collections
import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzz.block import SIZE, Case, drawn
from tests.fuzz.child import BEGAN, END, VALID, key_of, run
from tests.fuzz.judge import BAD, FINE, Reader, Scratch, scratch_for

START_S = 60  # until the valid tree has been read, with all that is imported for it


@dataclasses.dataclass(frozen=True)
class Failure:
    """The first case that showed a kind of failure."""

    number: int  # of the case: the same reader and number is the same case
    file: str  # what was in the file; "" where it was not kept
    about: str  # a file with the traceback or the message; "" where there is none


@dataclasses.dataclass
class Tally:
    """What came of the cases of one reader."""

    counts: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    first: dict[str, Failure] = dataclasses.field(default_factory=dict)  # kind of failure -> its first case
    ended: int = 0  # processes that were held apart and did not survive; the user was told in one line

    def bad(self) -> dict[str, int]:
        """Return how often what must not happen did."""
        return {name: self.counts[name] for name in BAD if self.counts[name]}


@dataclasses.dataclass(frozen=True)
class Line:
    """What came of one case."""

    number: int
    outcome: str
    kind: str = ""


def fuzz(reader: Reader, cases: int, keep: Path | None = None, first: int = 0) -> Tally:
    """Return what came of cases `first`, `first` + 1, ... of a reader; failures are kept in a folder.

    A process that ends or hangs is started anew behind the case that it was at. Raises ValueError where the reader does
    not take its valid tree, since its cases would teach nothing.
    """
    tally, end = Tally(), first + cases
    for block in range(first // SIZE, -(-end // SIZE)):
        begin = block * SIZE
        numbers = range(max(first, begin), min(end, begin + SIZE))
        fuzz_block(reader, block, numbers, tally, keep)
    return tally


def fuzz_block(reader: Reader, block: int, numbers: range, tally: Tally, keep: Path | None) -> None:
    """Add to a tally what came of these cases of a block."""
    found: list[Case] = []
    while numbers:
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
            scratch = scratch_for(reader, Path(name))
            valid = scratch.files()
            found = found or drawn(reader.name, block, {file: valid[file] for file in reader.files})
            for line in watched(reader, scratch, [(number, found[number % SIZE]) for number in numbers]):
                numbers = range(line.number + 1, numbers.stop)
                add(tally, line, scratch, keep)


def add(tally: Tally, line: Line, scratch: Scratch, keep: Path | None) -> None:
    """Count what came of a case; keep the first that shows a kind of failure."""
    tally.counts[line.outcome] += 1
    if line.outcome in BAD and line.kind not in tally.first:
        tally.first[line.kind] = kept(line, scratch.kept, keep)


def kept(line: Line, place: Path, keep: Path | None) -> Failure:
    """Return a failure, with its files copied to where they last if a folder for them is given."""
    key = key_of(line.kind)
    file, about = place / key, place / f"{key}.txt"
    if line.outcome in {"crash", "hang"}:
        file = place / "case"
    if keep is None:
        return Failure(line.number, "", about.read_text(encoding="utf-8") if about.exists() else "")
    keep.mkdir(parents=True, exist_ok=True)
    names = []
    for path, ending in ((file, ".bin"), (about, ".txt")):
        target = keep / f"{key} {line.number}{ending}"
        names.append(str(target) if path.exists() and shutil.copyfile(path, target) else "")
    return Failure(line.number, *names)


def watched(reader: Reader, scratch: Scratch, cases: Sequence[tuple[int, Case]]) -> Iterator[Line]:
    """Yield what a child process says of some cases, up to one that ends it: "crash" or "hang"."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        run(reader, scratch, cases, write)
        os._exit(0)
    os.close(write)
    done, last = 0, "crash"
    try:
        for line in lines_from(read, reader.seconds):
            if isinstance(line, Line):
                yield line
                done += 1
            elif line != BEGAN:
                last = line
    finally:
        code = ended(child)
        os.close(read)
    if last.startswith(VALID):
        raise ValueError(f"{reader.name}: its valid tree is not taken: {last.removeprefix(VALID)}")
    if last != END:
        yield Line(cases[done][0], last, last if last == "hang" else f"crash {code}")


def ended(child: int) -> int:
    """End a child and what it started; return its exit code, the negative number of a signal if that ended it."""
    found, status = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status if found else os.waitpid(child, 0)[1])


def lines_from(pipe: int, seconds: float) -> Iterator[Line | str]:
    """Yield what stands in the lines of JSON that come through a pipe; "hang" where the next one takes too long."""
    rest, wait = b"", START_S + seconds
    while True:
        ready, _, _ = select.select([pipe], [], [], wait)
        data = os.read(pipe, 2**16) if ready else b""
        if not data:
            if not ready:
                yield "hang"
            return
        *whole, rest = (rest + data).split(b"\n")
        yield from (said(json.loads(line)) for line in whole)
        wait = seconds


def said(line: object) -> Line | str:
    """Return a line of a child as what it says: of a case, or a word."""
    if not isinstance(line, list):
        return str(line)
    return " ".join(line) if line[0] == VALID else Line(*line)


def table(tallies: dict[str, Tally]) -> str:
    """Return the counts by reader and outcome as a text table."""
    names = (*FINE, *BAD)
    rows = [("reader", "cases", *names)]
    total = sum((tally.counts for tally in tallies.values()), collections.Counter[str]())
    for reader, counts in (*((name, tally.counts) for name, tally in tallies.items()), ("all", total)):
        rows.append((reader, *(str(number) for number in (counts.total(), *(counts[name] for name in names)))))
    return "".join(f"{row[0]:<28}" + "".join(f"{cell:>10}" for cell in row[1:]) + "\n" for row in rows)


def as_json(tallies: dict[str, Tally]) -> str:
    """Return the counts by reader, and the first case of each kind of failure."""
    rows = {
        name: {
            "counts": dict(sorted(tally.counts.items())),
            "first": {k: f.number for k, f in sorted(tally.first.items())},
        }
        for name, tally in tallies.items()
    }
    return json.dumps(rows, indent=2) + "\n"
