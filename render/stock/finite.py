"""Which vertices of a PLY, STL or glTF are no numbers: Blender makes these zeros without a word."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.reading import read_bytes
from render.stock.gltf import MOST_BYTES, positions

STL_HEAD = 84  # bytes of a binary STL before its faces
STL_FACE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
VERTICES = re.compile(
    r"\A(?:(?!^element).)*^element\s+vertex\s+(\d{1,10})\s*$(.*?)(?=^element|\Z)", re.MULTILINE | re.DOTALL
)
PROPERTY = re.compile(r"^property\s+(\w+)\s+(.+?)\s*$", re.MULTILINE)
NO_NUMBER = re.compile(rb"\b(?:nan|inf)", re.IGNORECASE)
GLTF = (".glb", ".gltf")


def strange_vertices(path: Path) -> int:
    """Return how many vertices of a PLY, STL or glTF have a coordinate that is no finite number; 0 for another file."""
    if path.suffix.lower() in GLTF:
        return sum(map(strange, positions(path)))
    count = COUNTS.get(path.suffix.lower())
    return count(read_bytes(path, MOST_BYTES)) if count else 0


def strange_in_stl(data: bytes) -> int:
    """Return the same of the bytes of an STL; each face has vertices of its own."""
    faces = int.from_bytes(data[80:STL_HEAD], "little")
    if len(data) >= STL_HEAD and len(data) == STL_HEAD + faces * STL_FACE.itemsize:
        return strange(np.frombuffer(data, STL_FACE, faces, STL_HEAD)["corners"].reshape(-1, 3))
    if not NO_NUMBER.search(data):
        return 0
    return sum(bool(NO_NUMBER.search(line)) for line in re.findall(rb"(?mi)^\s*vertex\s+(.*)$", data))


def strange_in_ply(data: bytes) -> int:
    """Return the same of the bytes of a PLY; 0 where its vertices do not come first, or are not laid out alike."""
    head, _, rest = data.partition(b"end_header")
    body, text = rest.partition(b"\n")[2], head.decode("ascii", "replace")
    vertices = VERTICES.search(text)
    if not vertices:
        return 0
    count = int(vertices[1])
    columns = {name: PLY_TYPES.get(kind, "") for kind, name in PROPERTY.findall(vertices[2])}
    if not {"x", "y", "z"} <= set(columns) or not all(columns.values()):  # a list is of no type that is known
        return 0
    if re.search(r"(?m)^format\s+ascii", text):
        return strange_rows(body, count, list(columns)) if NO_NUMBER.search(body) else 0
    order = ">" if "binary_big" in text else "<"
    row = np.dtype([(name, order + kind) for name, kind in columns.items()])
    rows = np.frombuffer(body, row, min(count, len(body) // row.itemsize))
    return strange(np.stack([rows[axis].astype(np.float64) for axis in "xyz"], axis=1))


def strange_rows(body: bytes, count: int, columns: list[str]) -> int:
    """Return how many of the first lines of a PLY's text have no number as x, y or z."""
    rows = [line.split() for line in body.splitlines()[:count]]
    places = [columns.index(axis) for axis in "xyz"]
    return sum(any(place < len(row) and NO_NUMBER.search(row[place]) for place in places) for row in rows)


def strange(points: NDArray[np.floating]) -> int:
    """Return how many points (N, 3) are not finite."""
    return int((~np.isfinite(points)).any(axis=1).sum())


COUNTS: dict[str, Callable[[bytes], int]] = {".ply": strange_in_ply, ".stl": strange_in_stl}
