"""What becomes of a reader that is given wrong files: each case in a process that can do no harm, with limits."""

import collections
import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from pipeline.confine import confine, limit_memory
from pipeline.errors import InputError, one_line
from tests.fuzz.mutate import mutated

PRISTINE = 7  # exit code of a child whose valid tree was not taken
MEMORY_BYTES, HANG_S = 2**31, 10  # beyond what the process holds; of one case
FINE = ("right", "refused")
BAD = ("traceback", "crash", "hang", "memory", "outside", "half", "unclear")
find(
    st.text(min_size=1), bool, settings=settings(database=None)
)  # its tables of letters are made once, not in each child
FOUND = "case.bin"  # the file that is being tried, kept when it ends the process


@dataclasses.dataclass(frozen=True)
class Reader:
    """Something that opens files."""

    name: str
    build: Callable[[Path], None]  # writes a small valid tree into an empty folder
    files: tuple[str, ...]  # those of it that are mutated, relative
    call: Callable[[Path, Path], object]  # the tree, and a place where nothing is yet: what it writes goes there
    scale: int = 1  # a case in so many is tried where one takes long


@dataclasses.dataclass
class Tally:
    """What came of the cases of one reader."""

    counts: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    first: dict[str, str] = dataclasses.field(default_factory=dict)  # kind of failure -> file that shows it
    ended: int = 0  # processes that were held apart and did not survive; the user was told in one line

    def bad(self) -> dict[str, int]:
        """Return how often what must not happen did."""
        return {name: self.counts[name] for name in BAD if self.counts[name]}


def fuzz(reader: Reader, cases: int, keep: Path | None = None) -> Tally:
    """Return what came of so many cases of a reader; the first file of each kind of failure is kept in a folder.

    The cases follow from the reader's name alone. A process that ends or hangs is started anew where it was.
    """
    tally, number = Tally(), 0
    while sum(tally.counts.values()) < cases:
        left = cases - sum(tally.counts.values())
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            folder = Path(name)
            ended = watch(reader, left, zlib.crc32(f"{reader.name} {number}".encode()), folder, tally)
            if ended:
                note(tally, ended, f"{ended}", folder / FOUND, keep)
            for path in sorted((folder / "kept").glob("*")):
                kind, _, _ = path.name.rpartition(".")
                note(tally, "", kind, path, keep)
        number += 1
        if number > 50 + cases // 20:  # it dies on every other case: enough was seen
            break
    return tally


def note(tally: Tally, outcome: str, kind: str, file: Path, keep: Path | None) -> None:
    """Count an outcome, and keep the first file that shows a kind of failure."""
    if outcome:
        tally.counts[outcome] += 1
    if kind not in tally.first and file.exists():
        tally.first[kind] = str(file)
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            place = keep / f"{kind}.bin"
            shutil.copyfile(file, place)
            tally.first[kind] = str(place)


def watch(reader: Reader, cases: int, start: int, folder: Path, tally: Tally) -> str:
    """Run cases in a child; add what it says to the tally; return "crash" or "hang" if it did not come to its end."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        with contextlib.suppress(BaseException):
            run(reader, cases, start, folder, write)
        os._exit(0)
    os.close(write)
    over = ""
    with os.fdopen(read, "rb", buffering=0) as answers:
        while True:
            ready, _, _ = select.select([answers], [], [], HANG_S)
            if not ready:
                over = "hang"
                os.kill(child, signal.SIGKILL)
                break
            data = answers.read(1)
            if not data:
                break
            if data != b"e":
                tally.counts[CODES[data]] += 1
            else:
                over = "end"
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == PRISTINE:
        raise ValueError(f"{reader.name}: the valid tree of files is not taken, so that nothing would be learned")
    return "" if over == "end" else over or ("crash" if status else "")


CODES = {bytes([65 + at]): name for at, name in enumerate((*FINE, *BAD))}  # a letter each: e is the end
LETTERS = {name: code for code, name in CODES.items()}


def run(reader: Reader, cases: int, start: int, folder: Path, answers: int) -> None:
    """In the child: draw cases and say a letter for each."""
    inn, kept = folder / "in", folder / "kept"
    inn.mkdir()
    kept.mkdir()
    reader.build(inn)
    whole = {path: path.read_bytes() for path in inn.rglob("*") if path.is_file()}
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    confine(None, [folder])
    tempfile.tempdir = str(folder)
    limit_memory(MEMORY_BYTES)
    one = given(
        st.sampled_from(reader.files).flatmap(lambda name: st.tuples(st.just(name), mutated(name, whole[inn / name])))
    )
    often = settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    done = 0
    if judge(reader, inn, folder / "out", whole)[0] != "right":
        os._exit(PRISTINE)

    @seed(start)
    @often
    @one
    def each(case: tuple[str, bytes]) -> None:
        nonlocal done
        if done == cases:
            return
        done += 1
        name, data = case
        (folder / FOUND).write_bytes(data)
        (inn / name).write_bytes(data)
        outcome, kind = judge(reader, inn, folder / "out", {**whole, inn / name: data})
        if outcome in BAD and not (kept / f"{kind}.x").exists():
            (kept / f"{kind}.x").write_bytes(data)
        restore(whole, {inn / name} if outcome != "outside" else set(whole))
        os.write(answers, LETTERS[outcome])

    while done < cases:  # hypothesis ends early where it has seen all that it can draw
        before = done
        each()
        if done == before:
            break
    os.write(answers, b"e")


def restore(whole: dict[Path, bytes], changed: set[Path]) -> None:
    """Write these files again, and those that are gone."""
    for path, content in whole.items():
        if path in changed or not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def judge(reader: Reader, inn: Path, out: Path, expected: dict[Path, bytes]) -> tuple[str, str]:
    """Return what one call came to, and a name for its kind of failure."""
    outcome, kind = "right", "right"
    try:
        reader.call(inn, out)
    except InputError as error:
        outcome, kind = clear(str(error))
    except MemoryError:
        outcome, kind = "memory", f"{reader.name} memory"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is what the user would see
        place = traceback.extract_tb(error.__traceback__)[-1]
        outcome, kind = "traceback", f"{reader.name} {type(error).__name__} {Path(place.filename).name} {place.lineno}"
    there = {path: path.read_bytes() for path in inn.rglob("*") if path.is_file()}
    if there != expected:
        outcome, kind = "outside", f"{reader.name} changed its input"
    if out.exists():
        if outcome != "right":
            outcome, kind = "half", f"{reader.name} half written"
        shutil.rmtree(out) if out.is_dir() else out.unlink()
    return outcome, kind.replace("/", "-")


def clear(message: str) -> tuple[str, str]:
    """Return "refused" for a message that says something in one line of bearable length."""
    line = one_line(message)
    if "does not permit" in line:  # the kernel kept it from writing elsewhere
        return "outside", "wanted to write elsewhere"
    return ("refused", "refused") if len(line) > 10 else ("unclear", f"unclear message of {len(line)}")


def table(tallies: dict[str, Tally]) -> str:
    """Return the counts by reader and outcome as a text table."""
    names = (*FINE, *BAD)
    rows = [f"{'reader':<28}{'cases':>8}" + "".join(f"{name:>10}" for name in names)]
    for reader, tally in tallies.items():
        rows.append(f"{reader:<28}{sum(tally.counts.values()):>8}" + "".join(f"{tally.counts[n]:>10}" for n in names))
    total = sum((tally.counts for tally in tallies.values()), collections.Counter[str]())
    rows.append(f"{'all':<28}{sum(total.values()):>8}" + "".join(f"{total[n]:>10}" for n in names))
    return "\n".join(rows) + "\n"


def as_json(tallies: dict[str, Tally]) -> str:
    """Return the counts by reader."""
    return json.dumps({name: dict(sorted(tally.counts.items())) for name, tally in tallies.items()}, indent=2) + "\n"


def timed(readers: list[Reader], cases: int, keep: Path | None) -> Iterator[tuple[Reader, Tally, float]]:
    """Yield each reader with what came of it and the seconds that took."""
    for reader in readers:
        began = time.perf_counter()
        yield reader, fuzz(reader, max(cases // reader.scale, 1), keep), time.perf_counter() - began


def say(text: Any) -> None:
    """Write to the terminal at once."""
    sys.stdout.write(str(text))
    sys.stdout.flush()
