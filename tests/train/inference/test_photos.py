from pathlib import Path

import pytest

from pipeline.errors import InputError
from train.inference.records import photos_in, stems_of


def test_photos_of_sub_folders_come_in_order_without_what_is_hidden_or_no_photo(tmp_path: Path):
    for name in ("b.JPG", "a/z.png", "a.txt", ".hidden/c.png", "a/._z.png", "a/k.jpeg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert photos_in(tmp_path) == ["a/k.jpeg", "a/z.png", "b.JPG"]


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_photos_is_said(tmp_path: Path, *, there: bool):
    with pytest.raises(InputError, match=r"found no photo" if there else "there is no such folder"):
        photos_in(tmp_path if there else tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("files", "stems"),
    [
        pytest.param(["a.jpg", "b/a.jpg"], ["a", "b/a"], id="folders tell apart"),
        pytest.param(["a.jpg", "a.png", "c.png"], ["a.jpg", "a.png", "c"], id="suffixes tell apart"),
        pytest.param(["A.jpg", "a.png"], ["A.jpg", "a.png"], id="where A is a"),
        pytest.param(["a.jpg", "a.jpg.png", "a.png"], ["a.jpg", "a.jpg.png", "a.png"], id="a stem that is a photo"),
        pytest.param(["a.v2.jpg"], ["a.v2"], id="dots stay"),
    ],
)
def test_no_two_photos_have_one_name(files, stems):
    assert stems_of(files) == stems
    assert len({stem.lower() for stem in stems}) == len(stems)
