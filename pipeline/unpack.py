"""Archives, unpacked with care: they come from strangers."""

import contextlib
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.archives import (
    MAX_RATIO,
    SMALL_BYTES,
    ArchiveLimits,
    check_places,
    check_room,
    ending_of,
    place,
    readable,
    too_tight,
    write_out,
)
from pipeline.errors import InputError
from pipeline.files import in_words
from pipeline.untar import unpack_tar


@contextlib.contextmanager
def unpacked(path: Path, limits: ArchiveLimits, home: Path | None = None) -> Iterator[Path]:
    """Yield a folder or file as it is, and of an archive a temporary folder with what it holds, named after it.

    home: the folder in which that is made; None: where the system has temporary files. It is always removed. An
    InputError that ends the block names the archive in its place.
    """
    ending = ending_of(path)
    if not ending or path.is_dir():
        yield path
        return
    if home:
        home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=home) as name:
        folder = Path(name) / (path.name[: -len(ending)] or "archive")
        folder.mkdir()
        try:
            unpack(path, folder, limits)
            yield folder
        except InputError as error:
            raise InputError(str(error).replace(str(folder), str(path))) from error
        except OSError as error:
            raise in_words(folder, error) from error


def unpack(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    """Unpack an archive into an empty folder, every member checked before the first is written.

    Raises InputError for what is no archive, has a password, holds links, devices or members that leave the folder, or
    unpacks beyond the limits, MAX_RATIO or what is free on the folder's disk.
    """
    if ending_of(archive) == ".zip":
        unpack_zip(archive, folder, limits)
    else:
        unpack_tar(archive, folder, limits)


def unpack_zip(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    """Do what `unpack` does with a .zip."""
    with readable(archive), zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        check(archive, members, folder, limits)
        left = limits.size_bytes
        for member in members:
            with opened.open(member) as source:
                left = write_out(source, place(archive, folder, member.filename), left)
            if left < 0:
                raise InputError(f"{archive}: unpacks to more than it says; this archive is not to be trusted")


def check(archive: Path, members: list[zipfile.ZipInfo], folder: Path, limits: ArchiveLimits) -> None:
    """Raise InputError for the first thing that an archive should not have."""
    total = sum(member.file_size for member in members)
    check_room(archive, len(members), total, folder, limits)
    check_places(archive, folder, [member.filename for member in members])
    for member in members:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"{archive}: {member.filename!r} is a link; pack the file itself")
        if member.flag_bits & 1:
            raise InputError(f"{archive}: {member.filename!r} has a password; pack it again without")
        if member.file_size > max(SMALL_BYTES, MAX_RATIO * member.compress_size):
            raise too_tight(archive, repr(member.filename))
    if total > SMALL_BYTES + MAX_RATIO * archive.stat().st_size:
        raise InputError(f"{archive}: its members share their bytes; this archive is not to be trusted")
