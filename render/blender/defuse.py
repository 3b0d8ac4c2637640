"""In Blender: what a file brings along that could run, or that lies in another folder."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from pipeline.errors import InputError

KEEP_FILES = {"FLUID"}  # kinds of modifiers


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


def take_out_simulations() -> tuple[str, ...]:
    """Take simulations that keep files out of all objects; return them, sorted.

    A fluid removes the folders of its cache, wherever the file says that these lie, as soon as it is evaluated, and
    writes new ones; it also runs programs of its own. No other part of a mesh is lost by this.
    """
    found = []
    for thing in bpy.data.objects:
        for modifier in [one for one in thing.modifiers if one.type in KEEP_FILES]:
            found.append(f"simulation {modifier.name!r} of {thing.name!r}")
            thing.modifiers.remove(modifier)
    return tuple(sorted(found))


def empty_caches() -> tuple[str, ...]:
    """Take the disk out of the caches of all objects; return the names of those that kept something there, sorted."""
    found = set()
    for thing in bpy.data.objects:
        for cache in caches_of(thing):
            if cache.use_external or cache.use_disk_cache:  # to set what is set would empty what is baked into the file
                cache.use_external = cache.use_disk_cache = False
                found.add(thing.name)
    return tuple(sorted(found))


def caches_of(thing: Any) -> Iterator[Any]:
    """Yield the caches of an object's particles and of its cloth, soft body and paint."""
    for system in thing.particle_systems:
        yield system.point_cache
    for modifier in thing.modifiers:
        if hasattr(modifier, "point_cache"):
            yield modifier.point_cache
        canvas = getattr(modifier, "canvas_settings", None)
        for surface in canvas.canvas_surfaces if canvas else ():
            yield surface.point_cache


def refuse_links(file: Path) -> None:
    """Raise InputError if something comes from another .blend file than this one."""
    for library in bpy.data.libraries:
        if Path(bpy.path.abspath(library.filepath)).resolve() != file.resolve():
            raise InputError(
                f"{file}: takes parts from {library.filepath}, wanted all of them inside; in Blender choose "
                "Object > Relations > Make Local > All, and save it again"
            )


def paths_in_blender() -> Counter[str]:
    """Return all paths in Blender, and how often each is named; what is packed has none."""
    return Counter(bpy.utils.blend_paths(absolute=True, packed=True, local=True))


def outside(file: Path, before: Counter[str]) -> tuple[str, ...]:
    """Return the paths that came into Blender with a file and leave its folder, sorted.

    before: those that were there. A material that is kept remembers the .blend it came from, which is another folder.
    """
    folder = file.resolve().parent
    paths = paths_in_blender() - before
    return tuple(sorted(path for path in paths if not Path(path).resolve().is_relative_to(folder)))
