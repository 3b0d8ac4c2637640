import functools
import json

import cv2
import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from pipeline.errors import InputError
from setups.boards.corners import (
    Board,
    Lens,
    black_first,
    fill,
    find_corners,
    fit_lens,
    inner_grid,
    label,
    outer_corners,
    read_corners,
)

BOARD = Board(inner_wh=(7, 4), extent=(0.6, 0.9, 0.4, 0.8), scales=(1.0, 1.5))
SIZE_HW = (300, 400)
LENS = Lens(np.array([[380.0, 0, 205], [0, 380, 148], [0, 0, 1]]), np.array([-0.25, 0.08, 0, 0, 0]))
POSES = {  # turn (radians about x, y, z), the board's middle seen from the camera (in squares)
    "facing": ((0, 0, 0), (0, 0, 12)),
    "upside down": ((0, 0, np.pi), (0.5, 0, 12)),
    "leaning back": ((0.6, 0, 0.1), (0, 0, 12)),
    "turned left": ((0, 0.6, -0.2), (-1, 0, 13)),
    "turned right": ((0.1, -0.6, 0.4), (1, 0.5, 13)),
    "upright": ((0.2, 0.2, np.pi / 2), (-1, 0, 16)),
    "half out of sight": ((0, 0.2, 0), (-2.75, 0, 12)),
}


def pose(name):
    """Return the rotation matrix and shift of a pose."""
    turn, middle = POSES[name]
    matrix = cv2.Rodrigues(np.array(turn, dtype=np.float64))[0]
    return matrix, np.array(middle, dtype=np.float64) - matrix @ np.array([3.0, 1.5, 0])


@functools.cache
def rays():
    """Return the direction of 3 x 3 rays for each pixel of the photo, (9 H W, 3)."""
    height, width = SIZE_HW
    y, x = np.mgrid[0 : height * 3, 0 : width * 3]
    pixels = np.stack([(x - 1) / 3, (y - 1) / 3], axis=-1).reshape(-1, 1, 2).astype(np.float64)
    flat = cv2.undistortPoints(pixels, LENS.matrix, LENS.distortion).reshape(-1, 2)
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)


def draw(name):
    """Return what the lens sees, (H, W) uint8, and the pattern's true mask, by rays from the pixels to the board."""
    matrix, shift = pose(name)
    height, width = SIZE_HW
    turned, origin = rays() @ matrix, -shift @ matrix
    u, v = (origin + turned * (-origin[2] / turned[:, 2])[:, None])[:, :2].T.reshape(2, height * 3, width * 3)
    left, top, right, bottom = BOARD.extent
    inside = (u >= -left) & (u <= 6 + right) & (v >= -top) & (v <= 3 + bottom)
    plate = (u >= -2) & (u <= 8) & (v >= -2) & (v <= 5)
    black = inside & ((np.floor(u) + np.floor(v)) % 2 == 0)
    fine = np.where(black, 30, np.where(plate, 220, 120)).astype(np.uint8)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), inside[1::3, 1::3]


def agrees_to_a_pixel(mask, truth):
    return not (mask & ~binary_dilation(truth)).any() and not (binary_erosion(truth, border_value=1) & ~mask).any()


@pytest.fixture(scope="module")
def drawn():
    return {name: draw(name) for name in POSES}


@pytest.mark.slow
def test_the_label_is_the_printed_pattern_to_a_pixel(drawn):
    masks = label({name: image for name, (image, _) in drawn.items()}, BOARD, {})
    wrong = [name for name, (_, truth) in drawn.items() if not agrees_to_a_pixel(masks[name], truth)]
    assert wrong == []


@pytest.mark.slow
def test_corners_given_by_hand_need_no_detector_and_no_corners_mean_no_board(drawn):
    matrix, shift = pose("turned left")
    corners, _ = cv2.projectPoints(outer_corners(BOARD), cv2.Rodrigues(matrix)[0], shift, LENS.matrix, LENS.distortion)
    blank = np.full(SIZE_HW, 120, np.uint8)
    photos = {name: image for name, (image, _) in drawn.items()} | {"turned left": blank, "empty": blank}
    masks = label(photos, BOARD, {"turned left": corners.reshape(-1, 2), "empty": np.empty((0, 2))})
    assert agrees_to_a_pixel(masks["turned left"], drawn["turned left"][1])
    assert not masks["empty"].any()


def test_a_photo_without_a_board_must_be_said_to_have_none(drawn):
    photos = {"facing": drawn["facing"][0], "empty": np.full(SIZE_HW, 120, np.uint8)}
    with pytest.raises(InputError, match="empty: no board found"):
        label(photos, BOARD, {})


@pytest.mark.parametrize("name", POSES)
def test_the_first_inner_square_is_black_whichever_end_the_detector_begins_at(drawn, name):
    image, _ = drawn[name]
    corners = find_corners(image, BOARD)
    assert corners is not None
    matrix, shift = pose(name)
    truth, _ = cv2.projectPoints(inner_grid(BOARD), cv2.Rodrigues(matrix)[0], shift, LENS.matrix, LENS.distortion)
    assert np.abs(corners - truth.reshape(-1, 2)).max() < 1  # a square has 24 pixels
    assert np.array_equal(black_first(image, corners[::-1], BOARD), corners)


def test_corners_that_no_lens_explains_are_refused():
    rng = np.random.default_rng(0)
    corners = [rng.uniform(0, 300, (28, 2)).astype(np.float32) for _ in range(3)]
    with pytest.raises(InputError, match="miss one common lens"):
        fit_lens(corners, BOARD, (400, 300))


def test_a_pixel_is_filled_if_its_centre_is_inside():
    line = np.array([(0.6, 0.6), (3.4, 0.6), (3.4, 2.4), (0.6, 2.4)])
    mask = fill(line, (4, 5))
    assert np.argwhere(mask).tolist() == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="no mapping"),
        pytest.param({"a.jpg": [[0, 0], [1, 0], [1, 1]]}, id="three corners"),
        pytest.param({"a.jpg": [[0, 0], [1, 0], [1, 1], [0]]}, id="half a corner"),
        pytest.param({"a.jpg": [[0, 0], [1, 0], [1, 1], ["0", 1]]}, id="text for a number"),
        pytest.param({"a.jpg": None}, id="nothing"),
    ],
)
def test_corners_by_hand_that_are_not_four_points_are_refused(tmp_path, value):
    path = tmp_path / "corners.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match=r"corners\.json: .*four (corners|clockwise)"):
        read_corners(path)
