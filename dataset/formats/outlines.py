"""The outlines of a photo's objects as files hold them, polygons or runs of pixels, and how they become an id map."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as rle_tools

from dataset.formats.listed import BROKEN_LABEL, MOST_INSTANCES, OTHER_SIZE, OUTSIDE, DefectError
from dataset.idmap import IGNORE, IdMap, Mask
from dataset.records import MOST_SIDE
from pipeline.errors import shown

SLIP, SLIP_PX = 0.02, 3  # how far an outline may leave its picture: a share of the longer side, at least so many pixels
PRELABEL = "prelabel"  # the key or attribute by which tools keep the name of an outline that we proposed
BOX_SLIP_PX, MOST_OF_IT = 2, 0.6  # how far an outline may leave its box, and which share of its own must be within
MOST_BITS = 40  # of one run: more than any picture has pixels


@dataclasses.dataclass(frozen=True)
class Rings:
    """Closed rings [x, y, ...] of one object by the even-odd rule: a ring within a ring is a hole."""

    rings: tuple[tuple[float, ...], ...]


@dataclasses.dataclass(frozen=True)
class Outline:
    """One object, or one region to ignore, as its file outlines it."""

    where: str  # the file and the object, for messages
    category: str
    shape: Any  # polygons [[x, y, ...], ...] whose union it is, `Rings`, or an RLE {size, counts}, compressed or not
    ignored: bool = False  # neither an object nor background
    layer: int = 0  # where its format says which lies on top: the higher one
    name: str = ""  # its own in the file, where it has one that tools keep
    box: tuple[float, float, float, float] | None = None  # x, y, width, height, where its file states them


@dataclasses.dataclass(frozen=True)
class Outlines:
    """The outlines of one photo. Coordinates are pixels, (0, 0) the upper left corner of the upper left pixel."""

    where: str  # the file and the photo, for messages
    size_hw: tuple[int, int] | None  # the size the outlines were made for, if it is stated
    outlines: tuple[Outline, ...]

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return an id map and the categories; of two that overlap the higher layer, then the smaller one, is seen.

        So an instance may be left without a pixel. A region to ignore lies below every instance. Raises InputError for
        an outline that cannot be drawn, and for an instance's that covers no pixel by itself.
        """
        size = self.drawn_on(size_hw)
        if len(self.outlines) > MOST_INSTANCES:
            raise DefectError(
                BROKEN_LABEL, f"{self.where}: found {len(self.outlines)} objects, wanted {MOST_INSTANCES} at most"
            )
        for outline in self.outlines:
            check_within(outline.shape, size, outline.where)
        packed = [outline_rle(outline.shape, size, outline.where) for outline in self.outlines]
        for k, outline in enumerate(self.outlines):
            check_area(packed[k], outline, size)
            check_box(packed[k], outline)
        objects = [k for k, outline in enumerate(self.outlines) if not outline.ignored]
        ids = np.zeros(size, np.uint16)
        for k, outline in enumerate(self.outlines):
            if outline.ignored:
                put(ids, packed[k], IGNORE)
        number = {k: n for n, k in enumerate(objects, 1)}
        below_first = sorted(objects, key=lambda k: (self.outlines[k].layer, -int(rle_tools.area(packed[k]))))
        for k in below_first:  # one mask at a time: a thousand would be 12 GB
            put(ids, packed[k], number[k])
        return ids, [self.outlines[k].category for k in objects]

    def drawn_on(self, upright_hw: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the picture that the outlines were drawn on.

        That is the stated one, but for a photo that its EXIF orientation turns: tools show it upright and state the
        stored size, so where an outline leaves the stated picture and all lie on the upright one, it is that.
        """
        stated = self.size_hw or upright_hw
        if stated == upright_hw or stated != upright_hw[::-1]:
            return stated
        return upright_hw if not self.lie_on(stated) and self.lie_on(upright_hw) else stated

    def lie_on(self, size_hw: tuple[int, int]) -> bool:
        """Return whether all outlines lie on a picture of this size; an RLE does on any."""
        return all(within(reach_of(outline.shape), size_hw) for outline in self.outlines)

    def may_be_of(self, size_hw: tuple[int, int]) -> bool:
        """Return whether the outlines may be those of a picture of this size, whichever is stated."""
        stated = [outline.shape.get("size") for outline in self.outlines if isinstance(outline.shape, dict)]
        return self.lie_on(size_hw) and all(size == list(size_hw) for size in stated)


def put(ids: IdMap, rle: dict[str, Any], number: int) -> None:
    """Write a number where a compressed RLE is set: within its box alone, since most objects are small."""
    x, y, width, height = (int(side) for side in rle_tools.toBbox(rle))
    rows, columns = slice(y, y + height), slice(x, x + width)
    ids[rows, columns][rle_tools.decode(rle)[rows, columns] > 0] = number


FAR = 1e300
Reach = tuple[float, float, float, float]  # least x and y, greatest x and y


def reach_of(shape: Any) -> Reach | None:
    """Return how far polygons reach; None for what are none, such as an RLE."""
    rings = shape.rings if isinstance(shape, Rings) else shape
    if not isinstance(rings, list | tuple):
        return None
    flat = [n for ring in rings if isinstance(ring, list | tuple) for n in ring]
    numbers = [n for n in flat if isinstance(n, int | float)]
    if len(numbers) < 2 or len(numbers) < len(flat) or len(flat) % 2:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return clipped(min(xs)), clipped(min(ys)), clipped(max(xs)), clipped(max(ys))


def clipped(number: float) -> float:
    """Return a number of a file, which may be an integer beyond all floats, within FAR."""
    return float(max(-FAR, min(FAR, number)))


def within(reach: Reach | None, size_hw: tuple[int, int]) -> bool:
    """Return whether an outline lies on its picture, but for what a hand that slipped would leave outside."""
    if reach is None:
        return True
    room = max(SLIP_PX, SLIP * max(size_hw))
    return min(reach[:2]) >= -room and reach[2] <= size_hw[1] + room and reach[3] <= size_hw[0] + room


def check_within(shape: Any, size_hw: tuple[int, int], where: str) -> None:
    """Raise InputError for polygons that leave their picture: it is another one that they were drawn on."""
    reach = reach_of(shape)
    if reach and not within(reach, size_hw):
        x0, y0, x1, y1 = reach
        raise DefectError(
            OUTSIDE,
            f"{where}: its outline goes from x {x0:g} to {x1:g} and y {y0:g} to {y1:g}, on a picture of {size_hw[1]} x "
            f"{size_hw[0]} pixels; state the size of the picture that it was drawn on, or mend the outline",
        )


def check_area(rle: dict[str, Any], outline: Outline, size_hw: tuple[int, int]) -> None:
    """Raise InputError for an object that covers no pixel, or one because its numbers are shares of the picture.

    Its label would be lost without a word.
    """
    area, reach = int(rle_tools.area(rle)), reach_of(outline.shape)
    shares = reach is not None and min(reach) >= 0 and max(reach) <= 1
    if outline.ignored or area > shares:
        return
    spans = f" (x {reach[0]:g} to {reach[2]:g}, y {reach[1]:g} to {reach[3]:g})" if reach else ""
    raise DefectError(
        BROKEN_LABEL,
        f"{outline.where}: its outline{spans} covers {'one' if area else 'no'} pixel of a picture of {size_hw[1]} x "
        f"{size_hw[0]}; {'are its numbers shares of the picture? ' * shares}mend it, or take it away",
    )


def check_box(rle: dict[str, Any], outline: Outline) -> None:
    """Raise InputError for an object most of which lies outside the box that its file states: one of them is wrong.

    So are an RLE along the rows, and x and y that were exchanged. The box of an object that is partly hidden may be
    larger than what is seen; some tools state x1, y1 for width and height.
    """
    if outline.box is None or outline.ignored:
        return
    x, y, width, height = outline.box
    left, top, across, down = (float(side) for side in rle_tools.toBbox(rle))
    ends = ((x + width, y + height), (width, height))
    held = max(
        max(min(left + across, x1 + BOX_SLIP_PX) - max(left, x - BOX_SLIP_PX), 0)
        * max(min(top + down, y1 + BOX_SLIP_PX) - max(top, y - BOX_SLIP_PX), 0)
        for x1, y1 in ends
    )
    if held < MOST_OF_IT * across * down:
        raise DefectError(
            BROKEN_LABEL,
            f"{outline.where}: its outline goes from x {left:g} to {left + across:g} and y {top:g} to {top + down:g}, "
            f"its bbox is {[x, y, width, height]}: are x and y, or the rows and columns of its RLE, exchanged? export "
            "it again",
        )


def mask_of(shape: Any, size_hw: tuple[int, int], where: str) -> Mask:
    """Return (H, W) bool of polygons [[x, y, ...], ...], of `Rings`, or of an RLE {size, counts}, compressed or not."""
    return np.asarray(rle_tools.decode(outline_rle(shape, size_hw, where))).astype(bool)


def outline_rle(shape: Any, size_hw: tuple[int, int], where: str) -> dict[str, Any]:
    """Return an outline as pycocotools' own compressed RLE; raise InputError when it is none."""
    if isinstance(shape, dict):
        runs = {"size": list(size_hw), "counts": runs_of(shape, size_hw, where)}
        return dict(rle_tools.frPyObjects(runs, *size_hw))
    if isinstance(shape, Rings):
        check_polygons([list(ring) for ring in shape.rings], where)
        return rle_of(inside_of(shape, size_hw))
    check_polygons(shape, where)
    return dict(rle_tools.merge(rle_tools.frPyObjects(shape, *size_hw)))


def inside_of(shape: Rings, size_hw: tuple[int, int]) -> Mask:
    """Return (H, W) bool: the pixels that lie within an odd number of the rings."""
    mask = np.zeros(size_hw, bool)
    for ring in shape.rings:  # as pycocotools fills each, so that a ring alone is what COCO's polygon is
        mask ^= rle_tools.decode(rle_tools.frPyObjects([list(ring)], *size_hw))[:, :, 0].astype(bool)
    return mask


def rle_of(mask: Mask) -> dict[str, Any]:
    """Return the compressed RLE of a mask (H, W): size [H, W] and counts as text, runs down the columns."""
    rle = rle_tools.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": rle["counts"].decode("ascii")}


def placed(crop: Mask, corner_xy: tuple[int, int], size_hw: tuple[int, int], where: str) -> dict[str, Any]:
    """Return the RLE of a mask that is a part of its picture. corner_xy: where its upper left pixel lies.

    Raises InputError when a pixel that is set lies outside the picture.
    """
    (height, width), (left, top) = size_hw, corner_xy
    columns, rows = np.nonzero(crop.T)  # down the columns, as an RLE runs
    columns, rows = columns + left, rows + top
    if ((columns < 0) | (columns >= width) | (rows < 0) | (rows >= height)).any():
        raise DefectError(
            OUTSIDE,
            f"{where}: its mask of {crop.shape[1]} x {crop.shape[0]} pixels at x {left}, y {top} leaves its picture of "
            f"{width} x {height}; export it again",
        )
    pixels = columns * height + rows  # of the whole picture, which is never drawn: a photo has hundreds of these
    first, last = np.diff(pixels, prepend=-2) > 1, np.diff(pixels, append=height * width + 1) > 1
    edges = np.stack([pixels[first], pixels[last] + 1], axis=1).ravel()
    runs = {"size": [height, width], "counts": np.diff(edges, prepend=0, append=height * width).tolist()}
    return {"size": [height, width], "counts": rle_tools.frPyObjects(runs, height, width)["counts"].decode("ascii")}


def runs_of(rle: Mapping[str, Any], size_hw: tuple[int, int], where: str) -> list[int]:
    """Return the runs of an RLE; raise InputError when they do not fill its image exactly.

    pycocotools leaves what the runs do not reach as it finds the memory.
    """
    height, width = size_hw
    if rle.get("size") != [height, width]:
        raise DefectError(
            OTHER_SIZE,
            f"{where}: its RLE has the size {shown(rle.get('size'))}, its image {[height, width]}; export it again",
        )
    counts = rle.get("counts")
    runs: list[Any] = unpacked(counts) if isinstance(counts, str) else counts if isinstance(counts, list) else []
    if not all(type(run) is int and run >= 0 for run in runs) or sum(runs) != height * width:
        raise DefectError(
            BROKEN_LABEL,
            f"{where}: its RLE is broken, wanted runs that sum to {height * width} pixels; export it again",
        )
    return runs


def unpacked(text: str) -> list[int]:
    """Return the runs of a compressed RLE; of a text that is none, runs that do not sum up.

    A character holds five bits of a number, low ones first, and whether more follow; the last one's top bit is the
    sign. From the fourth run on, a number is the difference to the run before the last.
    """
    runs: list[int] = []
    number, shift = 0, 0
    for code in (ord(character) - 48 for character in text):
        if not 0 <= code < 64 or shift > MOST_BITS:
            return []
        number |= (code & 31) << shift
        shift += 5
        if not code & 32:
            number -= (code & 16) << (shift - 4)
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number, shift = 0, 0
    return runs


def check_polygons(shape: Any, where: str) -> None:
    """Raise InputError unless it is a list of polygons of three points or more, none of them miles away."""
    if not isinstance(shape, list) or not shape:
        raise DefectError(BROKEN_LABEL, f"{where}: found no outline, wanted polygons or an RLE; a box alone is no mask")
    for polygon in shape:  # four numbers would silently be drawn as a box
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise DefectError(
                BROKEN_LABEL, f"{where}: found the polygon {shown(polygon)}, wanted x, y of three points or more"
            )
        check_numbers(polygon, where)


def check_numbers(numbers: Sequence[Any], where: str) -> None:
    """Raise InputError for a coordinate that no picture has: pycocotools takes memory for every pixel on the way."""
    if all_sound(numbers):
        return
    for number in numbers:
        if not isinstance(number, int | float) or isinstance(number, bool) or not abs(number) <= MOST_SIDE:
            raise DefectError(
                BROKEN_LABEL, f"{where}: found the coordinate {shown(number)}, wanted a pixel of its image; mend it"
            )


def all_sound(numbers: Sequence[Any]) -> bool:
    """Return whether all are numbers that a picture has, at a tenth of the time of looking at them one by one."""
    if not set(map(type, numbers)) <= {int, float}:
        return False
    try:
        return bool(np.abs(np.array(numbers, float)).max(initial=0) <= MOST_SIDE)
    except OverflowError:  # an integer that is none as a float
        return False


def flat(points: Sequence[Sequence[float]]) -> list[float]:
    """Return [[x, y], ...] as [x, y, ...]."""
    return [number for point in points for number in point]
