"""The page of an audit: suspects as cards, each with the line of its verdict, which y and n keep."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.formats.outlines import rle_of
from dataset.idmap import IGNORE, Mask, box_of
from dataset.overlay import COLOURS, jpeg_uri, outline, small
from dataset.pieces import touched
from dataset.verdicts import LabelVerdict, object_key, photo_key
from label.suspects.search import AuditPhoto, PhotoRows, Suspect
from pipeline.pages import allowed, rendered

TEMPLATE = Path(__file__).with_name("audit.html.j2")
SCRIPT = Path(__file__).with_name("audit.js")
CONTROL = "control"
SIDE_PX, ROOM = 320, 0.4  # of a picture; what is shown around an object, in its longer side
REACH = 0.5  # probability from which a pixel is seen as an object

WORDS = {
    "missing": "something is seen that has no label",
    "spurious": "a label where nothing is seen",
    "misplaced": "the label lies beside the object",
    "swapped": "another category is seen",
    "low IoU": "the label holds a part of the object, or far too much",
    "too wide": "the outline runs outside of the object",
    "too narrow": "the outline runs within the object",
    "one-sided": "the outline is off on one side",
    CONTROL: "chosen by chance: is it right?",
}


@dataclasses.dataclass(frozen=True)
class SuspectCard:
    """One suspect on the page."""

    kind: str
    uri: str  # the picture
    caption: str
    line: str  # the verdict "wrong" as JSON; the page writes the other one in its place where n was pressed


def cards_of(photo: AuditPhoto, rows: PhotoRows, suspects: Sequence[Suspect]) -> dict[Suspect, SuspectCard]:
    """Return the cards of the suspects of one photo."""
    key = photo_key(photo.image)
    return {one: card_of(photo, mask_of(photo, rows, one), one, key) for one in suspects}


def mask_of(photo: AuditPhoto, rows: PhotoRows, one: Suspect) -> Mask:
    """Return the mask (H, W) of a suspect: of its label, or of the place that has none."""
    if one.index:
        return np.asarray(photo.ids == one.index)
    height, width = photo.ids.shape
    place = rows.places[one.place].mask.astype(np.uint8)
    large = cv2.resize(place, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(large & (photo.ids == 0))


def card_of(photo: AuditPhoto, mask: Mask, one: Suspect, key: str) -> SuspectCard:
    """Return the card of one suspect whose mask has a pixel."""
    seen = touched(photo.inside >= REACH, mask)
    area = mask | (seen & (photo.ids == 0))
    verdict = LabelVerdict(key, object_key(mask) if one.index else "", one.kind, "wrong", rle_of(area), photo.id)
    chance = f", {100 * one.precision:.0f} % expected wrong up to here" if one.kind != CONTROL else ""
    line = json.dumps(dataclasses.asdict(verdict), ensure_ascii=False)
    return SuspectCard(one.kind, jpeg_uri(picture(photo, mask, seen)), f"{photo.id}{chance}", line)


def picture(photo: AuditPhoto, mask: Mask, seen: Mask) -> NDArray[np.uint8]:
    """Return the surroundings of a suspect: its label outlined in the first colour, what is seen in the second."""
    height, width = mask.shape
    x0, y0, x1, y1 = box_of(mask | seen)
    room = round(ROOM * max(x1 - x0, y1 - y0)) + 4
    place = (slice(max(y0 - room, 0), min(y1 + room, height)), slice(max(x0 - room, 0), min(x1 + room, width)))
    image = small(photo.image[place], SIDE_PX).copy()
    others = (photo.ids > 0) & (photo.ids != IGNORE) & ~mask
    for shape, colour in ((others, (160, 160, 160)), (seen, COLOURS[1]), (mask, COLOURS[0])):
        image[outline(small(shape[place].astype(np.uint8), SIDE_PX))] = colour
    return image


def page(cards: Sequence[SuspectCard], queues: Mapping[str, Any], photos: int, bare: int) -> str:
    """Return the page. queues: as of `label.audit.summary`. bare: photos without a prediction."""
    script = SCRIPT.read_text(encoding="utf-8")
    groups = [(kind, WORDS[kind], [card for card in cards if card.kind == kind]) for kind in WORDS]
    return rendered(
        TEMPLATE,
        groups=[group for group in groups if group[2]],
        queues=queues,
        photos=photos,
        bare=bare,
        script=script,
        policy=allowed(script),
    )
