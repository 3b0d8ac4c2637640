"""How labels lie on photos that their EXIF orientation turns: on the photo as it is seen, or as it is stored.

Where the labels of a photo fit it both ways, the other photos of its set say which of the two was meant.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import OTHER_SIZE, TWO_WAYS, DefectError, Defects, Label, ListedPhoto
from dataset.formats.outlines import Outlines
from dataset.formats.yolo import LabelText
from dataset.idmap import IdMap
from dataset.pictures import StoredPhoto

Pixels = TypeVar("Pixels", bound=np.generic)
Way = Literal["seen", "stored"]
Sizes = dict[Way, tuple[int, int]]  # (height, width)


def turned(array: NDArray[Pixels], orientation: int) -> NDArray[Pixels]:
    """Return stored pixels (H, W, ...) as they are to be seen by the EXIF orientation 1..8; any other number is 1."""
    axes = (1, 0, *range(2, array.ndim))
    turns = {
        2: array[:, ::-1],
        3: array[::-1, ::-1],
        4: array[::-1],
        5: array.transpose(axes),
        6: np.rot90(array, -1),
        7: array[::-1, ::-1].transpose(axes),
        8: np.rot90(array),
    }
    return np.ascontiguousarray(turns.get(orientation, array))


@dataclasses.dataclass(frozen=True)
class Lie:
    """How the labels of a photo lie that EXIF turns."""

    file: Path  # the photo
    way: Way  # as they were taken
    sure: bool  # they do not fit the other way


@dataclasses.dataclass(frozen=True)
class UprightLabel:
    """The label of a photo on its upright pixels."""

    ids: IdMap
    categories: list[str]
    lie: Lie | None  # None: EXIF does not turn the photo, or nothing is to be seen on it


def drawn_upright(photo: ListedPhoto, stored: StoredPhoto, way: Way | None = None) -> UprightLabel:
    """Return the label of a photo, drawn; raise InputError when it cannot be, or has the size of another photo.

    way: how it lies; None: as it fits, as seen where it fits both ways and does not state the stored size.
    """
    stored_hw, orientation = stored.pixels.shape[:2], stored.orientation
    sizes: Sizes = {"seen": stored_hw[::-1] if orientation >= 5 else stored_hw, "stored": stored_hw}
    label = photo.label
    if way and isinstance(label, Outlines):
        label = dataclasses.replace(label, size_hw=sizes[way])
    ids, categories = label.draw(sizes[way or "seen"])
    fits = [each for each, size in sizes.items() if size == ids.shape]
    if not fits:
        (height, width), (wanted_height, wanted_width) = ids.shape, sizes["seen"]
        raise DefectError(
            OTHER_SIZE,
            f"{photo.file}: the photo is {wanted_width} x {wanted_height} pixels, its mask {width} x {height}; "
            "make the mask at the photo's own size",
        )
    taken = way if way in fits else fits[0]
    lie = Lie(photo.file, taken, not fits_both(photo.label, sizes)) if orientation > 1 and ids.any() else None
    return UprightLabel(turned(ids, orientation) if taken == "stored" else ids, categories, lie)


def fits_both(label: Label, sizes: Sizes) -> bool:
    """Return whether a label may lie on a photo as it is seen, and as it is stored."""
    if sizes["seen"] == sizes["stored"]:
        return True
    if isinstance(label, Outlines):
        open_size = label.size_hw in (None, sizes["stored"])  # tools that show a photo upright state that, too
        return open_size and all(map(label.may_be_of, sizes.values()))
    return isinstance(label, LabelText)


def ways_to_take(lies: Sequence[Lie], defects: Defects) -> dict[Path, Way]:
    """Return the photos whose labels fit both ways, and that are to be taken the other way than they were.

    That is as the labels lie that fit one way alone. Where these lie in both ways, each of the others is a defect.
    """
    sure = {lie.way: lie.file for lie in reversed(lies) if lie.sure}
    doubtful = [lie for lie in lies if not lie.sure]
    for lie in doubtful if len(sure) > 1 else ():
        text = (
            f"{lie.file}: EXIF turns it, and its labels fit both ways; those of {sure['seen'].name} lie on the photo "
            f"as it is seen, of {sure['stored'].name} as it is stored: take the orientation out of the photo, with its "
            "labels as it is then"
        )
        defects.add(TWO_WAYS, text, lie.file)
    way = next(iter(sure)) if len(sure) == 1 else None
    return {lie.file: way for lie in doubtful if way and lie.way != way}


def words_on(lies: Sequence[Lie]) -> list[str]:
    """Return in a sentence how the labels of the photos lie that EXIF turns, none without one.

    lies: as they were taken in the end.
    """
    counts = Counter(lie.way for lie in lies)
    doubtful = sum(not lie.sure for lie in lies)
    taken = " and ".join(f"{counts[way]} as {way}" for way in sorted(counts))
    why = "as the others lie" if any(lie.sure for lie in lies) else "and nothing says which is meant"
    both = f", of which {doubtful} fit both ways, {why}" if doubtful else ""
    return [f"labels of photos that EXIF turns: {taken}{both}"] if lies else []
