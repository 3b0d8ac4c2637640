"""What is found in an asset's file: size, faces, textures, and what an artist may want to mend."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.confine import landlock
from pipeline.errors import InputError
from render.stock.parts import files_of

ROOT = Path(__file__).resolve().parents[2]
Mesh = tuple[Path, str]  # a file, and its upward axis


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
    code: tuple[str, ...]  # scripts, drivers and simulations that were found, and were not run
    unit_m: float  # metres per unit, where the file or its format says so; 1 where neither does
    unit_said: bool = True  # whether one does
    notes: tuple[str, ...] = ()  # what is not shown as one might think, and what to do: "has ...; do ..."


def inspect(files: Sequence[Path], ups: Sequence[str], apart: bool | None = None) -> list[Facts | str]:
    """Return what Blender finds in each file, or why it cannot be read, in one line. ups: "z" or "y" each, see Source.

    Runs nothing that is in a file. A Blender sees the one folder of the asset, to read, and a temporary folder of its
    own, so there is one for every folder, and another one after a file that brought it down. apart: the kernel can do
    that; None = ask it. Where it cannot, the Blender is given a copy of the asset's files. No files give an empty list.
    Raises RuntimeError if Blender does not start.
    """
    confined = landlock() > 0 if apart is None else apart
    folders: dict[Path, list[int]] = {}
    for number, file in enumerate(files):
        folders.setdefault(file.resolve().parent, []).append(number)
    found: dict[int, Facts | str] = {}
    for numbers in folders.values():
        some = [(files[number], ups[number]) for number in numbers]
        found |= dict(zip(numbers, inspect_folder(some) if confined else map(inspect_copy, some), strict=True))
    return [found[number] for number in range(len(files))]


def inspect_folder(wanted: Sequence[Mesh]) -> list[Facts | str]:
    """Return what Blender finds in the files of one folder."""
    found: list[Facts | str] = []
    while len(found) < len(wanted):
        found += inspect_until_crash(wanted[len(found) :])
        if len(found) < len(wanted):
            found.append(
                f"{wanted[len(found)][0]}: Blender breaks down over it, or wants more time or memory than it may; open "
                "it in Blender and export it again"
            )
    return found


def inspect_copy(wanted: Mesh) -> Facts | str:
    """Return what Blender finds in a copy of a file, and of those that belong to it, in a folder of its own."""
    file, up = wanted
    with tempfile.TemporaryDirectory(prefix="admix-") as folder:
        home = Path(folder) / "asset"
        try:
            for one in files_of(file):
                place = home / one.relative_to(file.parent)
                place.parent.mkdir(parents=True, exist_ok=True)
                if one.is_file():
                    shutil.copyfile(one, place)
        except InputError as error:
            return str(error)
        (found,) = inspect_folder([(home / file.name, up)])
        return found.replace(str(home), str(file.parent)) if isinstance(found, str) else found


def inspect_until_crash(wanted: Sequence[Mesh]) -> list[Facts | str]:
    """Return what one Blender process finds, fewer entries than files if it breaks down."""
    with tempfile.TemporaryDirectory(prefix="admix-") as folder:
        out = Path(folder) / "facts.jsonl"
        done = subprocess.run(
            [sys.executable, "-m", "render.blender.inspecting", str(out)],
            input=json.dumps([[str(file.absolute()), up] for file, up in wanted]),
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "TMPDIR": folder},
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
