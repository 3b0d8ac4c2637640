"""What is found in an asset's file: size, faces, textures, and what an artist may want to mend."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Texture:
    """One picture that an asset uses."""

    file: str  # as the asset names it; the picture's own name if it is packed in the file
    size_wh: tuple[int, int]  # (0, 0) if it is missing
    outside: bool = False  # its path leaves the asset's folder


@dataclasses.dataclass(frozen=True)
class Facts:
    """What Blender finds in the file of one mesh. Lengths in units of the file, Z up."""

    size: tuple[float, float, float]  # extents of the bounding box along x, y, z
    centre: tuple[float, float, float]  # its middle
    faces: int  # triangles
    parts: tuple[str, ...]  # names of the objects, sorted
    materials: tuple[str, ...]  # names, sorted
    textures: tuple[Texture, ...]
    has_uvs: bool  # every textured part has them
    open_edges: int  # edges with a face on one side only
    tangled_edges: int  # edges with more than two faces
    flipped_share: float  # of the faces that look into their own closed part or against their neighbours, 0..1
    code: tuple[str, ...]  # scripts and drivers that were found, and were not run
    unit_m: float  # metres per unit, where the format says so; 1 where it does not


def inspect(files: Sequence[Path], ups: Sequence[str]) -> list[Facts | str]:
    """Return what Blender finds in each file, or why it cannot be read, in one line. ups: "z" or "y" each, see Source.

    Starts one Blender process for all files, and another one after a file that brought it down. Runs nothing that is
    in a file. No files give an empty list. Raises RuntimeError if Blender does not start.
    """
    found: list[Facts | str] = []
    while len(found) < len(files):
        found += inspect_until_crash(files[len(found) :], ups[len(found) :])
        if len(found) < len(files):
            found.append(f"{files[len(found)]}: Blender breaks down over it; open it in Blender and export it again")
    return found


def inspect_until_crash(files: Sequence[Path], ups: Sequence[str]) -> list[Facts | str]:
    """Return what one Blender process finds, fewer entries than files if it breaks down."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "facts.jsonl"
        done = subprocess.run(
            [sys.executable, "-m", "render.blender.inspecting", str(out)],
            input=json.dumps([[str(file), up] for file, up in zip(files, ups, strict=True)]),
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    if not lines:
        raise RuntimeError(f"Blender does not start: {done.stderr.strip()[-500:]}")
    return [from_line(line) for line in lines[1:]]


def from_line(line: str) -> Facts | str:
    """Return what the process has written about one file."""
    entry = json.loads(line)
    if "reason" in entry:
        return str(entry["reason"])
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry["facts"].items()
    }
    pictures = (Texture(each["file"], tuple(each["size_wh"]), each["outside"]) for each in values["textures"])
    return Facts(**values | {"textures": tuple(pictures)})
