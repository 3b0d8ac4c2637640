"""Archives that are wrong in what they say: links, names twice, bombs, sums, lengths, methods, kinds of members."""

import gzip
import io
import stat
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

BOMB = b"\0" * 2**22  # a few kB when packed
NAMES = (
    *("mug/a.obj", "mug", "mug/", "MUG/A.OBJ", "../a.obj", "../../beside/kept.txt", "/etc/passwd", "C:\\a.obj"),
    *("mug\\..\\..\\a.obj", "a\0b.obj", "", ".", "..", "x" * 300, "d/" * 600 + "a.obj", "\u202ea.obj", "CON", "a.zip"),
)
LINK = stat.S_IFLNK | 0o777
TYPES = (
    *(tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE),
    *(tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, b"Z"),
)
# Where a length, sum, method or flag stands behind the four letters of a zip's local and central head.
FIELDS = {b"PK\x03\x04": (4, 6, 8, 14, 18, 22, 26, 28), b"PK\x01\x02": (8, 10, 16, 20, 24, 28, 30, 38, 42)}
NUMBERS = (0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def members(data: bytes) -> list[tuple[str, bytes]]:
    """Return (name, content) of what a valid zip holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]


@st.composite
def zip_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Add one to three members to a zip, then perhaps change a number of its heads."""
    inside = members(data)
    for _ in range(draw(st.integers(0, 3))):
        content = draw(st.sampled_from((b"", b"x", b"x", BOMB, data, b"../../beside/kept.txt", inside[0][1])))
        inside.insert(draw(st.integers(0, len(inside))), (draw(st.sampled_from(NAMES)), content))
    mode = draw(st.sampled_from((0, 0, 0, LINK, stat.S_IFIFO | 0o644, stat.S_IFDIR | 0o755)))
    made = zip_of(inside, mode, draw(st.sampled_from((0, 8, 12, 14))))
    return draw(st.just(made) | st.builds(patched, st.just(made), st.sampled_from(sorted(FIELDS)), st.data()))


def zip_of(inside: list[tuple[str, bytes]], mode: int, method: int) -> bytes:
    """Return a zip; the last member's mode is as given, 0 for what is usual."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as packed:
        warnings.simplefilter("ignore")  # of names that are there twice
        for at, (name, content) in enumerate(inside):
            about = zipfile.ZipInfo()  # not in its call, where a name ends at its NUL
            about.filename, about.compress_type = name, method if content is not BOMB else zipfile.ZIP_DEFLATED
            if mode and at == len(inside) - 1:
                about.external_attr, about.create_system = mode << 16, 3
            packed.writestr(about, content)
    return buffer.getvalue()


def patched(data: bytes, head: bytes, source: Any) -> bytes:
    """Return a zip with a number of one of its heads changed."""
    spots = [at for at in range(len(data)) if data.startswith(head, at)]
    if not spots:
        return data
    at = source.draw(st.sampled_from(spots)) + source.draw(st.sampled_from(FIELDS[head]))
    number = struct.pack("<I", source.draw(st.sampled_from(NUMBERS)))
    width = source.draw(st.sampled_from((2, 4)))
    return data[:at] + number[:width] + data[at + width :]


@st.composite
def tar_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Write a tar again with one to two members changed: their kind, name, what they link to, their length."""
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        inside = [(about, packed.extractfile(about)) for about in packed.getmembers()]
        kept = [(about, held.read() if held else b"") for about, held in inside]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=draw(st.sampled_from((1, 2)))) as made:
        for about, content in kept:
            if draw(st.booleans()):
                about.type = draw(st.sampled_from(TYPES))
                about.linkname = draw(st.sampled_from(("", *NAMES[:7])))
            if draw(st.integers(0, 3)) == 0:
                about.name = draw(st.sampled_from(NAMES[:15])).replace("\0", "") or "a"
            made.addfile(about, io.BytesIO(content.ljust(about.size, b"\0")))
    return buffer.getvalue()


def gzip_of(change: Callable[[bytes], st.SearchStrategy[bytes]]) -> Callable[[bytes], st.SearchStrategy[bytes]]:
    """Return what changes the file in a gzip."""

    def changed(data: bytes) -> st.SearchStrategy[bytes]:
        return change(gzip.decompress(data)).map(lambda made: gzip.compress(made, mtime=0))

    return changed


def glb_of(change: Callable[[bytes], st.SearchStrategy[bytes]]) -> Callable[[bytes], st.SearchStrategy[bytes]]:
    """Return what changes the JSON in a GLB, and keeps its lengths true and its numbers as they are."""

    def changed(data: bytes) -> st.SearchStrategy[bytes]:
        end = 20 + int.from_bytes(data[12:16], "little")
        return change(data[20:end]).map(lambda text: glb(text, data[end:]))

    return changed


def glb(text: bytes, rest: bytes) -> bytes:
    """Return a GLB of this JSON and these further chunks."""
    text += b" " * (-len(text) % 4)
    head = struct.pack("<III", 2, 20 + len(text) + len(rest), len(text))
    return b"glTF" + head + b"JSON" + text + rest
