import numpy as np
import pytest
from PIL import Image

from docs.sheets import GAP, MARGIN, Tiles, across, below, square, write_sheet
from pipeline.errors import InputError


def tile(value, side=40):
    return np.full((side, side, 3), value, np.uint8)


@pytest.mark.parametrize(
    ("middle_xy", "first_column"),
    [
        pytest.param(None, 30, id="about the middle"),
        pytest.param((35, 20), 15, id="about a point"),
        pytest.param((0, 0), 0, id="not beyond the left edge"),
        pytest.param((99, 39), 60, id="not beyond the right edge"),
    ],
)
def test_a_square_is_cut(middle_xy, first_column):
    columns = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None], (40, 100, 3))
    assert square(np.ascontiguousarray(columns), 40, middle_xy)[0, 0, 0] == first_column


def test_pictures_fill_a_row_and_then_the_next():
    sheet = np.asarray(across([Tiles("", [tile(10), tile(20), tile(30)], 2)]))
    step = 40 + GAP
    assert sheet.shape == (2 * step - GAP + 2 * MARGIN, 2 * step - GAP + 2 * MARGIN, 3)
    corners = [(0, 0), (0, step), (step, 0), (step, step)]
    assert [sheet[MARGIN + y, MARGIN + x, 0] for y, x in corners] == [10, 20, 30, 255]


def test_the_same_pictures_give_the_same_bytes(tmp_path):
    blocks = [Tiles("renders", [tile(90), tile(160)], 2, ["0.1", "0.2"])]
    for name in ("a.jpg", "b.jpg"):
        write_sheet(tmp_path / name, below(blocks))
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_that_is_too_heavy_in_every_quality_is_refused(tmp_path, suffix):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (600, 600, 3), np.uint8))
    with pytest.raises(InputError, match="show fewer pictures on it"):
        write_sheet(tmp_path / f"noise{suffix}", noise)
    assert not list(tmp_path.iterdir())
