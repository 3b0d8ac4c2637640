"""Whether a tar is whole: tarfile takes one that breaks off between two members for one that ends there."""

import tarfile
from typing import Protocol

AT_ONCE_BYTES = 2**20


class Seekable(Protocol):
    """What of a file is needed here."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...

    def seek(self, place: int, /) -> int:
        """Go to a place."""
        ...

    def tell(self) -> int:
        """Return the place."""
        ...


def check_end(file: Seekable, end: int) -> None:
    """Raise tarfile.ReadError unless nothing but zeros follows on the last member, one block of them at least.

    end: the place behind the last member. Neither does tarfile see a damaged head behind it, nor a second tar.
    """
    file.seek(end)
    if len(block := file.read(tarfile.BLOCKSIZE)) < tarfile.BLOCKSIZE or any(block):
        raise tarfile.ReadError("it breaks off, or is damaged, behind its last whole member")
    while block := file.read(AT_ONCE_BYTES):
        if any(block):
            raise tarfile.ReadError("it goes on behind its end, as two tars in one do")
        file.seek(file.tell())
