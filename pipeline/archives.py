"""What holds for archives of every kind: which files are one, what they may unpack to, and where members go."""

import contextlib
import dataclasses
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from pipeline.errors import InputError
from pipeline.files import free_mb, in_words, inside

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
MAX_RATIO = 200  # unpacked to packed of one file; pictures reach 20, a bomb of zeros 1000
SMALL_BYTES = 10 * 2**20  # below this a high ratio does no harm
CHUNK_BYTES = 2**20
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, EOFError,
          ValueError, RuntimeError, LookupError, OverflowError)  # fmt: skip  # zipfile and tarfile raise all of them


@dataclasses.dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to."""

    files: int
    size_bytes: int
    advice: str  # what to do with one that holds more


def ending_of(path: Path) -> str:
    """Return by which of `ENDINGS` a file's name says that it is an archive, "" for none."""
    return next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), "")


@contextlib.contextmanager
def readable(archive: Path) -> Iterator[None]:
    """Turn what Python says of a damaged archive into one line."""
    try:
        yield
    except OSError as error:  # of the disk, or of an archive that sends its reader to where there is nothing
        words = in_words(archive, error)
        raise words if isinstance(words, InputError) else no_archive(archive, error) from error
    except BROKEN as error:
        raise no_archive(archive, error) from error


def no_archive(archive: Path, error: object) -> InputError:
    """Return the error of an archive that is damaged."""
    return InputError(f"{archive}: this is no {ending_of(archive)} archive that can be read ({error}); pack it again")


def too_tight(archive: Path, what: str) -> InputError:
    """Return the error of an archive that is packed more tightly than what is no bomb."""
    return InputError(
        f"{archive}: {what} unpacks to more than {MAX_RATIO} times its size; unpack it yourself and name the folder, "
        "if you trust it"
    )


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


def check_places(archive: Path, folder: Path, names: Iterable[str]) -> None:
    """Raise InputError for a member that leaves the folder, two of one place, and a file that is a folder too."""
    folders: set[Path] = set()
    taken: set[Path] = set()
    for name in names:
        path = place(archive, folder, name)
        if path in taken or path in folders or not taken.isdisjoint(path.parents):
            raise InputError(f"{archive}: {name!r} is there twice, or is a file and a folder; pack it again")
        taken.add(path)
        folders.update(path.parents)


def place(archive: Path, folder: Path, name: str) -> Path:
    """Return where a member is unpacked; InputError when that is not below the folder."""
    return inside(folder, name.replace("\\", "/"), str(archive))  # as some packers on Windows write it


def write_out(source: IO[bytes], path: Path, left: int) -> int:
    """Write one member; return how many bytes of `left` remain, below 0 as soon as it is more than that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        while left >= 0 and (chunk := source.read(CHUNK_BYTES)):
            left -= len(chunk)
            target.write(chunk)
    return left
