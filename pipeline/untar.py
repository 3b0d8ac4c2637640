"""Tars, plain or packed by gzip, unpacked with care."""

import contextlib
import gzip
import itertools
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pipeline.archives import (
    CHUNK_BYTES,
    MAX_RATIO,
    SMALL_BYTES,
    ArchiveLimits,
    check_places,
    check_room,
    place,
    readable,
    too_tight,
    write_out,
)
from pipeline.errors import InputError
from pipeline.reading import open_file
from pipeline.tar_end import check_end

GZIP = b"\x1f\x8b"  # how such a file begins, whatever its name is


class BoundedFile:
    """A file whose reader cannot be sent beyond a place, nor made to take much into memory."""

    def __init__(self, file: IO[bytes], most: int, archive: Path):
        """most: the last byte that may be asked for. archive: for messages."""
        self.file, self.most, self.archive = file, most, archive

    def read(self, size: int) -> bytes:
        """Return the next bytes; ValueError for more at once than any head of a member takes."""
        if size > CHUNK_BYTES:
            raise ValueError(f"a head of {size} bytes")
        return self.file.read(size)

    def seek(self, place: int) -> int:
        """Go to a place; raise InputError for one that only a bomb has."""
        if place > self.most:
            raise too_tight(self.archive, "it")
        return self.file.seek(place)

    def tell(self) -> int:
        """Return the place."""
        return self.file.tell()


def unpack_tar(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    """Do what `pipeline.unpack.unpack` does with a tar; what is left of its heads and its end is looked at too."""
    with readable(archive), opened_tar(archive) as (tar, file):
        members = [*itertools.islice(tar, 2 * limits.files + 1)]  # so many, though most be folders
        files = [member for member in members if not member.isdir()]
        if len(members) > 2 * limits.files:
            check_room(archive, len(members), 0, folder, limits)
        check_room(archive, len(files), sum(member.size for member in files), folder, limits)
        check_places(archive, folder, [member.name for member in files])
        for member in files:
            check_kind(archive, member)
        check_end(file, tar.offset)
        for member in files:
            with tar.extractfile(member) as source:  # type: ignore[union-attr]  # None for links and devices alone
                write_out(source, place(archive, folder, member.name), member.size)


@contextlib.contextmanager
def opened_tar(archive: Path) -> Iterator[tuple[tarfile.TarFile, BoundedFile]]:
    """Yield a tar and the file that it is read from, unpacked as far as it is asked for."""
    most = SMALL_BYTES + MAX_RATIO * archive.stat().st_size
    with open_file(archive) as raw:
        packed = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        file = BoundedFile(cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw, most, archive)
        with tarfile.open(fileobj=file, mode="r:") as tar:  # type: ignore[call-overload]
            yield tar, file


def check_kind(archive: Path, member: tarfile.TarInfo) -> None:
    """Raise InputError for a member that is no file with all its bytes."""
    if member.issym() or member.islnk():
        raise InputError(f"{archive}: {member.name!r} is a link; pack the file itself")
    if not member.isreg() or member.issparse() or member.size < 0:
        raise InputError(f"{archive}: {member.name!r} is a device, a pipe or a sparse file; pack plain files alone")
