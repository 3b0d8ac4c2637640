"""What the catalogue must know of an OBJ file: which files it names, how large it is, which objects it holds."""

import dataclasses
import re
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import read_bytes

Vector = tuple[float, float, float]
MAPS = r"map_\w+|bump|disp|decal|norm|refl"  # the words of an MTL file that a picture follows
LONGEST = 8192  # characters of a line that names a file
LONGEST_NAME = 63  # bytes of a name in Blender
MOST_BYTES = 4 * 2**30
OPTIONS = r"(?:-\w+(?:[ \t]+(?:on|off|[rgbmlz]|[-+.\d]+))+[ \t]+)*"  # e.g. -bm 0.2, before the picture's name


@dataclasses.dataclass(frozen=True)
class MeshMeasures:
    """What a mesh's file holds. Lengths in units of the file, Z up."""

    size: Vector  # extents along x, y, z
    centre: Vector  # middle of the bounding box
    faces: int  # triangles
    parts: tuple[str, ...]  # names of its objects


def named_by_obj(path: Path) -> tuple[Path, ...]:
    """Return the MTL files an OBJ names, then the textures those name, in order; InputError if one lies elsewhere."""
    libraries = named_in(path, "mtllib")
    textures = [texture for library in libraries if library.is_file() for texture in named_in(library, MAPS)]
    return (*libraries, *textures)


def named_in(path: Path, words: str) -> list[Path]:
    """Return the files beside `path` that its lines starting with one of `words`, a pattern, name."""
    rests = re.findall(rf"(?mi)^[ \t]*(?:{words})[ \t]+(\S.*)$", text_of(path))
    return [meant(path, without_options(rest.strip())) for rest in rests]


def meant(path: Path, name: str) -> Path:
    """Return the file beside `path` that a name in it means: as it is, without quotes and backslashes, its last part.

    Blender looks for it likewise. Where there is none, the path as it is written. Raises InputError for a path that
    leaves the folder, and for a name that differs from that of a file by capitals alone, which Blender does not find.
    """
    plain = name.strip("\"'").replace("\\", "/")
    found = [inside(path.parent, each, str(path)) for each in (name, plain, PurePosixPath(plain).name) if each]
    file = next((each for each in found if each.is_file()), None)
    if file:
        return file
    last = found[-1]
    others = sorted(last.parent.iterdir()) if last.parent.is_dir() else []
    alike = [other.name for other in others if other.name.lower() == last.name.lower()]
    if alike:
        raise InputError(f"{path}: says {name}, what lies there is {alike[0]}: rename one, so that both are alike")
    return found[0]


def without_options(rest: str) -> str:
    """Return a picture's name without the options before it; cut where no file's name can be as long."""
    rest = rest[:LONGEST]
    options = re.match(OPTIONS, rest)
    return rest[options.end() :] if options else rest


def text_of(path: Path) -> str:
    """Return the text of a file; what is no UTF-8 in it is replaced."""
    return read_bytes(path, MOST_BYTES).decode("utf-8", errors="replace")


def measure(path: Path, up: str) -> MeshMeasures:
    """Return what an OBJ holds; `up` is its upward axis, "z" or "y", and parts are in the file's order.

    Raises InputError when it has no faces, no vertices, no extent, or a coordinate that is no number.
    """
    text = re.sub(r"\\\r?\n", " ", text_of(path))  # a line that ends so goes on
    corners = [face.split() for face in re.findall(r"(?m)^[ \t]*f[ \t]+(.+)$", text)]
    if not any(corners):
        raise InputError(f"{path}: this mesh has no faces, so nothing of it would be seen; export it again with faces")
    points = points_of(path, re.findall(r"(?m)^[ \t]*v[ \t]+(.+)$", text))
    points = points[used_by_faces(path, text, corners, len(points))]
    low, high = points.min(axis=0), points.max(axis=0)
    if (low == high).all():
        raise InputError(f"{path}: all its faces lie in one point, so nothing of it would be seen; export it again")
    size, centre = upright(high - low, up), upright((low + high) / 2, up)
    faces = sum(max(len(face) - 2, 0) for face in corners)
    return MeshMeasures((abs(size[0]), abs(size[1]), abs(size[2])), centre, faces, tuple(objects_in(text)))


def used_by_faces(path: Path, text: str, faces: list[list[str]], vertices: int) -> NDArray[np.int64]:
    """Return the vertices that faces use, from 0, rising: what Blender shows, and so measures, has no others.

    faces: the corners of each, such as 3/1/2. Raises InputError when a face names a vertex that is not there.
    """
    flat = [corner.partition("/")[0] for face in faces for corner in face]
    known = {number: int(number) if re.fullmatch(r"-?\d{1,9}", number) else 0 for number in set(flat)}
    said = np.array([known[number] for number in flat], np.int64)
    place = said - 1
    if (said < 0).any():  # they count back from the vertices above their face
        kinds = np.array(re.findall(r"(?m)^[ \t]*([vf])[ \t]+.", text))
        above = np.cumsum(kinds == "v")[kinds == "f"]
        place = np.where(said < 0, np.repeat(above, [len(face) for face in faces]) + said, place)
    strange = np.flatnonzero((said == 0) | (place < 0) | (place >= vertices))
    if len(strange):
        number = flat[strange[0]][:20]
        raise InputError(f"{path}: a face names the vertex {number!r} of {vertices}; export it again")
    return np.unique(place)


def points_of(path: Path, lines: list[str]) -> NDArray[np.float64]:
    """Return the vertices (N, 3); N is at least 1."""
    try:
        points = np.loadtxt(lines, usecols=(0, 1, 2), ndmin=2) if lines else np.zeros((0, 3))
    except ValueError as error:
        raise InputError(f"{path}: a vertex is not three numbers ({error}); export it again") from error
    if not len(points) or not np.isfinite(points).all():
        raise InputError(f"{path}: found {len(points)} vertices, wanted some, all of them finite; export it again")
    return points


def upright(vector: NDArray[np.float64], up: str) -> Vector:
    """Return (3,) with Z up: a file with Y up looks along -Z."""
    x, y, z = (float(value) for value in vector)
    return (x, -z, y) if up == "y" else (x, y, z)


def objects_in(text: str) -> list[str]:
    """Return the names of the objects in order, as long as Blender has them."""
    names = [name.strip().encode() for name in re.findall(r"(?m)^[ \t]*o[ \t]+(.+)$", text)]
    return [name[:LONGEST_NAME].decode(errors="ignore") for name in names]
