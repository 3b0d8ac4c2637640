"""Sheets: pictures in rows and columns, with words over them and under them."""

import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dataset.overlay import RGB
from pipeline.errors import InputError
from pipeline.files import write_bytes

MOST_BYTES = 150_000  # of one picture, so that a page of the docs opens at once
QUALITIES = (90, 85, 80, 75, 70, 65)  # of JPEG; the best that fits is taken
GAP, MARGIN = 6, 12  # pixels between pictures, and around a sheet
PAPER, INK, SOFT = (255, 255, 255), (27, 31, 36), (89, 99, 110)  # RGB, as on the page
TITLE_PX, LABEL_PX = 19, 14


@dataclasses.dataclass(frozen=True)
class Tiles:
    """Pictures of one size under a title, `columns` beside each other."""

    title: str
    pictures: Sequence[RGB]  # each (side, side, 3)
    columns: int
    labels: Sequence[str] = ()  # a line under each picture; none = no room for one

    @property
    def size_wh(self) -> tuple[int, int]:
        """Return the width and height in pixels, title included."""
        side, rows = len(self.pictures[0]), -(-len(self.pictures) // self.columns)
        label = LABEL_PX + 8 if self.labels else 0
        return self.columns * (side + GAP) - GAP, title_px(self) + rows * (side + label + GAP) - GAP


def title_px(block: Tiles) -> int:
    """Return the height of a block's title."""
    return TITLE_PX + 12 if block.title else 0


def square(image: NDArray[np.uint8], side: int, middle_xy: tuple[float, float] | None = None) -> RGB:
    """Return the largest square of an image (H, W, 3), about a point where it can be, as (side, side, 3)."""
    height, width = image.shape[:2]
    edge = min(height, width)
    x, y = middle_xy or (width / 2, height / 2)
    x0, y0 = (round(min(max(at - edge / 2, 0), most - edge)) for at, most in ((x, width), (y, height)))
    cut = Image.fromarray(image[y0 : y0 + edge, x0 : x0 + edge])
    return np.asarray(cut.resize((side, side), Image.Resampling.LANCZOS))


def across(blocks: Sequence[Tiles], apart: int = 34) -> Image.Image:
    """Return a sheet with blocks beside each other, `apart` pixels between them."""
    sizes = [block.size_wh for block in blocks]
    width = sum(size[0] for size in sizes) + apart * (len(blocks) - 1)
    sheet = blank(width, max(size[1] for size in sizes))
    x = MARGIN
    for block, size in zip(blocks, sizes, strict=True):
        draw_block(sheet, block, (x, MARGIN))
        x += size[0] + apart
    return sheet


def below(blocks: Sequence[Tiles], apart: int = 16) -> Image.Image:
    """Return a sheet with blocks under each other, `apart` pixels between them."""
    sizes = [block.size_wh for block in blocks]
    height = sum(size[1] for size in sizes) + apart * (len(blocks) - 1)
    sheet = blank(max(size[0] for size in sizes), height)
    y = MARGIN
    for block, size in zip(blocks, sizes, strict=True):
        draw_block(sheet, block, (MARGIN, y))
        y += size[1] + apart
    return sheet


def blank(width: int, height: int) -> Image.Image:
    """Return an empty sheet with its margin."""
    return Image.new("RGB", (width + 2 * MARGIN, height + 2 * MARGIN), PAPER)


def draw_block(sheet: Image.Image, block: Tiles, corner_xy: tuple[int, int]) -> None:
    """Draw a block into a sheet, its upper left corner at a point."""
    left, top = corner_xy
    pen, side = ImageDraw.Draw(sheet), len(block.pictures[0])
    pen.text((left, top), block.title, INK, font(TITLE_PX))
    step = side + GAP + (LABEL_PX + 8 if block.labels else 0)
    for number, image in enumerate(block.pictures):
        x = left + number % block.columns * (side + GAP)
        y = top + title_px(block) + number // block.columns * step
        sheet.paste(Image.fromarray(image), (x, y))
        if block.labels:
            pen.text((x, y + side + 3), block.labels[number], SOFT, font(LABEL_PX))


def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with pillow, so that a sheet looks the same on every machine."""
    return ImageFont.load_default(size_px)


def write_sheet(path: Path, sheet: Image.Image) -> None:
    """Write a picture whole, in the best quality that weighs at most MOST_BYTES: .jpg for photos, .png for charts.

    Raises InputError when none does.
    """
    if path.suffix == ".png":
        versions = (encoded(sheet.quantize(colours, dither=Image.Dither.NONE), "PNG") for colours in (256, 64))
    else:
        versions = (encoded(sheet, "JPEG", quality=quality) for quality in QUALITIES)
    for data in versions:
        if len(data) <= MOST_BYTES:
            write_bytes(path, data)
            return
    raise InputError(f"{path}: has more than {MOST_BYTES // 1000} kB in the lowest quality; show fewer pictures on it")


def encoded(image: Image.Image, style: str, **options: int) -> bytes:
    """Return a picture as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, style, optimize=True, **options)
    return buffer.getvalue()
