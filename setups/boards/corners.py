"""Label a calibration board to the pixel: detected inner corners, the lens they imply, the pattern's true outline."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
from pydantic import Field, TypeAdapter

from pipeline.errors import InputError, shown
from pipeline.reading import read_typed

Array = np.ndarray[Any, Any]
Pixel = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]

CORNERS = TypeAdapter(dict[str, list[tuple[Pixel, Pixel]]])
MAX_BEND = 3.0  # RMS distance of corners from a flat grid; lenses bend it by up to 2 pixels, false finds by 50
MAX_MISFIT = 1.0  # RMS distance of corners from the fitted lens; 0.25 pixels are usual
POINTS_PER_SIDE = 32  # the lens bows the outline, so it is drawn as many short lines


@dataclasses.dataclass(frozen=True)
class Board:
    """One printed checkerboard, measured in its own squares from its inner corners.

    Board coordinates: x to the right and y down, (0, 0) the first inner corner and 1 the next; the board is turned
    so that the square between (0, 0) and (1, 1) is black. One of inner_wh is odd and one even, so that is unique.
    """

    inner_wh: tuple[int, int]  # inner corners to the right, and down
    extent: tuple[float, float, float, float]  # printed squares beyond the inner corners: left, top, right, bottom
    scales: tuple[float, ...]  # enlargements of the photo that the detector tries, in this order


@dataclasses.dataclass(frozen=True)
class Lens:
    """A pinhole with radial distortion, as OpenCV writes it."""

    matrix: Array  # (3, 3) float64, pixels
    distortion: Array  # (5,) float64


def inner_grid(board: Board) -> Array:
    """Return the inner corners in board coordinates, (N, 3) float32, row by row, z = 0."""
    x, y = np.meshgrid(np.arange(board.inner_wh[0]), np.arange(board.inner_wh[1]))
    return np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(np.float32)


def outer_corners(board: Board) -> Array:
    """Return the pattern's own corners in board coordinates, (4, 3) float64: clockwise, the top left one first."""
    left, top, right, bottom = board.extent
    x0, y0, x1, y1 = -left, -top, board.inner_wh[0] - 1 + right, board.inner_wh[1] - 1 + bottom
    return np.array([(x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0)], dtype=np.float64)


def find_corners(gray: Array, board: Board) -> Array | None:
    """Return the inner corners in the order of `inner_grid`, (N, 2) float32 x, y in pixels, or None if not found.

    gray: (H, W) uint8. A pixel's centre has whole coordinates.
    """
    for scale in board.scales:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        cv2.setRNGSeed(0)  # the detector draws from OpenCV's one generator
        found, corners = cv2.findChessboardCornersSB(
            cv2.resize(gray, None, fx=scale, fy=scale, interpolation=method),
            board.inner_wh,
            flags=cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY,
        )
        if found:
            corners = (corners.reshape(-1, 2) + 0.5) / scale - 0.5
            if bend(corners, board) <= MAX_BEND:
                return black_first(gray, corners, board)
    return None


def bend(corners: Array, board: Board) -> float:
    """Return the RMS distance in pixels between corners (N, 2) and the flat grid that fits them best."""
    grid = inner_grid(board)[:, :2]
    homography, _ = cv2.findHomography(grid, corners)
    flat = cv2.perspectiveTransform(grid[None], homography)[0]
    return float(np.sqrt(np.mean(np.sum((flat - corners) ** 2, axis=1))))


def black_first(gray: Array, corners: Array, board: Board) -> Array:
    """Return corners (N, 2) as float32, turned by 180 degrees if the first inner square is white."""
    width, height = board.inner_wh
    rows = corners.reshape(height, width, 2)
    centres = (rows[:-1, :-1] + rows[1:, 1:]) / 2
    x, y = centres.round().astype(int).clip(0, (gray.shape[1] - 1, gray.shape[0] - 1)).transpose(2, 0, 1)
    odd = np.indices(x.shape).sum(axis=0) % 2 == 1
    squares = gray[y, x]
    turned = rows[::-1, ::-1] if np.median(squares[~odd]) > np.median(squares[odd]) else rows
    return turned.reshape(-1, 2).astype(np.float32)


def fit_lens(corners: list[Array], board: Board, size_wh: tuple[int, int]) -> Lens:
    """Return the lens that explains the corners of several photos of one camera; InputError when none does."""
    focal, centre = float(max(size_wh)), ((size_wh[0] - 1) / 2, (size_wh[1] - 1) / 2)
    guess = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3
    misfit, matrix, distortion, _, _ = cv2.calibrateCamera(
        [inner_grid(board)] * len(corners), corners, size_wh, guess, None, flags=flags
    )
    if misfit > MAX_MISFIT:
        raise InputError(
            f"board corners of {len(corners)} photos: they miss one common lens by {misfit:.1f} pixels, "
            f"wanted at most {MAX_MISFIT}; give the four corners of the worst photos by hand"
        )
    return Lens(matrix, distortion.ravel()[:5])


def outline(points: Array, seen: Array, board: Board, lens: Lens) -> Array:
    """Return the pattern's outline in the photo, (M, 2) float64 x, y in pixels; it may leave the photo.

    points: (N, 3) board coordinates of what was `seen` at (N, 2) pixels, N at least 4.
    """
    _, turn, shift = cv2.solvePnP(points.astype(np.float64), seen.astype(np.float64), lens.matrix, lens.distortion)
    corners = outer_corners(board)
    along = np.linspace(0, 1, POINTS_PER_SIDE, endpoint=False)[:, None]
    sides = [a + along * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    projected, _ = cv2.projectPoints(np.concatenate(sides), turn, shift, lens.matrix, lens.distortion)
    return np.asarray(projected.reshape(-1, 2))


def fill(line: Array, size_hw: tuple[int, int]) -> Array:
    """Return the bool mask (H, W) of the pixels whose centres lie within a closed line (M, 2) of x, y.

    A line of no points fills nothing. Every side that crosses the middle of a row turns what lies to its right from
    outside to inside or back; a library that asks each pixel by itself takes half a second a photo.
    """
    height, width = size_hw
    turns = np.zeros((height, width + 1), dtype=np.int64)
    for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
        low, high = sorted((y0, y1))
        rows = np.arange(max(math.ceil(low), 0), min(math.ceil(high), height))  # low <= row < high
        if rows.size:
            first = np.ceil(x0 + (rows - y0) * (x1 - x0) / (y1 - y0))
            turns[rows, first.clip(0, width).astype(int)] += 1
    return np.asarray(turns[:, :width].cumsum(axis=1) % 2 == 1)


def label(photos: Mapping[str, Array], board: Board, by_hand: Mapping[str, Array]) -> dict[str, Array]:
    """Return the mask (H, W) bool of the pattern for every photo of one camera (or of several of the same make).

    photos: name -> (H, W) uint8, all of one size. by_hand: name -> the pattern's four corners (4, 2) as
    `outer_corners` orders them, or (0, 2) where no board is in sight; the detector does not see these photos.
    Raises InputError for a photo whose board is not found.
    """
    found = {name: found_or_refused(name, gray, board) for name, gray in photos.items() if name not in by_hand}
    height, width = next(iter(photos.values())).shape
    lens = fit_lens(list(found.values()), board, (width, height))
    masks = {}
    for name in photos:
        points, seen = (inner_grid(board), found[name]) if name in found else (outer_corners(board), by_hand[name])
        line = outline(points, seen, board, lens) if len(seen) else np.empty((0, 2))
        masks[name] = fill(line, (height, width))
    return masks


def found_or_refused(name: str, gray: Array, board: Board) -> Array:
    """Return `find_corners`; raise InputError naming the photo when there are none."""
    corners = find_corners(gray, board)
    if corners is None:
        raise InputError(f"{name}: no board found; give its four corners by hand, or [] if it shows none")
    return corners


def read_corners(path: Path) -> dict[str, Array]:
    """Return photo -> the pattern's four corners (4, 2) float64 x, y, or (0, 2) where no board is in sight.

    Raises InputError for anything else.
    """
    found = read_typed(
        path, CORNERS, "photo names with four corners each, [x, y] clockwise, or [] for no board", "mend it"
    )
    for name, points in found.items():
        if len(points) not in {0, 4}:
            raise InputError(
                f"{path}: {shown(name)} has {len(points)} corners, wanted four clockwise, or [] for no board"
            )
    return {name: np.array(points, dtype=np.float64).reshape(-1, 2) for name, points in found.items()}
