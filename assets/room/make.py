"""Furniture and what else fills a room: it stands on z = 0, its front towards -Y, and is never labelled."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from assets.meshes import box, ellipsoid, facing, joined, lathe, limb, moved, slab, spin, turned
from assets.obj import Made, Material, Part, write_unlabelled
from pipeline.seeds import rng_for

WOOD = Material("wood", "#7a5230", 20)
METAL = Material("metal", "#55585c", 200)


def table() -> list[Part]:
    """A table of four legs."""
    legs = [moved(box((0.05, 0.05, 0.71)), (x, y, 0.355)) for x in (-0.55, 0.55) for y in (-0.3, 0.3)]
    top = moved(slab((1.2, 0.7, 0.03), 0.02, 0.005), (0, 0, 0.725))
    return [Part("table", WOOD, joined([top, *legs]))]


def chair() -> list[Part]:
    """A chair with a back."""
    legs = [limb((x, y, 0.016), (x * 0.9, y * 0.9, 0.44), (0.016, 0.018)) for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    posts = [limb((x, 0.18, 0.44), (x, 0.23, 0.88), (0.016, 0.014)) for x in (-0.17, 0.17)]
    seat = moved(slab((0.42, 0.42, 0.04), 0.05, 0.015), (0, 0, 0.46))
    back = moved(turned(slab((0.40, 0.025, 0.2), 0.01, 0.01), spin("x", -6)), (0, 0.22, 0.76))
    return [
        Part("chair", METAL, joined([*legs, *posts])),
        Part("chair", Material("cloth", "#8a2424", 5), joined([seat, back])),
    ]


def shelf() -> list[Part]:
    """A shelf with books of many sizes."""
    boards = [moved(box((0.8, 0.28, 0.02)), (0, 0, z)) for z in (0.01, 0.40, 0.79, 1.18)]
    sides = [moved(box((0.02, 0.28, 1.19)), (x, 0, 0.595)) for x in (-0.4, 0.4)]
    rng = rng_for(1, "assets", "shelf")
    colours = ("#8a1f2a", "#21457a", "#3a6b3a", "#d0c4a0", "#2a2a2c", "#b5761e")
    books: list[list[tuple[float, float, float, float]]] = [[] for _ in colours]
    for z in (0.02, 0.41, 0.80):
        x = -0.38
        while x < 0.3:
            thick, high = rng.uniform(0.015, 0.05), rng.uniform(0.2, 0.33)
            books[rng.integers(len(colours))].append((x + thick / 2, z, thick, high))
            x += thick + 0.002
    parts = [Part("shelf", WOOD, joined([*boards, *sides]))]
    for number, (colour, row) in enumerate(zip(colours, books, strict=True)):
        shapes = [moved(box((thick, 0.2, high)), (x, -0.03, z + high / 2)) for x, z, thick, high in row]
        parts.append(Part("shelf", Material(f"paint{number}", colour, 20), joined(shapes)))
    return parts


def lamp() -> list[Part]:
    """A standing lamp with a shade."""
    foot = lathe([(0.14, 0), (0.14, 0.015), (0.02, 0.03), (0.011, 0.05), (0.011, 1.35)], 20)
    shade = lathe([(0.2, 1.25), (0.12, 1.5), (0.118, 1.498), (0.197, 1.252)], 28)
    return [Part("lamp", METAL, foot), Part("lamp", Material("shade", "#e6d7b0", 5), shade)]


def plant() -> list[Part]:
    """A plant in a pot."""
    rng = rng_for(1, "assets", "plant")
    leaves = []
    for _ in range(26):
        way = rng.normal(size=3) * (1, 1, 0.4) + (0, 0, 0.7)
        leaf = moved(ellipsoid((0.035, 0.006, 0.12), 8, 6), (0, 0, 0.18))
        leaves.append(moved(turned(turned(leaf, spin("z", rng.uniform(0, 180))), facing(way)), (0, 0, 0.25)))
    pot = lathe([(0.09, 0), (0.13, 0.22), (0.14, 0.22), (0.14, 0.26), (0.12, 0.26), (0.115, 0.22)], 24)
    return [
        Part("plant", Material("clay", "#a3552f", 10), pot),
        Part("plant", Material("leaf", "#2f6a2c", 60), joined(leaves)),
    ]


def hat() -> list[Part]:
    """A straw hat."""
    felt = lathe(
        [(0.17, 0), (0.172, 0.003), (0.1, 0.006), (0.09, 0.012), (0.085, 0.09), (0.06, 0.11), (0.01, 0.105)], 28
    )
    ribbon = lathe([(0.0925, 0.014), (0.0895, 0.04)], 28, caps=False)
    return [Part("hat", Material("straw", "#cfae6a", 5), felt), Part("hat", Material("cloth", "#7a1f1f", 10), ribbon)]


def globe_lamp() -> list[Part]:
    """A round paper lamp: as large and round as a balloon."""
    foot = lathe([(0.07, 0), (0.07, 0.012), (0.012, 0.02), (0.008, 0.06)], 20)
    turn = np.linspace(0.15, np.pi - 0.15, 22)
    ribs = 0.15 + 0.004 * (-1.0) ** np.arange(22)
    globe = lathe(np.stack([ribs * np.sin(turn), 0.2 - ribs * np.cos(turn)], axis=1), 28)
    return [Part("lamp", METAL, foot), Part("lamp", Material("shade", "#f0ead8", 5), globe)]


def cushion() -> list[Part]:
    """A cushion that lies flat."""
    pillow = moved(slab((0.42, 0.42, 0.14), 0.08, 0.07, 6), (0, 0, 0.07))
    return [Part("cushion", Material("cloth", "#b5522f", 5), pillow)]


def cabinet() -> list[Part]:
    """A cabinet of three drawers."""
    fronts = [moved(slab((0.46, 0.02, 0.2), 0.004, 0.002), (0, -0.25, z)) for z in (0.14, 0.36, 0.58)]
    knobs = [moved(ellipsoid((0.015, 0.015, 0.015), 10, 6), (0, -0.27, z)) for z in (0.14, 0.36, 0.58)]
    return [
        Part("cabinet", Material("paint", "#c9c6bd", 40), joined([moved(box((0.5, 0.5, 0.7)), (0, 0, 0.35)), *fronts])),
        Part("cabinet", METAL, joined(knobs)),
    ]


THINGS: dict[str, Callable[[], list[Part]]] = {
    "table": table,
    "chair": chair,
    "shelf": shelf,
    "lamp": lamp,
    "plant": plant,
    "hat": hat,
    "lamp-globe": globe_lamp,
    "cushion": cushion,
    "cabinet": cabinet,
}


def make(folder: Path) -> list[Made]:
    """Write all things into `folder`."""
    meshes = {name: thing() for name, thing in THINGS.items()}
    return write_unlabelled(folder, meshes, "distractor", "made by assets/room/make.py")
