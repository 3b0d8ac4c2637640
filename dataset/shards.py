"""Files inside tar shards: a path may lead into a tar, ``shards/00003.tar/4f2c.png``, and is read like any other."""

import functools
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from pipeline import reading
from pipeline.errors import InputError
from pipeline.files import whole_file
from pipeline.tar_end import check_end

SUFFIX = ".tar"
BROKEN = (tarfile.TarError, OSError, ValueError, EOFError, OverflowError)  # what tarfile says of a damaged one


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, wherever it lies: loose, or inside a tar that its path leads through.

    Raises InputError when there is no such file or member, or it cannot be read.
    """
    shard = shard_of(path)
    if shard is None:
        return reading.read_bytes(path)
    start, size = place_of(shard, path.relative_to(shard).as_posix())
    with shard.open("rb") as file:
        file.seek(start)
        return file.read(size)


def exists(path: Path) -> bool:
    """Return whether there is such a file, loose or inside a tar."""
    shard = shard_of(path)
    return path.is_file() if shard is None else path.relative_to(shard).as_posix() in members(shard)


def shard_of(path: Path) -> Path | None:
    """Return the tar that a path leads through, None for a loose file."""
    return next((folder for folder in path.parents if folder.suffix == SUFFIX and folder.is_file()), None)


def place_of(shard: Path, name: str) -> tuple[int, int]:
    """Return where a member's bytes begin in its tar, and how many there are; InputError if there is none."""
    places = members(shard)
    if name not in places:
        raise InputError(f"{shard}: holds no {name}; run the stage that writes it again, or mend the path")
    return places[name]


def members(shard: Path) -> Mapping[str, tuple[int, int]]:
    """Return member -> (first byte, size) of a tar; raise InputError when it is damaged."""
    state = shard.stat()
    return index(shard, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=4096)
def index(shard: Path, _changed_ns: int, size: int) -> Mapping[str, tuple[int, int]]:
    """Return the index of a tar, kept until its file changes."""
    try:
        with shard.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            places = {item.name: place_in(item, size) for item in tar if item.isfile()}
            check_end(file, tar.offset)
            return places
    except BROKEN as error:
        raise InputError(f"{shard}: not a whole tar ({error}); run the stage that writes it again") from error


def place_in(item: tarfile.TarInfo, whole: int) -> tuple[int, int]:
    """Return where a member's bytes begin, and how many there are; ValueError if they leave a tar of `whole` bytes."""
    if item.size < 0 or item.offset_data + item.size > whole:
        raise ValueError(f"{item.name!r} leaves it")
    return item.offset_data, item.size


def write_shard(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a tar whole, members in the given order; the same files give the same bytes."""
    with whole_file(path) as part, part.open("wb") as file:
        write_tar(file, files)


def tar_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a tar of these members."""
    buffer = io.BytesIO()
    write_tar(buffer, files)
    return buffer.getvalue()


def untar(data: bytes) -> dict[str, bytes]:
    """Return the members of a tar that `tar_bytes` made, by name; raise InputError when it is damaged."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            places = {item.name: place_in(item, len(data)) for item in tar if item.isfile()}
    except BROKEN as error:
        raise InputError(f"a frame in the store: not a whole tar ({error}); remove it, and it is made again") from error
    return {name: data[start : start + size] for name, (start, size) in places.items()}


def write_tar(file: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    """Write members with no date and no owner, one after the other."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
