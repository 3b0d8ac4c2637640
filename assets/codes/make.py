"""QR codes printed on paper, labels, packs and cloth, flat or bent; the code alone is labelled, not its white rim."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from assets.meshes import Points, Surface, bent
from assets.obj import Made, Material, Part, two_tone, write_mesh
from pipeline.seeds import rng_for

PX = 8  # texture pixels a module
LIFT = 0.0003  # metres between print and code, so that they do not flicker into each other
CELLS = 20  # of a bent sheet along each side
PAGE_PX = 400  # longer side of the print around a code
CODES = 32
WORDS = ("admix", "renders", "mixes", "trains", "measures", "labels", "photos", "gap", "ratio", "money")
PAPERS = ("#f4f3ef", "#e9e4d4", "#ffffff", "#d8c39a", "#c8a878", "#f0d43c", "#2a5aa0", "#20603c", "#8c2430", "#202024")
INKS = ("#101012", "#101012", "#101012", "#20204a", "#4a2418", "#16422a")
BENDS = ("flat", "flat", "cylinder", "waves")
WHITE = "#f4f4f2"  # below and around a code


@dataclasses.dataclass(frozen=True)
class Printed:
    """A sheet with a code on it. Lengths are in sides of the code, the rim in modules."""

    text: str
    page: tuple[float, float]  # width and height of the sheet
    corner: tuple[float, float]  # of the code, from the sheet's lower left
    rim: int
    paper: str
    ink: str
    writing: float  # how much is printed beside it, 0..1
    bend: str  # one of BENDS
    depth: float  # of the bend, 0..1


def drawn(number: int) -> Printed:
    """Return sheet `number` of the set."""
    rng = rng_for("code", number)
    words = " ".join(rng.choice(WORDS, int(rng.integers(1, 14))))
    page = tuple(float(1.25 + rng.exponential(0.9)) for _ in range(2))
    free = [max(side - 1.2, 0.0) for side in page]
    return Printed(
        text=f"https://example.org/{number}/{words}",
        page=(page[0], page[1]),
        corner=(float(0.1 + free[0] * rng.random()), float(0.1 + free[1] * rng.random())),
        rim=int(rng.integers(1, 5)),
        paper=str(rng.choice(PAPERS)) if rng.random() < 0.65 else "#f7f7f5",
        ink=str(rng.choice(INKS)),
        writing=float(rng.random()),
        bend=BENDS[number % len(BENDS)],
        depth=float(rng.uniform(0.3, 1)),
    )


def modules(text: str) -> NDArray[np.bool_]:
    """Return the dark modules of a text's code, without a rim, the first row at the top."""
    dark = np.asarray(cv2.QRCodeEncoder.create().encode(text)) < 128
    rows, columns = np.nonzero(dark)
    return dark[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def page_of(printed: Printed, rim: float) -> Image.Image:
    """Return what is printed around the code: lines of words, boxes, and the white that belongs to the code.

    rim: its width in sides of the code.
    """
    rng, scale = rng_for("page", printed.text), PAGE_PX / max(printed.page)
    width, height = (round(side * scale) for side in printed.page)
    page = Image.new("RGB", (width, height), printed.paper)
    draw = ImageDraw.Draw(page)
    light = sum(ImageColor.getrgb(printed.paper)) > 380
    for _ in range(int(5 * printed.writing)):
        x, y, w, h = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(20, 160), rng.uniform(8, 90)
        draw.rectangle((x, y, x + w, y + h), fill=str(rng.choice(PAPERS)))
    for y in np.arange(8, height, 40 - 28 * printed.writing):
        size = float(rng.choice([3, 5, 9, 16]))
        x = float(rng.uniform(4, 60))
        while x < width and rng.random() > 0.08:
            word = float(rng.uniform(1, 5)) * size
            draw.rectangle((x, y, x + word, y + size * 0.7), fill="#26262a" if light else "#e8e8e4")
            x += word + size
    left, low = (place * scale for place in printed.corner)
    around = rim * scale
    box = (left - around, height - low - scale - around, left + scale + around, height - low + around)
    draw.rectangle(box, fill=WHITE)
    return page


def surface_of(printed: Printed, lift: float) -> Surface:
    """Return the sheet as a surface over x and y in sides of the code from its middle; it faces +Z.

    lift: how far in front of the sheet.
    """
    width = printed.page[0]
    phase = rng_for("waves", printed.text).uniform(0, 2 * np.pi, 4)

    def flat(x: Points, y: Points) -> Points:
        return np.stack([x, y, np.full(len(x), lift)], axis=1)

    def cylinder(x: Points, y: Points) -> Points:
        radius = width / (0.4 + 2.0 * printed.depth)  # the sheet goes round 0.4 to 2.4 radians
        around = x / radius
        return np.stack([(radius + lift) * np.sin(around), y, (radius + lift) * np.cos(around) - radius], axis=1)

    def waves(x: Points, y: Points) -> Points:
        high = 0.03 * printed.depth
        z = high * (np.sin(3.1 * x + 1.3 * y + phase[0]) + 0.6 * np.sin(-2.2 * x + 4.3 * y + phase[1]))
        z += 0.3 * high * (np.sin(9 * x + phase[2]) + np.sin(8 * y - 5 * x + phase[3]))
        return np.stack([x, y, z + lift], axis=1)

    return {"flat": flat, "cylinder": cylinder, "waves": waves}[printed.bend]


def parts_of(printed: Printed, side_m: float) -> list[Part]:
    """Return the sheet and the code on it, about the middle of the sheet. side_m: of the code."""
    code, (width, height) = modules(printed.text), printed.page
    cells = 1 if printed.bend == "flat" else CELLS
    left, bottom = printed.corner[0] - width / 2, printed.corner[1] - height / 2
    page = page_of(printed, printed.rim / len(code))
    sheet = bent(surface_of(printed, 0.0), (-width / 2, -height / 2, width / 2, height / 2), cells)
    ink = bent(surface_of(printed, LIFT / side_m), (left, bottom, left + 1, bottom + 1), cells)
    picture = two_tone(np.kron(code, np.ones((PX, PX), np.bool_)), (printed.ink, WHITE))
    shine = 60 if printed.bend == "cylinder" else 20
    parts = (("sheet", page, sheet), ("code", picture, ink))
    return [
        Part(name, Material(name, "#ffffff", shine, picture), dataclasses.replace(shape, points=shape.points * side_m))
        for name, picture, shape in parts
    ]


def make(folder: Path) -> list[Made]:
    """Write all sheets into `folder`."""
    made = []
    for number in range(CODES):
        name, side_m = f"code-{number + 1:02}", 0.03 + 0.002 * (number % 9)
        file = write_mesh(folder / f"{name}.obj", parts_of(drawn(number), side_m))
        made.append(Made(name, file, "target", "made by assets/codes/make.py", "qr code", ("code",)))
    return made
