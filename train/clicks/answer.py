"""From a photo, clicks, a box and an earlier mask to the mask of one object."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from dataset.idmap import Mask, box_of
from dataset.pieces import touched
from pipeline.reading import OPEN, read_typed
from train.clicks.points import EXTRA, RADIUS, Box, Point, blank, put_box, put_click, put_earlier
from train.clicks.views import WHOLE, Window, cut
from train.loader import GREY
from train.model import Network, autocast, build_from, device, load_weights, widen
from train.run import SETTINGS, WEIGHTS, FitRow

ROOM = 1.4  # side of the window / longer side of what it is about
WIDER = 1.8  # side of the window after a click for more of the object / side of the one about what is known
MOST_MORE = 2.0  # area of a part that is added / that of the mask
CLOSER = 0.75  # a window is looked through again where the object asks for one of at most this share of its side
LEAST_SIDE = 24.0  # of a window, in pixels of the photo
SCALES = (1.0, 0.45, 0.2, 0.09)  # sides of the windows about a first click / that of the whole photo
BAND = np.ones((9, 9), np.uint8)  # about a mask, as the network sees it: there it must be sure of itself


@with_config(OPEN)
class ClickRow(TypedDict):
    """What is read of the section `click` that a run was taught by."""

    img_size: Annotated[int, Field(ge=32, le=2048, multiple_of=32)]


@with_config(OPEN)
class ClickSettings(TypedDict):
    """What is read of the settings of a run for clicks."""

    fit: FitRow
    click: ClickRow


CLICK_SETTINGS = TypeAdapter(ClickSettings)


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a user has said of one object so far, in pixels of the photo."""

    clicks: tuple[Point, ...] = ()
    box: Box | None = None
    earlier: Mask | None = None  # (H, W), the photo's


def read_click_settings(path: Path) -> ClickSettings:
    """Return the settings of a run for clicks; raise InputError for another kind of file."""
    return read_typed(path, CLICK_SETTINGS, "the settings of a run for clicks", "train it with admix label click-train")


class Segmenter:
    """A network for clicks, ready to answer."""

    def __init__(self, network: Network, img_size: int) -> None:
        """network: in eval mode, widened by `EXTRA` channels. img_size: side of the square that it is shown."""
        self.network, self.img_size = network, img_size

    def segment(
        self, photo: NDArray[np.uint8], clicks: Sequence[Point], box: Box | None = None, previous: Mask | None = None
    ) -> Mask:
        """Return the mask (H, W) of one object of a photo (H, W, 3).

        clicks, box: in pixels of the photo. previous: the mask (H, W) to mend, None = none. With clicks alone it looks
        from four distances and goes by the surest answer, else through a window about all that is given; then at what
        was found, from nearer. A part that nothing given touches is left out. Where the answer does not follow the last
        click, what the network marks for this click alone is added, or taken away. Raises ValueError where nothing is
        given.
        """
        wish = wish_of(clicks, box, previous)
        mask = self.marked(photo, wish)
        if wish.earlier is None or not wish.clicks or follows(mask, wish.clicks[-1]):
            return mask
        x, y, positive = wish.clicks[-1]
        return mended(mask, self.marked(photo, Wish(((x, y, True),))), positive)

    def marked(self, photo: NDArray[np.uint8], wish: Wish) -> Mask:
        """Return the mask (H, W) that the network has for a wish, from far and then from near."""
        if wish.box is None and wish.earlier is None:
            window, mask = self.surest(photo, wish)
        else:
            window = later_window(wish)
            mask = self.look(photo, wish, [window])[0][0]
        nearer = about(bounds(wish, mask))
        if not mask.any() or nearer[2] > CLOSER * window[2]:
            return mask
        if wish.earlier is not None:
            wish = dataclasses.replace(wish, earlier=mask)  # what is outside the nearer window comes from here
        return self.look(photo, wish, [nearer])[0][0]

    def surest(self, photo: NDArray[np.uint8], wish: Wish) -> tuple[Window, Mask]:
        """Return the window about the clicks, one of `SCALES`, of the surest answer, and that answer (H, W)."""
        windows = first_windows(wish, photo.shape[:2])
        found = self.look(photo, wish, windows)
        best = max(range(len(windows)), key=lambda k: found[k][1])
        return windows[best], found[best][0]

    def look(self, photo: NDArray[np.uint8], wish: Wish, windows: Sequence[Window]) -> list[tuple[Mask, float]]:
        """Return the mask (H, W) that the network answers to each window, and how sure it is of it, 0 to 1.

        Outside a window the earlier mask stays.
        """
        every = self.logits(np.stack([channels_of(photo, wish, window, self.img_size) for window in windows]))
        masks = [
            asked_for(pasted(logits, window, photo.shape[:2], wish.earlier), wish, window[2] / self.img_size)
            for logits, window in zip(every, windows, strict=True)
        ]
        return [
            (mask, sureness(logits, window, mask)) for mask, logits, window in zip(masks, every, windows, strict=True)
        ]

    def logits(self, channels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how much likelier the object is than the rest, (B, S, S), of channels (B, S, S, 6)."""
        with torch.inference_mode(), autocast():
            made = self.network(torch.from_numpy(channels).to(device())).float()
        return np.asarray((made[:, 1] - made[:, 0]).cpu().numpy())


def wish_of(clicks: Sequence[Point], box: Box | None, previous: Mask | None) -> Wish:
    """Return what a user has said; a mask without a pixel says nothing.

    Clicks that mend a mask know more than the box that it began with, and a box holds the answer to its sides.
    """
    earlier = previous if previous is not None and previous.any() else None
    return Wish(tuple(clicks), None if earlier is not None and clicks else box, earlier)


def sureness(logits: NDArray[np.float32], window: Window, mask: Mask) -> float:
    """Return how sure an answer (S, S) is on the part of a mask (H, W) in its window, and right about it, 0 to 1.

    The mean of |2 p - 1|, p the probability of the object; 0 for a mask without a pixel there.
    """
    part = cv2.dilate(cut(mask.astype(np.uint8), window, len(logits), 0), BAND) > 0
    return float(np.abs(np.tanh(logits[part] / 2)).mean()) if part.any() else 0.0


def first_windows(wish: Wish, size_hw: tuple[int, int]) -> list[Window]:
    """Return the windows for clicks alone: the whole photo, and closer ones about the middle of what is clicked.

    Raises ValueError where no click says where the object is.
    """
    on = [(x, y) for x, y, positive in wish.clicks if positive]
    if not on:
        raise ValueError("wanted a click on the object, a box, or an earlier mask")
    height, width = size_hw
    whole = WHOLE * max(size_hw)
    x, y = np.mean(on, axis=0).tolist()
    sides = [share * whole for share in SCALES[1:] if share * whole >= LEAST_SIDE]
    return [((width - whole) / 2, (height - whole) / 2, whole), *((x - side / 2, y - side / 2, side) for side in sides)]


def later_window(wish: Wish) -> Window:
    """Return the window for a wish with a box or an earlier mask: wider after a click that says that there is more."""
    x, y, side = about(bounds(wish, wish.earlier))
    if wish.earlier is None or not (wish.clicks and wish.clicks[-1][2]):
        return x, y, side
    return x - side * (WIDER - 1) / 2, y - side * (WIDER - 1) / 2, side * WIDER


def bounds(wish: Wish, mask: Mask | None) -> Box:
    """Return the box of all clicks, the box and a mask together."""
    boxes: list[Box] = [(x, y, x, y) for x, y, _ in wish.clicks]
    boxes += [wish.box] if wish.box else []
    boxes += [box_of(mask)] if mask is not None and mask.any() else []
    x0, y0, x1, y1 = np.array(boxes).T
    return float(x0.min()), float(y0.min()), float(x1.max()), float(y1.max())


def about(box: Box) -> Window:
    """Return the square window about a box, with room around it."""
    side = max(ROOM * max(box[2] - box[0], box[3] - box[1]), LEAST_SIDE)
    return (box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2, side


def follows(mask: Mask, click: Point) -> bool:
    """Return whether a mask (H, W) says of a click's pixel what the click says; True beside the photo."""
    x, y, positive = click
    height, width = mask.shape
    return not (0 <= x < width and 0 <= y < height) or bool(mask[int(y), int(x)]) == positive


def mended(mask: Mask, part: Mask, positive: bool) -> Mask:
    """Return a mask (H, W) with a part added, or without it, where that is likely what a click on it means.

    Added is a part that lies mostly beside the mask and is not far larger; taken away is less than half of the mask.
    """
    shared, area = int((mask & part).sum()), int(mask.sum())
    if positive:
        beside = int(part.sum()) - shared
        return mask | part if shared <= beside <= MOST_MORE * area else mask
    return mask & ~part if 2 * shared <= area else mask


def asked_for(mask: Mask, wish: Wish, pixel: float) -> Mask:
    """Return the connected parts of a mask (H, W) that a click on the object, the box or the earlier mask touches.

    pixel: side of what the network sees as one, in pixels of the photo; a click reaches as far as its disk.
    """
    by = np.zeros_like(mask) if wish.earlier is None else wish.earlier.copy()
    reach = max(round(RADIUS * pixel), 1)
    for x, y, positive in wish.clicks:
        if positive:
            by[max(int(y) - reach, 0) : int(y) + reach + 1, max(int(x) - reach, 0) : int(x) + reach + 1] = True
    if wish.box:
        x0, y0, x1, y1 = (max(round(side), 0) for side in wish.box)
        by[y0:y1, x0:x1] = True
    return touched(mask, by)


def channels_of(photo: NDArray[np.uint8], wish: Wish, window: Window, side: int) -> NDArray[np.uint8]:
    """Return what the network sees of a window, (side, side, 6)."""
    x0, y0, length = window
    scale = side / length
    channels = blank(cut(photo, window, side, GREY))
    for x, y, positive in wish.clicks:
        put_click(channels, ((x - x0) * scale, (y - y0) * scale, positive))
    if wish.box:
        bx0, by0, bx1, by1 = wish.box
        put_box(channels, ((bx0 - x0) * scale, (by0 - y0) * scale, (bx1 - x0) * scale, (by1 - y0) * scale))
    if wish.earlier is not None:
        put_earlier(channels, cut(wish.earlier.astype(np.uint8), window, side, 0) > 0)
    return channels


def pasted(logits: NDArray[np.float32], window: Window, size_hw: tuple[int, int], earlier: Mask | None) -> Mask:
    """Return a mask (H, W) that is an answer (S, S) inside a window and the earlier mask, or nothing, outside it."""
    mask = np.zeros(size_hw, bool) if earlier is None else earlier.copy()
    left, top, right, below = (int(np.floor(v)) for v in (*window[:2], window[0] + window[2], window[1] + window[2]))
    whole = cv2.resize(logits, (right - left, below - top), interpolation=cv2.INTER_LINEAR) > 0
    rows, columns = slice(max(top, 0), max(below, 0)), slice(max(left, 0), max(right, 0))
    part = mask[rows, columns]
    part[...] = whole[max(-top, 0) :, max(-left, 0) :][: part.shape[0], : part.shape[1]]
    return mask


def load_segmenter(folder: Path) -> Segmenter:
    """Return what `click-train` wrote, ready to answer; raise InputError when the folder holds no whole run."""
    found = read_click_settings(folder / SETTINGS)
    network = build_from(found["fit"], 2)
    widen(network, EXTRA)
    load_weights(network, folder / WEIGHTS)
    return Segmenter(network.eval(), found["click"]["img_size"])
