"""Calibration boards: a plate, often with paper on it, and the printed checker pattern, which alone is labelled."""

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from assets.meshes import moved, sheet, slab
from assets.obj import Made, Material, Part, two_tone, write_mesh

PX = 48  # texture pixels a square
GAP = 0.0004  # metres between plate, paper and print, so that they do not flicker into each other


@dataclasses.dataclass(frozen=True)
class Board:
    """One board. Squares are counted whole, outer ones included."""

    squares: tuple[int, int]  # columns, rows
    square_m: float
    outer: tuple[float, float, float, float]  # width of the outer squares left, bottom, right, top; 1 is whole
    plate: str  # colour
    margin: tuple[float, float]  # plate beyond the print on either side in x and in y, metres
    paper_m: float = 0.0  # white sheet beyond the print, metres; 0: printed on the plate
    dark_first: bool = True  # the lower left square is dark
    colours: tuple[str, str] = ("#0d0d0e", "#f4f4f2")  # dark and light
    thick_m: float = 0.004
    corner_m: float = 0.0
    shine: int = 30


WHOLE = (1.0, 1.0, 1.0, 1.0)
BOARDS = {
    "board-01": Board((8, 5), 0.06, WHOLE, "#e9e8e2", (0.09, 0.07), dark_first=False, colours=("#1b1712", "#e9e8e2")),
    "board-02": Board(
        (10, 7), 0.025, (0.45, 0.7, 0.55, 0.75), "#8c8c8a", (0.018, 0.016), 0.003, thick_m=0.01, corner_m=0.012
    ),
    "board-03": Board((9, 6), 0.04, WHOLE, "#f4f4f2", (0.02, 0.02), shine=250),
    "board-04": Board((5, 4), 0.07, WHOLE, "#f2f2ee", (0.03, 0.05), dark_first=False),
    "board-05": Board(
        (11, 8), 0.03, (0.6, 0.6, 0.6, 0.6), "#b08d5e", (0.04, 0.03), 0.012, colours=("#151515", "#efece4")
    ),
    "board-06": Board((13, 9), 0.02, WHOLE, "#dedfe0", (0.012, 0.012), dark_first=False, thick_m=0.003, shine=500),
    "board-07": Board(
        (7, 6), 0.045, (1.0, 0.5, 1.0, 0.5), "#2b2d30", (0.02, 0.02), 0.008, thick_m=0.006, corner_m=0.01
    ),
    "board-08": Board(
        (12, 9), 0.03, (0.5, 1.0, 0.5, 1.0), "#6f7173", (0.012, 0.02), 0.004, dark_first=False, corner_m=0.02
    ),
    "board-09": Board((6, 9), 0.035, WHOLE, "#f7f5ee", (0.05, 0.09), colours=("#2a2320", "#f7f5ee"), shine=10),
    "board-10": Board((10, 7), 0.05, (0.8, 0.4, 0.9, 0.4), "#c9c9c6", (0.006, 0.006), shine=150),
    "board-11": Board((8, 8), 0.05, WHOLE, "#8a6a44", (0.03, 0.03), 0.02, dark_first=False, thick_m=0.012),
    "board-12": Board((10, 8), 0.024, (0.5, 0.5, 0.5, 0.5), "#a9adb0", (0.022, 0.014), 0.002, corner_m=0.008, shine=60),
    "board-13": Board((9, 7), 0.055, WHOLE, "#eceded", (0.12, 0.05), colours=("#26282b", "#d9dbdc"), shine=80),
    "board-14": Board((7, 5), 0.03, (0.7, 0.9, 0.7, 0.9), "#f4f4f2", (0.004, 0.004), thick_m=0.0015, shine=15),
    "board-15": Board(
        (10, 7), 0.028, (0.4, 0.6, 0.4, 0.6), "#565a5c", (0.02, 0.02), 0.006, dark_first=False, corner_m=0.015
    ),
    "board-16": Board(
        (8, 5), 0.1, WHOLE, "#eeeae0", (0.1, 0.12), colours=("#181410", "#eeeae0"), thick_m=0.01, shine=8
    ),
    "board-17": Board((8, 5), 0.05, WHOLE, "#f1f0ec", (0.05, 0.05), dark_first=False, colours=("#14110e", "#f1f0ec")),
    "board-18": Board((9, 6), 0.03, WHOLE, "#f6f6f4", (0.03, 0.045), colours=("#0f0f10", "#f6f6f4"), shine=120),
    "board-19": Board((6, 5), 0.08, WHOLE, "#eeeeea", (0.06, 0.1), dark_first=False, colours=("#1c1a18", "#eeeeea")),
    "board-20": Board(
        (10, 7), 0.03, (0.54, 0.95, 0.48, 0.95), "#4a4c4f", (0.014, 0.014), 0.0045, thick_m=0.012, corner_m=0.02
    ),
}


def widths(count: int, first: float, last: float) -> list[float]:
    """Return the widths in squares of `count` columns whose outer two are cut."""
    return [first, *[1.0] * (count - 2), last]


def pattern(board: Board) -> tuple[Image.Image, tuple[float, float]]:
    """Return the print as an image, its first row at the top, and its size (x, y) in metres."""
    columns = np.rint(np.array(widths(board.squares[0], board.outer[0], board.outer[2])) * PX).astype(int)
    rows = np.rint(np.array(widths(board.squares[1], board.outer[1], board.outer[3])) * PX).astype(int)
    parity = (np.arange(len(rows))[:, None] + np.arange(len(columns))[None, :]) % 2
    dark = np.repeat(np.repeat(parity == int(not board.dark_first), rows, axis=0), columns, axis=1)[::-1]
    return two_tone(dark, board.colours), (columns.sum() / PX * board.square_m, rows.sum() / PX * board.square_m)


def parts_of(board: Board) -> list[Part]:
    """Return the board about the centre of its plate, the print facing +Z."""
    picture, (x, y) = pattern(board)
    size = (x + 2 * board.margin[0], y + 2 * board.margin[1], board.thick_m)
    plate = slab(size, board.corner_m, bevel=min(0.0005, board.thick_m / 4), steps=4 if board.corner_m else 1)
    top = board.thick_m / 2
    name = "plate" if board.paper_m else "card"  # a card carries the print itself, and so is of one paper with it
    parts = [Part("plate", Material(name, board.plate, board.shine), plate)]
    if board.paper_m:
        paper = moved(sheet(x + 2 * board.paper_m, y + 2 * board.paper_m), (0, 0, top + GAP))
        parts.append(Part("paper", Material("paper", board.colours[1], board.shine), paper))
        top += GAP
    printed = Material("pattern", "#ffffff", board.shine, picture)
    return [*parts, Part("pattern", printed, moved(sheet(x, y), (0, 0, top + GAP)))]


def make(folder: Path) -> list[Made]:
    """Write all boards into `folder`."""
    source = "made by assets/boards/make.py"
    return [
        Made(name, write_mesh(folder / f"{name}.obj", parts_of(board)), "target", source, "board", ("pattern",))
        for name, board in BOARDS.items()
    ]
