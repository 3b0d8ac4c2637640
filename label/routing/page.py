"""The page of a routing: what goes where, the curve of costs, drift, and the objects to check by keyboard."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.pictures import upright
from dataset.predictions import Prediction, each_prediction, mask_at
from label.routing.checks import DrawnObject, line_of
from label.routing.deciding import Routing
from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.pages import allowed, rendered
from pipeline.reading import read_bytes

TEMPLATE = Path(__file__).with_name("page.html.j2")
SCRIPT = Path(__file__).with_name("page.js")
ROOM = 0.3  # of the object's longer side, that is shown around it


def shown(one: Prediction, item: DrawnObject, photos: Path) -> SetPicture:
    """Return an object in its photo, cut out with some room; raise InputError for a photo that cannot be read."""
    path = inside(photos, one.file, "the predictions")
    image = upright(read_bytes(path), str(path))
    if image.shape[:2] != one.size_hw:
        raise InputError(f"{path}: is {image.shape[:2]}, was {one.size_hw} when it was predicted; predict it again")
    x0, y0, x1, y1 = item.box
    room = int(ROOM * max(x1 - x0, y1 - y0)) + 1
    rows, columns = slice(max(y0 - room, 0), y1 + room), slice(max(x0 - room, 0), x1 + room)
    mask = mask_at(one, item.instance)[rows, columns].astype(np.uint8)
    plain = image[rows, columns]
    both = np.concatenate([plain, overlay(plain, mask)], axis=1)
    return set_picture(both, f"{item.category}, {one.file}")


def pictures(
    predictions: Path, photos: Path, items: Sequence[DrawnObject]
) -> Iterator[tuple[SetPicture | None, dict[str, Any]]]:
    """Yield the picture of each object and its line of to_check.jsonl; None for a photo that cannot be read."""
    keys = {item.key for item in items}
    known = {one.key: one for one in each_prediction(predictions) if one.key in keys}
    for item in items:
        picture = None
        with contextlib.suppress(InputError):
            picture = shown(known[item.key], item, photos)
        yield picture, line_of(item)


def page(
    routing: Routing,
    numbers: dict[str, Any],
    words: Sequence[str],
    items: list[tuple[SetPicture | None, dict[str, Any]]],
) -> str:
    """Return the page, whole in one file. numbers: route.json; items: of `pictures`; [] for none to check on it."""
    script = Markup(SCRIPT.read_text(encoding="utf-8").strip())
    policy = Markup(f"script-src {allowed(script)}") if items else ""
    return rendered(TEMPLATE, routing=routing, numbers=numbers, words=words, items=items, script=script, policy=policy)
