"""Give every reader wrong files and say what came of it: ``python -m tests.fuzz --cases 10000 [--reader NAME]``.

``--first N --cases 1 --reader NAME`` repeats one case; what it was and what came of it lies in data/fuzz.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

from pipeline.files import write_text
from tests.fuzz.blender import KINDS, SCALES, fuzz_kind, write_valid
from tests.fuzz.judge import may_drop
from tests.fuzz.more import MORE
from tests.fuzz.oracle import Failure, Tally, as_json, fuzz, table
from tests.fuzz.readers import READERS

KEPT = Path("data") / "fuzz"
EVERY = (*READERS, *MORE)


def main() -> None:
    """Write the counts, and end with 1 if something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--reader", default="", help="a part of a reader's name; else all")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    say("as nobody\n" if may_drop() else "as the user that started this\n")
    tallies: dict[str, Tally] = {}
    for name, tally in chain(
        of_ours(options.reader, options.cases, options.first), of_blender(options.reader, options.cases)
    ):
        tallies[name] = tally
        if options.out:
            write_text(options.out, as_json(tallies))  # after each: the whole takes hours
    say(table(tallies))
    sys.exit(any(tally.bad() for tally in tallies.values()))


def of_ours(part: str, cases: int, first: int) -> Iterator[tuple[str, Tally]]:
    """Yield the readers whose names have this part with what came of each; as many at once as there are cores."""
    names = [reader.name for reader in EVERY if part in reader.name]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork"), max_workers=os.cpu_count()) as processes:
        for name, (tally, seconds) in zip(names, processes.map(partial(tried, cases, first), names), strict=True):
            say(f"{name}: {dict(tally.counts)} in {seconds:.1f} s\n")
            for kind, failure in tally.first.items():
                say(f"  {kind}: {in_words(name, failure)}\n")
            yield name, tally


def tried(cases: int, first: int, name: str) -> tuple[Tally, float]:
    """Return what came of one reader, and the seconds that took."""
    reader = next(reader for reader in EVERY if reader.name == name)
    began = time.perf_counter()
    return fuzz(reader, max(cases // reader.scale, 1), KEPT, first), time.perf_counter() - began


def of_blender(part: str, cases: int) -> Iterator[tuple[str, Tally]]:
    """Yield the kinds of files that Blender reads with what came of each."""
    kinds = [kind for kind in KINDS if part in f"blender {kind}"]
    with tempfile.TemporaryDirectory() as folder:
        valid = write_valid(Path(folder)) if kinds else {}
    for kind in kinds:
        tally = fuzz_kind(kind, valid[kind], max(1, cases // SCALES.get(kind, 1)))
        say(f"blender {kind}: {dict(tally.counts)}, {tally.ended} processes ended\n")
        yield f"blender {kind}", tally


def in_words(reader: str, failure: Failure) -> str:
    """Return where a failure can be seen and how it is repeated."""
    return f'--reader "{reader}" --first {failure.number} --cases 1; {failure.about or failure.file}'


def say(text: str) -> None:
    """Write to the terminal at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
