"""What people said of labels that an audit suspected: a line each, held to what they looked at by its content.

A verdict names a photo by its pixels and an object by its mask. So it outlives renaming, another format and a new
export, and falls silent as soon as the label it was about has changed.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from dataset.formats.outlines import mask_of, rle_of
from dataset.idmap import IGNORE, IdMap, Mask
from pipeline.reading import Record, lines_of, parse_typed

WRONG, RIGHT = "wrong", "right"
NOTHING_THERE = "spurious"  # the kind of error after which the object is background, not ignored
KEY = 32  # characters of a hash


@dataclasses.dataclass(frozen=True)
class LabelVerdict(Record):
    """One verdict."""

    photo: str  # `photo_key`
    object: str  # `object_key` of the label; "" = of a place without one
    kind: str  # of the suspected error
    verdict: Literal["wrong", "right"]
    area: dict[str, Any]  # COCO's compressed RLE: what a wrong label leaves that is neither object nor background
    name: str = ""  # of the photo, for people


VERDICT = TypeAdapter(LabelVerdict)


def photo_key(image: NDArray[np.uint8]) -> str:
    """Return what names a photo (H, W, 3), upright, by its pixels."""
    return hashlib.sha256(repr(image.shape).encode() + np.ascontiguousarray(image).tobytes()).hexdigest()[:KEY]


def object_key(mask: Mask) -> str:
    """Return what names an object by its mask (H, W)."""
    rle = rle_of(mask)
    return hashlib.sha256(f"{rle['size']} {rle['counts']}".encode()).hexdigest()[:KEY]


def read_verdicts(path: Path) -> dict[str, tuple[LabelVerdict, ...]]:
    """Return the verdicts of a file by photo; of two on one object the later one holds.

    Raises InputError for a line that is no verdict.
    """
    latest: dict[tuple[str, str, str], LabelVerdict] = {}
    for number, line in enumerate(lines_of(path), 1):
        if line.strip():
            where = f"{path}:{number}: not a verdict"
            found = parse_typed(line, VERDICT, where, "save the verdicts again from the page of the audit")
            area = found.area.get("counts") if not found.object else ""
            latest[found.photo, found.object, str(area)] = found
    photos: dict[str, list[LabelVerdict]] = {}
    for found in latest.values():
        photos.setdefault(found.photo, []).append(found)
    return {photo: tuple(those) for photo, those in photos.items()}


def without_wrong(ids: IdMap, count: int, verdicts: Sequence[LabelVerdict], where: str) -> IdMap:
    """Return an id map (H, W) of `count` objects without the labels that people called wrong.

    A spurious object is background. Of every other error the area is ignored, but for other objects' pixels: what lies
    there is not known. A verdict on a label that is no longer there changes nothing. Raises InputError for an area that
    is no RLE of this size.
    """
    wrong = [verdict for verdict in verdicts if verdict.verdict == WRONG]
    if not wrong:
        return ids
    keys = keys_in(ids, count)
    changed = ids.copy()
    for verdict in wrong:
        index = keys.get(verdict.object, 0)
        if index or not verdict.object:
            take_out(changed, ids, index, verdict, where)
    return changed


def take_out(changed: IdMap, ids: IdMap, index: int, verdict: LabelVerdict, where: str) -> None:
    """Take one wrong label out of `changed`. index: of the object in `ids`, 0 where there is none."""
    if index:
        changed[ids == index] = 0 if verdict.kind == NOTHING_THERE else IGNORE
    if verdict.kind != NOTHING_THERE:
        area = mask_of(verdict.area, ids.shape, f"{where}: the verdict on it")
        changed[area & (changed == 0)] = IGNORE


def keys_in(ids: IdMap, count: int) -> dict[str, int]:
    """Return the key of every object of an id map that has a pixel, with its index."""
    masks: Iterable[tuple[int, Mask]] = ((k, ids == k) for k in range(1, count + 1))
    return {object_key(mask): k for k, mask in masks if mask.any()}
