"""Pictures of the report: overlays as JPEG and the curve as SVG, all inside the page itself."""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

COLOURS = ((0, 229, 255), (255, 64, 129), (255, 193, 7), (118, 255, 3), (170, 120, 255), (255, 112, 67))  # RGB
FILL = 0.4  # share of the colour inside a mask; its outline is opaque
INK = "#010203"  # stands for the page's own text colour, which differs in the dark
SERIES = "#3b82f6"  # legible on white and on black
SIZE_IN = (5.0, 3.1)  # small, so that its 11 point text stays legible on a phone

RGB = NDArray[np.uint8]


def colour_of(category: int) -> str:
    """Return the colour of a category (1, 2, ...) as the page names it; the seventh takes the first one's again."""
    return "rgb({}, {}, {})".format(*COLOURS[(category - 1) % len(COLOURS)])


def overlay(image: RGB, categories: NDArray[np.uint8], instances: NDArray[Any] | None = None) -> RGB:
    """Return an image (H, W, 3) with its categories tinted and every instance outlined.

    categories: (H, W), 0 = background, c = c-th colour; instances: (H, W) numbers, None where instances are unknown.
    """
    table = np.array([COLOURS[i % len(COLOURS)] for i in range(255)], np.float32)
    colour = table[categories.astype(int) - 1]  # (H, W, 3); the background's is not used
    inside = (categories > 0)[..., None]
    edge = outline(categories if instances is None else instances)[..., None] & inside
    share = np.where(edge, 1.0, np.where(inside, FILL, 0.0))
    return np.asarray((image * (1 - share) + colour * share).round(), np.uint8)


def outline(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return (H, W) bool: pixels beside a pixel of another number; the image's border is no outline."""
    edge = np.zeros(numbers.shape, bool)
    across, down = numbers[:, 1:] != numbers[:, :-1], numbers[1:] != numbers[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def shrink(image: Image.Image, side_px: int, smooth: bool) -> Image.Image:
    """Return the image at most `side_px` long and high; smooth for photos, nearest pixel for maps."""
    scale = side_px / max(image.size)
    if scale >= 1:
        return image
    size_wh = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size_wh, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)


def small(array: NDArray[Any], side_px: int) -> NDArray[Any]:
    """Return an image (H, W, 3) or a map (H, W) at most `side_px` long and high."""
    image = Image.fromarray(array)
    return np.asarray(shrink(image, side_px, smooth=array.ndim == 3)).astype(array.dtype)


def jpeg_uri(image: RGB, quality: int = 80) -> str:
    """Return an image (H, W, 3) as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def curve_svg(ratios: Sequence[Mapping[str, Any]]) -> str:
    """Return the curve of val score against ratio as one ``<svg>``: mean, 95 % band, and a dot for each seed.

    ratios: rows of pick.json by rising ratio, one or more. Its text takes the page's colour and font.
    """
    with mpl.rc_context({
        "svg.hashsalt": "admix",
        "svg.fonttype": "none",
        "font.size": 11,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }):
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        draw_curve(figure, ratios)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # no clock, no version, no address
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return inline(buffer.getvalue())


def draw_curve(figure: Figure, ratios: Sequence[Mapping[str, Any]]) -> None:
    """Draw the mean, the band and the dots into an empty figure."""
    axes = figure.add_subplot()
    at, mean = [row["ratio"] for row in ratios], [row["iou"] for row in ratios]
    lo, hi = [row["ci95"][0] for row in ratios], [row["ci95"][1] for row in ratios]
    axes.fill_between(at, lo, hi, color=SERIES, alpha=0.2, linewidth=0)
    axes.vlines(at, lo, hi, color=SERIES, alpha=0.45, linewidth=1.5)  # the whole band when there is one ratio only
    axes.plot(at, mean, color=SERIES, linewidth=2)
    for row in ratios:
        axes.scatter([row["ratio"]] * len(row["seeds"]), list(row["seeds"].values()), color=SERIES, s=26, zorder=3)
    axes.set_xlim(-0.05, 1.05)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_ylabel("IoU on val photos")
    axes.set_xlabel("ratio (0 = real only, 1 = renders only)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=INK, alpha=0.12)


def inline(svg: str) -> str:
    """Return an SVG file as an element of a page: no prolog, no size of its own, in the page's colour and font."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r"font-family: [^;\"]*(; )?", "", body)
    return body.replace(INK, "currentColor")
