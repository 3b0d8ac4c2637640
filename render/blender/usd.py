"""Which files a USD layer names, read without USD: Blender would open them wherever they lie. Standard library only."""

import re
import struct
import zipfile
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import inside

LAYERS = (".usd", ".usda", ".usdc", ".usdz")
FILE = re.compile(r"\S.*\.(usd[acz]?|png|jpe?g|tiff?|tga|bmp|webp|hdr|exr)(\[.*\])?", re.IGNORECASE)


def refuse_elsewhere(path: Path) -> None:
    """Raise InputError if a USD file, or a layer that it names, names a file outside its folder or is broken."""
    waiting, seen = [path], set[Path]()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        named = [inside(path.parent, str(here.parent / name), str(here)) for name in files_named_by(here)]
        waiting += [
            layer for layer in named if layer.suffix.lower() in LAYERS and layer.is_file() and layer not in seen
        ]


def files_named_by(path: Path) -> list[str]:
    """Return the files that a layer or an archive of layers names."""
    try:
        if path.suffix.lower() != ".usdz":
            return files_named(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            layers = [name for name in archive.namelist() if name.lower().endswith(LAYERS)]
            return [named for layer in layers for named in files_named(archive.read(layer))]
    except (ValueError, LookupError, struct.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: this is no whole USD file ({error}); export it again") from error


def files_named(data: bytes) -> list[str]:
    """Return the texts in a layer, binary ("crate") or not, that look like the names of files."""
    if data[:8] == b"PXR-USDC":
        texts = tokens(data)
    else:
        texts = re.findall(r"@+([^@\n]+)@", data.decode("utf-8", errors="replace"))
    return [text.replace("\\", "/") for text in texts if FILE.fullmatch(text)]


def tokens(data: bytes) -> list[str]:
    """Return all texts of a crate: pxr/usd/sdf/crateFile.h, versions 0.4 and up."""
    (contents,) = struct.unpack_from("<q", data, 16)
    (count,) = struct.unpack_from("<Q", data, contents)
    sections = (struct.unpack_from("<16sqq", data, contents + 8 + 32 * number) for number in range(count))
    start = {name.rstrip(b"\0"): begin for name, begin, _ in sections}[b"TOKENS"]
    _, _, size = struct.unpack_from("<QQQ", data, start)
    return unpacked(data[start + 24 : start + 24 + size]).decode("utf-8", errors="replace").split("\0")


def unpacked(data: bytes) -> bytes:
    """Return what pxr/base/tf/fastCompression.cpp has packed: one LZ4 block, or a number of them with their sizes."""
    if data[0] == 0:
        return lz4(data[1:])
    out, here = b"", 1
    for _ in range(data[0]):
        (size,) = struct.unpack_from("<i", data, here)
        out, here = out + lz4(data[here + 4 : here + 4 + size]), here + 4 + size
    return out


def lz4(data: bytes) -> bytes:
    """Return an LZ4 block unpacked (github.com/lz4/lz4, doc/lz4_Block_format.md)."""
    out, here = bytearray(), 0
    while here < len(data):
        token = data[here]
        length, here = run(data, here + 1, token >> 4)
        out += data[here : here + length]
        here += length
        if here >= len(data):  # the last sequence has no match
            break
        back = data[here] | data[here + 1] << 8
        length, here = run(data, here + 2, token & 15)
        start = len(out) - back
        for number in range(length + 4):  # byte by byte: a match may run into itself
            out.append(out[start + number])
    return bytes(out)


def run(data: bytes, here: int, length: int) -> tuple[int, int]:
    """Return a length and where it ends: 15 goes on in further bytes, until one is not 255."""
    more = 255 if length == 15 else 0
    while more == 255:
        more = data[here]
        length, here = length + more, here + 1
    return length, here
