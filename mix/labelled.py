"""A real photo with its labels, as section `ingest` takes them."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import BROKEN_PHOTO, HIDDEN, DefectError, ListedPhoto, tidy
from dataset.idmap import IGNORE, IdMap, instances_in, png_bytes, write_ids
from dataset.known_formats import AUTO
from dataset.outline_trim import check_trim, trimmed
from dataset.pictures import StoredPhoto, read_photo
from dataset.records import REAL, Instance, Sample
from dataset.shards import read_bytes
from dataset.upright import Lie, Way, drawn_upright, turned
from dataset.verdicts import LabelVerdict, photo_key, without_wrong
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.settings import suggestion

Verdicts = Mapping[str, tuple[LabelVerdict, ...]]  # by photo
NO_VERDICTS: Verdicts = {}


@dataclasses.dataclass(frozen=True)
class Ingest:
    """Section `ingest` of params.yaml and the set-up."""

    format: str = AUTO  # a key of dataset.known_formats.FORMATS
    rename: dict[str, str] = dataclasses.field(default_factory=dict)  # category of the labels: the name to take
    ignore: tuple[str, ...] = ()  # categories whose objects are neither hit nor miss
    leave_out: tuple[str, ...] = ()  # categories whose objects are background
    unlabelled: Literal["ask", "empty", "leave out"] = "ask"  # photos of which the labels say nothing
    defects: Literal["stop", "leave out"] = "stop"  # photos and labels that cannot be read
    verdicts: str | None = None  # name of the file of verdicts of `admix label audit` among the photos; null = none
    trim_px: dict[str, int] = dataclasses.field(default_factory=dict)  # side: by how much objects end earlier there

    def __post_init__(self) -> None:
        """Raise ValueError for a side that is none, or a number of pixels that cannot be trimmed."""
        check_trim(self.trim_px)

    def check(self, categories: tuple[str, ...]) -> None:
        """Raise InputError for a name that is no category of the labels, or that two settings take."""
        known = {*categories, *map(tidy, categories)}
        for key in ("rename", "ignore", "leave_out"):
            for name in getattr(self, key):
                if name not in known:
                    raise InputError(
                        f"ingest.{key}: {name!r} is no category of the labels{suggestion(name, categories)}"
                    )
        twice = [name for name, count in Counter([*self.rename, *self.ignore, *self.leave_out]).items() if count > 1]
        if twice:
            raise InputError(f"ingest: {twice[0]!r} stands in two of rename, ignore and leave_out; name it in one")

    def names(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """Return the categories that are left, in their order, each once."""
        return tuple(dict.fromkeys(self.kept(categories)))

    def kept(self, categories: Iterable[str]) -> list[str]:
        """Return the names of objects as they are taken, without those that are ignored or left out."""
        gone = {*self.ignore, *self.leave_out}
        return [self.name_of(name) for name in categories if not {name, tidy(name)} & gone]

    def name_of(self, category: str) -> str:
        """Return the name that a category of the labels takes: another one if the settings say so, else `tidy`."""
        return self.rename.get(category, self.rename.get(tidy(category), tidy(category)))

    def apply(self, ids: IdMap, categories: list[str]) -> tuple[IdMap, list[str]]:
        """Return an id map with the categories renamed, and what is ignored or left out taken from the objects.

        ids: k = an instance of categories[k - 1]. Objects keep their numbers; `instances_in` closes the gaps.
        """
        names = [self.name_of(name) for name in categories]
        if not (self.ignore or self.leave_out):
            return ids, names
        table = np.arange(IGNORE + 1, dtype=np.uint16)
        for number, name in enumerate(categories, 1):
            if {name, tidy(name)} & {*self.ignore, *self.leave_out}:
                table[number] = IGNORE if {name, tidy(name)} & {*self.ignore} else 0
        return table[ids], names


@dataclasses.dataclass(frozen=True)
class Labelled:
    """One photo with its labels, upright."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    ids: IdMap  # (H, W)
    instances: tuple[Instance, ...]
    data: bytes | None  # the photo's file, if its pixels are upright as they are stored
    taken: str  # as of `StoredPhoto`
    lie: Lie | None = None  # as of `UprightLabel`
    hidden: tuple[str, ...] = ()  # the categories of objects of which no pixel is seen


def labelled(
    photo: ListedPhoto, settings: Ingest, verdicts: Verdicts = NO_VERDICTS, way: Way | None = None
) -> Labelled:
    """Return a photo with its labels as the settings take them; raise InputError when either cannot be read.

    verdicts: by photo, what people said of labels. way: how the labels lie, as of `drawn_upright`.
    """
    data, stored = stored_photo(photo.file)
    image = turned(stored.pixels, stored.orientation)
    drawn = drawn_upright(photo, stored, way)
    whole, categories = settings.apply(drawn.ids, drawn.categories)
    ids, instances = instances_in(trimmed(whole, settings.trim_px), categories)
    hidden = hidden_in(settings.kept(drawn.categories), instances, photo.file)
    told = verdicts.get(photo_key(image), ()) if verdicts else ()
    if told:
        names = [item.category for item in instances]
        ids, instances = instances_in(without_wrong(ids, len(names), told, str(photo.file)), names)
    return Labelled(image, ids, instances, data if stored.orientation == 1 else None, stored.taken, drawn.lie, hidden)


def hidden_in(drawn: Iterable[str], instances: Sequence[Instance], file: Path) -> tuple[str, ...]:
    """Return the category of each object that was drawn and of which no pixel is seen, in order.

    Raises InputError where a category has no other object on the photo `file`: it would say that there is none.
    """
    seen = Counter(item.category for item in instances)
    hidden = sorted((Counter(drawn) - seen).elements())
    lost = next((name for name in hidden if not seen[name]), None)
    if lost is not None:
        raise DefectError(
            HIDDEN,
            f"{file}: every outline of {lost!r} on it ({hidden.count(lost)}) is wholly covered by others, and would be "
            "lost; take one of two outlines of one object away, or name the category in ingest.leave_out",
        )
    return tuple(hidden)


@dataclasses.dataclass(frozen=True)
class TakenPhoto:
    """A photo that was written."""

    sample: Sample
    lie: Lie | None  # these two as of `Labelled`
    hidden: tuple[str, ...]


def take(
    photo: ListedPhoto, folder: Path, settings: Ingest, verdicts: Verdicts = NO_VERDICTS, way: Way | None = None
) -> TakenPhoto:
    """Write one photo and its id map into `folder` and return its sample. way: as of `labelled`.

    The photo's bytes are copied as they are, unless its EXIF orientation is another than 1: then its pixels are
    written upright as PNG, because readers disagree about that tag and image and id map must not part.
    """
    found = labelled(photo, settings, verdicts, way)
    image = folder / "images" / f"{photo.id}{photo.file.suffix if found.data else '.png'}"
    write_bytes(image, found.data or png_bytes(found.image))
    write_ids(folder / "ids" / f"{photo.id}.png", found.ids)
    sample = Sample(
        id=photo.id,
        domain=REAL,
        image=f"images/{image.name}",
        ids=f"ids/{photo.id}.png",
        size_hw=found.ids.shape,
        instances=found.instances,
        source=photo.source,
        licence=photo.licence,
        tags=({"taken": found.taken} if found.taken else {}) | photo.tags,
    )
    return TakenPhoto(sample, found.lie, found.hidden)


def stored_photo(file: Path) -> tuple[bytes, StoredPhoto]:
    """Return the bytes of a photo's file, and the photo; raise DefectError when it cannot be read."""
    try:
        data = read_bytes(file)
        return data, read_photo(data, str(file))
    except InputError as error:
        raise DefectError(BROKEN_PHOTO, str(error)) from error
