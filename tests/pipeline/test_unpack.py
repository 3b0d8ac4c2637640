"""An archive is unpacked whole, or refused before it does harm."""

import stat
import zipfile
from pathlib import Path

import pytest

from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.unpack import unpack, unpacked

LIMITS = ArchiveLimits(2000, 2 * 2**30, "pack one asset alone")


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_members_come_out_as_they_went_in_with_paths_of_either_kind(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mug/", "")
        file.writestr("mug/a.obj", "v 0 0 0\n" * 1000)
        file.writestr("mug\\tex\\a.png", b"\0\1")
    unpack(tmp_path / "a.zip", tmp_path / "out", LIMITS)
    assert files_in(tmp_path / "out") == ["mug/a.obj", "mug/tex/a.png"]
    assert (tmp_path / "out" / "mug" / "a.obj").read_text(encoding="utf-8") == "v 0 0 0\n" * 1000
    assert (tmp_path / "out" / "mug" / "tex" / "a.png").read_bytes() == b"\0\1"


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.obj", bytes(20 * 2**20))


def crowd(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for number in range(2001):
            file.writestr(f"{number}.png", b"")


def escape(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.obj", "v 0 0 0")
        file.writestr(name, "gotcha")


def link(path: Path) -> None:
    member = zipfile.ZipInfo("a.mtl")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(member, "/etc/passwd")


def patched(path: Path, at: int, value: bytes) -> None:
    """Write an archive whose entry in the central directory has other bytes at an offset, local header alike."""
    escape(path, "b.txt")
    data = bytearray(path.read_bytes())
    for start, shift in ((data.find(b"PK\1\2"), 0), (data.find(b"PK\3\4"), -2 if at < 28 else 0)):
        data[start + at + shift : start + at + shift + len(value)] = value
    path.write_bytes(bytes(data))


BOMBS = {
    "a bomb of zeros": (bomb, "unpacks to more than 200 times its size"),
    "too many files": (crowd, "unpacks to 2001 files"),
    "too many bytes": (lambda path: patched(path, 24, (2**31 + 1).to_bytes(4, "little")), "2.0 GiB, the limit"),
    "a password": (lambda path: patched(path, 8, b"\1\0"), "has a password"),
    "an unknown method": (lambda path: patched(path, 10, b"\x63\0"), "can be read"),
    "a member above": (lambda path: escape(path, "../evil.obj"), "'../evil.obj' leaves"),
    "a member above, as Windows writes it": (lambda path: escape(path, "..\\..\\evil.obj"), "leaves"),
    "a member from the root": (lambda path: escape(path, "/tmp/evil.obj"), "leaves"),
    "a link": (link, "'a.mtl' is a link"),
}


@pytest.mark.parametrize(("make", "message"), BOMBS.values(), ids=BOMBS)
def test_an_archive_that_is_not_to_be_trusted_is_refused_before_anything_is_written(tmp_path: Path, make, message: str):
    archive = tmp_path / "in" / "a.zip"
    archive.parent.mkdir()
    make(archive)
    with pytest.raises(InputError, match=message) as refusal:
        unpack(archive, tmp_path / "out", LIMITS)
    assert str(archive) in str(refusal.value)
    assert files_in(tmp_path) == ["in/a.zip"]


def test_an_archive_that_holds_more_than_it_says_is_refused_and_writes_no_more_than_that(tmp_path: Path):
    patched(tmp_path / "a.zip", 24, (5).to_bytes(4, "little"))
    with pytest.raises(InputError, match="can be read"):
        unpack(tmp_path / "a.zip", tmp_path / "out", LIMITS)
    assert sum((tmp_path / "out" / name).stat().st_size for name in files_in(tmp_path / "out")) <= 5


def look_into(archive: Path, home: Path, name: str) -> None:
    """Find a fault in a file of an archive of a.obj and b.txt."""
    with unpacked(archive, LIMITS, home) as folder:
        assert folder.name == archive.stem
        assert files_in(folder) == ["a.obj", "b.txt"]
        raise InputError(f"{folder / name}: is no mug")


@pytest.mark.parametrize("made", [True, False], ids=["a file that is there", "a file that is not"])
def test_what_an_archive_holds_is_named_in_it_and_the_temporary_folder_is_gone_afterwards(tmp_path: Path, made: bool):
    escape(tmp_path / "mugs.zip", "b.txt")
    home = tmp_path / "home"
    with pytest.raises(InputError) as refusal:
        look_into(tmp_path / "mugs.zip", home, "b.txt" if made else ".")
    assert str(refusal.value).startswith(f"{tmp_path / 'mugs.zip'}{'/b.txt' if made else ''}: ")
    assert list(home.iterdir()) == []


def test_a_folder_is_taken_as_it_is(tmp_path: Path):
    (tmp_path / "a.zip").mkdir()
    with unpacked(tmp_path / "a.zip", LIMITS) as folder:
        assert folder == tmp_path / "a.zip"


def test_an_archive_that_is_larger_than_the_room_on_the_disk_is_refused(tmp_path: Path, monkeypatch):
    escape(tmp_path / "a.zip", "b.txt")
    monkeypatch.setattr("pipeline.archives.free_mb", lambda _: 0)
    with pytest.raises(InputError, match=r"0\.0 GiB are free on the disk"):
        unpack(tmp_path / "a.zip", tmp_path / "out", LIMITS)
