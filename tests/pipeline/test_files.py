import errno
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.files import (
    check_free,
    fresh_folder,
    in_words,
    inside,
    sha256_of,
    whole_file,
    whole_folder,
    write_bytes,
    write_json,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_write_makes_the_folders_above_it(tmp_path):
    write_text(tmp_path / "a/b/c.txt", "grün\n")
    assert (tmp_path / "a/b/c.txt").read_bytes() == "grün\n".encode()


def test_a_write_that_fails_half_way_leaves_the_old_file_whole(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a.txt", "new and longer than a buffer " * 10_000 + "\ud800")
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "old"


def test_until_the_block_ends_the_file_is_not_there(tmp_path):
    with whole_file(tmp_path / "a.txt") as part:
        part.write_text("new", encoding="utf-8")
        assert not (tmp_path / "a.txt").exists()
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_said_in_words_and_leaves_the_old_file_whole(small_disk):
    write_text(small_disk / "a.txt", "old")
    with pytest.raises(InputError, match=r"a\.txt: no disk left to write it \(0 MB free\): make room, then run the"):
        write_bytes(small_disk / "a.txt", b"x" * 2**20)
    assert names(small_disk) == ["a.txt"]
    assert (small_disk / "a.txt").read_text(encoding="utf-8") == "old"


def made(path, name, kind="run"):
    with whole_folder(path, kind) as part:
        write_text(part / name, name)
        return names(path) if path.is_dir() else []


def test_an_earlier_folder_of_the_same_kind_is_replaced_as_a_whole(tmp_path):
    assert made(tmp_path / "a", "old.txt") == []
    assert made(tmp_path / "a", "new.txt") == [".admix", "old.txt"]
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == [".admix", "new.txt"]


def test_a_folder_is_replaced_where_the_file_system_cannot_exchange_two(tmp_path, monkeypatch):
    made(tmp_path / "a", "old.txt")
    monkeypatch.setattr("pipeline.files.EXCHANGE", 2**20)  # a flag that no system knows
    made(tmp_path / "a", "new.txt")
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == [".admix", "new.txt"]


def test_a_folder_that_fails_half_way_leaves_the_old_one_whole(tmp_path):
    made(tmp_path / "a", "old.txt")
    with pytest.raises(ValueError, match="JSON compliant"), whole_folder(tmp_path / "a", "run") as part:  # noqa: PT012
        write_text(part / "new.txt", "new")
        write_json(part / "bad.json", float("nan"))
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == [".admix", "old.txt"]


def of_somebody_else(path):
    write_text(path / "thesis.txt", "years of work")


def of_another_kind(path):
    made(path, "photos.txt", "photos")


def marked_by_somebody_else(path):
    write_text(path / ".admix", "")
    write_text(path / "thesis.txt", "years of work")


def a_file(path):
    write_text(path, "years of work")


def a_link(path):
    of_somebody_else(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


OTHERS = [of_somebody_else, of_another_kind, marked_by_somebody_else, a_file, a_link]


@pytest.mark.parametrize("there", OTHERS, ids=lambda there: there.__name__)
def test_what_another_made_is_never_replaced(tmp_path, there):
    there(tmp_path / "out")
    before = {path: path.is_file() and path.read_bytes() for path in sorted(tmp_path.rglob("*"))}
    with pytest.raises(InputError, match=r"out: (holds files that are no earlier run|not a folder that can be)"):
        made(tmp_path / "out", "new.txt")
    assert {path: path.is_file() and path.read_bytes() for path in sorted(tmp_path.rglob("*"))} == before


@pytest.mark.parametrize("name", [".", "..", "../..", "../project", "../../above/project", "link"])
def test_the_folder_that_the_command_runs_in_is_never_replaced(tmp_path, monkeypatch, name):
    home = tmp_path / "above/project"
    made(home, "mine.txt")
    (tmp_path / "above/.admix").write_text("run\n", encoding="utf-8")
    (home / "link").symlink_to(home)
    monkeypatch.chdir(home)
    with pytest.raises(InputError, match=r"not a folder that can be written anew|this command runs in it"):
        check_free(Path(name), "run")
    assert names(home) == [".admix", "link", "mine.txt"]


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "a").mkdir()
    made(tmp_path / "a", "new.txt")
    assert names(tmp_path / "a") == [".admix", "new.txt"]


def test_a_folder_that_finds_the_disk_full_says_so_and_leaves_nothing_behind(small_disk):
    with (
        pytest.raises(InputError, match="no disk left to write it"),
        whole_folder(small_disk / "a", "run") as part,
        (part / "b").open("wb") as file,
    ):
        file.write(b"x" * 2**20)
    assert names(small_disk) == []


def test_a_folder_in_the_place_of_a_file_is_said_in_one_line(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match=r"/a: is no file, .*mend the path$"):
        write_text(tmp_path / "a", "a folder is there already")
    assert names(tmp_path) == ["a"]


def test_another_error_of_the_system_is_left_as_it_is(tmp_path):
    error = OSError(errno.EBADMSG, "the disk is broken")
    assert in_words(tmp_path, error) is error


def test_json_that_others_could_not_read_is_refused_before_a_byte_is_written(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"iou": float("nan")})
    assert names(tmp_path) == []


def test_the_checksum_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_a_fresh_folder_is_empty_whatever_was_there(tmp_path):
    write_text(tmp_path / "a/b/c.txt", "old")
    assert names(fresh_folder(tmp_path / "a")) == []
    assert names(fresh_folder(tmp_path / "new")) == []


WRITES = """
import os, pathlib, sys
from pipeline.files import whole_folder, write_text
from pipeline.stage import one_line_errors
if sys.argv[3:] and not os.getuid():  # an ordinary user's rights; root may write anywhere
    os.setgid(65534)
    os.setuid(65534)
with one_line_errors():
    if sys.argv[1] == "file":
        write_text(pathlib.Path(sys.argv[2]) / "a.txt", "new")
    with whole_folder(pathlib.Path(sys.argv[2]) / "a", "run") as part:
        write_text(part / "a.txt", "new")
"""


@pytest.mark.parametrize("what", ["file", "folder"])
def test_where_one_may_not_write_is_one_line(tmp_path, what):
    tmp_path.chmod(0o555)
    command = [sys.executable, "-c", WRITES, what, str(tmp_path), "nobody"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "the system does not permit it" in done.stderr


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_disk_that_takes_no_changes_is_one_line(small_disk, what):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    command = [sys.executable, "-c", WRITES, what, str(small_disk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "its disk takes no changes (read-only)" in done.stderr


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "ab/" * 2000 + "c", "circle/x"])
def test_what_can_be_no_path_is_refused(tmp_path, name):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(InputError, match=r"^meta.json: '.*' is no file \(.*\); name one inside"):
        inside(tmp_path, name, "meta.json")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "link/x"])
def test_a_path_that_leaves_its_folder_is_refused(tmp_path, name):
    root = fresh_folder(tmp_path / "root")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match=r"^meta.json: .* leaves .*; name a file inside it$"):
        inside(root, name, "meta.json")


def test_a_path_inside_its_folder_is_joined(tmp_path):
    assert inside(tmp_path, "a/../b.png", "meta.json").resolve() == (tmp_path / "b.png").resolve()
