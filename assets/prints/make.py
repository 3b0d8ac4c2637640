"""Printed things that are no target: posters, papers, cards (about their centre, facing +Z) and screens (standing)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from assets.meshes import Shape, box, joined, moved, sheet, slab, spin, turned
from assets.obj import Made, Material, Part, write_unlabelled
from pipeline.seeds import rng_for

Painter = Callable[[ImageDraw.ImageDraw, np.random.Generator], None]
PALETTE = ("#c8302a", "#21457a", "#e0a21c", "#2f6a4a", "#141414", "#f2f0ea", "#7a3f8a", "#5aa0c0")
LIFT = 0.0004


def colour(rng: np.random.Generator) -> str:
    """Return one colour of the palette."""
    return PALETTE[int(rng.integers(len(PALETTE)))]


def shapes(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw rectangles and ellipses of any colour."""
    for _ in range(26):
        x, y, w, h = rng.uniform(-40, 240), rng.uniform(-40, 320), rng.uniform(20, 120), rng.uniform(20, 120)
        draw_one = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        draw_one((x, y, x + w, y + h), fill=colour(rng))


def stripes(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw black stripes of one width."""
    step = int(rng.integers(18, 30))
    for x in range(0, 400, 2 * step):
        draw.rectangle((x, 0, x + step - 1, 400), fill="#151515")


def grid(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw a grid of thin black lines."""
    step = int(rng.integers(24, 36))
    for at in range(step // 2, 400, step):
        draw.line((at, 0, at, 400), fill="#151515", width=3)
        draw.line((0, at, 400, at), fill="#151515", width=3)


def gingham(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw a woven check: two thirds of its squares are tinted, unlike a board's."""
    hue = int(rng.integers(3))
    for row, y in enumerate(range(0, 400, 20)):
        for column, x in enumerate(range(0, 400, 20)):
            tint = 245 - 95 * (row % 2 + column % 2)
            value = [tint, tint, tint]
            value[hue] = min(tint + 90, 245)
            draw.rectangle((x, y, x + 19, y + 19), fill=(value[0], value[1], value[2]))


def code(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw random black squares, like a machine-readable code."""
    for y in range(24, 264, 12):
        for x in range(24, 264, 12):
            if rng.random() < 0.5:
                draw.rectangle((x, y, x + 11, y + 11), fill="#101010")


def dots(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw rows of black dots, like another kind of target."""
    step = int(rng.integers(28, 38))
    for y in range(step, 400, step):
        for x in range(step, 400, step):
            draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill="#141414")


def writing(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw lines of words, too small to read."""
    for y in range(24, 400, 11):
        x = 22.0
        while x < 200 and rng.random() > 0.03:
            word = rng.uniform(6, 28)
            draw.rectangle((x, y, min(x + word, 230), y + 4), fill="#3a3a3c")
            x += word + 5


def landscape(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw sky, sun and hills."""
    draw.rectangle((0, 0, 400, 400), fill="#9cc4e0")
    draw.ellipse((200, 30, 250, 80), fill="#f4e08a")
    for number, shade in enumerate(("#5a8a6a", "#3f6f4a", "#2c4f30")):
        x = np.linspace(0, 400, 25)
        y = 120 + 45 * number + 25 * np.sin(x / rng.uniform(30, 60) + rng.uniform(0, 6))
        draw.polygon([*zip(x.tolist(), y.tolist(), strict=True), (400, 400), (0, 400)], fill=shade)


def blank(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw one faint smear, as on an empty sheet."""
    x, y = rng.uniform(50, 200, 2)
    draw.ellipse((x, y, x + 40, y + 12), fill="#e4e4e0")


def hearts(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw the diamonds of a playing card."""
    ink = "#c01820" if rng.random() < 0.5 else "#141414"
    for x in (75, 165):
        for y in (60, 130, 200, 270):
            draw.polygon([(x, y - 26), (x + 19, y), (x, y + 26), (x - 19, y)], fill=ink)


def screen_checkers(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Draw windows on a screen, two of them with small checkers."""
    draw.rectangle((0, 0, 400, 400), fill="#8a8f98")
    for left, top in ((12, 20), (20, 130)):
        draw.rectangle((left, top, left + 110, top + 90), fill="#d8d8d8")
        for row in range(8):
            for column in range(10):
                tone = "#101010" if (row + column) % 2 else "#fafafa"
                x, y = left + 5 + column * 10, top + 5 + row * 10
                draw.rectangle((x, y, x + 9, y + 9), fill=tone)
    draw.rectangle((150, 30, 300, 210), fill="#fbfbfb")
    for y in range(40, 200, 9):
        draw.line((158, y, 158 + rng.uniform(40, 130), y), fill="#303030", width=2)


def painted(name: str, painter: Painter, size_m: tuple[float, float], paper: str = "#f4f3ee") -> Image.Image:
    """Return the picture of a print whose shorter side has 240 pixels."""
    scale = 240 / min(size_m)
    picture = Image.new("RGB", (round(size_m[0] * scale), round(size_m[1] * scale)), paper)
    painter(ImageDraw.Draw(picture), rng_for(1, "print", name))
    return picture


def flat(name: str, painter: Painter, size_m: tuple[float, float], shine: int = 20) -> list[Part]:
    """Return a printed sheet with a back of paper."""
    back = Part("sheet", Material("paper", "#efeee8", 5), moved(box((*size_m, 0.0006)), (0, 0, -LIFT)))
    return [back, Part("sheet", Material("print", "#ffffff", shine, painted(name, painter, size_m)), sheet(*size_m))]


def framed(name: str, painter: Painter, size_m: tuple[float, float]) -> list[Part]:
    """Return a print in a wooden frame."""
    x, y = size_m
    bars = [box((x + 0.06, 0.03, 0.025)), box((0.03, y, 0.025))]
    placed: list[Shape] = [moved(bars[0], (0, s * (y / 2 + 0.015), 0)) for s in (-1, 1)]
    placed += [moved(bars[1], (s * (x / 2 + 0.015), 0, 0)) for s in (-1, 1)]
    return [*flat(name, painter, size_m, 300), Part("frame", Material("wood", "#3f2a1a", 60), joined(placed))]


def screen(name: str, painter: Painter, size_m: tuple[float, float]) -> list[Part]:
    """Return a monitor that stands on z = 0 and faces -Y."""
    x, y = size_m
    up = 0.12 + y / 2
    shell = moved(turned(slab((x + 0.05, y + 0.05, 0.04), 0.012, 0.006), spin("x", 90)), (0, 0, up))
    foot = [
        moved(slab((0.24, 0.18, 0.015), 0.02, 0.004), (0, 0.03, 0.0075)),
        moved(box((0.06, 0.03, 0.2)), (0, 0.035, 0.1)),
    ]
    front = moved(turned(sheet(x, y), spin("x", 90)), (0, -0.02 - LIFT, up))
    return [
        Part("monitor", Material("body", "#c4c0b2", 60), joined([shell, *foot])),
        Part("monitor", Material("screen", "#ffffff", 300, painted(name, painter, size_m)), front),
    ]


PRINTS: dict[str, tuple[Callable[[str, Painter, tuple[float, float]], list[Part]], Painter, tuple[float, float]]] = {
    "poster-shapes": (flat, shapes, (0.5, 0.7)),
    "poster-stripes": (flat, stripes, (0.6, 0.42)),
    "poster-grid": (flat, grid, (0.42, 0.59)),
    "poster-dots": (flat, dots, (0.59, 0.42)),
    "poster-code": (flat, code, (0.3, 0.3)),
    "cloth-gingham": (flat, gingham, (0.8, 0.8)),
    "paper-text": (flat, writing, (0.21, 0.297)),
    "paper-blank": (flat, blank, (0.21, 0.297)),
    "card": (flat, hearts, (0.063, 0.088)),
    "picture-landscape": (framed, landscape, (0.5, 0.35)),
    "picture-shapes": (framed, shapes, (0.3, 0.4)),
    "monitor-checkers": (screen, screen_checkers, (0.4, 0.3)),
    "monitor-text": (screen, writing, (0.5, 0.3)),
}


def make(folder: Path) -> list[Made]:
    """Write all prints into `folder`."""
    meshes = {name: form(name, painter, size) for name, (form, painter, size) in PRINTS.items()}
    return write_unlabelled(folder, meshes, "distractor", "made by assets/prints/make.py")
