"""Shapes that are no areas, such as points and lines: they are told of, and no photo loses an object by them."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from dataset.formats.listed import BROKEN_LABEL, Defects
from pipeline.errors import shown


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """One shape that is no mask."""

    where: str  # the file and the shape, for messages
    kind: str  # as the tool calls it, such as "point"
    category: str
    photo: Path
    covered: bool = False  # its object has a mask as well


def tell_left_out(shapes: Iterable[LeftOut], categories: Collection[str], defects: Defects) -> tuple[str, ...]:
    """Return the sentences for the log that say how many shapes of each kind were left out.

    A shape of a category that has masks elsewhere is a defect: there its photo would say that nothing is to be seen.
    """
    left = list(shapes)
    for shape in left:
        if shape.category in categories and not shape.covered:
            text = (
                f"{shape.where}: the {shape.kind} of {shape.category!r} is no mask, and other objects of it have one; "
                "draw its outline, or take it away if nothing is to be seen"
            )
            defects.add(BROKEN_LABEL, text, shape.photo)
    counts = Counter(shape.kind for shape in left)
    return tuple(
        f"left out: {count} of the kind {shown(kind)}, which is no mask" for kind, count in sorted(counts.items())
    )
