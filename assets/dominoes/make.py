"""Domino tiles: a rounded tile with sunken coloured pips and a bar between its halves; all of it is labelled."""

import dataclasses
from pathlib import Path

import numpy as np

from assets.meshes import Shape, circle, loft, moved, sheet, slab
from assets.obj import Made, Material, Part, write_mesh

MM = 0.001
LIFT = 0.03 * MM  # pips and bar lie just above the tile
BRASS = "#b9975b"
COLOURED = ("#1d2a3f", "#1c5a2b", "#c0244e", "#3b2a20", "#1f2c57", "#e8920e")  # of one to six
BLACK = ("#111111",) * 6
WHITE = ("#f2f2ee",) * 6
RED = ("#a8161c",) * 6
PLACES = {  # of the pips in a half of side 2, x across the tile and y along it
    0: (),
    1: ((0, 0),),
    2: ((-1, -1), (1, 1)),
    3: ((-1, -1), (0, 0), (1, 1)),
    4: ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    5: ((-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)),
    6: ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
}


@dataclasses.dataclass(frozen=True)
class Tile:
    """One tile; lengths in millimetres."""

    pips: tuple[int, int]  # left, right
    colours: tuple[str, ...] = COLOURED
    body: str = "#efe6dc"
    size: tuple[float, float, float] = (50.0, 24.5, 10.0)  # along, across, thick
    corner: float = 3.0
    bevel: float = 1.8
    pip: float = 2.5  # radius
    spread: float = 7.6  # from the middle of a half to its outer pips
    bar: tuple[float, float] = (2.2, 20.5)
    pin: bool = False  # a brass pin in the middle
    shine: int = 150


TILES = {
    "domino-01": Tile((6, 4)),
    "domino-02": Tile((4, 5), body="#ecd9cc"),
    "domino-03": Tile((1, 1), body="#f1efe9", bevel=2.4, corner=3.5),
    "domino-04": Tile((0, 4)),
    "domino-05": Tile((5, 6), body="#e9d8cf", size=(48.0, 24.0, 9.0)),
    "domino-06": Tile((3, 3), body="#f3f3f1"),
    "domino-07": Tile((0, 0), body="#e4ece6"),
    "domino-08": Tile((2, 1), body="#f0ede6", size=(51.0, 25.5, 12.0), bevel=3.0),
    "domino-09": Tile((3, 0), body="#efe0d6", pip=2.3),
    "domino-10": Tile((5, 5), size=(47.0, 23.0, 8.0), bevel=1.2, corner=2.0),
    "domino-11": Tile((6, 3), body="#f4f4f4", pip=2.7),
    "domino-12": Tile((2, 4), body="#e3ebe3"),
    "domino-13": Tile((6, 6), body="#f2eee4", spread=7.9),
    "domino-14": Tile((4, 1), body="#efe9e0", bar=(1.6, 22.0)),
    "domino-15": Tile((5, 2), BLACK, "#e9dfc2", size=(48.0, 24.0, 9.5), pin=True),
    "domino-16": Tile((6, 1), BLACK, "#f2f2f0", size=(46.0, 22.5, 8.5), corner=1.5, bevel=1.0, pip=2.0),
    "domino-17": Tile((3, 5), WHITE, "#1b1b1d", size=(50.0, 25.0, 11.0), shine=300),
    "domino-18": Tile((2, 2), RED, "#ece6d8", corner=2.0, pip=2.2, spread=6.8, pin=True),
    "domino-19": Tile((1, 5), body="#f3ebe4"),
    "domino-20": Tile((3, 2), body="#eef1ee"),
}


def dent(radius: float, depth: float) -> Shape:
    """Return a flat disc that faces +Z and is shaded as a bowl; a negative depth shades it as a dome."""
    disc = loft([circle(radius * share, 0.0, 20) for share in (1.0, 0.85, 0.55, 0.25, 0.01)], caps=False)
    normals = np.array([0.0, 0.0, 1.0]) - disc.points * (depth / radius)
    return dataclasses.replace(disc, normals=normals / np.linalg.norm(normals, axis=1, keepdims=True))


def parts_of(tile: Tile) -> list[Part]:
    """Return the tile about its centre, long along X, pips on +Z."""
    body = slab(np.array(tile.size) * MM, tile.corner * MM, tile.bevel * MM)
    parts = [Part("tile", Material("body", tile.body, tile.shine), body)]
    top = tile.size[2] / 2 * MM + LIFT
    bar = moved(sheet(tile.bar[0] * MM, tile.bar[1] * MM), (0, 0, top))
    parts.append(Part("tile", Material("bar", tile.colours[0], 60), bar))
    for side, number in zip((-1, 1), tile.pips, strict=True):
        for across, along in PLACES[number]:
            x = side * tile.size[0] / 4 + along * tile.spread * 0.95
            pip = moved(dent(tile.pip * MM, 0.75), (x * MM, across * tile.spread * MM, top))
            parts.append(Part("tile", Material(f"pip{number}", tile.colours[number - 1], 200), pip))
    if tile.pin:
        parts.append(Part("tile", Material("pin", BRASS, 500), moved(dent(1.6 * MM, -0.6), (0, 0, top + LIFT))))
    return parts


def make(folder: Path) -> list[Made]:
    """Write all tiles into `folder`."""
    source = "made by assets/dominoes/make.py"
    return [
        Made(name, write_mesh(folder / f"{name}.obj", parts_of(tile)), "target", source, "domino tile")
        for name, tile in TILES.items()
    ]
