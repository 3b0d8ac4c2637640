"""Files that Blender reads, wrong in their bytes, given to the Blender that inspects strangers' files."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import trimesh

from pipeline.errors import one_line
from render.stock.facts import Facts, inspect
from tests.fuzz.block import SIZE, drawn
from tests.fuzz.judge import BAD, clear, rest
from tests.fuzz.oracle import Failure, Tally

KINDS = ("ply", "stl", "glb", "fbx", "blend", "usdc")
SCALES = {"usdc": 10}  # a case in so many: USD looks at each in a process of its own
MAKER = Path(__file__).parents[1] / "render" / "make_formats.py"


def write_valid(folder: Path) -> dict[str, bytes]:
    """Return kind -> the bytes of a valid file."""
    box = trimesh.creation.box((2.0, 3.0, 0.5))
    for kind in ("ply", "stl", "glb"):
        box.export(folder / f"box.{kind}")
    shapes = {"box": {"Box": (box.vertices.tolist(), box.faces.tolist())}}
    subprocess.run(
        [sys.executable, str(MAKER), str(folder)], input=json.dumps(shapes), text=True, check=True, capture_output=True
    )
    return {kind: (folder / f"box.{kind}").read_bytes() for kind in KINDS}


def fuzz_kind(kind: str, data: bytes, cases: int) -> Tally:
    """Return what came of so many files of one kind; what else was changed in their folder counts as outside."""
    tally = Tally()
    for block in range(-(-cases // SIZE)):
        found = drawn(f"blender {kind}", block, {f"a.{kind}": data})
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            folder = Path(name) / "in"
            folder.mkdir()
            files = [folder / f"{number:05d}.{kind}" for number in range(min(len(found), cases - block * SIZE))]
            for file, (_, case) in zip(files, found, strict=False):
                file.write_bytes(case)
            before = rest(Path(name))
            answers = inspect(files, ["z"] * len(files))
            if rest(Path(name)) != before:
                tally.counts["outside"] += 1
        for number, answer in enumerate(answers, block * SIZE):
            note(tally, number, answer)
    return tally


def note(tally: Tally, number: int, answer: Facts | str) -> None:
    """Count what Blender said of a case."""
    outcome = clear(one_line(answer)) if isinstance(answer, str) else "right"
    tally.counts[outcome] += 1
    tally.ended += isinstance(answer, str) and "breaks down" in answer
    if outcome in BAD:
        tally.first.setdefault(outcome, Failure(number, "", str(answer)))
