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
from scipy import ndimage
from typing_extensions import TypedDict

from dataset.idmap import Mask, box_of
from pipeline.reading import OPEN, read_typed
from train.clicks.points import EIGHT, EXTRA, RADIUS, Box, Point, blank, put_box, put_click, put_earlier
from train.clicks.views import WHOLE, Window, cut
from train.loader import GREY
from train.model import Network, autocast, build_from, device, load_weights, widen
from train.run import SETTINGS, WEIGHTS, FitRow

ROOM = 1.4  # side of the window / longer side of what it is about
CLOSER = 0.75  # a window is looked through again where the object asks for one of at most this share of its side
MOST_LOOKS = 4  # windows an answer: the whole photo, and three times closer
LEAST_SIDE = 24.0  # of a window, in pixels of the photo
NEAR = 0.3  # side of the second window where the first one showed nothing / side of the first


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

        clicks, box: in pixels of the photo. previous: the mask (H, W) to mend, None = none. With clicks alone the whole
        photo is looked at first, else a window about all that is given; then what was found, from nearer. A part that
        nothing given touches is left out. Raises ValueError where nothing is given.
        """
        wish = Wish(tuple(clicks), box, previous if previous is not None and previous.any() else None)
        window = first_window(wish, photo.shape[:2])
        mask = self.look(photo, wish, window)
        for _ in range(MOST_LOOKS - 1):
            nearer = next_window(wish, mask, window)
            if nearer is None:
                break
            if wish.earlier is not None:
                wish = dataclasses.replace(wish, earlier=mask)  # what is outside the nearer window comes from here
            window, mask = nearer, self.look(photo, wish, nearer)
        return mask

    def look(self, photo: NDArray[np.uint8], wish: Wish, window: Window) -> Mask:
        """Return the mask (H, W) that the network answers when it sees a window; outside it the earlier mask stays."""
        logits = self.logits(channels_of(photo, wish, window, self.img_size))
        return asked_for(pasted(logits, window, photo.shape[:2], wish.earlier), wish, window[2] / self.img_size)

    def logits(self, channels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how much likelier the object is than the rest, (S, S), of channels (S, S, 6)."""
        with torch.inference_mode(), autocast():
            made = self.network(torch.from_numpy(channels[None]).to(device()))[0].float()
        return np.asarray((made[1] - made[0]).cpu().numpy())


def first_window(wish: Wish, size_hw: tuple[int, int]) -> Window:
    """Return the window to begin with; raise ValueError for a wish that says nothing of where the object is."""
    if wish.box is None and wish.earlier is None:
        if not any(positive for *_, positive in wish.clicks):
            raise ValueError("wanted a click on the object, a box, or an earlier mask")
        height, width = size_hw
        side = WHOLE * max(size_hw)
        return (width - side) / 2, (height - side) / 2, side
    return about(bounds(wish, wish.earlier))


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


def next_window(wish: Wish, mask: Mask, window: Window) -> Window | None:
    """Return the window from which a mask (H, W) is better seen, None where the one that it is from will do."""
    if not mask.any():
        x, y, _ = next((click for click in wish.clicks if click[2]), (0, 0, False))
        side = NEAR * window[2] if wish.box is None and wish.earlier is None else 0.0
        return (x - side / 2, y - side / 2, side) if side >= LEAST_SIDE else None
    nearer = about(bounds(wish, mask))
    return nearer if nearer[2] <= CLOSER * window[2] else None


def asked_for(mask: Mask, wish: Wish, pixel: float) -> Mask:
    """Return the connected parts of a mask (H, W) that a click on the object, the box or the earlier mask touches.

    pixel: side of what the network sees as one, in pixels of the photo; a click reaches as far as its disk.
    """
    numbers, _ = ndimage.label(mask, EIGHT)
    touched = np.zeros_like(mask) if wish.earlier is None else wish.earlier.copy()
    reach = max(round(RADIUS * pixel), 1)
    for x, y, positive in wish.clicks:
        if positive:
            touched[max(int(y) - reach, 0) : int(y) + reach + 1, max(int(x) - reach, 0) : int(x) + reach + 1] = True
    if wish.box:
        x0, y0, x1, y1 = (max(round(side), 0) for side in wish.box)
        touched[y0:y1, x0:x1] = True
    kept = np.zeros(int(numbers.max(initial=0)) + 1, bool)
    kept[numbers[touched]] = True
    kept[0] = False
    return np.asarray(kept[numbers])


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
