"""Stage `ingest`: turn labelled photos, in whichever format they came, into samples."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dataset.formats.listed import BROKEN_LABEL, NO_LABEL, TWO_WAYS, Defects, ListedPhoto
from dataset.known_formats import read_set, unwrapped
from dataset.outline_habit import habits_of, outlines_of, words_of
from dataset.records import write_manifest
from dataset.upright import ways_to_take, words_on
from dataset.verdicts import read_verdicts
from mix.labelled import NO_VERDICTS, Ingest, TakenPhoto, Verdicts, take
from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.files import inside, whole_folder, write_json
from pipeline.progress import track
from pipeline.side_by_side import side_by_side
from pipeline.stage import run_stage
from pipeline.unpack import unpacked

ARCHIVE = ArchiveLimits(200_000, 64 * 2**30, "unpack it, and name its folder")


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
