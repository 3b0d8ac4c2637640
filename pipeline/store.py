"""A place that every worker reaches: a folder, or an address of fsspec such as ``s3://bucket/renders``."""

import contextlib
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import InputError
from pipeline.files import write_bytes


class Store:
    """Blobs by name (POSIX, relative), each one there whole or not at all."""

    def __init__(self, address: str) -> None:
        """Open the place. Raises InputError for an address that fsspec does not know or whose package is missing."""
        try:
            self.files, self.root = fsspec.core.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise InputError(
                f"params.yaml: the store {address!r} cannot be opened ({error}); mend shoot.store"
            ) from error
        self.address = str(self.files.unstrip_protocol(self.root))  # whole, so that other machines can open it

    @property
    def folder(self) -> Path | None:
        """Where the blobs lie on this machine's disks, None for a place elsewhere."""
        return Path(self.root) if isinstance(self.files, LocalFileSystem) else None

    def put(self, name: str, data: bytes) -> None:
        """Write a blob whole, in place of an earlier one of the name; InputError when the disk is full."""
        path = f"{self.root}/{name}"
        if self.folder:
            write_bytes(Path(path), data)
        else:  # object stores show a blob when it is complete
            self.files.pipe_file(path, data)

    def get(self, name: str) -> bytes:
        """Return a blob; raise FileNotFoundError if there is none of the name."""
        return bytes(self.files.cat_file(f"{self.root}/{name}"))

    def has(self, name: str) -> bool:
        """Return whether there is such a blob."""
        return bool(self.files.exists(f"{self.root}/{name}"))

    def names(self, folder: str) -> list[str]:
        """Return the names of the blobs in a folder, sorted, without the folder; none if there is no folder."""
        with contextlib.suppress(FileNotFoundError):
            found = self.files.ls(f"{self.root}/{folder}", detail=False, refresh=True)
            return sorted(path.rsplit("/", 1)[1] for path in found)
        return []

    def remove(self, name: str) -> None:
        """Remove a blob if there is one."""
        with contextlib.suppress(FileNotFoundError):
            self.files.rm_file(f"{self.root}/{name}")
