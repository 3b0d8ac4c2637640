import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from dataset.idmap import png_bytes, read_ids
from dataset.shards import exists, members, read_bytes, tar_bytes, untar, write_shard
from pipeline.errors import InputError

FILES = {"a.png": b"first", "b.json": b"", "c.npy": bytes(range(256)) * 9}


def test_what_is_packed_is_read_through_the_tar(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.tar", FILES.items())
    assert {name: read_bytes(tmp_path / "0.tar" / name) for name in FILES} == FILES
    assert list(members(tmp_path / "0.tar")) == list(FILES)
    assert exists(tmp_path / "0.tar" / "a.png")
    assert not exists(tmp_path / "0.tar" / "d.png")


def test_the_field_s_own_reader_opens_a_shard(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.tar", FILES.items())
    with tarfile.open(tmp_path / "0.tar") as tar:
        assert {item.name: tar.extractfile(item).read() for item in tar} == FILES


def test_the_same_files_give_the_same_bytes_and_come_back() -> None:
    assert tar_bytes(FILES.items()) == tar_bytes(FILES.items())
    assert untar(tar_bytes(FILES.items())) == FILES
    assert untar(tar_bytes([])) == {}


@pytest.mark.parametrize("end", [512 * 2, 512 * 3, -1024 - 8192], ids=["behind a file", "behind two", "without an end"])
def test_a_tar_that_breaks_off_between_two_files_is_not_taken_for_whole(tmp_path: Path, end: int) -> None:
    data = tar_bytes(FILES.items())[:end]
    (tmp_path / "0.tar").write_bytes(data)
    with pytest.raises(InputError, match="not a whole tar"):
        members(tmp_path / "0.tar")


def test_a_shard_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.tar", FILES.items())
    assert read_bytes(tmp_path / "0.tar" / "a.png") == b"first"
    write_shard(tmp_path / "0.tar", [("z.png", b"longer than before"), ("a.png", b"second")])
    assert read_bytes(tmp_path / "0.tar" / "a.png") == b"second"


def test_an_id_map_is_read_loose_and_from_a_shard(tmp_path: Path) -> None:
    ids = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    write_shard(tmp_path / "0.tar", [("x.ids.png", png_bytes(ids))])
    (tmp_path / "x.png").write_bytes(png_bytes(ids))
    assert np.array_equal(read_ids(tmp_path / "0.tar" / "x.ids.png"), ids)
    assert np.array_equal(read_ids(tmp_path / "x.png"), ids)


def test_what_is_not_there_and_a_damaged_tar_are_said(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.tar", FILES.items())
    with pytest.raises(InputError, match=r"0.tar: holds no d.png; run the stage"):
        read_bytes(tmp_path / "0.tar" / "d.png")
    with pytest.raises(InputError, match=r"0.tar: holds no d.png; run the stage"):
        read_ids(tmp_path / "0.tar" / "d.png")
    (tmp_path / "1.tar").write_bytes(b"no tar at all, but long enough to be looked at" * 30)
    with pytest.raises(InputError, match=r"1.tar: not a whole tar"):
        read_bytes(tmp_path / "1.tar" / "a.png")


def test_a_plain_tar_of_others_is_read(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "0.tar", "w") as tar:
        entry = tarfile.TarInfo("folder/a name that is long " + "x" * 120 + ".txt")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    (name,) = members(tmp_path / "0.tar")
    assert read_bytes(tmp_path / "0.tar" / name) == b"abc"
