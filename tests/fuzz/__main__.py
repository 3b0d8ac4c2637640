"""Give every reader wrong files and say what came of it: ``python -m tests.fuzz --cases 10000 [--reader NAME]``.

``--first N --cases 1 --reader NAME`` repeats one case; what it was and what came of it lies in data/fuzz.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.files import write_text
from tests.fuzz.blender import KINDS, SCALES, fuzz_kind, write_valid
from tests.fuzz.judge import may_drop
from tests.fuzz.oracle import Failure, Tally, as_json, table, timed
from tests.fuzz.readers import READERS

KEPT = Path("data") / "fuzz"


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
    chosen = [reader for reader in READERS if options.reader in reader.name]
    for reader, tally, seconds in timed(chosen, options.cases, KEPT, options.first):
        tallies[reader.name] = tally
        say(f"{reader.name}: {dict(tally.counts)} in {seconds:.1f} s\n")
        for failure_kind, failure in tally.first.items():
            say(f"  {failure_kind}: {in_words(reader.name, failure)}\n")
    for kind, tally in of_blender([kind for kind in KINDS if options.reader in f"blender {kind}"], options.cases):
        tallies[f"blender {kind}"] = tally
        say(f"blender {kind}: {dict(tally.counts)}, {tally.ended} processes ended\n")
    if options.out:
        write_text(options.out, as_json(tallies))
    say(table(tallies))
    sys.exit(any(tally.bad() for tally in tallies.values()))


def of_blender(kinds: list[str], cases: int) -> Iterator[tuple[str, Tally]]:
    """Yield each kind of file that Blender reads with what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        valid = write_valid(Path(folder)) if kinds else {}
    for kind in kinds:
        yield kind, fuzz_kind(kind, valid[kind], max(1, cases // SCALES.get(kind, 1)))


def in_words(reader: str, failure: Failure) -> str:
    """Return where a failure can be seen and how it is repeated."""
    return f'--reader "{reader}" --first {failure.number} --cases 1; {failure.about or failure.file}'


def say(text: str) -> None:
    """Write to the terminal at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
