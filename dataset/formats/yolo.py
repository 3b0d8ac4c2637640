"""YOLO segmentation: images/, labels/ with one line an instance, and data.yaml.

A line is ``class x1 y1 x2 y2 ...``: the category's number from 0, then one closed outline through the middles of the
mask's border pixels, as fractions of width and height. The format knows neither holes nor several pieces: these are
joined to the one outline by a cut of no width, there and back between the nearest points, as the format's users do.
A reader that fills an outline by the even-odd rule gets the mask back; one that also draws the outline itself marks
the cut between two pieces, one pixel wide. A picture without an instance has an empty label file. What is ignored
cannot be told, and is left out.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dataset.formats.source import ManifestSource, name_of, say_left_out
from dataset.idmap import IGNORE, IdMap, Mask
from dataset.records import Instance

Outline = NDArray[np.int64]  # (N, 2), column and row of pixels, closed: the last one is next to the first one


def write(source: ManifestSource, out: Path) -> None:
    """Write images as they are, their labels, and data.yaml, whose `val` is left for another export to fill."""
    (out / "labels").mkdir()
    left_out = 0
    for sample in source.samples():
        source.save_image(sample, out / "images", name_of(sample))
        ids = source.ids_of(sample)
        left_out += bool((ids == IGNORE).any())
        text = "".join(line_of(item, ids, source.categories.index(item.category)) for item in sample.instances)
        (out / "labels" / f"{name_of(sample)}.txt").write_text(text, encoding="utf-8", newline="\n")
    say_left_out(left_out, "yolo")
    names = "".join(f"  {k}: {json.dumps(name, ensure_ascii=False)}\n" for k, name in enumerate(source.categories))
    text = f"train: images\nval:  # name the images/ of another export here, never those of train\nnames:\n{names}"
    (out / "data.yaml").write_text(text, encoding="utf-8", newline="\n")


def line_of(item: Instance, ids: IdMap, number: int) -> str:
    """Return one line of a label file."""
    x0, y0, x1, y1 = item.box
    height, width = ids.shape
    outline = outline_of(ids[y0:y1, x0:x1] == item.index)
    # the middle of a pixel, so that a reader that cuts off the fraction finds the pixel itself
    places = (outline + np.array([x0 + 0.5, y0 + 0.5])) / np.array([width, height])
    return " ".join([str(number), *(f"{value:.6f}" for value in places.ravel())]) + "\n"


def outline_of(mask: Mask) -> Outline:
    """Return one closed outline of all pieces and holes of a mask that has a pixel; three points at least."""
    rings, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outline, *others = sorted((ring[:, 0].astype(np.int64) for ring in rings), key=len, reverse=True)
    for ring in others:
        outline = joined(outline, ring)
    outline = without_straights(outline)
    return np.concatenate([outline, np.repeat(outline[-1:], max(3 - len(outline), 0), axis=0)])


def joined(outline: Outline, ring: Outline) -> Outline:
    """Return both as one: along `outline`, at its point nearest to `ring` over, once around, and back."""
    distances, nearest = cKDTree(outline).query(ring)
    there = int(np.argmin(distances))
    here = int(nearest[there])
    around = np.concatenate([ring[there:], ring[: there + 1]])
    return np.concatenate([outline[: here + 1], around, outline[here:]])


def without_straights(outline: Outline) -> Outline:
    """Return the outline without the points where it goes straight on."""
    before, after = outline - np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0) - outline
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    straight = (cross == 0) & ((before * after).sum(axis=1) > 0)
    return outline if straight.all() else outline[~straight]
