"""One Blender process that says what is in the files of assets: `python -m render.blender.inspecting OUT`.

Reads a JSON list of [file, up] from its input; writes a line to OUT when it is ready and then one for every file:
{"facts": {...}} or {"reason": "..."}.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from pipeline.errors import InputError
from render.blender.importing import Opened, blocks, open_asset
from render.blender.topology import surface_of, topology_of
from render.stock.facts import Facts, Texture


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
        unit_m=opened.unit_m,
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


def main() -> None:
    """Inspect file after file; a file that crashes Blender is the one after the last line."""
    wanted = json.loads(sys.stdin.read())
    bpy.data.batch_remove([block for block in blocks() if block != bpy.context.scene])
    with Path(sys.argv[1]).open("w", encoding="utf-8") as out:
        out.write("{}\n")
        for file, up in wanted:
            out.flush()
            try:
                line: dict[str, Any] = {"facts": dataclasses.asdict(inspect_file(Path(file), up))}
            except InputError as error:
                line = {"reason": str(error)}
            out.write(json.dumps(line) + "\n")
    os._exit(0)  # Python's own end would crash Blender


if __name__ == "__main__":
    main()
