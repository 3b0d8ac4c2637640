import hashlib

import pytest

from pipeline.errors import InputError
from pipeline.files import (
    fresh_folder,
    inside,
    read_json,
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


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    write_text(tmp_path / "a/old.txt", "old")
    with whole_folder(tmp_path / "a") as part:
        write_text(part / "new.txt", "new")
        assert names(tmp_path / "a") == ["old.txt"]
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["new.txt"]


def test_a_folder_that_fails_half_way_leaves_the_old_one_whole(tmp_path):
    write_text(tmp_path / "a/old.txt", "old")
    with pytest.raises(ValueError, match="JSON compliant"), whole_folder(tmp_path / "a") as part:  # noqa: PT012
        write_text(part / "new.txt", "new")
        write_json(part / "bad.json", float("nan"))
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["old.txt"]


def test_a_folder_that_finds_the_disk_full_says_so_and_leaves_nothing_behind(small_disk):
    with (
        pytest.raises(InputError, match="no disk left to write it"),
        whole_folder(small_disk / "a") as part,
        (part / "b").open("wb") as file,
    ):
        file.write(b"x" * 2**20)
    assert names(small_disk) == []


def test_another_error_of_the_system_is_not_taken_for_a_full_disk(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path / "a", "a folder is there already")


def test_json_comes_back_as_it_went(tmp_path):
    value = {"b": [1, 2.5, None, "grün"], "a": {"x": True}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert list(read_json(tmp_path / "a.json")) == ["b", "a"]


def test_json_that_others_could_not_read_is_refused_before_a_byte_is_written(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"iou": float("nan")})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, r"a\.json: there is no such file; run the stage that writes it", id="missing"),
        pytest.param(b'{"a": 1', r"a\.json: not JSON \(Expecting", id="cut short"),
        pytest.param(b"\xff\xfe", r"a\.json: not JSON \('utf-8' codec", id="not text"),
    ],
)
def test_json_that_cannot_be_read_says_which_file_and_why(tmp_path, data, message):
    if data is not None:
        (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "a.json")


def test_the_checksum_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_a_fresh_folder_is_empty_whatever_was_there(tmp_path):
    write_text(tmp_path / "a/b/c.txt", "old")
    assert names(fresh_folder(tmp_path / "a")) == []
    assert names(fresh_folder(tmp_path / "new")) == []


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "link/x"])
def test_a_path_that_leaves_its_folder_is_refused(tmp_path, name):
    root = fresh_folder(tmp_path / "root")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match=r"^meta.json: .* leaves .*; name a file inside it$"):
        inside(root, name, "meta.json")


def test_a_path_inside_its_folder_is_joined(tmp_path):
    assert inside(tmp_path, "a/../b.png", "meta.json").resolve() == (tmp_path / "b.png").resolve()
