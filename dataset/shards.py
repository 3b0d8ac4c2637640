"""Files inside tar shards: a path may lead into a tar, ``shards/00003.tar/4f2c.png``, and is read like any other."""

import functools
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import whole_file

SUFFIX = ".tar"


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, wherever it lies: loose, or inside a tar that its path leads through.

    Raises FileNotFoundError when there is no such file or member.
    """
    shard = next((folder for folder in path.parents if folder.suffix == SUFFIX and folder.is_file()), None)
    if shard is None:
        return path.read_bytes()
    start, size = place_of(shard, path.relative_to(shard).as_posix())
    with shard.open("rb") as file:
        file.seek(start)
        return file.read(size)


def exists(path: Path) -> bool:
    """Return whether there is such a file, loose or inside a tar."""
    shard = next((folder for folder in path.parents if folder.suffix == SUFFIX and folder.is_file()), None)
    return path.is_file() if shard is None else path.relative_to(shard).as_posix() in members(shard)


def place_of(shard: Path, name: str) -> tuple[int, int]:
    """Return where a member's bytes begin in its tar, and how many there are; FileNotFoundError if there is none."""
    places = members(shard)
    if name not in places:
        raise FileNotFoundError(f"{shard} holds no {name}")
    return places[name]


def members(shard: Path) -> Mapping[str, tuple[int, int]]:
    """Return member -> (first byte, size) of a tar; raise InputError when it is damaged."""
    state = shard.stat()
    return index(shard, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=4096)
def index(shard: Path, _changed_ns: int, _size: int) -> Mapping[str, tuple[int, int]]:
    """Return the index of a tar, kept until its file changes."""
    try:
        with tarfile.open(shard, "r:") as tar:
            return {item.name: (item.offset_data, item.size) for item in tar if item.isfile()}
    except tarfile.TarError as error:
        raise InputError(f"{shard}: not a whole tar ({error}); run the stage that writes it again") from error


def write_shard(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a tar whole, members in the given order; the same files give the same bytes."""
    with whole_file(path) as part, tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            add(tar, name, data)


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Append one member, with no date and no owner."""
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
