"""Shapes as labelling tools keep them: some are masks, some are none, and those of one group are one object."""

import contextlib
import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pycocotools import mask as rle_tools

from dataset.formats.left_out import LeftOut, tell_left_out
from dataset.formats.listed import Defects
from dataset.formats.outlines import Outline, Reach, outline_rle, reach_of
from pipeline.errors import InputError

BOXES = {"bbox", "box", "rectangle"}  # what tools call them
SAME_BOX = 0.5  # IoU from which a box is that of a mask
ELLIPSE_CORNERS = 360  # of the polygon that stands for an ellipse: 0.04 pixels off at a radius of 1000


@dataclasses.dataclass(frozen=True)
class ToolShape:
    """One shape of a photo."""

    where: str  # the file and the shape, for messages
    category: str
    kind: str  # as its tool calls it, such as "polygon" or "box"
    outline: Any = None  # polygons or an RLE, as in `Outline`; None: it is no mask
    reach: Reach | None = None  # of what is no mask, if it is known
    group: str = ""  # shapes of one group and category are one object; "": an object of its own
    layer: int = 0  # the higher one lies on top
    ignored: bool = False  # neither an object nor background
    attributes: bool = False  # its file says more of it, which an instance cannot hold
    name: str = ""  # its own in the file, where it has one that tools keep


def objects_of(shapes: Iterable[ToolShape], size_hw: tuple[int, int] | None) -> tuple[Outline, ...]:
    """Return the masks of one photo: those of a group are one object, which lies on the highest of their layers.

    size_hw: of the picture; wanted where a group joins polygons and an RLE.
    """
    together: dict[tuple[str, str, bool, int], list[ToolShape]] = {}
    for number, shape in enumerate(shapes):
        if shape.outline is not None:
            key = (shape.group, shape.category, shape.ignored, 0 if shape.group else number)
            together.setdefault(key, []).append(shape)
    return tuple(object_of(parts, size_hw) for parts in together.values())


def object_of(parts: Sequence[ToolShape], size_hw: tuple[int, int] | None) -> Outline:
    """Return the union of shapes as one object."""
    first = parts[0]
    layer = max(part.layer for part in parts)
    return Outline(first.where, first.category, union_of(parts, size_hw), first.ignored, layer, first.name)


def union_of(parts: Sequence[ToolShape], size_hw: tuple[int, int] | None) -> Any:
    """Return the outline of all shapes together: polygons where all are, else an RLE. Raises as `outline_rle`."""
    if len(parts) == 1:
        return parts[0].outline
    if all(isinstance(part.outline, list) for part in parts):
        return [polygon for part in parts for polygon in part.outline]
    if size_hw is None:
        raise InputError(f"{parts[0].where}: the size of its picture is not stated, wanted width and height")
    whole = rle_tools.merge([outline_rle(part.outline, size_hw, part.where) for part in parts])
    return {"size": list(size_hw), "counts": whole["counts"].decode("ascii")}


def ellipse_of(middle_xy: tuple[float, float], radii_xy: tuple[float, float], turn_deg: float) -> list[float]:
    """Return the polygon [x, y, ...] of an ellipse. turn_deg: clockwise as it is seen."""
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    flat = []
    for step in range(ELLIPSE_CORNERS):
        angle = 2 * math.pi * step / ELLIPSE_CORNERS
        x, y = radii_xy[0] * math.cos(angle), radii_xy[1] * math.sin(angle)
        flat += [middle_xy[0] + x * cos - y * sin, middle_xy[1] + x * sin + y * cos]
    return flat


def tell(photos: Mapping[Path, Sequence[ToolShape]], defects: Defects) -> tuple[str, ...]:
    """Return sentences on what was taken, joined and left out; an object that its photo would lose is a defect.

    That is one of a category with masks elsewhere that is marked by a box, by points or the like alone: no mask of its
    category is in its group, fills its box, or lies around its middle where it is no box.
    """
    every = [shape for shapes in photos.values() for shape in shapes]
    left = [one for file, shapes in photos.items() for one in left_out_of(file, shapes)]
    counts = {
        "ellipses are taken as masks": sum(shape.kind == "ellipse" for shape in every),
        "groups of shapes are one object each": sum(map(joined_in, photos.values())),
        "shapes have attributes, which are not kept": sum(shape.attributes for shape in every),
    }
    said = [f"{count} {words}" for words, count in counts.items() if count]
    return (*said, *tell_left_out(left, masked_in(photos), defects))


def masked_in(photos: Mapping[Path, Sequence[ToolShape]]) -> set[str]:
    """Return the categories that have masks."""
    return {shape.category for shapes in photos.values() for shape in shapes if shape.outline is not None}


def joined_in(shapes: Iterable[ToolShape]) -> int:
    """Return how many objects of a photo are of more than one mask."""
    sizes = Counter((shape.group, shape.category) for shape in shapes if shape.group and shape.outline is not None)
    return sum(size > 1 for size in sizes.values())


def left_out_of(file: Path, shapes: Sequence[ToolShape]) -> list[LeftOut]:
    """Return the shapes of a photo that are no masks."""
    bare = [shape for shape in shapes if shape.outline is None]
    masks = [(shape, bounds_of(shape)) for shape in shapes if shape.outline is not None] if bare else []
    return [
        LeftOut(one.where, one.kind, one.category, file, any(belongs(one, mask, bounds) for mask, bounds in masks))
        for one in bare
    ]


def belongs(bare: ToolShape, mask: ToolShape, bounds: Reach | None) -> bool:
    """Return whether a shape that is no mask marks the object of a mask."""
    if bare.category != mask.category:
        return False
    if bare.group and bare.group == mask.group:
        return True
    if bounds is None or bare.reach is None:
        return False
    if bare.kind in BOXES:
        return overlap(bare.reach, bounds) >= SAME_BOX
    x, y = (bare.reach[0] + bare.reach[2]) / 2, (bare.reach[1] + bare.reach[3]) / 2
    return bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3]


def overlap(one: Reach, other: Reach) -> float:
    """Return the IoU of two boxes; 0 where neither has an area."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared) if areas > shared else 0.0


def bounds_of(shape: ToolShape) -> Reach | None:
    """Return how far a mask reaches; None for one that cannot be drawn, which is told where it is drawn."""
    if not isinstance(shape.outline, dict):
        return reach_of(shape.outline)
    with contextlib.suppress(InputError, TypeError, ValueError, KeyError):
        x, y, width, height = rle_tools.toBbox(outline_rle(shape.outline, tuple(shape.outline["size"]), "")).tolist()
        return x, y, x + width, y + height
    return None
