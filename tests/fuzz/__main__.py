"""Give every reader wrong files and say what came of it: ``python -m tests.fuzz --cases 10000 [--reader NAME]``."""

import argparse
import sys
import tempfile
from pathlib import Path

from pipeline.files import write_text
from tests.fuzz.blender import KINDS, SCALES, fuzz_kind, write_valid
from tests.fuzz.oracle import Tally, as_json, say, table, timed
from tests.fuzz.readers import READERS

KEPT = Path("data") / "fuzz"


def main() -> None:
    """Write the counts, and end with 1 if something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--reader", default="", help="a part of a reader's name; else all")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    tallies: dict[str, Tally] = {}
    for reader, tally, seconds in timed([r for r in READERS if options.reader in r.name], options.cases, KEPT):
        tallies[reader.name] = tally
        say(f"{reader.name}: {dict(tally.counts)} in {seconds:.1f} s\n")
        for kind, file in tally.first.items():
            say(f"  {kind}: {file}\n")
    with tempfile.TemporaryDirectory() as folder:
        valid = write_valid(Path(folder))
    for kind in (kind for kind in KINDS if options.reader in kind):
        tallies[kind] = tally = fuzz_kind(kind, valid[kind], max(1, options.cases // SCALES.get(kind, 1)))
        say(f"{kind}: {dict(tally.counts)}, {tally.ended} processes ended\n")
    say(table(tallies))
    if options.out:
        write_text(options.out, as_json(tallies))
    sys.exit(any(tally.bad() for tally in tallies.values()))


if __name__ == "__main__":
    main()
