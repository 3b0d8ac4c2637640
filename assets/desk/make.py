"""Small things that lie about: they stand or lie on z = 0, and are never labelled."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from assets.meshes import Shape, box, circle, ellipsoid, joined, lathe, limb, loft, moved, slab, spin, tube, turned
from assets.obj import Made, Material, Part, write_unlabelled


def on(shape: Shape) -> Shape:
    """Return the shape moved up or down until it rests on z = 0."""
    return moved(shape, (0, 0, -shape.points[:, 2].min()))


def carton() -> list[Part]:
    """A closed cardboard box with a strip of tape."""
    tape = moved(box((0.05, 0.2005, 0.0005)), (0, 0, 0.1505))
    return [
        Part("box", Material("cardboard", "#a67c4e", 5), on(box((0.3, 0.2, 0.15)))),
        Part("box", Material("tape", "#c9b48a", 80), tape),
    ]


def book() -> list[Part]:
    """A closed book that lies flat."""
    cover = joined([moved(box((0.15, 0.21, 0.003)), (0, 0, z)) for z in (0.0015, 0.0285)])
    spine = moved(box((0.003, 0.21, 0.03)), (-0.075, 0, 0.015))
    pages = moved(box((0.146, 0.204, 0.024)), (0.0, 0, 0.015))
    return [
        Part("book", Material("paint", "#8a1f2a", 40), joined([cover, spine])),
        Part("book", Material("paper", "#efe8d6", 5), pages),
    ]


def mug() -> list[Part]:
    """A mug with its handle."""
    wall = lathe([(0.037, 0), (0.04, 0.004), (0.041, 0.095), (0.037, 0.095), (0.036, 0.012)], 28)
    turn = np.linspace(-0.5, 0.5, 9) * np.pi
    handle = np.column_stack([0.038 + 0.03 * np.cos(turn), np.zeros(9), 0.05 + 0.03 * np.sin(turn)])
    return [Part("mug", Material("ceramic", "#2f6f8f", 250), joined([wall, tube(handle, 0.005)]))]


def bottle() -> list[Part]:
    """A full bottle with a cap."""
    glass = lathe([(0.034, 0), (0.037, 0.006), (0.037, 0.17), (0.03, 0.2), (0.013, 0.23), (0.013, 0.27)], 24)
    label = lathe([(0.0374, 0.06), (0.0374, 0.14)], 24, caps=False)
    return [
        Part("bottle", Material("glass", "#1f4f2b", 600), glass),
        Part("bottle", Material("paper", "#e8dcc0", 10), label),
        Part("bottle", Material("cap", "#b02020", 100), lathe([(0.015, 0.262), (0.015, 0.282)], 24)),
    ]


def cup() -> list[Part]:
    """A paper cup."""
    wall = lathe([(0.026, 0), (0.038, 0.09), (0.0395, 0.091), (0.0395, 0.094), (0.037, 0.094), (0.025, 0.006)], 24)
    return [Part("cup", Material("paper", "#f2f0ea", 20), wall)]


def ball() -> list[Part]:
    """A rubber ball, no balloon: it has no neck."""
    return [Part("ball", Material("paint", "#2f7fbf", 60), on(ellipsoid((0.11, 0.11, 0.11), 28, 18)))]


def striped_ball() -> list[Part]:
    """A beach ball of six gores."""
    whole = turned(ellipsoid((0.15, 0.15, 0.15), 30, 16), spin("x", 35))
    ball_of = on(whole)
    faces = [face for face in ball_of.faces if len(face) == 4]
    colours = ("#d8262c", "#f4f4f2", "#2358a8", "#f4f4f2", "#f0b81c", "#f4f4f2")
    ends = Shape(ball_of.points, tuple(face for face in ball_of.faces if len(face) > 4))
    parts = [Part("ball", Material("cap", "#f4f4f2", 100), ends)]
    for number, colour in enumerate(colours):
        gore = tuple(face for face in faces if face[0] % 30 // 5 == number)
        parts.append(Part("ball", Material(f"paint{number}", colour, 100), Shape(ball_of.points, gore)))
    return parts


def die() -> list[Part]:
    """A die: pips, but no domino."""
    side, pips = 0.016, []
    for number, turn in enumerate((np.eye(3), spin("x", 90), spin("y", 90), spin("y", -90), spin("x", -90)), 1):
        for x, y in ((-1, -1), (1, 1), (0, 0), (-1, 1), (1, -1))[:number]:
            pip = loft([circle(r, 0.0, 12) for r in (0.0015, 0.0001)], caps=False)
            pips.append(moved(turned(moved(pip, (x * 0.0042, y * 0.0042, side / 2 + 3e-5)), turn), (0, 0, side / 2)))
    return [
        Part("die", Material("body", "#f2f0ea", 200), on(slab((side,) * 3, 0.002, 0.002))),
        Part("die", Material("pip", "#151515", 100), joined(pips)),
    ]


def coin() -> list[Part]:
    """A coin."""
    rim = [(0.011, 0), (0.0116, 0.0004), (0.0116, 0.0019), (0.011, 0.0023), (0.0104, 0.0023), (0.010, 0.002)]
    return [Part("coin", Material("metal", "#b08a4a", 400), lathe(rim, 28))]


def eraser() -> list[Part]:
    """A white eraser in a sleeve: the size of a domino, without pips."""
    sleeve = on(slab((0.036, 0.0236, 0.0126), 0.001, 0.001))
    return [
        Part(
            "eraser",
            Material("rubber", "#f0f0ee", 10),
            moved(slab((0.055, 0.023, 0.012), 0.002, 0.002), (0, 0, 0.0063)),
        ),
        Part("eraser", Material("paint", "#2c5aa0", 30), moved(sleeve, (-0.009, 0, 0))),
    ]


def phone() -> list[Part]:
    """A phone on its back."""
    return [
        Part("phone", Material("body", "#1c1d20", 200), on(slab((0.072, 0.15, 0.008), 0.009, 0.002))),
        Part("phone", Material("screen", "#0a0c10", 800), moved(slab((0.066, 0.142, 0.0004), 0.007), (0, 0, 0.0081))),
    ]


def pen() -> list[Part]:
    """A pen that lies along X."""
    lie = spin("y", 90)
    barrel = lathe([(0.0006, 0), (0.0042, 0.014), (0.0045, 0.02), (0.0045, 0.14), (0.003, 0.142)], 14)
    clip = limb((0.0055, 0, 0.095), (0.0055, 0, 0.14), (0.0012, 0.0012))
    return [
        Part("pen", Material("paint", "#1f3f8f", 150), moved(turned(barrel, lie), (-0.07, 0, 0.0045))),
        Part("pen", Material("metal", "#c0c0c4", 400), moved(turned(clip, lie), (-0.07, 0, 0.0045 + 0.0055))),
    ]


def fruit(colour: str, radius: float, dimple: float) -> list[Part]:
    """A round fruit with a dimple and a stalk."""
    turn = np.linspace(0.06, np.pi - 0.06, 16)
    wide = radius * np.sin(turn)
    high = -radius * np.cos(turn) * (1 - dimple * np.cos(turn) ** 8)
    flesh = on(lathe(np.stack([wide, high], axis=1), 24))
    top = float(flesh.points[:, 2].max())
    stalk = limb((0, 0, top - 0.2 * radius), (0.004, 0, top + 0.008), (0.0015, 0.002))
    return [Part("fruit", Material("peel", colour, 80), flesh), Part("fruit", Material("wood", "#4a3420", 5), stalk)]


def lollipop() -> list[Part]:
    """A lollipop that stands: round, coloured, on a stick, and no balloon."""
    return [
        Part(
            "lollipop", Material("candy", "#d8303a", 400), moved(ellipsoid((0.02, 0.012, 0.02), 20, 14), (0, 0, 0.12))
        ),
        Part("lollipop", Material("paper", "#f2f2ee", 5), limb((0, 0, 0.002), (0, 0, 0.11), (0.002, 0.002))),
    ]


def keyboard() -> list[Part]:
    """A keyboard that lies flat."""
    keys = [
        moved(slab((0.016, 0.016, 0.006), 0.002, 0.0015, 1), (-0.19 + 0.019 * c + 0.004 * r, 0.045 - 0.019 * r, 0.017))
        for r in range(5)
        for c in range(20)
        if (r, c) not in {(4, 19)}
    ]
    return [
        Part("keyboard", Material("body", "#b9b7ac", 30), on(slab((0.43, 0.14, 0.018), 0.006, 0.003))),
        Part("keyboard", Material("key", "#dedbd0", 30), joined(keys)),
    ]


def dish() -> list[Part]:
    """A dinner plate."""
    rim = [(0.07, 0), (0.08, 0.004), (0.125, 0.018), (0.13, 0.021), (0.125, 0.022), (0.08, 0.008), (0.07, 0.006)]
    return [Part("dish", Material("ceramic", "#eef0ee", 300), lathe(rim, 32))]


THINGS: dict[str, Callable[[], list[Part]]] = {
    "carton": carton,
    "book": book,
    "mug": mug,
    "bottle": bottle,
    "cup": cup,
    "ball": ball,
    "ball-striped": striped_ball,
    "die": die,
    "coin": coin,
    "eraser": eraser,
    "phone": phone,
    "pen": pen,
    "orange": lambda: fruit("#e8821a", 0.04, 0.08),
    "apple": lambda: fruit("#b81e24", 0.037, 0.3),
    "lollipop": lollipop,
    "keyboard": keyboard,
    "dish": dish,
}


def make(folder: Path) -> list[Made]:
    """Write all things into `folder`."""
    meshes = {name: thing() for name, thing in THINGS.items()}
    return write_unlabelled(folder, meshes, "distractor", "made by assets/desk/make.py")
