"""In Blender: the meshes of one asset's file, whatever its format, by themselves and harmless.

Nothing in a file is ever run: scripts, drivers and simulations are taken out and named, files in other folders are
refused.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from pipeline.errors import InputError, few_of
from render.blender.defuse import defuse, outside, paths_in_blender, refuse_links
from render.blender.formats import IMPORTERS, MOST_NAMES, Imported
from render.blender.shown import Showing, look_at
from render.blender.topology import surface_of
from render.stock.finite import STL_FACE, STL_HEAD, strange
from render.stock.parts import files_of

SILENT = {".obj", ".ply", ".stl"}  # formats that do not say which axis is upward
KEPT = (bpy.types.Material, bpy.types.Image, bpy.types.ShaderNodeTree, bpy.types.Texture)
Y_UP = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))  # looks along -Z, as OBJ's usual exporters do


@dataclasses.dataclass(frozen=True)
class MeshPart:
    """One object of the file with faces."""

    name: str  # as the file says it
    mesh: Any  # bpy.types.Mesh in the asset's space: units of the file, Z up


@dataclasses.dataclass(frozen=True)
class Opened:
    """A file as it was read. Its data blocks stay in Blender; free them by `bpy.data.batch_remove(blocks)`."""

    parts: tuple[MeshPart, ...]
    imported: Imported
    code: tuple[str, ...]  # scripts, drivers and simulations that were taken out, sorted
    outside: tuple[str, ...]  # files it wants from other folders, sorted; they may have been read, as pictures alone
    notes: tuple[str, ...]  # see Facts
    names: dict[Any, str]  # material -> its name in the file
    blocks: tuple[Any, ...]  # every data block that it needs


def open_asset(file: Path, up: str) -> Opened:
    """Read a file. up: upward axis of OBJ, PLY and STL, "z" or "y"; the other formats say it themselves.

    Raises InputError if it cannot be read, has no faces, links other .blend files, or if an OBJ or glTF names files of
    other folders.
    """
    if file.suffix.lower() not in IMPORTERS:
        raise InputError(
            f"{file}: found a {file.suffix or 'nameless'} file, wanted {' '.join(IMPORTERS)}; export it so"
        )
    files_of(file)  # before Blender opens anything
    before, named, kept = set(blocks()), paths_in_blender(), list[Any]()
    try:
        with apart() as room:
            imported = IMPORTERS[file.suffix.lower()](str(file.resolve()))
            code = defuse([block for block in blocks() if block not in before])
            drop_unused(before)
            refuse_links(file)
            paths = outside(file, named)
            showing, says = look_at(room), names_in(file, imported)
            turn = Y_UP if up == "y" and file.suffix.lower() in SILENT else Matrix.Identity(4)
            parts = tuple(parts_of(showing, says, turn @ Matrix.Scale(1 / imported.applied, 4)))
        kept += [part.mesh for part in parts] + [b for b in blocks() if isinstance(b, KEPT) and b not in before]
    except (RuntimeError, OSError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"{file}: Blender cannot read it ({reason}); export it again") from error
    finally:
        bpy.data.batch_remove(set(blocks()) - before - set(kept))
    if reason := why_unseen(file, parts, showing.faceless, imported.strange):
        bpy.data.batch_remove(kept)
        raise InputError(f"{file}: {reason}")
    names = {block: own_name(block.name, says) for block in kept if isinstance(block, bpy.types.Material)}
    notes = (*imported.notes, *faceless_note(showing.faceless))
    return Opened(parts, imported, tuple(sorted((*code, *imported.simulations))), paths, notes, names, tuple(kept))


def names_in(file: Path, imported: Imported) -> Callable[[str], bool]:
    """Return what tells whether a name stands in a file."""
    if imported.names is not None:
        return imported.names.__contains__
    data = file.read_bytes()
    return lambda name: name.encode() in data


def faceless_note(faceless: Sequence[str]) -> list[str]:
    """Return what must be said of what has no faces; nothing if there is none."""
    if not faceless:
        return []
    return [
        f"is shown without {few_of(faceless, MOST_NAMES)}, since there are no faces to label; turn that into a mesh "
        "(in Blender: Object > Convert, or Convert in the modifier), and save the file again"
    ]


def why_unseen(file: Path, parts: Sequence[MeshPart], faceless: Sequence[str], zeros: int) -> str:
    """Return why nothing of a file would be seen as it should, and what to do; empty if all is well.

    zeros: how many vertices the importer made zeros, since they are no numbers.
    """
    points = np.concatenate([np.zeros((0, 3)), *(surface_of(part.mesh)[0] for part in parts)])
    if not any(len(part.mesh.polygons) for part in parts):
        only = f"it shows {few_of(faceless, MOST_NAMES)} alone, and " if faceless else why_no_faces(file)
        return f"{only}nothing in it has faces, so nothing of it would be seen; export it with its meshes"
    if number := strange(points) or zeros:
        return f"{number} of its vertices are not three finite numbers; delete these, and export it again"
    if not np.ptp(points, axis=0).any():
        return "all its faces lie in one point, so nothing of it would be seen; export it again"
    return ""


def why_no_faces(file: Path) -> str:
    """Return what is wrong with an STL that Blender read nothing of, to begin a sentence with; empty if not known."""
    if file.suffix.lower() != ".stl":
        return ""
    with file.open("rb") as opened:
        head = opened.read(STL_HEAD)
    if head[:5].lower() == b"solid" and head[:5] != b"solid":
        return "its words are in capitals, and Blender reads small letters alone; "
    faces, size = int.from_bytes(head[80:84], "little"), file.stat().st_size
    if len(head) == STL_HEAD and size != (wanted := STL_HEAD + STL_FACE.itemsize * faces):
        return f"it says {faces} faces, which take {wanted} bytes, and has {size}; "
    return ""


def blocks() -> Iterator[Any]:
    """Yield every data block of Blender that can be removed, the scenes' as well."""
    for kind in dir(bpy.data):
        family = getattr(bpy.data, kind)
        if isinstance(family, bpy.types.bpy_prop_collection) and hasattr(family, "remove"):
            yield from family


def drop_unused(before: set[Any]) -> None:
    """Remove what came after these blocks and serves none."""
    for block in set(blocks()) - before:
        block.use_fake_user = False
    while unused := [b for b in blocks() if b not in before and not b.users and not isinstance(b, bpy.types.Scene)]:
        bpy.data.batch_remove(unused)


@contextlib.contextmanager
def apart() -> Iterator[Any]:
    """Make a scene of its own the current one, so that importers change no other; yield it.

    What is there already steps aside meanwhile: of pictures the paths, as an importer would share them and change how
    their colours are read, of objects the names, as the file's own would get numbers.
    """
    window, room = bpy.context.window, bpy.data.scenes.new("import")
    home, names = window.scene, {thing: thing.name for thing in bpy.data.objects}
    pictures = {image: image.filepath_raw for image in bpy.data.images}
    for image in pictures:
        image.filepath_raw = ""
    for number, thing in enumerate(names):
        thing.name = f"away {number}"
    window.scene = room
    try:
        yield room
    finally:
        window.scene = home
        bpy.data.scenes.remove(room)
        for thing, name in names.items():
            thing.name = name
        for image, path in pictures.items():
            image.filepath_raw = path


def parts_of(showing: Showing, says: Callable[[str], bool], turn: Any) -> Iterator[MeshPart]:
    """Yield what has faces, as meshes of their own that stand in the asset's space.

    says: whether a name stands in the file. turn: matrix from Blender's world to the asset's space.
    """
    for one in showing.meshes:
        bake(one.mesh, turn @ one.pose)
        yield MeshPart(own_name(one.name, says), one.mesh)


def own_name(name: str, says: Callable[[str], bool]) -> str:
    """Return a block's name without the .001 that Blender adds to a name it has already, unless the file says so."""
    base, dot, number = name.rpartition(".")
    return base if dot and number.isdigit() and len(number) == 3 and not says(name) else name


def bake(mesh: Any, pose: Any) -> None:
    """Move the vertices of a mesh; one that is mirrored keeps its outside outside."""
    if pose == Matrix.Identity(4):
        return
    normals = np.zeros(len(mesh.loops) * 3, np.float32)
    if mesh.has_custom_normals:  # a corner's attribute goes where the corner goes when the faces are turned over
        mesh.corner_normals.foreach_get("vector", normals)
        normals = (normals.reshape(-1, 3) @ np.array(pose.to_3x3().inverted_safe(), np.float32)).ravel()
        mesh.attributes.new("normals of the file", "FLOAT_VECTOR", "CORNER").data.foreach_set("vector", normals)
    mesh.transform(pose)
    if pose.determinant() < 0:
        mesh.flip_normals()
    if "normals of the file" in mesh.attributes:
        mesh.attributes["normals of the file"].data.foreach_get("vector", normals)
        mesh.attributes.remove(mesh.attributes["normals of the file"])
        mesh.normals_split_custom_set(normals.reshape(-1, 3))
    mesh.update()
