"""The process in which cases are tried: it can do no harm, and says what came of each in a line."""

import faulthandler
import json
import os
import re
import traceback
import zlib
from collections.abc import Iterator, Sequence

from tests.fuzz.block import Case
from tests.fuzz.judge import BAD, Reader, Scratch, judged, shut_in

BEGAN, END, VALID = "began", "end", "valid"


def run(reader: Reader, scratch: Scratch, cases: Sequence[tuple[int, Case]], answers: int) -> None:
    """Try numbered cases in this process, which does nothing else from now on, and write lines of JSON.

    "began"; [number, outcome, kind of failure] for each case; "end". ["valid", outcome, text] instead of all these
    where the reader does not take its valid tree, or something breaks down outside of any case.
    """
    os.setpgid(0, 0)  # so that what it starts can be ended with it
    faulthandler.disable()  # a crash is counted, not told
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        shut_in(scratch)
        for line in lines(reader, scratch, cases):
            os.write(answers, (json.dumps(line) + "\n").encode())
    except BaseException as error:  # noqa: BLE001 - told to the parent, which raises it
        text = "".join(traceback.format_exception(error))[-2000:]
        os.write(answers, (json.dumps([VALID, "broken", text]) + "\n").encode())


def lines(reader: Reader, scratch: Scratch, cases: Sequence[tuple[int, Case]]) -> Iterator[object]:
    """Yield what `run` writes."""
    first = reader.files[0]
    outcome, about = judged(reader, scratch, first, scratch.files()[first])
    if outcome != "right":
        yield [VALID, outcome, about]
        return
    yield BEGAN
    for number, (name, data) in cases:
        (scratch.kept / "case").write_bytes(data)  # what is there when the process ends
        outcome, about = judged(reader, scratch, name, data)
        kind = kind_of(outcome, about)
        keep(scratch, outcome, kind, about)
        yield [number, outcome, kind]
    yield END


def keep(scratch: Scratch, outcome: str, kind: str, about: str) -> None:
    """Keep the case that shows a kind of failure for the first time here, and what is known about it."""
    place = scratch.kept / key_of(kind)
    if outcome in BAD and not place.exists():
        place.write_bytes((scratch.kept / "case").read_bytes())
        place.with_suffix(".txt").write_text(about, encoding="utf-8", errors="replace")


def key_of(kind: str) -> str:
    """Return a name for the files of a kind of failure."""
    return f"{zlib.crc32(kind.encode()):08x}"


def kind_of(outcome: str, about: str) -> str:
    """Return a name for a kind of failure: what was raised, and the last place of ours that it passed; else ""."""
    if outcome not in BAD:
        return ""
    ours = re.findall(r'File "[^"]*?/((?:dataset|mix|pipeline|render|train)/[^"]*)", line \d+, in (\w+)', about)
    if not ours:
        words = re.sub(r"fuzz-\w+|[^a-z]+", " ", about)  # without the name of the scratch folder
        return f"{outcome} {words[:40]}".strip()
    raised = re.match(r"[\w.]*", about.strip().rpartition("\n")[2])
    return " ".join((outcome, raised[0] if raised else "", *ours[-1]))
