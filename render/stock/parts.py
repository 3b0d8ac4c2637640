"""Which files belong to an asset: what is copied with it, and what its checksum covers."""

import hashlib
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import inside
from render.stock.gltf import named_by_gltf
from render.stock.obj import named_by_obj

USD = (".usd", ".usda", ".usdc")
MESHES = (".glb", ".gltf", ".obj", ".ply", ".stl", *USD, ".usdz", ".fbx", ".blend")
LIGHTS = (".hdr", ".exr")
ALONE = (*USD, ".fbx", ".blend")  # only Blender can say which pictures these use
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tga", ".bmp", ".webp", *LIGHTS)
COMPANIONS = (*PICTURES, *USD, ".mtl", ".bin")  # nothing else is taken along, whatever a file may name
MISSING = "{}: {} is not there; put it there, export again, or, if {}.dvc lies there, run: dvc pull"
MAPS = {  # what the end of a picture's name says it is; Poly Haven's and ambientCG's words
    "colour": r"diff|diffuse|colou?r|col|albedo|base[ _-]?colou?r",
    "normal": r"nor|nrm|normal|(?:nor|normal)[ _-]?gl",  # never dx: the other way round than Blender wants it
    "roughness": r"rough|roughness",
}
CHUNK_BYTES = 2**20
SIZES = r"(?:[^a-z0-9]+(?:\d+k|png|jpe?g|exr))*"  # e.g. _2k, which may follow


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of all files of an asset in one stream, of a texture folder with the names of its files.

    Raises InputError when one is missing, or named in a way that leaves the folder of `path`.
    """
    digest = hashlib.sha256()
    for file in whole(path):
        if path.is_dir():
            digest.update(file.name.encode())
        with file.open("rb") as opened:
            while data := opened.read(CHUNK_BYTES):
                digest.update(data)
    return digest.hexdigest()


def whole(path: Path) -> tuple[Path, ...]:
    """Return the same as `files_of`; raise InputError when one of them is missing."""
    files = files_of(path)
    for file in files:
        if not file.is_file():
            raise InputError(MISSING.format(path, file, file.name))
    return files


def files_of(path: Path) -> tuple[Path, ...]:
    """Return `path` and the files it names, in order, once each; for a texture folder its pictures, sorted."""
    if path.is_dir():
        return beside(path, PICTURES)
    named = NAMED.get(path.suffix.lower())
    found = named(path) if named and path.is_file() else ()
    for file in found:
        if file.suffix.lower() not in COMPANIONS:
            raise InputError(f"{path}: names {file.name}, wanted a picture, .mtl or .bin file; export it again")
    return tuple(dict.fromkeys((path, *found)))


def beside(folder: Path, suffixes: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files in and below a folder that end so, sorted by name; hidden ones and what __MACOSX holds not."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    wanted = [name for name in names if name.lower().endswith(suffixes) and not re.search(r"(^|/)(\.|__MACOSX)", name)]
    return tuple(inside(folder, name, str(folder)) for name in wanted)


def around(path: Path) -> tuple[Path, ...]:
    """Return all pictures and USD layers in and below the file's folder, whichever of them it uses."""
    return beside(path.parent, (*PICTURES, *USD))


NAMED: dict[str, Callable[[Path], tuple[Path, ...]]] = {
    ".obj": named_by_obj,
    ".gltf": named_by_gltf,
    ".glb": named_by_gltf,
    **dict.fromkeys(ALONE, around),
}


def maps_of(folder: Path) -> dict[str, Path]:
    """Return a texture folder's pictures by what they are: "colour", and where there are some "normal", "roughness".

    Raises InputError when there is no colour, or two pictures are of one kind.
    """
    found: dict[str, Path] = {}
    for picture in beside(folder, PICTURES):
        name = picture.stem.lower()
        ends = (kind for kind, words in MAPS.items() if re.search(rf"(?:^|[^a-z0-9])(?:{words}){SIZES}$", name))
        kind = next(ends, "")
        if kind in found:
            raise InputError(f"{folder}: {found[kind].name} and {picture.name} are both its {kind}; keep one of them")
        if kind:
            found[kind] = picture
    if "colour" not in found:
        raise InputError(f"{folder}: no picture's name ends in _color, _diff, _albedo or _basecolor; rename it so")
    return found


def in_blender(name: str, where: str) -> Path:
    """Return the path of one of Blender's data files."""
    spec = importlib.util.find_spec("bpy")  # finds the wheel without starting Blender
    roots = sorted(Path(folder) for folder in (spec and spec.submodule_search_locations) or ())
    found = [inside(data, name, where) for root in roots for data in sorted(root.glob("*/datafiles"))]
    for path in found:
        if path.is_file():
            return path
    raise InputError(f"{where}: {name} is not in the installed bpy; install what constraints.txt names")
