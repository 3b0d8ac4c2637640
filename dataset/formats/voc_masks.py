"""What the masks of Pascal VOC mean, their colours, values and objects, and how they become an id map."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import (
    BROKEN_LABEL,
    MOST_INSTANCES,
    NO_LABEL,
    OTHER_SIZE,
    UNKNOWN_NAME,
    DefectError,
)
from dataset.formats.mask_files import Colour, code_of, colour_codes, colours_text, refuse_lossy
from dataset.formats.mask_values import BACKGROUND, IGNORED_NAMES
from dataset.idmap import IGNORE, IGNORED, IdMap
from dataset.pictures import decode
from dataset.pieces import pieces_of
from pipeline.errors import InputError, shown

VOC_NAMES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)  # the categories of the challenge, in the order of their values from 1
UNKNOWN = IGNORE - 1  # a kind of pixel that no name stands for
COLOURS = 2**24


def colour_of(number: int) -> Colour:
    """Return the colour of a number from 0 to 255 in VOC's palette: its bits go to red, green and blue by turns."""
    red, green, blue = (sum((number >> 3 * bit + part & 1) << 7 - bit for bit in range(3)) for part in range(3))
    return red, green, blue


def number_of(code: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of colours, of which `colour_of` makes the first 256; each colour has its own."""
    numbers = np.zeros_like(code)
    for bit in range(8):
        for part, shift in enumerate((16, 8, 0)):
            numbers |= (code >> shift + 7 - bit & 1) << 3 * bit + part
    return numbers


def numbered(values: NDArray[np.int32] | IdMap) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the values that occur, in order, and the place of each among them, as np.unique, in a tenth of the time.

    values: below `COLOURS`.
    """
    seen, table = np.zeros(COLOURS, bool), np.zeros(COLOURS, np.int32)
    seen[values] = True
    found = np.flatnonzero(seen)
    table[found] = np.arange(len(found))
    return found, table[values]


VOID = code_of(colour_of(IGNORED))  # what is drawn around objects, and where nobody could tell


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What the values and the colours of class masks stand for: 0 = background, k = the k-th category, `IGNORE`."""

    categories: tuple[str, ...]
    values: Mapping[int, int]  # of masks of one channel, a palette's indices
    colours: Mapping[int, int]  # the same by the codes of colours
    by_colour: bool  # which of the two counts first where a mask has both

    def kinds_in(self, file: Path) -> IdMap:
        """Return (H, W) what each pixel of a class mask is; raise InputError for one that nothing stands for."""
        refuse_lossy(file)
        values, ways = values_in(file), list[IdMap]()
        if self.by_colour or values is None:
            ways.append(translated(colour_codes(file), self.colours, COLOURS))
        if values is not None and not any(shows_objects(kinds) for kinds in ways):
            ways.append(translated(values, self.values, IGNORE + 1))
        found = next((kinds for kinds in ways if UNKNOWN not in kinds), None)
        if found is None:
            strange = colours_text(colour_codes(file)[ways[0] == UNKNOWN])
            raise DefectError(
                UNKNOWN_NAME,
                f"{file}: found the colours {strange}, for which no category is named; name them in labelmap.txt, or "
                "save the mask without smoothing",
            )
        return found


def shows_objects(kinds: IdMap) -> bool:
    """Return whether a pixel is of a category."""
    return bool(((kinds > 0) & (kinds < UNKNOWN)).any())


def translated(values: NDArray[np.int32], table: Mapping[int, int], most: int) -> IdMap:
    """Return the kinds of pixels that a table gives to values below `most`, `UNKNOWN` for others."""
    kinds = np.full(most, UNKNOWN, np.uint16)
    kinds[list(table)] = list(table.values())
    return kinds[values]


def values_in(file: Path) -> NDArray[np.int32] | None:
    """Return the values of a picture of one channel, (H, W), a palette's indices; None where it has several."""
    pixels = decode(file, None)
    whole = pixels.ndim == 2 and pixels.dtype.kind in "bu" and pixels.dtype.itemsize <= 2
    return pixels.astype(np.int32) if whole else None


def meaning_of(rows: Sequence[tuple[str, Colour | None]], where: Path) -> Meaning:
    """Return what names stand for, by their colours, or where none is given by their order and VOC's palette.

    Names of background and of what is ignored are no categories. Raises InputError when no category is left, two names
    share a colour, or the first of names without colours is not background.
    """
    by_colour = any(colour for _, colour in rows)
    categories = tuple(dict.fromkeys(name for name, _ in rows if name.lower() not in BACKGROUND | IGNORED_NAMES))
    number = {name: k for k, name in enumerate(categories, 1)}
    kinds = [IGNORE if name.lower() in IGNORED_NAMES else number.get(name, 0) for name, _ in rows]
    if not categories or (not by_colour and kinds[0]):
        raise InputError(f"{where}: wanted background, then a line a category such as mug:128,0,0::")
    values = {0: 0, IGNORED: IGNORE} | (dict(enumerate(kinds)) if kinds[0] == 0 else {})
    given = [colour for _, colour in rows] if by_colour else [colour_of(k) for k in range(min(len(rows), IGNORED))]
    colours = {0: 0}
    for colour, kind, (name, _) in zip(given, kinds, rows, strict=False):
        if colour and colours.setdefault(code_of(colour), kind) != kind:
            raise InputError(f"{where}: the colour of {shown(name)} is that of another name; give it its own")
    return Meaning(categories, values, {VOID: IGNORE} | colours, by_colour)


@dataclasses.dataclass(frozen=True)
class Boxed:
    """One object of a file of Annotations/."""

    where: str  # the file and the object, for messages
    category: str
    corners: tuple[float, float, float, float]  # x0, y0, x1, y1; tools count from 0 or from 1


@dataclasses.dataclass(frozen=True)
class VocLabel:
    """The masks of one photo: the categories of its pixels, and its objects if there is a mask of them."""

    classes: Path
    objects: Path | None
    meaning: Meaning
    boxed: tuple[Boxed, ...]  # what its file of Annotations/ names
    named: bool  # the categories have names of their own; else they are VOC's, and the boxes must bear them out

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the files have their own size
        """Return the objects in the order of their values; without a mask of objects, or where it says none, pieces.

        An object of two categories is two. Raises InputError for masks of different size, for an object without a
        category, and for one of Annotations/ that is not to be seen in the masks.
        """
        kinds = self.meaning.kinds_in(self.classes)
        self.check_boxes(kinds)
        apart = np.zeros(kinds.shape, np.int32) if self.objects is None else self.numbers_in(self.objects, kinds)
        single = (kinds > 0) & (kinds != IGNORE) & (apart > 0)
        (numbers, which), (present, what) = numbered(apart[single]), numbered(kinds[single])
        if len(numbers) * len(present) > COLOURS:
            raise InputError(f"{self.objects}: found {len(numbers)} objects, wanted {MOST_INSTANCES} at most")
        pairs, places = numbered(which * len(present) + what)
        ids, found = np.zeros(kinds.shape, np.int32), [int(present[pair % len(present)]) for pair in pairs.tolist()]
        ids[single] = places + 1
        for kind in numbered(kinds[(kinds > 0) & (kinds != IGNORE) & (apart == 0)])[0].tolist():
            pieces = pieces_of((kinds == kind) & (apart == 0)).downwards()
            ids[pieces.labels > 0] = pieces.labels[pieces.labels > 0] + len(found)
            found += [kind] * len(pieces.areas)
        if len(found) > MOST_INSTANCES:
            raise InputError(f"{self.classes}: found {len(found)} objects, wanted {MOST_INSTANCES} at most")
        ids[kinds == IGNORE] = IGNORE
        return ids.astype(np.uint16), [self.meaning.categories[kind - 1] for kind in found]

    def numbers_in(self, file: Path, kinds: IdMap) -> NDArray[np.int32]:
        """Return (H, W) the number of the object at each pixel, 0 = none; raise InputError as `draw`."""
        refuse_lossy(file)
        values = values_in(file)
        found, places = numbered(colour_codes(file) if values is None else values)
        numbers = (number_of(found) if values is None else found).astype(np.int32)[places]
        numbers[numbers == IGNORED] = 0
        if numbers.shape != kinds.shape:
            (height, width), (wanted_height, wanted_width) = numbers.shape, kinds.shape
            raise DefectError(
                OTHER_SIZE,
                f"{file}: has {width} x {height} pixels, {self.classes} {wanted_width} x {wanted_height}; export both "
                "again",
            )
        lost = set(numbered(numbers)[0].tolist()) - set(numbered(numbers[kinds > 0])[0].tolist()) - {0}
        if lost:
            raise DefectError(
                BROKEN_LABEL,
                f"{file}: {len(lost)} of its objects have no category in {self.classes}, the first is {min(lost)}; "
                "export both again",
            )
        return numbers

    def check_boxes(self, kinds: IdMap) -> None:
        """Raise InputError for an object of Annotations/ without a pixel in its box, or whose name does not agree."""
        number = {name: k for k, name in enumerate(self.meaning.categories, 1)}
        for one in self.boxed:
            if one.category.lower() in IGNORED_NAMES:
                continue
            if one.category not in number:
                raise DefectError(UNKNOWN_NAME, f"{one.where} is {shown(one.category)}, which is not declared; add it")
            x0, y0, x1, y1 = (int(corner) for corner in one.corners)
            within = kinds[max(y0 - 1, 0) : max(y1 + 2, 0), max(x0 - 1, 0) : max(x1 + 2, 0)]
            if not ((within == number[one.category]) | (within == IGNORE)).any():
                raise DefectError(
                    NO_LABEL,
                    f"{one.where}, {shown(one.category)}, has a box and no pixel in {self.classes}; draw its mask, or "
                    "take it away",
                )
        seen = set() if self.named else {k for k in numbered(kinds)[0].tolist() if 0 < k < UNKNOWN}
        strange = sorted({self.meaning.categories[k - 1] for k in seen} - {one.category for one in self.boxed})
        if strange:
            raise DefectError(
                UNKNOWN_NAME,
                f"{self.classes}: shows {strange[0]!r} by VOC's own values, and Annotations name no such object; write "
                "a labelmap.txt with a line such as mug:128,0,0:: for each category",
            )
