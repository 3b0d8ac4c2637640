"""What the files of a photo's masks hold, and how they become an id map: categories, colours, ids, an object a file."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import BROKEN_LABEL, MOST_INSTANCES, OTHER_SIZE, UNKNOWN_NAME, DefectError, Label
from dataset.formats.outlines import Outline, Outlines, rle_of
from dataset.idmap import IGNORE, IdMap, Mask, as_ids
from dataset.pictures import decode, is_deep, lossy_kind, palette_of, turn_of
from dataset.pieces import pieces_of
from pipeline.errors import InputError

Colour = tuple[int, int, int]
MOST_SHOWN = 8  # values or colours that a message lists
BLACK = (0, 0, 0)  # background, where a palette has it


@dataclasses.dataclass(frozen=True)
class MaskFile:
    """A mask on the disk: one channel, a pixel's value is its category's, 0 is background."""

    file: Path
    categories: Mapping[int, str]
    ignored: frozenset[int] = frozenset()  # values of what is neither background nor an object
    unnamed: frozenset[int] = frozenset()  # those of them of which the set does not say so

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return each connected piece (8 neighbours) of each category as one instance, the smallest specks too.

        Ids are numbered by category, then from the top row downwards. A mask without a pixel has no instance.
        Raises InputError for a value that is no category, for more than `MOST_INSTANCES` pieces, and for a mask of what
        is ignored alone, unless the set says so of its value: it may be black and white.
        """
        values = mask_values(self.file)
        there = set(np.unique(values).tolist())
        found = sorted(there - self.ignored - {0})
        for value in found:
            if value not in self.categories:
                raise InputError(
                    f"{self.file}: found the value {value}, wanted 0 or one of {listed(self.categories)}; mend it, or "
                    "name the folder ids if each value is one object"
                )
        ignored = np.isin(values, sorted(self.ignored))
        if not found and there & self.unnamed:
            raise DefectError(
                BROKEN_LABEL,
                f"{self.file}: holds {min(there & self.unnamed)} and no category, other masks of the set their numbers;"
                f" give its objects theirs, {listed(self.categories)}, or, if that is to be ignored, call the value "
                "void in a _classes.csv or meta.json",
            )
        return drawn_pieces({value: values == value for value in found}, self.categories, ignored, self.file)


@dataclasses.dataclass(frozen=True)
class ColourFile:
    """A mask in colours, each of which is a category's; black is background."""

    file: Path
    colours: Mapping[Colour, str]  # of objects; background and what is ignored have their own names, see `palettes`
    background: frozenset[Colour] = frozenset({(0, 0, 0)})
    ignored: frozenset[Colour] = frozenset()

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return the pieces of each colour as `MaskFile.draw`, by the order of the categories; errors as there."""
        codes = colour_codes(self.file)
        known = {code_of(colour): name for colour, name in self.colours.items()}
        ignored = {code_of(colour) for colour in self.ignored}
        found = set(np.unique(codes).tolist()) - ignored - {code_of(colour) for colour in self.background}
        if not found <= set(known):
            raise DefectError(
                UNKNOWN_NAME,
                f"{self.file}: found the colours {colours_text(found - set(known))}, which the palette does not name; "
                "name them there, or save the mask without smoothing",
            )
        number = {name: k for k, name in enumerate(dict.fromkeys(self.colours.values()), 1)}
        masks = {k: np.isin(codes, [c for c in found if known[c] == name]) for name, k in number.items()}
        names = {k: name for name, k in number.items()}
        return drawn_pieces(masks, names, np.isin(codes, sorted(ignored)), self.file)


@dataclasses.dataclass(frozen=True)
class IdsFile:
    """A mask of which each value but 0 is one object; its category is the only one, or what another mask says there."""

    file: Path
    category: str | Label  # of all of them, or what says the category of each
    deep: bool = False  # the set holds masks of 16 bits: one of 8 bits would mean something else

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:  # noqa: ARG002 - the file has its own size
        """Return each value as one instance, in their order; 65535 is what is ignored.

        Raises InputError where another mask says the categories and does not agree.
        """
        values = mask_values(self.file)
        if self.deep and not is_deep(self.file):
            raise InputError(f"{self.file}: has 8 bits a pixel, others of the set 16; save all in one way")
        found = [int(value) for value in np.unique(values) if value not in (0, IGNORE)]
        table = np.zeros(IGNORE + 1, np.uint16)
        table[found] = np.arange(1, len(found) + 1)
        table[IGNORE] = IGNORE
        if isinstance(self.category, str):
            return table[values], [self.category] * len(found)
        if not found and (values == IGNORE).any():  # which says more than a 255 of the other mask
            return table[values], []
        return table[values], categories_of(self.file, values, found, self.category)


@dataclasses.dataclass(frozen=True)
class PartFile:
    """A mask on the disk of one object, or of all objects of one category: any value but 0 is the object."""

    file: Path
    category: str
    single: bool  # one object, even in several pieces; else each piece is one


@dataclasses.dataclass(frozen=True)
class PartFiles:
    """The masks of one photo, a file an object or a category."""

    parts: tuple[PartFile, ...]

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return the objects in the files' order; of two that overlap the smaller one is seen.

        Raises InputError for files of different sizes, and for one that holds two values beside 0.
        """
        outlines = list[Outline]()
        size = None
        for part in self.parts:
            mask = part_mask(part.file)
            size = size or mask.shape
            if mask.shape != size:
                raise DefectError(
                    OTHER_SIZE,
                    f"{part.file}: has {mask.shape[1]} x {mask.shape[0]} pixels, {self.parts[0].file.name} "
                    f"{size[1]} x {size[0]}; make all masks of a photo at its own size",
                )
            outlines += [Outline(str(part.file), part.category, rle_of(each)) for each in objects_in(mask, part.single)]
        return Outlines(str(self.parts[0].file), size, tuple(outlines)).draw(size_hw)


def objects_in(mask: Mask, single: bool) -> list[Mask]:
    """Return the masks of the objects of a file, those of pieces from the top row downwards; none if it is empty."""
    if single:
        return [mask] if mask.any() else []
    pieces = pieces_of(mask).downwards()
    return [pieces.labels == k for k in range(1, len(pieces.areas) + 1)]


def part_mask(file: Path) -> Mask:
    """Return where a mask of one object or category is not 0; raise InputError when it holds more than one value."""
    values = mask_values(file)
    found = [int(value) for value in np.unique(values) if value]
    if len(found) > 1:
        raise DefectError(
            BROKEN_LABEL,
            f"{file}: found the values {some(found)}, wanted 0 and one other, since it is one of several masks of its "
            "photo; save it in black and white, without smoothing",
        )
    return values > 0


def drawn_pieces(
    masks: Mapping[int, Mask], names: Mapping[int, str], ignored: Mask, file: Path
) -> tuple[IdMap, list[str]]:
    """Return the id map of masks, by the number of their category, each piece an instance; see `MaskFile.draw`."""
    ids, found = np.zeros(ignored.shape, np.int32), list[str]()
    for number, mask in sorted(masks.items()):
        pieces = pieces_of(mask).downwards()
        ids[pieces.labels > 0] = pieces.labels[pieces.labels > 0] + len(found)
        found += [names[number]] * len(pieces.areas)
    if len(found) > MOST_INSTANCES:
        raise InputError(f"{file}: found {len(found)} pieces, wanted {MOST_INSTANCES} at most; clean the mask")
    ids[ignored] = IGNORE
    return ids.astype(np.uint16), found


def categories_of(file: Path, ids: IdMap, found: list[int], label: Label) -> list[str]:
    """Return the category of each id by what another label says at its pixels; InputError unless it says one."""
    others, names = label.draw(ids.shape[:2])
    if others.shape != ids.shape:
        raise DefectError(OTHER_SIZE, f"{file}: has another size than the mask of its photo; write both anew")
    said: dict[int, set[str]] = {}
    for pair in np.unique(ids.astype(np.int64) << 16 | others).tolist():
        number, other = pair >> 16, pair & 0xFFFF
        said.setdefault(number, set()).add(names[other - 1] if 0 < other < IGNORE else "none")
    with_ids = {name for number in found for name in said[number]}
    for lost in sorted(said.get(0, set()) - with_ids - {"none"}):
        raise DefectError(
            BROKEN_LABEL,
            f"{file}: has no id where the mask of its photo shows {lost}, whose objects would be lost; write both anew",
        )
    for number in found:
        if len(said[number]) > 1 or "none" in said[number]:
            raise DefectError(
                BROKEN_LABEL,
                f"{file}: the mask of its photo says {' and '.join(sorted(said[number]))} of the id {number}, wanted "
                "one category; write both anew",
            )
    return [next(iter(said[number])) for number in found]


def mask_values(file: Path) -> IdMap:
    """Return the values of a mask, of one channel or of three that are alike; a palette's are its indices.

    Raises InputError for a JPEG, for colours, for pixels that one sees through, for a palette whose background is
    another index than 0, and as `read_ids`.
    """
    refuse_lossy(file)
    pixels = decode(file, None)
    if pixels.ndim == 2:
        refuse_sorted_palette(file, pixels)
        return as_ids(pixels, file)
    colour, alpha = pixels[..., : pixels.shape[2] - (pixels.shape[2] in (2, 4))], pixels[..., -1]
    if pixels.shape[2] in (2, 4) and (alpha != alpha.max()).any():
        raise InputError(f"{file}: has pixels that one sees through; save the mask without an alpha channel")
    if (colour != colour[..., :1]).any():
        raise InputError(
            f"{file}: found {pixels.shape[2]} channels, wanted one, or a palette.json beside the masks' folder that "
            f'names the colours, such as {{"mug": [255, 0, 0]}}; found {colours_text(colour_codes(file))}'
        )
    return colour[..., 0].astype(np.uint16)


def refuse_lossy(file: Path) -> None:
    """Raise InputError for a JPEG, for what else changes pixels, and for what tools turn or do not turn."""
    if kind := lossy_kind(file):
        raise InputError(f"{file}: is a {kind}, which changes the values of a mask; save it as PNG")
    if (turn := turn_of(file)) != 1:
        raise InputError(
            f"{file}: has an EXIF orientation of its own ({turn}), by which some tools turn a mask and others do not; "
            "save it without, as it is to be seen"
        )


def refuse_sorted_palette(file: Path, indices: NDArray[np.generic]) -> None:
    """Raise InputError where index 0 of a palette is a colour and black, which is background, is another index.

    Programs that choose a palette themselves sort it as they like.
    """
    colours = palette_of(file)
    if BLACK not in colours[1:] or colours[0] == BLACK:
        return
    black = [index for index in np.unique(indices).tolist() if index < len(colours) and colours[index] == BLACK]
    if black:
        raise InputError(
            f"{file}: its palette has the colour {','.join(map(str, colours[0]))} at index 0, which is background, and "
            f"black at {black[0]}; save it in grey, or in colours with a palette.json that names them"
        )


def colour_codes(file: Path) -> NDArray[np.int32]:
    """Return the colours of a mask, (H, W), each as one number (`code_of`); raise InputError for a JPEG."""
    refuse_lossy(file)
    rgb = decode(file, "RGB").astype(np.uint8, copy=False)
    codes = rgb[..., 0].astype(np.int32)
    for channel in (1, 2):  # in place: a mask may have a hundred million pixels
        codes <<= 8
        codes |= rgb[..., channel]
    return codes


def code_of(colour: Colour) -> int:
    """Return a colour as one number."""
    red, green, blue = colour
    return red << 16 | green << 8 | blue


def colours_text(codes: NDArray[np.int32] | set[int]) -> str:
    """Return colours as people write them, e.g. ``255,0,0 and 0,0,255``; the first few by number."""
    found = sorted(codes) if isinstance(codes, set) else np.unique(codes).tolist()
    texts = [f"{code >> 16},{code >> 8 & 255},{code & 255}" for code in found[:MOST_SHOWN]]
    return " and ".join(texts) + (f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else "")


def some(values: list[int]) -> str:
    """Return e.g. ``1, 2, 255``; the first few."""
    more = f", and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    return ", ".join(map(str, values[:MOST_SHOWN])) + more


def listed(categories: Mapping[int, str]) -> str:
    """Return e.g. ``1 (board), 2 (hand)``."""
    return ", ".join(f"{value} ({name})" for value, name in sorted(categories.items()))
