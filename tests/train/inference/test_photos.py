import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import InputError
from train.inference.photos import UnreadablePhotoError, photos_in, read_upright, stems_of

SCENE = np.zeros((4, 6, 3), np.uint8)
SCENE[0, 0], SCENE[0, -1], SCENE[-1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
STORED = {  # EXIF 2.32, tag 0x0112: where row 0 and column 0 of what is stored belong in what is seen
    1: SCENE,
    2: SCENE[:, ::-1],
    3: SCENE[::-1, ::-1],
    4: SCENE[::-1],
    5: SCENE.transpose(1, 0, 2),
    6: SCENE.transpose(1, 0, 2)[::-1],
    7: SCENE.transpose(1, 0, 2)[::-1, ::-1],
    8: SCENE.transpose(1, 0, 2)[:, ::-1],
}


def png(array: np.ndarray, orientation: int = 1) -> bytes:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", STORED)
def test_a_photo_is_seen_upright_whatever_way_it_is_stored(orientation):
    np.testing.assert_array_equal(read_upright(png(STORED[orientation], orientation)), SCENE)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(SCENE[..., 0], id="grey"),
        pytest.param(np.dstack([SCENE, np.full((4, 6), 255, np.uint8)]), id="with alpha"),
    ],
)
def test_other_channels_become_rgb(pixels):
    assert read_upright(png(pixels)).shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a whole image", id="empty"),
        pytest.param(b"no image at all", "not a whole image", id="text"),
        pytest.param(png(np.random.default_rng(1).integers(0, 256, (90, 90, 3), np.uint8))[:900], "not a", id="torn"),
        pytest.param(png(np.zeros((4, 6), np.uint16)), "wanted 8 bits a channel", id="16 bits"),
    ],
)
def test_what_is_no_photo_is_refused(data, message):
    with pytest.raises(UnreadablePhotoError, match=message):
        read_upright(data)


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
