"""The objects that annotators drew in one photo, and which of them are one object."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import find_objects

from dataset.idmap import IdMap, Mask, without_ignored


@dataclasses.dataclass(frozen=True)
class CrewShape:
    """One object as one annotator drew it."""

    annotator: int
    category: str
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    mask: Mask  # of the box

    @property
    def area_px(self) -> int:
        """Return the number of its pixels."""
        return int(self.mask.sum())


Group = tuple[CrewShape, ...]  # of one object: at most one shape an annotator, in their order


def shapes_of(ids: IdMap, categories: Sequence[str], annotator: int) -> list[CrewShape]:
    """Return the objects of an id map (H, W), of which k is one of categories[k - 1]; what is ignored is none."""
    labelled = without_ignored(ids)
    found = []
    for number, place in enumerate(find_objects(labelled)[: len(categories)], 1):
        if place is not None:
            rows, columns = place
            box = (columns.start, rows.start, columns.stop, rows.stop)
            found.append(CrewShape(annotator, categories[number - 1], box, labelled[place] == number))
    return found


def within(shape: CrewShape, box: tuple[int, int, int, int]) -> Mask:
    """Return the mask of a shape in a window, which may cut it off."""
    x0, y0, x1, y1 = box
    mask = np.zeros((y1 - y0, x1 - x0), bool)
    left, top, right, bottom = shape.box
    a, b, c, d = max(left, x0), max(top, y0), min(right, x1), min(bottom, y1)
    if a < c and b < d:
        mask[b - y0 : d - y0, a - x0 : c - x0] = shape.mask[b - top : d - top, a - left : c - left]
    return mask


def overlap(one: CrewShape, other: CrewShape) -> float:
    """Return the IoU of two shapes."""
    common = int((within(one, other.box) & other.mask).sum())
    return common / (one.area_px + other.area_px - common)


def matched(shapes: Sequence[CrewShape], least: float) -> list[Group]:
    """Return the shapes of one photo by object: pairs of two annotators join in the order of their IoU.

    No group has two shapes of one annotator. least: IoU of a pair that may join.
    """
    pairs = [
        (overlap(shapes[a], shapes[b]), a, b)
        for a, b in itertools.combinations(range(len(shapes)), 2)
        if shapes[a].annotator != shapes[b].annotator and touch(shapes[a].box, shapes[b].box)
    ]
    group = {k: [k] for k in range(len(shapes))}
    for iou, a, b in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if iou < least:
            break
        one, other = group[a], group[b]
        if one is not other and not {shapes[k].annotator for k in one} & {shapes[k].annotator for k in other}:
            one.extend(other)
            group.update(dict.fromkeys(other, one))
    members = {id(each): each for each in group.values()}
    return [tuple(sorted((shapes[k] for k in each), key=lambda s: s.annotator)) for each in members.values()]


def touch(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Return whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
