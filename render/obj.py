"""What the catalogue must know of an OBJ file: what belongs to it, how large it is, which objects it holds."""

import hashlib
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.files import inside


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, for an OBJ of all that decides its looks: OBJ + MTL + textures in one stream."""
    digest = hashlib.sha256()
    for file in (path, *materials_of(path)):
        if not file.is_file():
            raise InputError(f"{path}: names {file.name}, which is not beside it; put it there or export again")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def materials_of(path: Path) -> tuple[Path, ...]:
    """Return the MTL files an OBJ names and the textures those name, in order, once each; nothing for other files."""
    if path.suffix != ".obj":
        return ()
    libraries = named_in(path, "mtllib")
    textures = [texture for library in libraries if library.is_file() for texture in named_in(library, "map_")]
    return tuple(dict.fromkeys((*libraries, *textures)))


def named_in(path: Path, keyword: str) -> list[Path]:
    """Return the files beside `path` that its lines starting with `keyword` name; InputError if one lies elsewhere."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [inside(path.parent, line.split(maxsplit=1)[-1], str(path)) for line in lines if line.startswith(keyword)]


def measure(path: Path) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Return an OBJ's extents (x, y, z) in metres to 0.1 mm, and the names of its objects in order.

    Raises InputError when it has no faces, no vertices, or a coordinate that is no number.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not any(line.startswith("f ") for line in lines):
        raise InputError(f"{path}: this mesh has no faces, so nothing of it would be seen; export it again with faces")
    try:
        points = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], dtype=float).reshape(-1, 3)
    except ValueError as error:
        raise InputError(f"{path}: a vertex is not three numbers ({error}); export it again") from error
    if not len(points) or not np.isfinite(points).all():
        raise InputError(f"{path}: found {len(points)} vertices, wanted some, all of them finite; export it again")
    x, y, z = (round(float(extent), 4) for extent in np.ptp(points, axis=0))
    return (x, y, z), tuple(line[2:].strip() for line in lines if line.startswith("o "))
