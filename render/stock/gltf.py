"""What must be known of a glTF file before Blender reads it: which files it names, and what Blender would not show."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.errors import InputError, shown
from pipeline.files import inside
from pipeline.reading import Count, parse_typed, read_bytes

REFUSED = {
    "KHR_draco_mesh_compression": "is compressed with Draco",
    "KHR_node_visibility": "hides parts",
}
EXTENSION_PICTURES = {"KHR_texture_basisu": "KTX2", "EXT_texture_avif": "AVIF"}
MOST_SHOWN = 3  # names in a message
MOST_BYTES = 4 * 2**30
FLOAT32, POINT = 5126, 12  # glTF's number for float32; bytes of three
CHUNKS, CHUNK_HEAD = 12, 8  # bytes of a binary file before its chunks, and of a chunk before its data


class GltfFile(TypedDict, total=False):
    """A buffer or a picture of a glTF file."""

    uri: str


class GltfNode(TypedDict, total=False):
    """A node: what hangs below it, by number, and its mesh."""

    name: str
    children: list[Count]
    mesh: Count


class GltfScene(TypedDict, total=False):
    """A scene: the nodes at its top, by number."""

    nodes: list[Count]


class GltfTexture(TypedDict, total=False):
    """A texture: the picture that it shows where no extension is known."""

    source: Count


class GltfView(TypedDict, total=False):
    """A part of a buffer: its bytes, and how many lie from one element to the next."""

    buffer: Count
    byteOffset: Count
    byteLength: Count
    byteStride: Count


class GltfAccessor(TypedDict, total=False):
    """The elements that lie in a part of a buffer."""

    bufferView: Count
    byteOffset: Count
    componentType: Count
    count: Count


class GltfPrimitive(TypedDict, total=False):
    """A part of a mesh: its attributes by name, each the number of an accessor."""

    attributes: dict[str, Count]


class GltfMesh(TypedDict, total=False):
    """A mesh."""

    primitives: list[GltfPrimitive]


class Gltf(TypedDict, total=False):
    """What is read of a glTF file."""

    accessors: list[GltfAccessor]
    buffers: list[GltfFile]
    bufferViews: list[GltfView]
    images: list[GltfFile]
    meshes: list[GltfMesh]
    nodes: list[GltfNode]
    scenes: list[GltfScene]
    scene: Count
    textures: list[GltfTexture]
    extensionsUsed: list[str]


GLTF = TypeAdapter(Gltf)


def named_by_gltf(path: Path) -> tuple[Path, ...]:
    """Return the buffers and pictures that a .gltf or .glb names and does not hold itself."""
    table = read_gltf(path)
    entries = [*table.get("buffers", []), *table.get("images", [])]
    uris = [entry["uri"] for entry in entries if "uri" in entry]
    return tuple(inside(path.parent, local(path, uri), str(path)) for uri in uris if not uri.startswith("data:"))


def read_gltf(path: Path) -> Gltf:
    """Return what is read of a glTF file; raise InputError when it is none."""
    return parse_typed(gltf_text(path), GLTF, f"{path}: this is no whole glTF file", "export it again")


def check_shown(path: Path) -> None:
    """Raise InputError where Blender would show another thing than a glTF file says.

    Blender takes every node, beside the default scene and hidden too, and no picture that only an extension reads.
    """
    table = read_gltf(path)
    for extension, words in REFUSED.items():
        if extension in table.get("extensionsUsed", []):
            raise InputError(f"{path}: {words}, which Blender does not read; export it without {extension}")
    packed = [EXTENSION_PICTURES[name] for name in table.get("extensionsUsed", []) if name in EXTENSION_PICTURES]
    if packed and any("source" not in texture for texture in table.get("textures", [])):
        raise InputError(f"{path}: has textures as {packed[0]} alone, which Blender does not read; export PNG or JPEG")
    left = sorted(outside_scene(table))
    if left:
        names = ", ".join(shown(name) for name in left[:MOST_SHOWN])
        raise InputError(
            f"{path}: holds {len(left)} part{'s' * (len(left) > 1)} outside its default scene ({names}), which Blender "
            "would show; export the one scene, or put all into it"
        )


def outside_scene(table: Gltf) -> list[str]:
    """Return the names of the nodes with a mesh that the default scene does not reach; none where there is no scene."""
    nodes, scenes = table.get("nodes", []), table.get("scenes", [])
    if not scenes:
        return []
    waiting = list(scenes[min(table.get("scene", 0), len(scenes) - 1)].get("nodes", []))
    reached = set[int]()
    while waiting:
        number = waiting.pop()
        if number < len(nodes) and number not in reached:
            reached.add(number)
            waiting += nodes[number].get("children", [])
    meshes = [number for number, node in enumerate(nodes) if "mesh" in node and number not in reached]
    return [nodes[number].get("name", f"node {number}") for number in meshes]


def positions(path: Path) -> Iterator[NDArray[np.float32]]:
    """Yield the vertices (N, 3) of a glTF file's meshes that are plain float32, each array once.

    Packed ones have no room for what is no number. One that reaches beyond its buffer is left to Blender.
    """
    table = read_gltf(path)
    views, buffers = table.get("bufferViews", []), [buffer_of(path, each) for each in table.get("buffers", [])]
    parts = [part for mesh in table.get("meshes", []) for part in mesh.get("primitives", [])]
    wanted = {part["attributes"]["POSITION"] for part in parts if "POSITION" in part.get("attributes", {})}
    for number, accessor in enumerate(table.get("accessors", [])):
        view = views[at] if (at := accessor.get("bufferView", len(views))) < len(views) else {}
        data = buffers[at] if (at := view.get("buffer", len(buffers))) < len(buffers) else b""
        begin = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        count, step = accessor.get("count", 0), view.get("byteStride") or POINT
        last = begin + step * (count - 1) + POINT
        if number in wanted and accessor.get("componentType") == FLOAT32 and count and last <= len(data):
            yield np.ndarray((count, 3), "<f4", data, begin, (step, 4))


def buffer_of(path: Path, buffer: GltfFile) -> bytes:
    """Return the bytes of a buffer: of the file it names, in its own text, or in the second chunk of a binary one."""
    uri = buffer.get("uri")
    if uri is None:
        data = read_bytes(path, MOST_BYTES)
        return chunk_at(data, CHUNKS + CHUNK_HEAD + int.from_bytes(data[CHUNKS : CHUNKS + 4], "little"))
    if uri.startswith("data:"):
        try:
            return base64.b64decode(uri.partition(",")[2])
        except ValueError:
            return b""  # Blender says it
    return read_bytes(inside(path.parent, local(path, uri), str(path)), MOST_BYTES)


def gltf_text(path: Path) -> bytes:
    """Return the JSON of a glTF file: of a binary one its first chunk (glTF 2.0, section 4.4)."""
    data = read_bytes(path)
    if data[:4] != b"glTF":
        return data
    return chunk_at(data, CHUNKS)


def chunk_at(data: bytes, begin: int) -> bytes:
    """Return the chunk of a binary glTF file that begins there with its length."""
    length = int.from_bytes(data[begin : begin + 4], "little")
    return data[begin + CHUNK_HEAD : begin + CHUNK_HEAD + length]


def local(path: Path, uri: str) -> str:
    """Return the relative path that a URI of a glTF file names; InputError for a web address and the like."""
    if re.match(r"[a-zA-Z][\w+.-]*:", uri):
        raise InputError(f"{path}: names {uri[:60]}, which is no file beside it; export it with its files")
    return unquote(uri)
