"""Files and folders that are never half written and never replace what is somebody else's, and their checksums."""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, shown

MARK = ".admix"  # in every folder that a command writes whole: what it is, so that it may be written anew
EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
CURRENT_FOLDER = -100  # AT_FDCWD
REFUSED = {
    errno.ENOSPC: "no disk left to write it ({free_mb} MB free): make room, then run the same command again, what is "
    "finished is kept",
    errno.EROFS: "its disk takes no changes (read-only), wanted one to write to; name another place",
    errno.EACCES: "the system does not permit it, wanted a file or folder of your own; name another place, or change "
    "who may read and write there",
    errno.ENAMETOOLONG: "its name is too long for the file system; name a shorter one",
    errno.ELOOP: "its links lead in a circle; name the file itself",
    errno.ENOENT: "there is no such file; run the stage that writes it, or mend the path",
    errno.EISDIR: "is no file, or lies in none of the folders named; mend the path",
}
SAME = {errno.EDQUOT: errno.ENOSPC, errno.EPERM: errno.EACCES, errno.ENOTDIR: errno.EISDIR}


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, remove it if not.

    Raises InputError when the disk is full or read-only, and where this user may not write.
    """
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise in_words(path, error) from error


@contextlib.contextmanager
def whole_folder(path: Path, kind: str, mark: str = MARK) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; put it in place of `path` if the block succeeds, else remove it.

    kind: what the folder is, such as "run"; it is written into it as its mark. mark: the file by which an earlier one
    is known, where the block itself writes it. Raises InputError, before the block, for a path that `check_free`
    refuses; after it for a disk that is full or read-only, and where this user may not write.
    """
    part = part_of(path)
    try:
        check_free(path, kind, mark)
        fresh_folder(part)
        try:
            yield part
            if mark == MARK:
                (part / MARK).write_text(f"{kind}\n", encoding="utf-8")
            put_in_place(part, path)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise in_words(path, error) from error


def part_of(path: Path) -> Path:
    """Return where this process keeps what is not whole yet."""
    return (
        path.parent / f".{path.name}.{os.getpid()}.part"
    )  # with_name would refuse "..", which check_free does in words


def check_free(path: Path, kind: str, mark: str = MARK) -> None:
    """Raise InputError unless a folder may be written at `path`.

    Nothing is there, or an empty folder, or an earlier one of the same kind, known by its mark. The folder in which the
    command runs, and those above it, are never free.
    """
    if not path.name or path.name == ".." or path.is_symlink() or (path.exists() and not path.is_dir()):
        raise InputError(f"{path}: not a folder that can be written anew; name another one")
    if Path.cwd().is_relative_to(path.resolve()):
        raise InputError(f"{path}: this command runs in it, and would remove it; name another folder")
    if path.is_dir() and any(path.iterdir()) and not is_marked(path, kind, mark):
        raise InputError(
            f"{path}: holds files that are no earlier {kind} of this command, and would be lost; name a new folder, or "
            "empty this one"
        )


def is_marked(path: Path, kind: str, mark: str = MARK) -> bool:
    """Return whether a folder carries the mark of a kind."""
    file = path / mark
    return file.is_file() and (mark != MARK or file.read_bytes() == f"{kind}\n".encode())


def put_in_place(part: Path, path: Path) -> None:
    """Rename a folder to `path`; what is there takes the place of `part`, so that at no moment there is nothing."""
    if not path.exists():
        part.rename(path)
    elif not exchanged(part, path):  # a file system without that, such as NFS: then there is such a moment
        old = path.with_name(f"{part.name}.old")
        path.rename(old)
        part.rename(path)
        shutil.rmtree(old, ignore_errors=True)


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether the system could."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    return not rename(CURRENT_FOLDER, names[0], CURRENT_FOLDER, names[1], EXCHANGE)


def in_words(path: Path, error: OSError) -> Exception:
    """Return the InputError of what the system refused, or `error` itself where it is no matter of the user's."""
    words = REFUSED.get(SAME.get(error.errno or 0, error.errno or 0))
    if words is None:
        return error
    there = str(error.filename or path)
    room = free_mb(path) if "{" in words else 0
    return InputError(f"{path if part_of(path).name in there else there}: {words.format(free_mb=room)}")


def free_mb(path: Path) -> int:
    """Return the room on a path's disk in MiB."""
    there = next(folder for folder in path.absolute().parents if folder.is_dir())
    return shutil.disk_usage(there).free // 2**20


def write_text(path: Path, text: str) -> None:
    """Write `text` whole, as UTF-8."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` whole."""
    with whole_file(path) as part:
        part.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write `value` whole as indented JSON that ends in a newline; NaN is refused with ValueError."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def own_folder(path: Path, kind: str) -> Path:
    """Return `path` as an existing, empty folder with the mark of a kind; raise InputError as `check_free` does."""
    check_free(path, kind)
    fresh_folder(path)
    (path / MARK).write_text(f"{kind}\n", encoding="utf-8")
    return path


def fresh_folder(path: Path) -> Path:
    """Return `path` as an existing, empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def way_to(path: Path, folder: Path) -> str:
    """Return the path as a file in `folder` names it: relative and POSIX, the same on every machine."""
    return Path(os.path.relpath(path, folder)).as_posix()


def inside(root: Path, relative: str, where: str) -> Path:
    """Return ``root / relative``; raise InputError naming `where` when it leaves `root` or can be no path at all."""
    try:
        path = root / relative
        path.exists()  # a name that is too long is found by asking alone
        leaves = not path.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError) as error:  # too long, with a NUL, links that lead in a circle
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{where}: {shown(relative)} is no file ({why}); name one inside {root}") from None
    if leaves:
        raise InputError(f"{where}: {shown(relative)} leaves {root}; name a file inside it")
    return path
