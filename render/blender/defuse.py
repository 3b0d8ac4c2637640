"""In Blender: what a file brings along that could run, or that lies in another folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from pipeline.errors import InputError


def defuse(blocks: Iterable[Any]) -> tuple[str, ...]:
    """Take drivers, movements, texts and script nodes out of data blocks; return all of them but the movements, sorted.

    Nothing of it has run: Blender runs texts when it opens a file, not when it takes parts out of one, and a driver's
    Python not at all unless the settings say so.
    """
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    texts = [block for block in blocks if isinstance(block, bpy.types.Text)]
    found = [f"script {text.name!r}" for text in texts]
    for block in blocks:
        for owner in (block, getattr(block, "node_tree", None)):
            found += [f"{entry} in {block.name!r}" for entry in (*drivers_in(owner), *script_nodes_in(owner))]
    bpy.data.batch_remove(texts)
    return tuple(sorted(set(found)))


def drivers_in(owner: Any) -> Iterator[str]:
    """Yield the drivers of a data block that hold Python, and remove all its drivers and movements."""
    moves = getattr(owner, "animation_data", None)
    if not moves:
        return
    for curve in moves.drivers:
        if curve.driver.type == "SCRIPTED":
            yield f"driver {curve.driver.expression!r} of {curve.data_path}"
    owner.animation_data_clear()


def script_nodes_in(owner: Any) -> Iterator[str]:
    """Yield the nodes of a tree that hold programs, and remove them."""
    for node in list(getattr(owner, "nodes", ())):
        if node.bl_idname == "ShaderNodeScript":
            yield f"script node {node.name!r}"
            owner.nodes.remove(node)


def refuse_links(file: Path) -> None:
    """Raise InputError if something comes from another .blend file than this one."""
    for library in bpy.data.libraries:
        if Path(bpy.path.abspath(library.filepath)).resolve() != file.resolve():
            raise InputError(
                f"{file}: takes parts from {library.filepath}, wanted all of them inside; in Blender choose "
                "Object > Relations > Make Local > All, and save it again"
            )


def outside(file: Path) -> tuple[str, ...]:
    """Return all paths in Blender that leave the file's folder, sorted; what is packed has none."""
    folder = file.resolve().parent
    paths = bpy.utils.blend_paths(absolute=True, packed=True, local=True)
    return tuple(sorted(path for path in paths if not Path(path).resolve().is_relative_to(folder)))
