"""Stage `ingest`: turn labelled photos, in whichever format they came, into samples."""

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import BROKEN_LABEL, BROKEN_PHOTO, NO_LABEL, OTHER_SIZE, DefectError, Defects, ListedPhoto
from dataset.idmap import IGNORE, IdMap, instances_in, png_bytes, write_ids
from dataset.known_formats import AUTO, read_set, unwrapped
from dataset.outline_habit import habits_of, outlines_of, words_of
from dataset.outline_trim import check_trim, trimmed
from dataset.pictures import StoredPhoto, read_photo
from dataset.records import REAL, Instance, Sample, write_manifest
from dataset.shards import read_bytes
from dataset.verdicts import LabelVerdict, photo_key, read_verdicts, without_wrong
from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.files import inside, whole_folder, write_bytes, write_json
from pipeline.progress import track
from pipeline.settings import suggestion
from pipeline.side_by_side import side_by_side
from pipeline.stage import run_stage
from pipeline.unpack import unpacked

Verdicts = Mapping[str, tuple[LabelVerdict, ...]]  # by photo
NO_VERDICTS: Verdicts = {}
ARCHIVE = ArchiveLimits(200_000, 64 * 2**30, "unpack it, and name its folder")


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
        for key in ("rename", "ignore", "leave_out"):
            for name in getattr(self, key):
                if name not in categories:
                    raise InputError(
                        f"ingest.{key}: {name!r} is no category of the labels{suggestion(name, categories)}"
                    )
        twice = [name for name, count in Counter([*self.rename, *self.ignore, *self.leave_out]).items() if count > 1]
        if twice:
            raise InputError(f"ingest: {twice[0]!r} stands in two of rename, ignore and leave_out; name it in one")

    def names(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """Return the categories that are left, in their order, each once."""
        gone = {*self.ignore, *self.leave_out}
        return tuple(dict.fromkeys(self.rename.get(name, name) for name in categories if name not in gone))

    def apply(self, ids: IdMap, categories: list[str]) -> tuple[IdMap, list[str]]:
        """Return an id map with the categories renamed, and what is ignored or left out taken from the objects.

        ids: k = an instance of categories[k - 1]. Objects keep their numbers; `instances_in` closes the gaps.
        """
        if not (self.rename or self.ignore or self.leave_out):
            return ids, categories
        table = np.arange(IGNORE + 1, dtype=np.uint16)
        for number, name in enumerate(categories, 1):
            if name in self.ignore or name in self.leave_out:
                table[number] = IGNORE if name in self.ignore else 0
        return table[ids], [self.rename.get(name, name) for name in categories]


Pixels = TypeVar("Pixels", bound=np.generic)


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
class Labelled:
    """One photo with its labels, upright."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    ids: IdMap  # (H, W)
    instances: tuple[Instance, ...]
    data: bytes | None  # the photo's file, if its pixels are upright as they are stored
    taken: str  # as of `StoredPhoto`


def labelled(photo: ListedPhoto, settings: Ingest, verdicts: Verdicts = NO_VERDICTS) -> Labelled:
    """Return a photo with its labels as the settings take them; raise InputError when either cannot be read.

    A mask that has the upright size is taken as drawn on the upright photo (as tools show it), one that only has the
    stored size is turned with the photo. verdicts: by photo, what people said of labels.
    """
    data, stored = stored_photo(photo.file)
    image = turned(stored.pixels, stored.orientation)
    drawn, categories = settings.apply(*photo.label.draw(image.shape[:2]))
    whole = trimmed(fitted(drawn, stored, photo), settings.trim_px)
    ids, instances = instances_in(whole, categories)
    told = verdicts.get(photo_key(image), ()) if verdicts else ()
    if told:
        names = [item.category for item in instances]
        ids, instances = instances_in(without_wrong(ids, len(names), told, str(photo.file)), names)
    return Labelled(image, ids, instances, data if stored.orientation == 1 else None, stored.taken)


def take(photo: ListedPhoto, folder: Path, settings: Ingest, verdicts: Verdicts = NO_VERDICTS) -> Sample:
    """Write one photo and its id map into `folder` and return its sample.

    The photo's bytes are copied as they are, unless its EXIF orientation is another than 1: then its pixels are
    written upright as PNG, because readers disagree about that tag and image and id map must not part.
    """
    found = labelled(photo, settings, verdicts)
    image = folder / "images" / f"{photo.id}{photo.file.suffix if found.data else '.png'}"
    write_bytes(image, found.data or png_bytes(found.image))
    write_ids(folder / "ids" / f"{photo.id}.png", found.ids)
    return Sample(
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


def stored_photo(file: Path) -> tuple[bytes, StoredPhoto]:
    """Return the bytes of a photo's file, and the photo; raise DefectError when it cannot be read."""
    try:
        data = read_bytes(file)
        return data, read_photo(data, str(file))
    except InputError as error:
        raise DefectError(BROKEN_PHOTO, str(error)) from error


def fitted(ids: IdMap, stored: StoredPhoto, photo: ListedPhoto) -> IdMap:
    """Return an id map on the upright photo; raise InputError when it has the size of neither."""
    stored_hw, orientation = stored.pixels.shape[:2], stored.orientation
    upright_hw = stored_hw[::-1] if orientation >= 5 else stored_hw
    if ids.shape == upright_hw:
        return ids
    if ids.shape == stored_hw:
        return turned(ids, orientation)
    (height, width), (wanted_height, wanted_width) = ids.shape, upright_hw
    raise DefectError(
        OTHER_SIZE,
        f"{photo.file}: the photo is {wanted_width} x {wanted_height} pixels, its mask {width} x {height}; "
        "make the mask at the photo's own size",
    )


def take_all(
    photos: tuple[ListedPhoto, ...], folder: Path, settings: Ingest, defects: Defects, verdicts: Verdicts
) -> list[Sample]:
    """Write every photo that has no defect into `folder` and return the samples by id."""
    (folder / "images").mkdir()
    spoilt = {defect.photo for defect in defects.found}
    whole = sorted((photo for photo in photos if photo.file not in spoilt), key=lambda photo: photo.id)

    def tried(photo: ListedPhoto) -> Sample | InputError:
        try:
            return take(photo, folder, settings, verdicts)
        except InputError as error:
            return error

    samples, results = [], side_by_side(tried, whole)
    bar = track(results, len(whole), "ingest", "photos")
    steps: Iterator[Sample | InputError] = bar
    for photo in whole:
        found = next(steps)
        if isinstance(found, InputError):
            defects.note(BROKEN_LABEL, found, photo.file)
            bar.close()  # an error is one line: how far it is belongs before it
            steps = results
        else:
            samples.append(found)
    return samples


def with_labels(photos: tuple[ListedPhoto, ...], settings: Ingest, defects: Defects) -> tuple[ListedPhoto, ...]:
    """Return the photos to take: those without labels as the settings say; unless they do, each is a defect."""
    if settings.unlabelled == "empty":
        return photos
    bare = [photo for photo in photos if not photo.labelled]
    for photo in bare if settings.unlabelled == "ask" else ():
        text = (
            f"{photo.file}: has no label; add it, or, if nothing is to be seen in such photos, write unlabelled: empty "
            "into ingest of params.yaml or the set-up, else unlabelled: leave out"
        )
        defects.add(NO_LABEL, text, photo.file)
    return tuple(photo for photo in photos if photo.labelled)


def verdicts_in(root: Path, settings: Ingest) -> Verdicts:
    """Return the verdicts that lie among the photos, by photo; none unless the settings name their file."""
    if settings.verdicts is None:
        return NO_VERDICTS
    return read_verdicts(inside(unwrapped(root), settings.verdicts, "ingest.verdicts"))


def stop_on(defects: Defects, real: Path) -> None:
    """Raise InputError if there is a defect: the first in full, the others by their kinds."""
    if not defects.found:
        return
    first, *others = defects.found
    kinds = Counter(defect.kind for defect in others)
    more = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    raise InputError(first.text + (f" (and {more}: admix ingest --check {real} lists them)" if others else ""))


def main(settings: Ingest, real: Path, out: Path) -> None:
    """Write samples.jsonl by id, categories.json, images/ and ids/ of a set of labelled photos, whole or not at all.

    real: a folder, or an archive of one. Raises InputError for any defect of the set, unless the settings say that its
    photos are left out.
    """
    if real.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{out}: would replace the photos in {real}; write somewhere else")
    with unpacked(real, ARCHIVE, out.parent) as root:
        ingest(settings, root, real, out)


def ingest(settings: Ingest, root: Path, real: Path, out: Path) -> None:
    """Do what `main` does with the photos in the folder `root`. real: what the user named."""
    defects = Defects()
    found = read_set(root, defects, settings.format)
    settings.check(found.categories)
    with whole_folder(out, "photos") as folder:
        photos = with_labels(found.photos, settings, defects)
        samples = take_all(photos, folder, settings, defects, verdicts_in(root, settings))
        if settings.defects == "stop":
            stop_on(defects, real)
        write_manifest(folder / "samples.jsonl", samples)
        write_json(folder / "categories.json", list(settings.names(found.categories)))
        outlines = words_of(habits_of(outlines_of(folder, samples)))
    instances = sum(len(sample.instances) for sample in samples)
    left = Counter(defect.kind for defect in defects.found)
    said = [*found.assumed, *(f"left out: {count} {kind}" for kind, count in sorted(left.items()))]
    sys.stderr.write(f"ingest: {len(samples)} photos, {instances} instances, {', '.join(said)}\n")
    if outlines:
        sys.stderr.write(f"ingest: {outlines}\n")


if __name__ == "__main__":
    run_stage(main)
