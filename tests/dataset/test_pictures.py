import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dataset.pictures import BrokenPictureError, decode, read_photo, size_of, upright
from pipeline.errors import InputError

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
    np.testing.assert_array_equal(upright(png(STORED[orientation], orientation), "a.png"), SCENE)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(SCENE[..., 0], id="grey"),
        pytest.param(np.dstack([SCENE, np.full((4, 6), 255, np.uint8)]), id="with alpha"),
    ],
)
def test_other_channels_become_rgb(pixels):
    assert upright(png(pixels), "a.png").shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "cannot be read as an image", id="empty"),
        pytest.param(b"no image at all", "cannot be read as an image", id="text"),
        pytest.param(
            png(np.random.default_rng(1).integers(0, 256, (90, 90, 3), np.uint8))[:900], "cannot be read", id="torn"
        ),
        pytest.param(png(np.zeros((4, 6), np.uint16)), "wanted 8 bits a channel", id="16 bits"),
    ],
)
def test_what_is_no_photo_is_refused(data, message):
    with pytest.raises(BrokenPictureError, match=message):
        upright(data, "a.png")


def black(width: int, height: int) -> bytes:
    """Return a black PNG of any size: a bomb of a few hundred kB."""
    packer = zlib.compressobj(9)
    rows = b"".join([*(packer.compress(b"\0" * (width + 1)) for _ in range(height)), packer.flush()])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_a_picture_beyond_the_largest_camera_is_refused_before_it_is_decoded(tmp_path):
    (tmp_path / "a.png").write_bytes(black(16_000, 12_000))
    for read in (lambda path: decode(path, "RGB"), lambda path: read_photo(path.read_bytes(), str(path)), size_of):
        with pytest.raises(InputError, match=r"a\.png: has 16000 x 12000 pixels, wanted 110 million at most"):
            read(tmp_path / "a.png")


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"


def icon() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "ICO")
    return buffer.getvalue()


def gif() -> bytes:
    buffer = io.BytesIO()
    Image.new("P", (16, 16)).save(buffer, "GIF")
    return buffer.getvalue()


@pytest.mark.parametrize("data", [POSTSCRIPT, icon(), gif()], ids=["postscript", "icon", "gif"])
def test_formats_that_no_camera_writes_are_never_tried(tmp_path, data, monkeypatch):
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", "/bin/false")
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("pillow started a program"))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BrokenPictureError, match=r"a\.png: cannot be read as an image, wanted JPEG, PNG"):
        decode(tmp_path / "a.png", "RGB")


def test_a_mask_whose_values_no_id_map_can_hold_is_refused(tmp_path):
    from dataset.idmap import read_ids

    Image.fromarray(np.array([[0, 70_000]], np.int32)).save(tmp_path / "a.tiff")
    with pytest.raises(InputError, match=r"a\.tiff: found values beyond 0 to 65535 or fractions"):
        read_ids(tmp_path / "a.tiff")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_several_pictures_in_one_file_are_refused_and_one_is_not(kind):
    pictures, buffer = [Image.fromarray(SCENE), Image.fromarray(SCENE[::-1])], io.BytesIO()
    pictures[0].save(buffer, kind, save_all=True, append_images=pictures[1:])
    with pytest.raises(BrokenPictureError, match=r"^a: holds 2 pictures, wanted one; "):
        upright(buffer.getvalue(), "a")
    single = io.BytesIO()
    pictures[0].save(single, kind)
    assert upright(single.getvalue(), "a").shape == SCENE.shape


def test_the_photo_of_a_camera_that_adds_a_preview_is_the_first_picture():
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (255, 0, 0)).save(
        buffer, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16), (0, 0, 255))]
    )
    assert upright(buffer.getvalue(), "a")[8, 8, 0] > 250


def dated(value: object, orientation: int = 1) -> bytes:
    """Return a JPEG whose camera wrote when it was taken."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[274] = orientation
    exif.get_ifd(0x8769)[36867] = value
    Image.new("RGB", (16, 8)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        pytest.param("2024:05:01 12:30:00", "2024:05:01 12:30:00", id="a date"),
        pytest.param("0000:00:00 00:00:00", "", id="a clock that was never set"),
        pytest.param("    :  :     :  :  ", "", id="no clock"),
        pytest.param("<script>", "", id="another text"),
    ],
)
def test_a_photo_says_when_it_was_taken_where_its_camera_did(value, taken):
    found = read_photo(dated(value, 6), "a.jpg")
    assert (found.taken, found.orientation, found.pixels.shape) == (taken, 6, (8, 16, 3))
