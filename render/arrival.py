"""What an artist hands in: which file is the asset, and which others belong to it."""

import dataclasses
import re
from pathlib import Path

from dataset import pictures
from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import open_file
from render.catalog import Asset
from render.mend import inspected
from render.stock.gltf import check_shown
from render.stock.obj import MeshMeasures, measure
from render.stock.parts import ALONE, LIGHTS, MESHES, MISSING, PICTURES, USD, beside, files_of, maps_of, whole
from render.stock.usd import look_at_layers

ASSET = ArchiveLimits(2000, 2 * 2**30, "pack one asset alone")
HEAD_BYTES = 2**16  # of a PLY, in which its head ends
MAGIC = {".hdr": b"#?", ".exr": b"\x76\x2f\x31\x01"}  # how an environment map's file begins


@dataclasses.dataclass(frozen=True)
class Arrival:
    """One asset as it came."""

    kind: str
    main: Path  # its mesh or environment map; of a texture the folder
    files: tuple[Path, ...]  # all that is to be copied, all of it below the folder of `main` (in it, for a texture)


@dataclasses.dataclass(frozen=True)
class Content:
    """What a mesh holds."""

    measured: MeshMeasures
    unit_m: float  # metres per unit, 0 where the format does not say it
    textures: tuple[Path, ...]  # files; what is packed in the mesh's own file is not among them
    pictures: int  # textures, packed ones too
    code: tuple[str, ...]  # scripts that were found and not run
    unused: tuple[str, ...] = ()  # pictures that the file names and Blender does not take from its format
    notes: tuple[str, ...] = ()  # what is not shown as one might think, and what to do


def find(path: Path, role: str) -> Arrival:
    """Return the one asset that a file or folder is; a folder of pictures is a texture, of anything if `role` says so.

    Raises InputError when there is none, more than one, or a file is missing or lies elsewhere.
    """
    if path.is_dir():
        return find_in(path, role)
    suffix = path.suffix.lower()
    if suffix in MESHES:
        check_mesh(path)
        if suffix in USD:
            return Arrival("mesh", path, (path, *look_at_layers(path)[1]))
        return Arrival("mesh", path, (path,) if suffix in ALONE else whole(path))
    if suffix not in LIGHTS:
        raise InputError(
            f"{path}: found a {suffix or 'nameless'} file, wanted {' '.join((*MESHES, *LIGHTS))} or an archive"
        )
    with path.open("rb") as file:
        if not file.read(4).startswith(MAGIC[suffix]):
            raise InputError(f"{path}: this is no {suffix} picture inside; export it again")
    return Arrival("hdri", path, (path,))


def check_mesh(path: Path) -> None:
    """Raise InputError for a mesh that Blender would show as another one."""
    if path.suffix.lower() in {".gltf", ".glb"}:
        check_shown(path)


def find_in(folder: Path, role: str) -> Arrival:
    """Return the one asset that lies in a folder."""
    meshes = () if role == "surface" else beside(folder, MESHES)
    if len(meshes) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in meshes[:6])
        raise InputError(f"{folder}: holds {len(meshes)} meshes ({names}); add the one that is meant by its own path")
    if meshes:
        check_mesh(meshes[0])
        return Arrival("mesh", meshes[0], whole(meshes[0]))
    lights = beside(folder, LIGHTS)
    if len(lights) == 1 and lights == beside(folder, PICTURES):
        return find(lights[0], role)
    return Arrival("texture", folder, tuple(maps_of(folder).values()))


def look_into(main: Path, up: str) -> Content:
    """Return what the file of a mesh holds; all but an OBJ is looked at in Blender.

    Raises InputError when it cannot be read, has no faces, or a texture is missing or lies outside its folder.
    """
    if main.suffix.lower() == ".obj":
        textures = [file for file in files_of(main) if file.suffix.lower() in PICTURES]
        for picture in textures:
            size_of(picture)  # refuses what is no picture, and one that is too large
        return Content(measure(main, up), 0.0, tuple(textures), len(textures), ())
    (found,) = inspected([main], [up])
    for texture in found.textures:
        if texture.outside:
            raise InputError(f"{main}: uses {texture.file}, which lies outside its folder; put it beside, or pack it")
        if texture.size_wh == (0, 0):
            raise InputError(MISSING.format(main, texture.file, Path(texture.file).name))
    files = [inside(main.parent, texture.file.removeprefix("//"), str(main)) for texture in found.textures]
    measured = MeshMeasures(found.size, found.centre, found.faces, found.parts)
    unit_m = found.unit_m if found.unit_said else 0.0
    there = tuple(file for file in files if file.is_file())
    return Content(measured, unit_m, there, len(found.textures), found.code, pictures_named(main), found.notes)


def pictures_named(main: Path) -> tuple[str, ...]:
    """Return the pictures that the head of a PLY names, as MeshLab writes them; Blender reads none of them."""
    if main.suffix.lower() != ".ply":
        return ()
    with open_file(main) as file:
        head = file.read(HEAD_BYTES).split(b"end_header")[0].decode("utf-8", "replace")
    return tuple(re.findall(r"(?mi)^comment\s+TextureFile\s+(\S.*?)\s*$", head))


def looks_of(path: Path, asset: Asset, content: Content | None) -> str:
    """Return what an asset is, in a few words."""
    if asset.kind == "texture":
        return ", ".join(f"{kind} {size_of(picture)}" for kind, picture in maps_of(path).items())
    if content is None:
        return "an environment map"
    size = " x ".join(f"{100 * extent:.1f}" for extent in asset.size_m)
    return f"{size} cm, {counted(asset.faces, 'face')}, {counted(content.pictures, 'texture')}"


def counted(number: int, thing: str) -> str:
    """Return e.g. "1 face", "2 faces"."""
    return f"{number} {thing}{'s' * (number != 1)}"


def size_of(picture: Path) -> str:
    """Return a texture's width and height in words; InputError when it is no picture."""
    if picture.suffix.lower() in LIGHTS:
        return f"({picture.suffix})"
    width, height = pictures.size_of(picture)
    return f"{width} x {height}"
