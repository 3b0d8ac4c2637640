"""What a person does with proposals in Label Studio's page, and where the mouse went by that."""

import dataclasses
import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.label.studio_page import LabellingPage, Place
from benchmarks.label.studio_photos import BLOB, COLOURS, CONFIRMED, DELETED, LEFT, RING, SIZES, times_of
from dataset.idmap import Mask, mask_iou
from label.prelabels.records import SentPhoto, mask_in

EDGE = 1.0  # pixels about a stroke that may change too: its edge is soft
HALF = 0.5  # pixels of the screen by which the page's own place of the mouse may be off
SHIFT = (12.0, 7.0)  # by which a polygon is dragged
STROKES = {  # on the photo that is corrected
    BLOB: ("brush-tool", [[(242.0, 150.0), (284.0, 150.0)], [(250.0, 164.0), (276.0, 164.0)]]),
    RING: ("eraser", [[(60.0, 60.0), (100.0, 60.0)]]),
}
SCRIBBLE = [(150.0, 20.0), (170.0, 40.0)]  # on the photo that is left


@dataclasses.dataclass(frozen=True)
class Touch:
    """Where the mouse changed one object, masks (H, W)."""

    may: Mask  # pixels that may differ
    on: Mask  # pixels that must be the object's then
    off: Mask  # pixels that must not be


Touches = dict[tuple[str, str], Touch]  # photo, category -> what was done to it


def near(size_hw: tuple[int, int], way: Sequence[Place], reach: float) -> Mask:
    """Return the pixels (H, W) whose middle lies within `reach` of a line from place to place."""
    middles = np.indices(size_hw)[::-1].transpose(1, 2, 0) + 0.5
    found = np.zeros(size_hw, bool)
    for start, end in itertools.pairwise(way):
        begin, along = np.array(start), np.subtract(end, start)
        share = np.clip(((middles - begin) @ along) / max(float(along @ along), 1e-9), 0, 1)
        found |= np.linalg.norm(middles - begin - share[..., None] * along, axis=-1) <= reach
    return found


def stroked(page: LabellingPage, category: str) -> Touch:
    """Draw the strokes of a category on a photo that is corrected, and return where they went."""
    (tool, ways), times = STROKES[category], times_of(page.size_hw)
    page.choose(1 + list(COLOURS).index(category))
    may, core = np.zeros((2, *page.size_hw), bool)
    for way in ways:
        went, reach = page.stroke(tool, [(x * times, y * times) for x, y in way])
        soft = EDGE + HALF / page.scale()
        may |= near(page.size_hw, went, reach + soft)
        core |= near(page.size_hw, went, reach - soft)
    nothing = np.zeros_like(core)
    return Touch(may, core, nothing) if tool == "brush-tool" else Touch(may, nothing, core)


def dragged(page: LabellingPage, mask: Mask) -> Touch:
    """Drag the polygon of the blob, whose mask (H, W) is known, and return where it went."""
    page.choose(1 + list(COLOURS).index(BLOB))
    page.take("move-tool")
    times = times_of(page.size_hw)
    way = [(x * times, y * times) for x, y in ((220.0, 110.0), (220.0 + SHIFT[0], 110.0 + SHIFT[1]))]
    (x0, y0), (x1, y1) = page.drag(way)
    shift = np.array([[1, 0, x1 - x0], [0, 1, y1 - y0]])
    there = cv2.warpAffine(mask.astype(np.uint8), shift, mask.shape[::-1]) > 0
    grown, shrunk = (turn(there.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for turn in (cv2.dilate, cv2.erode))
    return Touch((mask | grown) & ~(mask & shrunk), shrunk, mask & ~grown)


def correct(page: LabellingPage, task: int, sent: SentPhoto, name: str) -> Touches:
    """Correct both proposals of a drawn photo by mouse, and return where it went."""
    page.open(task, SIZES[name], len(COLOURS))
    masks = {thing.category: mask_in(thing, sent.size_hw) for thing in sent.objects}
    polygon = page.tab.locator(".lsf-tree__node_type_polygonregion").count()
    blob = dragged(page, masks[BLOB]) if polygon else stroked(page, BLOB)
    return {(name, BLOB): blob, (name, RING): stroked(page, RING)}


def confirm(page: LabellingPage, task: int, sent: SentPhoto) -> float:
    """Hand a photo in as it is, and return the IoU of what the screen shows of its proposals with them."""
    page.open(task, SIZES[CONFIRMED], len(COLOURS))
    proposed = np.logical_or.reduce([mask_in(thing, sent.size_hw) for thing in sent.objects])
    seen = mask_iou(page.seen(), proposed)
    page.submit()
    return seen


def delete(page: LabellingPage, task: int, sent: SentPhoto) -> Touches:
    """Delete the ring of a photo, hand it in, and return where it was."""
    page.open(task, SIZES[DELETED], len(COLOURS))
    page.choose(1)
    page.delete_chosen()
    page.submit()
    [mask] = [mask_in(thing, sent.size_hw) for thing in sent.objects if thing.category == RING]
    return {(DELETED, RING): Touch(mask, np.zeros_like(mask), mask)}


def leave(page: LabellingPage, task: int) -> None:
    """Draw on a photo, and go away without handing it in."""
    page.open(task, SIZES[LEFT], len(COLOURS))
    page.choose(1 + list(COLOURS).index(RING))  # a mask in either case: a brush has no hold on a polygon
    page.wait_for_draft(SCRIBBLE)
