"""Stage `ingest`: turn labelled photos, in whichever format they came, into samples."""

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    HIDDEN,
    NO_LABEL,
    TWO_WAYS,
    DefectError,
    Defects,
    ListedPhoto,
    tidy,
)
from dataset.idmap import IGNORE, IdMap, instances_in, png_bytes, write_ids
from dataset.known_formats import AUTO, read_set, unwrapped
from dataset.outline_habit import habits_of, outlines_of, words_of
from dataset.outline_trim import check_trim, trimmed
from dataset.pictures import StoredPhoto, read_photo
from dataset.records import REAL, Instance, Sample, write_manifest
from dataset.shards import read_bytes
from dataset.upright import Lie, Way, drawn_upright, turned, ways_to_take, words_on
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


def words_on_hidden(hidden: Iterable[str]) -> list[str]:
    """Return in a sentence how many objects are hidden, by their categories; none without one."""
    counts = sorted(Counter(hidden).items())
    names = ", ".join(f"{count} {name}" for name, count in counts)
    return [f"wholly covered by others, and not counted: {names}"] if counts else []


def take_all(
    photos: tuple[ListedPhoto, ...], folder: Path, settings: Ingest, defects: Defects, verdicts: Verdicts
) -> list[TakenPhoto]:
    """Write every photo that has no defect into `folder` and return them by their ids.

    Those whose labels fit both ways are written anew where the others of the set lie otherwise.
    """
    (folder / "images").mkdir()
    spoilt = {defect.photo for defect in defects.found}
    whole = sorted((photo for photo in photos if photo.file not in spoilt), key=lambda photo: photo.id)

    def tried(photo: ListedPhoto) -> TakenPhoto | InputError:
        try:
            return take(photo, folder, settings, verdicts)
        except InputError as error:
            return error

    taken, results = dict[Path, TakenPhoto](), side_by_side(tried, whole)
    bar = track(results, len(whole), "ingest", "photos")
    steps: Iterator[TakenPhoto | InputError] = bar
    for photo in whole:
        found = next(steps)
        if isinstance(found, InputError):
            defects.note(BROKEN_LABEL, found, photo.file)
            bar.close()  # an error is one line: how far it is belongs before it
            steps = results
        else:
            taken[photo.file] = found
    others = ways_to_take([one.lie for one in taken.values() if one.lie], defects)
    taken |= {
        photo.file: take(photo, folder, settings, verdicts, others[photo.file])
        for photo in whole
        if photo.file in others
    }
    return without_doubtful(taken, folder, defects)


def without_doubtful(taken: Mapping[Path, TakenPhoto], folder: Path, defects: Defects) -> list[TakenPhoto]:
    """Return the photos but for those of which nobody can tell how their labels lie, whose files are removed."""
    doubtful = {defect.photo for defect in defects.found if defect.kind == TWO_WAYS}
    for one in (one for file, one in taken.items() if file in doubtful):
        for path in (one.sample.image, one.sample.ids):
            (folder / path).unlink()
    return [one for file, one in taken.items() if file not in doubtful]


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
        taken = take_all(photos, folder, settings, defects, verdicts_in(root, settings))
        samples = [one.sample for one in taken]
        if settings.defects == "stop":
            stop_on(defects, real)
        write_manifest(folder / "samples.jsonl", samples)
        write_json(folder / "categories.json", list(settings.names(found.categories)))
        outlines = words_of(habits_of(outlines_of(folder, samples)))
    instances = sum(len(sample.instances) for sample in samples)
    left = Counter(defect.kind for defect in defects.found)
    lies, hidden = [one.lie for one in taken if one.lie], [name for one in taken for name in one.hidden]
    said = [
        *found.assumed,
        *words_on(lies),
        *words_on_hidden(hidden),
        *(f"left out: {count} {kind}" for kind, count in sorted(left.items())),
    ]
    sys.stderr.write(f"ingest: {len(samples)} photos, {instances} instances, {', '.join(said)}\n")
    if outlines:
        sys.stderr.write(f"ingest: {outlines}\n")


if __name__ == "__main__":
    run_stage(main)
