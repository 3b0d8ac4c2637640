"""A tar is unpacked as a .zip is: whole, or refused before anything is written, however it is packed."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.unpack import unpack, unpacked

LIMITS = ArchiveLimits(20, 64 * 2**20, "pack less")
FILES = {"set/a.txt": b"a" * 2000, "set\\deep\\b.bin": b"\0\1", "./c.txt": b""}
BLOCK = 512


def tar(files: dict[str, bytes] = FILES, **member: object) -> bytes:
    """Return a tar of these files, and of one more whose head says what `member` does."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            packed.addfile(about, io.BytesIO(data))
        if member:
            about = tarfile.TarInfo("odd")
            for key, value in member.items():
                setattr(about, key, value)
            packed.addfile(about, io.BytesIO(bytes(about.size)))
    return buffer.getvalue()


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.tar", bytes), ("a.tar.gz", gzip.compress), ("A.TGZ", gzip.compress), ("named wrongly.tar", gzip.compress)],
)
def test_members_come_out_as_they_went_in(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(tar()))
    with unpacked(tmp_path / name, LIMITS) as folder:
        assert folder.name == name.split(".")[0]
        assert files_in(folder) == {"set/a.txt": b"a" * 2000, "set/deep/b.bin": b"\0\1", "c.txt": b""}
    assert not folder.exists()


def long_head(size: int) -> bytes:
    """Return a tar whose first head says that a name of so many bytes follows."""
    about = tarfile.TarInfo("././@LongLink")
    about.type, about.size = tarfile.GNUTYPE_LONGNAME, size
    return about.tobuf() + bytes(2 * BLOCK)


ODD: dict[str, tuple[bytes, str]] = {
    "a symbolic link": (tar(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "'odd' is a link"),
    "a hard link": (tar(type=tarfile.LNKTYPE, linkname="set/a.txt"), "'odd' is a link"),
    "a device": (tar(type=tarfile.CHRTYPE), "'odd' is a device"),
    "a pipe": (tar(type=tarfile.FIFOTYPE), "'odd' is a device, a pipe"),
    "a kind that nobody knows": (tar(type=b"Z"), "'odd' is a device"),
    "a member above": (tar({"../evil": b""}), "'../evil' leaves"),
    "a member above, as Windows writes it": (tar({"..\\evil": b""}), "leaves"),
    "a member from the root": (tar(name="/tmp/evil"), "leaves"),
    "one name twice": (tar({"a": b"1", "./a": b"2"}), "is there twice"),
    "a file that is a folder": (tar({"a": b"1", "a/b": b"2"}), "is there twice, or is a file and a folder"),
    "too many files": (tar({str(number): b"" for number in range(21)}), "unpacks to 21 files"),
    "too many bytes": (tar(size=65 * 2**20), r"0\.1 GiB, the limit|more than 200 times"),
    "a head that fills the memory": (long_head(2**33), "can be read"),
    "nothing": (b"", "can be read"),
    "text": (b"a" * 2000, "can be read"),
    "a tar that was cut in a file": (tar()[: 2 * BLOCK], "can be read"),
    "a tar that was cut between two files": (tar()[: 5 * BLOCK], "breaks off"),
    "a damaged head behind a whole file": (tar()[: 5 * BLOCK] + b"x" + tar()[5 * BLOCK + 1 :], "breaks off"),
    "two tars in one": (tar() + tar({"later": b"1"}), "goes on behind its end"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("data", "message"), ODD.values(), ids=ODD)
def test_a_tar_that_is_not_to_be_trusted_is_refused_before_anything_is_written(
    tmp_path: Path, data: bytes, message: str, pack: Callable[[bytes], bytes]
):
    archive = tmp_path / "in" / "a.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(pack(data))
    with pytest.raises(InputError, match=message) as refusal:
        unpack(archive, tmp_path / "out", LIMITS)
    assert str(archive) in str(refusal.value)
    assert list(files_in(tmp_path)) == ["in/a.tar.gz"]


BOMBS = {
    "of zeros": (tar({"a": bytes(30 * 2**20)}), "more than 200 times its size"),
    "behind its end": (tar() + bytes(40 * 2**20), "more than 200 times its size"),
}


@pytest.mark.parametrize(("data", "message"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused(tmp_path, data, message):
    (tmp_path / "a.tgz").write_bytes(gzip.compress(data))
    with pytest.raises(InputError, match=message):
        unpack(tmp_path / "a.tgz", tmp_path / "out", LIMITS)
    assert list(files_in(tmp_path)) == ["a.tgz"]


@pytest.mark.parametrize("end", [-1, -9, 40], ids=["its last byte", "its sum", "nearly all"])
def test_a_gzip_that_was_cut_is_refused(tmp_path, end):
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tar())[:end])
    with pytest.raises(InputError, match="can be read"):
        unpack(tmp_path / "a.tgz", tmp_path / "out", LIMITS)


def test_many_folders_are_too_many_members(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for number in range(41):
            about = tarfile.TarInfo(f"d{number}")
            about.type = tarfile.DIRTYPE
            packed.addfile(about)
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="unpacks to 41 files"):
        unpack(tmp_path / "a.tar", tmp_path / "out", LIMITS)
