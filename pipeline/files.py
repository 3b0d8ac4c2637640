"""Files that are never half written, and their checksums."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, remove it if not.

    Raises InputError when the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise full_disk(path, error) from error
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; put it in place of `path` if the block succeeds, else remove it.

    Raises InputError when the disk is full.
    """
    part = fresh_folder(path.with_name(f".{path.name}.{os.getpid()}.part"))
    try:
        yield part
        shutil.rmtree(path, ignore_errors=True)
        part.replace(path)
    except OSError as error:
        raise full_disk(path, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def full_disk(path: Path, error: OSError) -> Exception:
    """Return the InputError that explains a full disk, or `error` itself when it is another one."""
    if error.errno not in {28, 122}:  # ENOSPC, EDQUOT
        return error
    free_mb = shutil.disk_usage(path.parent).free // 2**20
    return InputError(
        f"{path}: no disk left to write it ({free_mb} MB free): make room, then run the same command again, "
        "what is finished is kept"
    )


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


def read_json(path: Path) -> Any:
    """Read a JSON file; raise InputError when it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; run the stage that writes it, or mend the path") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not JSON ({error}); write it again") from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fresh_folder(path: Path) -> Path:
    """Return `path` as an existing, empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def way_to(path: Path, folder: Path) -> str:
    """Return the path as a file in `folder` names it: relative and POSIX, the same on every machine."""
    return Path(os.path.relpath(path, folder)).as_posix()


def inside(root: Path, relative: str, where: str) -> Path:
    """Return ``root / relative``; raise InputError naming `where` when it leaves `root`."""
    path = root / relative
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{where}: {relative!r} leaves {root}; name a file inside it")
    return path
