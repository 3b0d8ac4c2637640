"""Files that Blender reads, wrong in their bytes, given to the Blender that inspects strangers' files."""

import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import trimesh
from hypothesis import HealthCheck, Phase, given, seed, settings

from render.stock.facts import Facts, inspect
from tests.fuzz.mutate import mutated
from tests.fuzz.oracle import Tally, clear

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


def drawn(kind: str, data: bytes, cases: int, start: int) -> list[bytes]:
    """Return so many files like this one that are wrong somewhere, always the same."""
    found: list[bytes] = []

    @seed(start)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(f"a.{kind}", data))
    def keep(case: bytes) -> None:
        found.append(case)

    keep()
    return found[:cases]


def fuzz_kind(kind: str, data: bytes, cases: int) -> Tally:
    """Return what came of so many files of one kind; what else was changed in their folder counts as outside."""
    tally = Tally(collections.Counter())
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name) / "in"
        folder.mkdir()
        files = []
        for number, case in enumerate(drawn(kind, data, cases, len(kind))):
            files.append(folder / f"{number:05d}.{kind}")
            files[-1].write_bytes(case)
        before = {path: path.read_bytes() for path in Path(name).rglob("*") if path.is_file()}
        for file, found in zip(files, inspect(files, ["z"] * len(files)), strict=True):
            outcome, words = ("right", "") if isinstance(found, Facts) else clear(found)
            tally.counts[outcome] += 1
            tally.ended += isinstance(found, str) and "breaks down" in found
            if outcome not in {"right", "refused"}:
                tally.first.setdefault(f"{kind} {words}", str(file))
        if {path: path.read_bytes() for path in Path(name).rglob("*") if path.is_file()} != before:
            tally.counts["outside"] += 1
    return tally
