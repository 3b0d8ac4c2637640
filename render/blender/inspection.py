"""What Blender says of the files of one folder; only `render.blender.inspecting` imports it, once it is confined."""

import dataclasses
import json
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import bpy
import numpy as np

from pipeline.confine import limit_memory
from pipeline.errors import InputError
from render.blender.importing import Opened, blocks, open_asset
from render.blender.topology import surface_of, topology_of
from render.stock.facts import Facts, Texture
from render.stock.parts import files_of

SECONDS, BYTES_A_SECOND = 120, 2**20  # of one file, and for its size: large scans take minutes to read
MEMORY_BYTES, MEMORY_A_BYTE = 768 * 2**20, 32  # beyond what Blender holds at its start, and for a file's size


def inspect_file(file: Path, up: str) -> Facts:
    """Return what one file holds. Raises InputError if it cannot be read."""
    opened = open_asset(file, up)
    try:
        return facts_of(file, opened)
    finally:
        bpy.data.batch_remove(opened.blocks)


def facts_of(file: Path, opened: Opened) -> Facts:
    """Return what an opened file holds."""
    surfaces = [surface_of(part.mesh) for part in opened.parts]
    found = [topology_of(*surface) for surface in surfaces]
    used = np.concatenate([points[triangles.reshape(-1)] for points, triangles in surfaces])
    faces = sum(len(triangles) for _, triangles in surfaces)
    materials = {m for part in opened.parts for m in part.mesh.materials if m}
    return Facts(
        size=rounded(np.ptp(used, axis=0)),
        centre=rounded((used.min(axis=0) + used.max(axis=0)) / 2),
        faces=faces,
        parts=tuple(sorted({part.name for part in opened.parts})),
        materials=tuple(sorted({opened.names[material] for material in materials})),
        textures=textures_of(file, materials, opened.outside),
        has_uvs=all(part.mesh.uv_layers or not any(pictures_in(part.mesh.materials)) for part in opened.parts),
        open_edges=sum(each.open_edges for each in found),
        tangled_edges=sum(each.tangled_edges for each in found),
        flipped_share=sum(each.flipped for each in found) / faces,
        code=opened.code,
        unit_m=opened.imported.metres,
        unit_said=opened.imported.unit_said,
        notes=opened.notes,
    )


def rounded(vector: Any) -> tuple[float, float, float]:
    """Return three numbers to 6 digits, which is what a mesh's coordinates carry."""
    x, y, z = (float(f"{value:.6g}") for value in vector)
    return x, y, z


def pictures_in(materials: Iterable[Any]) -> Iterator[Any]:
    """Yield the pictures that materials use."""
    for material in materials:
        yield from pictures_of(material.node_tree) if material and material.use_nodes else ()


def pictures_of(tree: Any) -> Iterator[Any]:
    """Yield the pictures in a node tree and in the groups in it."""
    for node in tree.nodes:
        if getattr(node, "image", None):
            yield node.image
        if node.type == "GROUP" and node.node_tree:
            yield from pictures_of(node.node_tree)


def textures_of(file: Path, materials: Iterable[Any], outside: tuple[str, ...]) -> tuple[Texture, ...]:
    """Return the pictures that materials use, sorted by name."""
    folder, found = file.resolve().parent, set()
    for image in pictures_in(materials):
        path = Path(bpy.path.abspath(image.filepath))
        beside = path.resolve().is_relative_to(folder)
        name = (
            image.name if image.packed_file else path.resolve().relative_to(folder).as_posix() if beside else str(path)
        )
        found.add(Texture(name, (image.size[0], image.size[1]), not image.packed_file and str(path) in outside))
    return tuple(sorted(found, key=lambda texture: texture.file))


def bound(file: Path) -> None:
    """Let what follows take so much time and memory as a file of this size may; beyond that the process ends."""
    size = sum(one.stat().st_size for one in files_of(file) if one.is_file())
    signal.alarm(SECONDS + size // BYTES_A_SECOND)
    limit_memory(MEMORY_BYTES + MEMORY_A_BYTE * size)


def inspect_all(wanted: Sequence[tuple[Path, str]], out: TextIO) -> None:
    """Write a line that Blender is up, and a line a file; a file that crashes it is the one after the last line."""
    bpy.data.batch_remove([block for block in blocks() if block != bpy.context.scene])
    out.write("{}\n")
    for file, up in wanted:
        out.flush()
        try:
            bound(file)
            line: dict[str, Any] = {"facts": dataclasses.asdict(inspect_file(file, up))}
        except InputError as error:
            line = {"reason": str(error)}
        except MemoryError:
            break  # as if Blender had broken down
        out.write(json.dumps(line) + "\n")
