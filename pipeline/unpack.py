"""Archives, unpacked with care: they come from strangers."""

import contextlib
import dataclasses
import lzma
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import free_mb, in_words, inside

MAX_RATIO = 200  # unpacked to packed of one file; pictures reach 20, a bomb of zeros 1000
SMALL_BYTES = 10 * 2**20  # below this a high ratio does no harm
CHUNK_BYTES = 2**20
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, EOFError, ValueError,
          RuntimeError, LookupError)  # fmt: skip  # zipfile raises all of them


@dataclasses.dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to."""

    files: int
    size_bytes: int
    advice: str  # what to do with one that holds more


@contextlib.contextmanager
def unpacked(path: Path, limits: ArchiveLimits, home: Path | None = None) -> Iterator[Path]:
    """Yield a folder or file as it is, and of a .zip archive a temporary folder with what it holds, named after it.

    home: the folder in which that is made; None: where the system has temporary files. It is always removed. An
    InputError that ends the block names the archive in its place.
    """
    if path.suffix.lower() != ".zip" or path.is_dir():
        yield path
        return
    if home:
        home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=home) as name:
        folder = Path(name) / path.stem
        folder.mkdir()
        try:
            unpack(path, folder, limits)
            yield folder
        except InputError as error:
            raise InputError(str(error).replace(str(folder), str(path))) from error
        except OSError as error:
            raise in_words(folder, error) from error


def unpack(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    """Unpack a .zip into an empty folder, every member checked before the first is written.

    Raises InputError for what is no archive, has a password, holds links or members that leave the folder, or unpacks
    beyond the limits, MAX_RATIO or what is free on the folder's disk.
    """
    with readable(archive), zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        check(archive, members, folder, limits)
        left = limits.size_bytes
        for member in members:
            left = unpack_one(opened, member, place(archive, folder, member), left)
            if left < 0:
                raise InputError(f"{archive}: unpacks to more than it says; this archive is not to be trusted")


@contextlib.contextmanager
def readable(archive: Path) -> Iterator[None]:
    """Turn what zipfile says of a damaged archive into one line."""
    try:
        yield
    except OSError as error:  # of the disk, or of an archive that sends its reader to where there is nothing
        words = in_words(archive, error)
        raise words if isinstance(words, InputError) else no_archive(archive, error) from error
    except BROKEN as error:
        raise no_archive(archive, error) from error


def no_archive(archive: Path, error: Exception) -> InputError:
    """Return the error of an archive that is damaged."""
    return InputError(f"{archive}: this is no .zip archive that can be read ({error}); pack it again")


def check(archive: Path, members: list[zipfile.ZipInfo], folder: Path, limits: ArchiveLimits) -> None:
    """Raise InputError for the first thing that an archive should not have."""
    total = sum(member.file_size for member in members)
    check_room(archive, len(members), total, folder, limits)
    folders: set[Path] = set()
    places: set[Path] = set()
    for member in members:
        path = place(archive, folder, member)
        if path in places or path in folders or not places.isdisjoint(path.parents):
            raise InputError(f"{archive}: {member.filename!r} is there twice, or is a file and a folder; pack it again")
        places.add(path)
        folders.update(path.parents)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"{archive}: {member.filename!r} is a link; pack the file itself")
        if member.flag_bits & 1:
            raise InputError(f"{archive}: {member.filename!r} has a password; pack it again without")
        if member.file_size > max(SMALL_BYTES, MAX_RATIO * member.compress_size):
            raise InputError(
                f"{archive}: {member.filename!r} unpacks to more than {MAX_RATIO} times its size; unpack it yourself "
                "and name the folder, if you trust it"
            )
    if total > SMALL_BYTES + MAX_RATIO * archive.stat().st_size:
        raise InputError(f"{archive}: its members share their bytes; this archive is not to be trusted")


def check_room(archive: Path, files: int, total: int, folder: Path, limits: ArchiveLimits) -> None:
    """Raise InputError for an archive of more files or bytes than the limits, or than the disk has room for."""
    if files > limits.files or total > limits.size_bytes:
        raise InputError(
            f"{archive}: unpacks to {files} files and {total / 2**30:.1f} GiB, the limit is {limits.files} files "
            f"and {limits.size_bytes / 2**30:.0f} GiB; {limits.advice}"
        )
    free = free_mb(folder) * 2**20
    if total > free:
        raise InputError(
            f"{archive}: unpacks to {total / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free on the disk; make room"
        )


def place(archive: Path, folder: Path, member: zipfile.ZipInfo) -> Path:
    """Return where a member is unpacked; InputError when that is not below the folder."""
    return inside(folder, member.filename.replace("\\", "/"), str(archive))  # as some packers on Windows write it


def unpack_one(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one member; return how many bytes of `left` remain, below 0 as soon as it is more than that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, path.open("wb") as target:
        while left >= 0 and (chunk := source.read(CHUNK_BYTES)):
            left -= len(chunk)
            target.write(chunk)
    return left
