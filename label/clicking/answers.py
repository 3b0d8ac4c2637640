"""What Label Studio is told: the mask of the object that was clicked, as a brush."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataset.formats import brush_rle
from dataset.formats.photo_urls import PhotosBelow
from dataset.idmap import Mask
from dataset.pictures import upright
from label.clicking.asked import BRUSH, WHERE, Asked, AskedBody, asked_in
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import read_bytes

Clicks = Sequence[tuple[float, float, bool]]  # x, y in pixels, whether the object is there
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
Segment = Callable[[NDArray[np.uint8], Clicks, Box | None, Mask | None], Mask]  # photo, clicks, box, the mask before

PHOTOS, MASKS = 4, 200  # that are kept from one call to the next
Kept = TypeVar("Kept")


class Latest(Generic[Kept]):
    """The last few results by key; the one that was wanted longest ago is forgotten."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return the result of a key, made where it is not there."""
        if key not in self.kept:
            self.kept[key] = make()
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        self.kept.move_to_end(key)
        return self.kept[key]


class ClickAnswers:
    """Answers calls about the photos of one folder. One call at a time: the network is one."""

    def __init__(self, segment: Segment, photos: Path, version: str) -> None:
        """segment: returns the mask (H, W) of a photo (H, W, 3). version: of the model, as Label Studio shows it."""
        self.segment, self.photos, self.version = segment, photos, version
        self.pictures: Latest[NDArray[np.uint8]] = Latest(PHOTOS)
        self.masks: Latest[Mask] = Latest(MASKS)
        self.lock = threading.Lock()

    def predict(self, body: AskedBody) -> dict[str, Any]:
        """Return the answer to a call: one prediction a task, `nothing` where no click is asked about.

        Raises InputError for what cannot be answered: a photo that is not there or has another size, clicks on
        nothing.
        """
        asked = asked_in(body)
        if asked is None:
            return {"results": [self.nothing(body) for _ in body["tasks"]]}
        with self.lock:
            mask = self.answer(asked)
        return {"results": [{"result": [region(asked, mask)], "score": 1.0, "model_version": self.version}]}

    def nothing(self, body: AskedBody) -> Any:
        """Return what is said of a task without a click: to the page an empty prediction, else no prediction.

        Label Studio keeps what it is told of whole tasks: an empty one would stand there beside the proposals.
        """
        if (body.get("params") or {}).get("context") is None:
            return []
        return {"result": [], "score": 0.0, "model_version": self.version}

    def answer(self, asked: Asked) -> Mask:
        """Return the mask (H, W) of the object: what clicks make of it one after the other, as a person set them."""
        file = self.file_of(asked.address)
        stat = file.stat()
        place = (str(file), stat.st_mtime_ns, stat.st_size)
        photo = self.pictures.get(place, lambda: upright(read_bytes(file), file.name))
        if photo.shape[:2] != asked.size_hw:
            raise InputError(
                f"{file.name}: has {photo.shape[:2]} pixels (height, width), but Label Studio's has {asked.size_hw}; "
                "bring the same photo to both"
            )
        before = None if asked.earlier is None else (asked.region, asked.earlier.tobytes())
        first = [] if asked.box is None else [0]
        mask = asked.earlier
        for count in [*first, *range(1, len(asked.clicks) + 1)]:
            clicks = asked.clicks[:count]
            if mask is None and asked.box is None and not any(positive for *_, positive in clicks):
                continue  # nothing says yet where the object is
            mask = self.masks.get((place, clicks, asked.box, before), self.asking(photo, clicks, asked.box, mask))
        if mask is None:
            raise InputError(f"{WHERE}: says only where the object is not; click on it first")
        return mask

    def asking(
        self, photo: NDArray[np.uint8], clicks: Clicks, box: Box | None, mask: Mask | None
    ) -> Callable[[], Mask]:
        """Return what asks the network."""
        return lambda: self.segment(photo, clicks, box, mask)

    def file_of(self, address: str) -> Path:
        """Return the photo that Label Studio names, by its name; raise InputError where it is not in the folder."""
        found = PhotosBelow.of(self.photos).named(address, WHERE)
        return inside(self.photos, found.relative_to(self.photos).as_posix(), WHERE)


def region(asked: Asked, mask: Mask) -> dict[str, Any]:
    """Return a mask (H, W) as a region of Label Studio."""
    height, width = mask.shape
    value = {"format": "rle", "rle": brush_rle.encode(mask), BRUSH: [asked.label]}
    size = {"original_width": width, "original_height": height, "image_rotation": 0}
    names = {"id": asked.region, "from_name": asked.control, "to_name": asked.picture, "type": BRUSH}
    return {**names, **size, "value": value, "readonly": False}
