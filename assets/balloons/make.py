"""Party balloons: rubber ones with neck and knot, printed ones, foil ones; the string is not labelled."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from assets.meshes import Points, Shape, lathe, loft, spin, tube, turned
from assets.obj import Made, Material, Part, write_mesh
from pipeline.seeds import rng_for

SIDE = 256  # pixels of a printed balloon's picture
COLUMNS, ROWS = 32, 22
Painter = Callable[[ImageDraw.ImageDraw, str, np.random.Generator], None]


@dataclasses.dataclass(frozen=True)
class Balloon:
    """One balloon of rubber, or of foil if `foil` names its outline."""

    colour: str
    radius_m: float = 0.14
    stretch: float = 1.2  # its lower half's height over its upper one's
    taper: float = 1.2  # 1 is round below, more is pointed
    string_m: float = 0.7  # 0: none
    curl_m: float = 0.02  # how far the string sways
    printed: str = ""  # name of a painter
    ink: str = "#ffffff"
    foil: str = ""
    shine: int = 200


BALLOONS = {
    "balloon-01": Balloon("#d3121a"),
    "balloon-02": Balloon("#ef7d12", radius_m=0.15, stretch=1.12, string_m=0.9, curl_m=0.04),
    "balloon-03": Balloon("#d81b78", radius_m=0.13, stretch=1.3, taper=1.35, string_m=0.5),
    "balloon-04": Balloon("#7a2a9c", radius_m=0.12, stretch=1.05, taper=1.0, string_m=0.8),
    "balloon-05": Balloon("#f2b81c", radius_m=0.11, stretch=1.5, taper=1.3, string_m=0.0),
    "balloon-06": Balloon("#e8607a", radius_m=0.15, stretch=1.25, taper=1.1, string_m=0.0),
    "balloon-07": Balloon("#3b8fc4", radius_m=0.14, stretch=1.2, string_m=1.0, curl_m=0.05),
    "balloon-08": Balloon("#4aa04a", radius_m=0.13, stretch=1.15, string_m=0.6),
    "balloon-09": Balloon("#f08a1a", stretch=1.15, printed="face", ink="#1b1410"),
    "balloon-10": Balloon("#c4182a", printed="stars", stretch=1.25),
    "balloon-11": Balloon("#e46ab0", printed="words", ink="#5a1d70", radius_m=0.15),
    "balloon-12": Balloon("#6b3fa6", printed="dots", string_m=0.0),
    "balloon-13": Balloon("#e0447a", radius_m=0.2, foil="round", string_m=0.8, shine=700),
    "balloon-14": Balloon("#c9152a", radius_m=0.2, foil="heart", string_m=0.8, shine=700),
    "balloon-15": Balloon("#d8d8dc", radius_m=0.22, foil="star", string_m=0.6, shine=800),
    "balloon-16": Balloon("#f3f1ee", radius_m=0.13, stretch=1.2, string_m=0.6),
}


def profile(balloon: Balloon) -> Points:
    """Return (radius, z) from the lip of the knot to the top, metres, the widest place at z = 0."""
    turn = np.linspace(0.12, np.pi - 0.05, ROWS)
    low = np.cos(turn) > 0
    radius = balloon.radius_m * np.where(low, np.sin(turn) ** balloon.taper, np.sin(turn))
    z = -balloon.radius_m * np.where(low, balloon.stretch, 1.0) * np.cos(turn)
    knot = [(0.011, z[0] - 0.024), (0.012, z[0] - 0.020), (0.005, z[0] - 0.010), (0.007, z[0] - 0.005)]
    return np.array([*knot, *zip(radius, z, strict=True)])


def outline(kind: str) -> Points:
    """Return the outline of a foil balloon as a ring (C, 2) of about radius 1, upright, counter-clockwise."""
    turn = np.arange(60) * 2 * np.pi / 60
    if kind == "heart":
        x = 16 * np.sin(turn) ** 3
        y = 13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)
        return np.stack([-x, y], axis=1) / 17
    swell = 0.78 + 0.22 * np.cos(5 * turn) if kind == "star" else 1 + 0.012 * np.cos(30 * turn)
    return np.stack([-swell * np.sin(turn), swell * np.cos(turn)], axis=1)


def pillow(balloon: Balloon) -> Shape:
    """Return a foil balloon about the origin, its flat sides to -Y and +Y."""
    ring = outline(balloon.foil) * balloon.radius_m
    share = np.array([0.03, 0.25, 0.5, 0.7, 0.85, 0.95, 0.99, 1.04])
    deep = 0.42 * balloon.radius_m * np.sqrt(np.clip(1 - share**2, 0, None))
    back = [np.column_stack([ring * s, np.full(len(ring), -d)]) for s, d in zip(share, deep, strict=True)]
    front = [np.column_stack([ring * s, np.full(len(ring), d)]) for s, d in zip(share, deep, strict=True)][-2::-1]
    return turned(loft([*back, *front]), spin("x", 90))


def string_of(balloon: Balloon, top: float) -> Shape:
    """Return the string that hangs from z = `top`."""
    down = np.linspace(0, 1, 28)
    sway = balloon.curl_m * np.sin(np.pi * down)
    x, y = sway * np.sin(7 * down * np.pi), sway * np.cos(5 * down * np.pi)
    return tube(np.column_stack([x, y, top - down * balloon.string_m]), 0.0014, 5)


def stars(draw: ImageDraw.ImageDraw, ink: str, rng: np.random.Generator) -> None:
    """Draw stars all over."""
    for _ in range(28):
        x, y, size = rng.uniform(0, SIDE), rng.uniform(30, SIDE - 70), rng.uniform(5, 10)
        turn = np.arange(10) * np.pi / 5
        reach = size * np.where(np.arange(10) % 2, 0.45, 1.0)
        draw.polygon([(x + r * np.sin(t), y - r * np.cos(t)) for r, t in zip(reach, turn, strict=True)], fill=ink)


def dots(draw: ImageDraw.ImageDraw, ink: str, rng: np.random.Generator) -> None:
    """Draw dots of one size in shifted rows."""
    radius = float(rng.uniform(5, 8))
    for row, y in enumerate(range(35, SIDE - 60, 32)):
        for x in range(16 * (row % 2), SIDE, 32):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def face(draw: ImageDraw.ImageDraw, ink: str, rng: np.random.Generator) -> None:
    """Draw a smiling face on the front."""
    middle = 0.75 * SIDE  # u of -Y
    wide = float(rng.uniform(13, 16))
    for x in (middle - wide, middle + wide):
        draw.ellipse((x - 5, 82, x + 5, 106), fill=ink)
    draw.arc((middle - 28, 88, middle + 28, 148), 15, 165, fill=ink, width=5)


def words(draw: ImageDraw.ImageDraw, ink: str, rng: np.random.Generator) -> None:
    """Draw two badges of scribbled letters, front and back."""
    for middle in (0.25 * SIDE, 0.75 * SIDE):
        draw.ellipse((middle - 42, 62, middle + 42, 152), outline=ink, width=3)
        for y in (86, 106, 126):
            for x in np.arange(middle - 28, middle + 22, 9):
                strokes = [(x + dx, y + dy) for dx, dy in rng.uniform(-6, 6, (4, 2))]
                draw.line(strokes, fill=ink, width=3)


PAINTERS: dict[str, Painter] = {"stars": stars, "dots": dots, "face": face, "words": words}


def rubber_of(balloon: Balloon, name: str) -> Material:
    """Return what the balloon is made of."""
    if not balloon.printed:
        return Material("foil" if balloon.foil else "rubber", balloon.colour, balloon.shine)
    picture = Image.new("RGB", (SIDE, SIDE), balloon.colour)
    PAINTERS[balloon.printed](ImageDraw.Draw(picture), balloon.ink, rng_for(1, "balloon", name))
    return Material("print", "#ffffff", balloon.shine, picture.quantize(16, dither=Image.Dither.NONE).convert("RGB"))


def parts_of(balloon: Balloon, name: str) -> list[Part]:
    """Return the balloon about the middle of its body, its string below."""
    body = pillow(balloon) if balloon.foil else lathe(profile(balloon), COLUMNS)
    parts = [Part("balloon", rubber_of(balloon, name), body)]
    if balloon.string_m:
        knot = float(body.points[:, 2].min()) + 0.01
        parts.append(Part("string", Material("string", "#e8e4da", 20), string_of(balloon, knot)))
    return parts


def make(folder: Path) -> list[Made]:
    """Write all balloons into `folder`."""
    source = "made by assets/balloons/make.py"
    return [
        Made(
            name, write_mesh(folder / f"{name}.obj", parts_of(balloon, name)), "target", source, "balloon", ("balloon",)
        )
        for name, balloon in BALLOONS.items()
    ]
